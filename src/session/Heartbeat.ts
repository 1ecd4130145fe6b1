/** Keeps this session on the roster: a heartbeat every 30 s. */
import { Effect, Layer, Schedule } from "effect"
import { Settings } from "../Config.ts"
import { Identity } from "./Identity.ts"
import { steadily } from "./Steadily.ts"

export const Heartbeat = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const identity = yield* Identity
    const every = Schedule.spaced(timing.heartbeat)
    // Joining was the first beat.
    yield* steadily("heartbeat", identity.beat, every).pipe(Effect.delay(timing.heartbeat), Effect.forkScoped)
  })
)
