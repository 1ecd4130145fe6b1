/**
 * The time of the bus. Everything that is compared with a row's time asks here, since on an engine that
 * several machines share the time is the engine's and not this machine's.
 */
import { Clock, Context, Effect, Layer } from "effect"

export class BusClock extends Context.Service<
  BusClock,
  {
    /** ISO 8601 with milliseconds, in UTC: such texts sort as the times do. `offset` in milliseconds. */
    readonly iso: (offset?: number) => Effect.Effect<string>
    /** The same at once. */
    readonly isoNow: (offset?: number) => string
  }
>()("cc-dm/bus/BusClock") {
  /** This machine's clock, which serves all sessions of one file. */
  static readonly layer = Layer.effect(
    BusClock,
    Effect.map(Clock.Clock, (clock) => {
      const isoNow = (offset = 0) => new Date(clock.currentTimeMillisUnsafe() + offset).toISOString()
      return BusClock.of({ iso: (offset) => Effect.sync(() => isoNow(offset)), isoNow })
    })
  )
}
