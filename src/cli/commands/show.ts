/** `cc-dm show`: one message whole, with what became of it and what else was said in its thread. It only looks. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { reasonInWords } from "../../domain/Receipt.ts"
import { inline, worded } from "../../domain/Text.ts"
import { terminalWidth } from "../../platform/CommandLine.ts"
import { busTime } from "../BusTime.ts"
import { oneLine } from "../Columns.ts"
import { notFound } from "../Failure.ts"
import { numberArgument } from "../Flags.ts"
import { ShowJson } from "../Json.ts"
import { labelsOf, messageJson } from "../Messages.ts"
import { bold, clockTime, dim, hanging, printJson, printLine } from "../Output.ts"
import { ReadOnlyStorage, whereNoBusIs } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

/** So many messages are looked at for what answers it, and for what is in its thread. */
const most = 1_000

/** How wide a line about another message may be where there is no terminal. */
const usualWidth = 100

const notKept = (id: number) =>
  notFound(`there is no message ${id} on the bus (any more); "cc-dm log" lists those that are`)

/** What answers a message by its number. */
const answersTo = Effect.fnUntraced(function* ({ from, fromId, id }: LoggedMessage) {
  const history = yield* History
  const { messages } = yield* history.overview({ after: id, other: fromId ?? from, limit: most })
  return messages.filter(({ options }) => options.replyTo === id)
})

/** The rest of its thread. */
const threadOf = Effect.fnUntraced(function* ({ id, metadata }: LoggedMessage) {
  if (metadata.thread_id === undefined) return []
  const history = yield* History
  const { messages } = yield* history.overview({ threadId: metadata.thread_id, limit: most })
  return messages.filter((message) => message.id !== id)
})

/** Another message in one line. */
const briefLine = (message: LoggedMessage, now: number): string => {
  const head = `  #${message.id}  ${clockTime(message.sentAt, now)}  ${inline(message.from)} -> ${inline(message.to)}: `
  return oneLine(`${head}${inline(message.content)}`, terminalWidth() ?? usualWidth)
}

const field = (name: string, value: string) => `${dim(`${name}:`.padEnd(10))}${value}`

const show = Effect.fnUntraced(function* (id: number, json: boolean) {
  const history = yield* History
  const [message] = (yield* history.overview({ ids: [id], limit: 1 })).messages
  if (message === undefined) return yield* notKept(id)
  const states = yield* history.states(id)
  const answers = yield* answersTo(message)
  const thread = yield* threadOf(message)
  if (json)
    return yield* printJson(ShowJson, {
      ...messageJson(message),
      states: [...states],
      answered_by: answers.map((answer) => String(answer.id)),
      thread: thread.map((one) => messageJson(one))
    })
  const now = yield* busTime
  const others = [...answers, ...thread.filter((one) => !answers.some((answer) => answer.id === one.id))]
  const kind = message.fromKind === "session" ? "" : dim(` at the ${message.fromKind}`)
  const proof = message.proof === "signed" ? "" : dim(" (nothing proves it)")
  const why = message.reason === undefined ? "" : `: ${reasonInWords(message.reason)}`
  yield* printLine(
    [
      field("Message", `${id}${labelsOf(message)}`),
      field("From", `${bold(inline(message.from))}${kind}${proof}`),
      field("To", bold(inline(message.to))),
      field("Sent", clockTime(message.sentAt, now)),
      field("State", `${message.state}${why}`),
      ...states.map(({ at, state }) => dim(`          ${clockTime(at, now)}  ${state}`)),
      "",
      hanging("  ", message.content, 2),
      ...(others.length === 0 ? [] : ["", dim(headingOf(message, thread.length > 0))]),
      ...others.sort((one, other) => one.id - other.id).map((one) => briefLine(one, now))
    ].join("\n")
  )
})

const headingOf = ({ metadata }: LoggedMessage, inThread: boolean): string =>
  inThread ? `Also in the thread ${worded(metadata.thread_id ?? "")}:` : "Answered by:"

export const showMessage = Command.make(
  "show",
  { number: numberArgument, json: jsonFlag },
  ({ json, number }) =>
    show(number, json).pipe(
      Effect.provide(ReadOnlyStorage),
      whereNoBusIs(() => notKept(number))
    )
).pipe(
  Command.withDescription(
    "Print one message whole, with its states, the answers to it and what else is in its thread; it is not taken"
  ),
  Command.withShortDescription("Print one message whole, with its states and its thread"),
  Command.withExamples([
    { command: "cc-dm show 12" },
    { command: "cc-dm show 12 --json | jq -r .content", description: "its words alone" }
  ])
)
