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
  }
>()("cc-dm/bus/BusClock") {
  /** This machine's clock, which serves all sessions of one file. */
  static readonly layer = Layer.succeed(
    BusClock,
    BusClock.of({
      iso: (offset = 0) => Effect.map(Clock.currentTimeMillis, (now) => new Date(now + offset).toISOString())
    })
  )
}
