/** Which session a conversation is remembered to be, and for how long. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { toTag } from "../support/bus.ts"
import { alice, bob, carol, crowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"

const who = (id: typeof alice, role: string | undefined = undefined) => ({
  id,
  name: null,
  role: role === undefined ? null : toTag(role),
  project: null,
  approver: null
})

/** Which session each conversation is remembered to be, by the bus. */
const sessionsOf = "SELECT session_id FROM conversations ORDER BY session_id"

describe("a conversation", () => {
  it.effect(
    "is gone on with by a session that has it, or if no session does",
    crowd((all) =>
      Effect.gen(function* () {
        const conversations = yield* Conversations
        yield* conversations.remember("first", who(bob))
        yield* conversations.goOn("second", who(bob))
        yield* conversations.goOn("first", who(bob, "lead"))
        expect(yield* all.rows("SELECT session_id, role FROM conversations ORDER BY role")).toEqual(
          expect.arrayContaining([
            { session_id: bob, role: "lead" },
            { session_id: bob, role: null }
          ])
        )
      })
    )
  )

  it.effect(
    "stays with its session when another one goes on in it",
    crowd((all) =>
      Effect.gen(function* () {
        const conversations = yield* Conversations
        yield* conversations.remember("c", who(bob))
        yield* conversations.goOn("c", who(alice))
        expect(yield* all.rows(sessionsOf)).toEqual([{ session_id: bob }])
        yield* all.registry.remove(bob)
        expect(yield* conversations.resume("c")).toMatchObject({ _tag: "Resumed", who: { id: bob } })
      })
    )
  )

  it.effect(
    "is forgotten when no server has served it for 30 days, and as long as its session is there it is not",
    crowd((all) =>
      Effect.gen(function* () {
        const conversations = yield* Conversations
        for (const id of [alice, bob, carol]) yield* conversations.remember(`of ${id}`, who(id))
        yield* all.registry.remove(bob)
        yield* TestClock.adjust("29 days")
        yield* conversations.remember(`of ${carol}`, who(carol))
        yield* all.registry.remove(carol)
        yield* TestClock.adjust("1 days")
        yield* conversations.sweep
        expect(yield* all.rows(sessionsOf)).toEqual([{ session_id: alice }, { session_id: carol }])
      })
    )
  )
})
