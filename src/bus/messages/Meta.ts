/** The column `meta` of a message: what cc-dm says in it, and what anybody may have. */
import { Option, Result, Schema } from "effect"
import {
  type DeliveryOptions,
  type Message,
  MessageType,
  type Metadata,
  Priority,
  ThreadId
} from "../../domain/Message.ts"
import { parseHeldName, whyNotAnew } from "../../domain/Name.ts"
import { isOneOf } from "../../domain/OneOf.ts"

/** Whether no session can take this name anew. One that has it from before says so in each message. */
export const isKept = (name: string): boolean => {
  const parsed = parseHeldName(name)
  return Result.isSuccess(parsed) && whyNotAnew(parsed.success) !== undefined
}

/** What is said in `meta` of a message. */
export interface Said {
  readonly metadata: Metadata
  readonly options: DeliveryOptions
  /** The mark of the permission request that it answers. */
  readonly request?: string
  /** Whether a command within a session writes. */
  readonly inside: boolean
  /** The name under which it is written. */
  readonly name: string
}

/** The text of the column. */
export const metaText = ({ inside, metadata, name, options, request }: Said): string =>
  JSON.stringify({
    ...metadata,
    ...(options.replyTo === undefined ? {} : { reply_to: options.replyTo }),
    ...(options.whenIdle ? { when: "idle" } : {}),
    ...(options.notifyWhenIdle ? { notify_when_idle: true } : {}),
    ...(request === undefined ? {} : { request }),
    ...(inside ? { inside: true } : {}),
    ...(isKept(name) ? { kept_name: true } : {})
  })

const isPriority = isOneOf(Priority.literals)
const isMessageType = isOneOf(MessageType.literals)
const isThreadId = Schema.is(ThreadId)
const parseObject = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
)

interface Meta extends Pick<Message, "metadata" | "options" | "request"> {
  readonly inside: boolean
  readonly keptName: boolean
}

/** Reads the column. What it should not hold is left out. */
export const readMeta = (text: string): Meta => {
  const parsed = text === "{}" ? Option.none() : parseObject(text)
  if (parsed._tag === "None") return { metadata: {}, options: {}, inside: false, keptName: false }
  const { inside, kept_name, message_type, notify_when_idle, priority, reply_to, request, thread_id, when } =
    parsed.value
  return {
    metadata: {
      ...(isPriority(priority) ? { priority } : {}),
      ...(isMessageType(message_type) ? { message_type } : {}),
      ...(isThreadId(thread_id) ? { thread_id } : {})
    },
    options: {
      ...(Number.isSafeInteger(reply_to) ? { replyTo: reply_to as number } : {}),
      ...(when === "idle" ? { whenIdle: true } : {}),
      ...(notify_when_idle === true ? { notifyWhenIdle: true } : {})
    },
    ...(typeof request === "string" ? { request } : {}),
    inside: inside === true,
    keptName: kept_name === true
  }
}
