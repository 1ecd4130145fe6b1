/** Signals and intakes: nothing that was given is lost, whoever waits or has given up waiting. */
import { describe, expect } from "bun:test"
import { Effect, Fiber } from "effect"
import { makeIntake, makeSignal } from "../../src/platform/Signal.ts"
import { it } from "../support/it.ts"

/** Counts how often a signal was taken, by a task that waits for it again and again. */
const counting = Effect.fnUntraced(function* ({ next }: { readonly next: Effect.Effect<void> }) {
  let count = 0
  const task = Effect.tap(next, () => Effect.sync(() => void count++))
  yield* Effect.forkScoped(Effect.forever(task, { disableYield: true }))
  yield* Effect.yieldNow
  return () => count
})

describe("a signal", () => {
  it.effect(
    "wakes its task once, however often it is given in the same moment",
    Effect.gen(function* () {
      const signal = makeSignal()
      const taken = yield* counting(signal)
      expect(taken()).toBe(0)
      for (let times = 0; times < 3; times++) signal.give()
      expect(taken()).toBe(0)
      yield* Effect.yieldNow
      expect(taken()).toBe(1)
      signal.give()
      yield* Effect.yieldNow
      expect(taken()).toBe(2)
    })
  )

  it.effect(
    "is kept for a task that does not wait yet, or that gave up waiting",
    Effect.gen(function* () {
      const signal = makeSignal()
      const waiting = yield* Effect.forkChild(signal.next)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      signal.give()
      yield* Effect.yieldNow
      yield* signal.next
      const again = yield* Effect.forkChild(signal.next)
      yield* Effect.yieldNow
      expect(again.pollUnsafe()).toBeUndefined()
    })
  )

  it.effect(
    "that its task gives itself is not lost",
    Effect.gen(function* () {
      const signal = makeSignal()
      signal.give()
      yield* signal.next
      signal.give()
      yield* signal.next
    })
  )
})

describe("an intake", () => {
  it.effect(
    "gives all that was put in, in its order, and each piece once",
    Effect.gen(function* () {
      const intake = makeIntake<number>()
      intake.put(1)
      intake.put(2, 3)
      expect(yield* intake.all).toEqual([1, 2, 3])
      const next = yield* Effect.forkChild(intake.all)
      yield* Effect.yieldNow
      intake.put(4)
      intake.put(5)
      expect(yield* Fiber.join(next)).toEqual([4, 5])
    })
  )
})
