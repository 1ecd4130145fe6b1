/** Waiting for what other processes do. */
import { Effect, Schedule } from "effect"

/** Looks again and again until it is so, and gives what was seen then. */
export const eventually = <A>(look: Effect.Effect<A>, isSo: (value: A) => boolean): Effect.Effect<A> =>
  Effect.repeat(look, { until: isSo, schedule: Schedule.spaced("20 millis") })
