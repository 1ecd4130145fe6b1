/** Sending and receiving, as a session of the demo does both: each is shown, and each must succeed. */
import { Effect } from "effect"
import type { ServerNotification } from "../testkit/host/ClaudeCode.ts"
import type { Player } from "./Cast.ts"
import { fail, inTime } from "./Failure.ts"
import { cyan, green, line, milliseconds, quotation, remark } from "./Page.ts"

/** What a tool is asked to send. Without `to` it is a broadcast. */
export interface Letter {
  readonly content: string
  readonly to?: string
  readonly priority?: string
  readonly message_type?: string
  readonly thread_id?: string
}

const details = ({ message_type, priority, thread_id }: Omit<Letter, "content">): string =>
  [priority, message_type, thread_id && `thread ${thread_id}`].map((word) => word && `, ${word}`).join("")

/**
 * Calls `dm` or `broadcast`.
 *
 * @returns the moment of the call, by `performance.now()`
 */
export const send = Effect.fnUntraced(function* ({ host, name }: Player, letter: Letter) {
  const tool = letter.to === undefined ? "broadcast" : "dm"
  yield* line(`${cyan(name)} → ${cyan(letter.to ?? "everybody")}: ${tool}${details(letter)}`)
  yield* quotation(letter.content)
  const sentAt = performance.now()
  const { isError, json } = yield* inTime(host, `the result of ${name}'s ${tool}`)(host.call(tool, letter))
  if (isError) return yield* fail(host, `${name}'s ${tool} was refused: ${json["error"]}`)
  return sentAt
})

/** Waits for what a session's server sends next, which must be what is expected, and says how long it took. */
const receive = Effect.fnUntraced(function* (
  { host, name }: Player,
  sentAt: number,
  what: string,
  isExpected: (arrival: ServerNotification) => boolean
) {
  const arrival = yield* inTime(host, `${what} for ${name}`)(host.next)
  if (!isExpected(arrival))
    return yield* fail(
      host,
      `${name} received something else than ${what}: ${JSON.stringify(arrival.params)}`
    )
  yield* line(
    `${green("✓")} ${cyan(name)} received ${what} after ${green(milliseconds(arrival.at - sentAt))}`
  )
  return arrival.params
})

const channel = "notifications/claude/channel"

/** A message of another session. Its words are those that `send` has shown. */
export const receiveMessage = Effect.fnUntraced(function* (
  receiver: Player,
  sentAt: number,
  { content, thread_id }: Letter
) {
  const { meta = {} } = yield* receive(
    receiver,
    sentAt,
    "it",
    ({ method, params }) =>
      method === channel && params.content === content && params.meta?.["thread_id"] === thread_id
  )
  yield* remark(`from ${meta["from_session"]}, message ${meta["message_id"]}${details(meta)}`)
})

/** A message that a server wrote about a permission request. */
export const receiveWords = Effect.fnUntraced(function* (
  receiver: Player,
  sentAt: number,
  what: string,
  requestId: string
) {
  const { content = "" } = yield* receive(
    receiver,
    sentAt,
    what,
    ({ method, params }) => method === channel && params.content?.includes(requestId) === true
  )
  yield* quotation(content)
})

/** The verdict that a server passes on to its Claude Code. */
export const receiveVerdict = Effect.fnUntraced(function* (asker: Player, sentAt: number, requestId: string) {
  const { behavior } = yield* receive(
    asker,
    sentAt,
    "the verdict",
    ({ method, params }) => method === `${channel}/permission` && params["request_id"] === requestId
  )
  yield* remark(`${behavior} ${requestId}`)
})
