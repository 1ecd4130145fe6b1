/** What answers at once is not raced with the time, and what does not is. */
import { describe, expect } from "bun:test"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { inTimeOrElse } from "../../src/platform/InTime.ts"
import { it } from "../support/it.ts"

const orTooLate = inTimeOrElse(1_000, () => Effect.succeed("too late"))

describe("in time or else", () => {
  it.effect(
    "gives what is there at once, and what fails at once",
    Effect.gen(function* () {
      expect(yield* orTooLate(Effect.succeed("here"))).toBe("here")
      expect(yield* Effect.exit(orTooLate(Effect.fail("no")))).toEqual(Exit.fail("no"))
    })
  )

  it.effect(
    "waits for the rest until the time is over, and then ends it",
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const never = Effect.onInterrupt(Effect.never, () => Deferred.succeed(ended, undefined))
      const late = yield* Effect.forkChild(orTooLate(never))
      const soon = yield* Effect.forkChild(orTooLate(Effect.as(Effect.sleep(999), "here")))
      yield* TestClock.adjust(999)
      expect(yield* Fiber.join(soon)).toBe("here")
      expect(late.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(late)).toBe("too late")
      expect(yield* Deferred.isDone(ended)).toBe(true)
    })
  )

  it.effect(
    "ends what it waits for if it is interrupted itself",
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const never = Effect.onInterrupt(Effect.never, () => Deferred.succeed(ended, undefined))
      const fiber = yield* Effect.forkChild(orTooLate(never), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      expect(yield* Deferred.isDone(ended)).toBe(true)
    })
  )
})
