/** Keeps this session on the roster: a heartbeat every 30 s. */
import { Effect, Layer, Schedule } from "effect"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"
import { Identity } from "./Identity.ts"

export const Heartbeat = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const identity = yield* Identity
    const every = Schedule.spaced(timing.heartbeat)
    // A beat that failed is made up for as soon as the bus is back: it was the last before others take it for gone.
    const beat = Effect.retry(identity.beat, Schedule.spaced(timing.poll))
    // Joining was the first beat.
    yield* keepRunning("heartbeat", beat, every).pipe(Effect.delay(timing.heartbeat), Effect.forkScoped)
  })
)
