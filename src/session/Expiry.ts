/**
 * Tidies the bus: messages every 15 s, the roster every 60 s, in one of all sessions. Readers judge by time; this only removes
 * rows.
 */
import { Effect, Layer } from "effect"
import { makeTidying } from "../bus/engine/Tidying.ts"
import { Bus } from "../bus/messages/Bus.ts"
import { Requests } from "../bus/requests/Requests.ts"
import { Conversations } from "../bus/roster/Conversations.ts"
import { Registry } from "../bus/roster/Registry.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"

export const Expiry = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const bus = yield* Bus
    const conversations = yield* Conversations
    const registry = yield* Registry
    const requests = yield* Requests
    const sweep = <E>(what: string, task: Effect.Effect<void, E>, interval: number) =>
      keepRunning(what, task, interval).pipe(Effect.delay(interval), Effect.forkScoped)

    yield* sweep("message sweep", bus.tidy, timing.messageSweep)
    const tidyRoster = Effect.all([registry.sweep, requests.sweep, conversations.sweep], { discard: true })
    const tidying = yield* makeTidying
    yield* sweep("roster sweep", tidying("roster", timing.rosterSweep, tidyRoster), timing.rosterSweep)
  })
)
