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
      /** What was made in this millisecond, by the offset: a burst asks for the same ones thousands of times. */
      const texts = new Map<number, string>()
      let madeAt = 0
      const isoNow = (offset = 0) => {
        const now = clock.currentTimeMillisUnsafe()
        if (now !== madeAt) texts.clear()
        madeAt = now
        const known = texts.get(offset)
        if (known !== undefined) return known
        const text = new Date(now + offset).toISOString()
        texts.set(offset, text)
        return text
      }
      return BusClock.of({ iso: (offset) => Effect.sync(() => isoNow(offset)), isoNow })
    })
  )
}
