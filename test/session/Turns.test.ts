import { describe, expect } from "bun:test"
import { Deferred, Effect, Fiber } from "effect"
import { makeTurns } from "../../src/session/Turns.ts"
import { it } from "../support/it.ts"

describe("turns", () => {
  it.effect(
    "are prepared side by side, and carried out in their order",
    Effect.gen(function* () {
      const inTurn = makeTurns()
      const done: Array<string> = []
      const note = (what: string) => Effect.sync(() => void done.push(what))
      const slow = yield* Deferred.make<string>()
      const first = yield* Effect.forkChild(inTurn(Deferred.await(slow), note), { startImmediately: true })
      const second = yield* Effect.forkChild(inTurn(Effect.as(note("second is prepared"), "second"), note), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      expect(done).toEqual(["second is prepared"])
      yield* Deferred.succeed(slow, "first")
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      expect(done).toEqual(["second is prepared", "first", "second"])
    })
  )

  it.effect(
    "go on after one that failed, and one that was given up, and these let nobody pass",
    Effect.gen(function* () {
      const inTurn = makeTurns()
      const done: Array<string> = []
      const note = (what: string) => Effect.sync(() => void done.push(what))
      const slow = yield* Deferred.make<string>()
      const start = <A, E>(turn: Effect.Effect<A, E>) => Effect.forkChild(turn, { startImmediately: true })
      const first = yield* start(inTurn(Deferred.await(slow), note))
      const failing = yield* start(Effect.exit(inTurn(Effect.fail("no"), () => note("never"))))
      const givenUp = yield* start(inTurn(Effect.never, () => note("never")))
      const last = yield* start(inTurn(Effect.succeed("last"), note))
      const interrupting = yield* start(Fiber.interrupt(givenUp))
      yield* Effect.yieldNow
      expect(done).toEqual([])
      yield* Deferred.succeed(slow, "first")
      yield* Fiber.join(first)
      yield* Fiber.join(failing)
      yield* Fiber.join(interrupting)
      yield* Fiber.join(last)
      expect(done).toEqual(["first", "last"])
    })
  )
})
