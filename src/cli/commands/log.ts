/** `cc-dm log`: what was said on the whole bus, and what became of it. */
import { Effect, Schedule } from "effect"
import { Command, Flag } from "effect/cli"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { isSettled } from "../../domain/Receipt.ts"
import { Settings } from "../../settings/Settings.ts"
import { busTime } from "../BusTime.ts"
import { wrongUse } from "../Failure.ts"
import { type Filters, filterFlags, forEachMessage, searchOf } from "../Filters.ts"
import { maybe } from "../Flags.ts"
import { MessageJson } from "../Json.ts"
import { logLine, messageJson, shortLogLine, stateLine } from "../Messages.ts"
import { note, printJsonLine, printLine } from "../Output.ts"
import { nobodyYet, ReadOnlyStorage } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

const usualLimit = 50

/** At most so many at once, and so many whose states are watched. */
const most = 1_000

interface LogOptions extends Filters {
  readonly all: boolean
  readonly afterId: number | undefined
  readonly beforeId: number | undefined
  readonly follow: boolean
  readonly json: boolean
  readonly limit: number | undefined
  readonly oneline: boolean
}

/** Says which flags contradict each other. */
const check = (options: LogOptions) => {
  if (options.follow && (options.before !== undefined || options.beforeId !== undefined))
    return Effect.fail(wrongUse("--follow goes on with new messages: leave out --before and --before-id"))
  if (options.follow && options.all)
    return Effect.fail(wrongUse(`--follow begins with the newest: use --limit (at most ${most}), not --all`))
  return options.all && options.limit !== undefined
    ? Effect.fail(wrongUse("--all and --limit contradict each other: use one of them"))
    : Effect.void
}

/** Says that there are more messages, and how to come to them. */
const sayMore = (more: number, messages: ReadonlyArray<LoggedMessage>, { afterId }: LogOptions) => {
  const first = messages[0]?.id ?? 0
  const last = messages.at(-1)?.id ?? 0
  if (more === 0) return Effect.void
  return afterId === undefined
    ? note(`${more} older ones are kept: add --before-id ${first} for those before these, or --all.`)
    : note(`There are newer ones: add --after-id ${last} for those after these.`)
}

const nothing = "No message was found."

const show = Effect.fnUntraced(function* (options: LogOptions) {
  yield* check(options)
  const history = yield* History
  const { timing } = yield* Settings
  const search = yield* searchOf(options)
  const ids = {
    before: options.beforeId,
    ...(options.afterId === undefined ? {} : { after: options.afterId })
  }

  const print = (line: (message: LoggedMessage, now: number) => string) => (message: LoggedMessage) =>
    options.json
      ? printJsonLine(MessageJson, messageJson(message))
      : Effect.flatMap(busTime, (now) => printLine(line(message, now)))
  const printMessage = print(options.oneline ? shortLogLine : logLine)

  if (options.all) {
    const count = yield* forEachMessage({ ...search, ...ids }, printMessage)
    if (count === 0 && !options.json) yield* note(nothing)
    return
  }
  const first = yield* history.overview({ ...search, ...ids, limit: options.limit ?? usualLimit })
  if (!options.json && options.afterId === undefined) yield* sayMore(first.more, first.messages, options)
  yield* Effect.forEach(first.messages, printMessage, { discard: true })
  if (!options.follow) {
    if (first.messages.length === 0 && !options.json) yield* note(nothing)
    if (!options.json && options.afterId !== undefined) yield* sayMore(first.more, first.messages, options)
    return
  }

  const isWanted = ({ state }: LoggedMessage) => options.state === undefined || state === options.state
  /** What may still change. */
  const open = new Map<number, LoggedMessage>()
  const watch = (message: LoggedMessage) => {
    if (isSettled(message.state)) open.delete(message.id)
    else open.set(message.id, message)
    // What never settles, as what was pushed to a channel, is not watched for ever.
    for (const id of open.keys()) if (open.size > most) open.delete(id)
  }
  first.messages.forEach(watch)
  if (options.state !== undefined)
    (yield* history.overview({ ...search, state: undefined, limit: most })).messages.forEach(watch)
  let last = first.messages.at(-1)?.id ?? (yield* history.overview({ limit: 1 })).messages.at(-1)?.id ?? 0
  const lookAgain = Effect.gen(function* () {
    const watched = yield* history.overview({ ids: [...open.keys()], limit: most })
    for (const message of watched.messages) {
      if (message.state === open.get(message.id)?.state) continue
      if (isWanted(message)) yield* print(stateLine)(message)
      watch(message)
    }
    // One that is gone was seen by a session that keeps none.
    const kept = new Set(watched.messages.map(({ id }) => id))
    for (const id of open.keys()) if (!kept.has(id)) open.delete(id)
    // A message may come into the state that is asked for later, so all are watched.
    const { messages } = yield* history.overview({ ...search, state: undefined, after: last, limit: most })
    for (const message of messages) {
      if (isWanted(message)) yield* printMessage(message)
      watch(message)
      last = message.id
    }
  })
  yield* Effect.repeat(lookAgain, Schedule.spaced(timing.poll))
})

/** A message's number; people write it as it is shown, `#12`, too. */
const numberFlag = (name: string, description: string) =>
  maybe(
    Flag.String(name).pipe(
      Flag.withMetavar("number"),
      Flag.filter(
        (raw) => /^#?\d{1,15}$/.test(raw),
        () => "a message's number, such as 12"
      ),
      Flag.map((raw) => Number(raw.replace("#", ""))),
      Flag.withDescription(description)
    )
  )

export const log = Command.make(
  "log",
  {
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Go on with new messages, and with what becomes of them"),
      Flag.withDefault(false)
    ),
    ...filterFlags,
    limit: maybe(
      Flag.Int("limit").pipe(
        Flag.filter(
          (limit) => limit >= 1 && limit <= most,
          () => `a number from 1 to ${most}`
        ),
        Flag.withDescription(`At most this many, the newest (default: ${usualLimit})`)
      )
    ),
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("All that are kept"),
      Flag.withoutNegation,
      Flag.withDefault(false)
    ),
    beforeId: numberFlag("before-id", "Only messages before this one: the page before it"),
    afterId: numberFlag(
      "after-id",
      "Only messages after this one, the oldest of them first: the page after it"
    ),
    oneline: Flag.Boolean("oneline").pipe(
      Flag.withDescription("One line for each message, cut at the terminal's width; whole into a pipe"),
      Flag.withoutNegation,
      Flag.withDefault(false)
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
    { command: "cc-dm log --grep timeout --after 09:30 --oneline" },
    { command: "cc-dm log --state expired --after 2026-11-01 --before 2026-11-08" },
    { command: "cc-dm log --json | jq -r 'select(.state == \"expired\") | .to'" }
  ])
)
