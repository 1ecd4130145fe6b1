/** A bound on what mostly has to wait for nothing. */
import { Effect, Fiber } from "effect"

/**
 * As `Effect.timeoutOrElse`, but only what has to wait is raced with the time: that takes two fibers and a timer, and longer than most of
 * what is bounded here. `time` is in milliseconds.
 */
export const inTimeOrElse =
  <A2, E2, R2>(time: number, orElse: () => Effect.Effect<A2, E2, R2>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A | A2, E | E2, R | R2> =>
    Effect.flatMap(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
      const atOnce = fiber.pollUnsafe()
      if (atOnce !== undefined) return atOnce
      const joined = Effect.onInterrupt(Fiber.join(fiber), () => Fiber.interrupt(fiber))
      return Effect.timeoutOrElse(joined, { duration: time, orElse })
    })
