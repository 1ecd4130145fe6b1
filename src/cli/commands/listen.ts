/** `cc-dm listen`: receives at a terminal or in a script, as it comes. */
import { Clock, Effect, Queue } from "effect"
import { Command, Flag } from "effect/cli"
import { Bus } from "../../bus/messages/Bus.ts"
import type { LoggedMessage } from "../../bus/messages/History.ts"
import { inline } from "../../domain/Text.ts"
import { isInteractive } from "../../platform/CommandLine.ts"
import { Settings } from "../../settings/Settings.ts"
import { busTime } from "../BusTime.ts"
import { timedOut } from "../Failure.ts"
import { nameFlag, timeoutFlag } from "../Flags.ts"
import { MessageJson } from "../Json.ts"
import { collect, show } from "../Mailbox.ts"
import { incomingLine, messageJson } from "../Messages.ts"
import { note, printJsonLine, printLine } from "../Output.ts"
import { Person } from "../Person.ts"
import { WritingStorage } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

/** A place on the roster is leased for a day. */
const renewal = 3_600_000

interface ListenOptions {
  readonly json: boolean
  readonly name: string | undefined
  readonly once: boolean
  readonly timeout: number | undefined
}

const receive = Effect.fnUntraced(function* ({ json, name, once, timeout }: ListenOptions) {
  const bus = yield* Bus
  const person = yield* Person
  const { timing } = yield* Settings
  const { me, renew, rings } = yield* person.listen(name)
  if (isInteractive) yield* note(`Listening as ${inline(me.name)}; Ctrl-C ends it.`)

  const print = (messages: ReadonlyArray<LoggedMessage>) =>
    Effect.flatMap(busTime, (now) =>
      Effect.forEach(
        messages,
        (message) =>
          json
            ? printJsonLine(MessageJson, messageJson(message, "seen"))
            : printLine(incomingLine(message, now)),
        { discard: true }
      )
    )

  let quietSince = yield* Clock.currentTimeMillis
  let renewed = quietSince
  while (true) {
    const { messages } = yield* collect(me.id)
    for (const message of messages) {
      yield* show([message], print)
      if (once) return
    }
    const now = yield* Clock.currentTimeMillis
    if (messages.length > 0) quietSince = now
    const left = timeout === undefined ? timing.poll : quietSince + timeout - now
    if (left <= 0)
      return yield* timedOut(`nothing came for ${inline(me.name)} within ${(timeout ?? 0) / 1_000} s`)
    // A ring may be lost, and a row that says there is no doorbell rings none.
    yield* Effect.timeoutOption(Queue.take(rings), Math.min(left, timing.poll))
    if (now - renewed > renewal || !(yield* bus.glance(me.id)).present) {
      yield* renew
      renewed = now
    }
  }
})

export const listen = Command.make(
  "listen",
  {
    name: nameFlag,
    once: Flag.Boolean("once").pipe(Flag.withDescription("Exit after one message"), Flag.withDefault(false)),
    timeout: timeoutFlag,
    json: jsonFlag
  },
  (options) => Effect.provide(Effect.scoped(receive(options)), WritingStorage)
).pipe(
  Command.withDescription("Print your messages as they come"),
  Command.withExamples([
    { command: "cc-dm listen" },
    { command: "cc-dm listen --name ci --once --timeout 5m", description: "wait for one answer" },
    { command: "cc-dm listen --name ci --json | jq -r .content" }
  ])
)
