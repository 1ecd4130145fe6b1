import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { makeTidying } from "../../src/bus/engine/Tidying.ts"
import { storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

describe("what any server may do for all", () => {
  it.effect(
    "is done by the first of them, and again when its time has come",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const done: Array<string> = []
      /** Another server on the same bus. */
      const tidy = (who: string, room: "messages" | "roster") =>
        Effect.gen(function* () {
          const tidying = yield* makeTidying
          yield* tidying(
            room,
            60_000,
            Effect.sync(() => void done.push(`${who} ${room}`))
          )
        }).pipe(Effect.provide(storage(home)))

      yield* TestClock.adjust("1 hours")
      yield* tidy("one", "roster")
      yield* tidy("other", "roster")
      yield* tidy("other", "messages")
      expect(done).toEqual(["one roster", "other messages"])
      // Timers of servers do not run alike: who comes a little early need not wait for another round.
      yield* TestClock.adjust("53 seconds")
      yield* tidy("other", "roster")
      expect(done).toHaveLength(2)
      yield* TestClock.adjust("1 seconds")
      yield* tidy("other", "roster")
      expect(done).toEqual(["one roster", "other messages", "other roster"])
      // A clock that was set back.
      yield* TestClock.setTime(1_000)
      yield* tidy("one", "roster")
      expect(done).toHaveLength(4)
    })
  )
})
