/**
 * Tidies the bus: messages every 15 s, the roster every 60 s. Readers judge by time; this only removes rows, and
 * tells this session which of its own messages were accepted and nobody will see.
 */
import { Effect, Layer, Schedule } from "effect"
import { Bus, type Lost } from "../bus/Bus.ts"
import { Conversations } from "../bus/Conversations.ts"
import { Registry } from "../bus/Registry.ts"
import { Requests } from "../bus/Requests.ts"
import { Settings } from "../Config.ts"
import { quote } from "../domain/Name.ts"
import { Channel } from "./Channel.ts"
import { Identity } from "./Identity.ts"
import { steadily } from "./Steadily.ts"

const fate = {
  expired: "not delivered: nobody took it in time, since that session hangs or is gone",
  left: "taken, but its server ended before the message is known to have been shown"
}

const report = (lost: ReadonlyArray<Lost>): string =>
  [
    "Of what you sent, this may never be seen:",
    ...lost.map(
      (one) =>
        `- message ${one.messageId} to "${one.to}", which begins ${quote(one.content)}: ${fate[one.why]}`
    )
  ].join("\n")

export const Expiry = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const bus = yield* Bus
    const channel = yield* Channel
    const identity = yield* Identity
    const conversations = yield* Conversations
    const registry = yield* Registry
    const requests = yield* Requests
    const sweep = <E>(what: string, task: Effect.Effect<void, E>, interval: number) =>
      steadily(what, task, Schedule.spaced(interval)).pipe(Effect.delay(interval), Effect.forkScoped)

    const reportLost = Effect.gen(function* () {
      const lost = yield* bus.lost(identity.id)
      const chat = lost.filter(({ kind }) => kind === "chat")
      if (chat.length > 0) yield* channel.tell(report(chat))
      const unasked = lost.filter(({ kind }) => kind === "permission_request")
      yield* Effect.forEach(unasked, ({ to }) =>
        Effect.logWarning(`a permission request never reached "${to}"`)
      )
    })

    yield* sweep("message sweep", Effect.andThen(reportLost, bus.sweep), timing.messageSweep)
    const tidyRoster = Effect.all([registry.sweep, requests.sweep, conversations.sweep], { discard: true })
    yield* sweep("roster sweep", tidyRoster, timing.rosterSweep)
  })
)
