/** Keeps this session on the roster: a heartbeat every 30 s. */
import { Context, Effect, Layer, Schedule } from "effect"
import type { BusUnavailable } from "../domain/Errors.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"
import { Identity } from "./Identity.ts"

export class Heartbeat extends Context.Service<
  Heartbeat,
  {
    /** Says that this session is there, and tries again until the bus has taken it: the next beat may come too late. */
    readonly beat: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/session/Heartbeat") {
  static readonly layer = Layer.effect(
    Heartbeat,
    Effect.gen(function* () {
      const { timing } = yield* Settings
      const identity = yield* Identity
      const beat = Effect.retry(identity.beat, Schedule.spaced(timing.poll))
      // Joining was the first beat.
      yield* keepRunning("heartbeat", beat, timing.heartbeat).pipe(
        Effect.delay(timing.heartbeat),
        Effect.forkScoped
      )
      return Heartbeat.of({ beat })
    })
  )
}
