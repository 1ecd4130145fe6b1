/** Which session a conversation is that was forked from another one. */
import { describe, expect } from "bun:test"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { atRest, type session, temporaryFolder, toName } from "../support/bus.ts"
import { it } from "../support/it.ts"

const origin = { name: toName("planner"), conversation: "c-origin" }
const fork = { conversation: "c-fork", forkOf: "c-origin" }

const idOf = (one: Effect.Success<ReturnType<typeof session>>) => String(one.identity.id)

describe("a conversation that was forked", () => {
  it.effect(
    "goes on as the session of its origin, under its name, if no server serves that",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const before = yield* Effect.scoped(Effect.map(atRest(home, origin), idOf))
      const forked = yield* atRest(home, fork)
      expect(idOf(forked)).toBe(before)
      expect((yield* forked.identity.current).identity).toMatchObject({ id: before, name: "planner" })
    })
  )

  it.effect(
    "does so, too, where the server of its origin ends while it starts",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const starting = yield* Effect.scoped(
        Effect.gen(function* () {
          const before = yield* atRest(home, origin)
          yield* before.identity.remembered
          const starting = yield* Effect.forkDetach(Effect.scoped(Effect.map(atRest(home, fork), idOf)))
          yield* TestClock.adjust("1 seconds")
          expect(starting.pollUnsafe()).toBeUndefined()
          return { before: idOf(before), starting }
        })
      )
      yield* TestClock.adjust("1 seconds")
      expect(yield* Fiber.join(starting.starting)).toBe(starting.before)
    })
  )

  it.effect(
    "is a session of its own where the other one goes on, and is that one again when it is resumed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const before = yield* atRest(home, origin)
      const own = yield* Effect.scoped(
        Effect.gen(function* () {
          const starting = yield* Effect.forkChild(Effect.scoped(Effect.map(atRest(home, fork), idOf)))
          yield* TestClock.adjust("5 seconds")
          return yield* Fiber.join(starting)
        })
      )
      expect(own).not.toBe(idOf(before))
      yield* before.registry.remove(idOf(before))
      expect(idOf(yield* atRest(home, fork))).toBe(own)
    })
  )

  it.effect(
    "from one that nobody knows is a new session",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const other = yield* Effect.scoped(Effect.map(atRest(home, origin), idOf))
      const forked = yield* atRest(home, { ...fork, forkOf: "c-unknown" })
      expect(idOf(forked)).not.toBe(other)
    })
  )
})
