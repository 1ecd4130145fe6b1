/** How a message looks at the command line: as a line for people, and as JSON for scripts. */
import type { LoggedMessage } from "../bus/messages/History.ts"
import { type DeliveryState, reasonInWords, stateIdOf } from "../domain/Receipt.ts"
import { inline, visible } from "../domain/Text.ts"
import { terminalWidth } from "../platform/CommandLine.ts"
import { oneLine, widthOf } from "./Columns.ts"
import type { MessageJson } from "./Json.ts"
import { bold, clockTime, cyan, dim, green, hanging, red, yellow } from "./Output.ts"

export const messageJson = (
  { content, from, fromKind, id, kind, metadata, proof, reason, sentAt, state, to, options }: LoggedMessage,
  now: DeliveryState = state
): typeof MessageJson.Type => ({
  message_id: String(id),
  kind,
  from,
  from_kind: fromKind,
  from_proof: proof === "signed" ? "signed" : "none",
  to,
  state: now,
  state_id: stateIdOf(now),
  reason: reason ?? null,
  sent_at: sentAt,
  priority: metadata.priority ?? null,
  message_type: metadata.message_type ?? null,
  thread_id: metadata.thread_id ?? null,
  reply_to: options.replyTo === undefined ? null : String(options.replyTo),
  content
})

/** What goes with a message, in brackets. */
export const labelsOf = ({ kind, metadata, options }: LoggedMessage): string => {
  const words = [
    ...(kind === "chat" ? [] : [kind.replaceAll("_", " ")]),
    ...(metadata.message_type === undefined ? [] : [metadata.message_type]),
    ...(metadata.priority === undefined ? [] : [metadata.priority]),
    ...(metadata.thread_id === undefined ? [] : [`thread ${inline(metadata.thread_id)}`]),
    ...(options.replyTo === undefined ? [] : [`to #${options.replyTo}`])
  ]
  return words.length === 0 ? "" : dim(` (${words.join(", ")})`)
}

/** As wide as a time of day and the gap behind it. */
const indent = 10

/** A message that came: when, its number, from whom, and what. */
export const incomingLine = (message: LoggedMessage, now: number): string => {
  const from = `${bold(inline(message.from))}${message.fromKind === "session" ? "" : dim(` at the ${message.fromKind}`)}${message.proof === "signed" ? "" : dim(" (nothing proves it)")}`
  const head = `${dim(clockTime(message.sentAt, now))}  ${dim(`#${message.id}`)}  ${from}${labelsOf(message)}: `
  return hanging(head, message.content, indent)
}

const colours: Readonly<Record<DeliveryState, (text: string) => string>> = {
  queued: yellow,
  pushed: cyan,
  accepted: cyan,
  "handed over": cyan,
  seen: green,
  expired: red,
  refused: red
}

const widestState = "handed over".length

const logHead = (message: LoggedMessage, at: string, now: number): string => {
  const { from, id, state, to } = message
  const way = `${bold(inline(from))} -> ${bold(inline(to))}`
  return `${dim(clockTime(at, now))}  ${colours[state](state.padEnd(widestState))}  ${dim(`#${id}`)}  ${way}`
}

/** A message that was said, with what became of it. */
export const logLine = (message: LoggedMessage, now: number): string =>
  hanging(`${logHead(message, message.sentAt, now)}${labelsOf(message)}: `, message.content, indent)

/** The same for somebody who sent it: why it is over without having been seen, too. */
export const sentMessageLine = (message: LoggedMessage, now: number): string =>
  message.reason === undefined
    ? logLine(message, now)
    : `${logLine(message, now)}\n${" ".repeat(indent)}${dim(`(${reasonInWords(message.reason)})`)}`

/** The same on one line, as wide as the terminal at most. */
export const shortLogLine = (message: LoggedMessage, now: number): string => {
  const head = `${logHead(message, message.sentAt, now)}: `
  const width = (terminalWidth() ?? Number.POSITIVE_INFINITY) - widthOf(head)
  return `${head}${oneLine(visible(message.content.replace(/\r\n/g, "\n")), width)}`
}

/** That a message, which was printed before, has come into another state. */
export const stateLine = (message: LoggedMessage, now: number): string => {
  const why = message.reason === undefined ? "" : `: ${reasonInWords(message.reason)}`
  return `${logHead(message, message.stateSince ?? message.sentAt, now)}${dim(why)}`
}
