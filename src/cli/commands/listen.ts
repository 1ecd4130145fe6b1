/** `cc-dm listen`: receives at a terminal or in a script, as it comes. */
import { Clock, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Bus } from "../../bus/messages/Bus.ts"
import type { LoggedMessage } from "../../bus/messages/History.ts"
import { inline } from "../../domain/Text.ts"
import { isInteractive } from "../../platform/CommandLine.ts"
import { Settings } from "../../settings/Settings.ts"
import { busTime } from "../BusTime.ts"
import { timedOut } from "../Failure.ts"
import { maybe, nameFlag, timeoutFlag } from "../Flags.ts"
import { MessageJson } from "../Json.ts"
import { collect, show } from "../Mailbox.ts"
import { incomingLine, messageJson } from "../Messages.ts"
import { jsonLine, note, printJsonLine, printLine } from "../Output.ts"
import { Person } from "../Person.ts"
import { WritingStorage } from "../PersonStorage.ts"
import {
  makeInTurn,
  newRequests,
  requestInWords,
  runAndSay,
  tellOfMessages,
  tellOfRequest
} from "../Telling.ts"
import { jsonFlag } from "./who.ts"

/** A place on the roster is leased for a day. */
const renewal = 3_600_000

interface ListenOptions {
  readonly exec: string | undefined
  readonly json: boolean
  readonly name: string | undefined
  readonly notify: boolean
  readonly once: boolean
  readonly timeout: number | undefined
}

/** What else is done with what comes: the user is told, and a command of theirs is run. */
const makeReactions = Effect.fnUntraced(function* ({ exec, notify }: ListenOptions) {
  const bus = yield* Bus
  const fresh = yield* newRequests
  const [commands, told] = [yield* makeInTurn, yield* makeInTurn]
  let seen: number | undefined

  const toMessages = Effect.fnUntraced(function* (messages: ReadonlyArray<LoggedMessage>) {
    if (exec !== undefined)
      for (const message of messages) {
        const line = yield* jsonLine(MessageJson, messageJson(message, "seen"))
        yield* commands.add(runAndSay(exec, line))
      }
    if (notify) yield* told.add(tellOfMessages(messages))
  })

  /** Also requests that nobody wrote to me as messages: a person may answer any. */
  const toRequests = Effect.gen(function* () {
    const version = bus.version()
    if (!notify || (version !== undefined && version === seen)) return
    seen = version
    for (const request of yield* fresh) {
      yield* note(requestInWords(request))
      yield* told.add(tellOfRequest(request))
    }
  })
  return { toMessages, toRequests, finished: Effect.andThen(commands.finished, told.finished) }
})

const receive = Effect.fnUntraced(function* (options: ListenOptions) {
  const { json, name, once, timeout } = options
  const bus = yield* Bus
  const person = yield* Person
  const { timing } = yield* Settings
  const { me, nextRing, renew } = yield* person.listen(name)
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

  const reactions = yield* makeReactions(options)
  let quietSince = yield* Clock.currentTimeMillis
  let renewed = quietSince
  while (true) {
    const { messages } = yield* collect(me.id)
    const shown = once ? messages.slice(0, 1) : messages
    for (const message of shown) yield* show([message], print)
    yield* reactions.toMessages(shown)
    if (once && shown.length > 0) return yield* reactions.finished
    yield* reactions.toRequests
    const now = yield* Clock.currentTimeMillis
    if (messages.length > 0) quietSince = now
    const left = timeout === undefined ? timing.poll : quietSince + timeout - now
    if (left <= 0) {
      yield* reactions.finished
      return yield* timedOut(`nothing came for ${inline(me.name)} within ${(timeout ?? 0) / 1_000} s`)
    }
    // A ring may be lost, and a row that says there is no doorbell rings none.
    yield* Effect.timeoutOption(nextRing, Math.min(left, timing.poll))
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
    notify: Flag.Boolean("notify").pipe(
      Flag.withDescription(
        "Tell you of each message and of each permission that is asked for: bell, terminal (OSC 9), desktop"
      ),
      Flag.withoutNegation,
      Flag.withDefault(false)
    ),
    exec: maybe(
      Flag.String("exec").pipe(
        Flag.withMetavar("command"),
        Flag.withDescription("Run this with sh for each message, which is on its standard input as JSON")
      )
    ),
    json: jsonFlag
  },
  (options) => Effect.provide(Effect.scoped(receive(options)), WritingStorage)
).pipe(
  Command.withDescription("Print your messages as they come"),
  Command.withExamples([
    { command: "cc-dm listen" },
    { command: "cc-dm listen --name ci --once --timeout 5m", description: "wait for one answer" },
    { command: "cc-dm listen --name ci --json | jq -r .content" },
    { command: "cc-dm listen --notify", description: "in a terminal in the background" },
    {
      command: "cc-dm listen --exec 'jq -r .content >> messages.txt'",
      description: "a command of yours for each message"
    }
  ])
)
