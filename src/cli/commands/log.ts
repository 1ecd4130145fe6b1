/** `cc-dm log`: what was said on the whole bus, and what became of it. */
import { Effect, Schedule } from "effect"
import { Command, Flag } from "effect/cli"
import { BusClock } from "../../bus/engine/BusClock.ts"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { isSettled } from "../../domain/Receipt.ts"
import { Settings } from "../../settings/Settings.ts"
import { busTime } from "../BusTime.ts"
import { maybe, readTag, sinceFlag, threadFlag } from "../Flags.ts"
import { MessageJson } from "../Json.ts"
import { logLine, messageJson, stateLine } from "../Messages.ts"
import { note, printJsonLine, printLine } from "../Output.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

const usualLimit = 50

/** At most so many at once, and so many whose states are watched. */
const most = 1_000

interface LogOptions {
  readonly follow: boolean
  readonly json: boolean
  readonly limit: number
  readonly since: number | undefined
  readonly thread: string | undefined
  readonly with: string | undefined
}

const show = Effect.fnUntraced(function* (options: LogOptions) {
  const clock = yield* BusClock
  const history = yield* History
  const { timing } = yield* Settings
  const common = {
    threadId: options.thread,
    other: options.with === undefined ? undefined : yield* readTag("--with", options.with)
  }

  const print = (line: (message: LoggedMessage, now: number) => string) => (message: LoggedMessage) =>
    options.json
      ? printJsonLine(MessageJson, messageJson(message))
      : Effect.flatMap(busTime, (now) => printLine(line(message, now)))

  const first = yield* history.overview({
    ...common,
    since: options.since === undefined ? undefined : yield* clock.iso(-options.since),
    limit: options.limit
  })
  if (first.more > 0 && !options.json)
    yield* note(`${first.more} older ones are kept; --limit shows more of them.`)
  yield* Effect.forEach(first.messages, print(logLine), { discard: true })
  if (!options.follow) {
    if (first.messages.length === 0 && !options.json) yield* note("Nothing was said.")
    return
  }

  /** What was printed and may still change. */
  const open = new Map<number, LoggedMessage>()
  const watch = (message: LoggedMessage) => {
    if (isSettled(message.state)) open.delete(message.id)
    else open.set(message.id, message)
    // What never settles, as what was pushed to a channel, is not watched for ever.
    for (const id of open.keys()) if (open.size > most) open.delete(id)
  }
  first.messages.forEach(watch)
  let last = first.messages.at(-1)?.id ?? (yield* history.overview({ limit: 1 })).messages.at(-1)?.id ?? 0
  const lookAgain = Effect.gen(function* () {
    const watched = yield* history.overview({ ids: [...open.keys()], limit: most })
    for (const message of watched.messages) {
      if (message.state === open.get(message.id)?.state) continue
      yield* print(stateLine)(message)
      watch(message)
    }
    // One that is gone was seen by a session that keeps none.
    const kept = new Set(watched.messages.map(({ id }) => id))
    for (const id of open.keys()) if (!kept.has(id)) open.delete(id)
    const { messages } = yield* history.overview({ ...common, after: last, limit: most })
    for (const message of messages) {
      yield* print(logLine)(message)
      watch(message)
      last = message.id
    }
  })
  yield* Effect.repeat(lookAgain, Schedule.spaced(timing.poll))
})

export const log = Command.make(
  "log",
  {
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Go on with new messages, and with what becomes of them"),
      Flag.withDefault(false)
    ),
    thread: threadFlag,
    with: maybe(
      Flag.String("with").pipe(
        Flag.withMetavar("name"),
        Flag.withDescription("Only messages from or to this name")
      )
    ),
    since: sinceFlag,
    limit: Flag.Int("limit").pipe(
      Flag.filter(
        (limit) => limit >= 1 && limit <= most,
        () => `a number from 1 to ${most}`
      ),
      Flag.withDescription("At most this many, the newest"),
      Flag.withDefault(usualLimit)
    ),
    json: jsonFlag
  },
  (options) =>
    show(options).pipe(Effect.provide(ReadOnlyStorage), nobodyYet(options.json ? Effect.void : undefined))
).pipe(
  Command.withDescription("Print the messages of the whole bus, oldest first, and what became of them"),
  Command.withExamples([
    { command: "cc-dm log --since 1h --with backend" },
    { command: "cc-dm log --follow" },
    { command: "cc-dm log --json | jq -r 'select(.state == \"expired\") | .to'" }
  ])
)
