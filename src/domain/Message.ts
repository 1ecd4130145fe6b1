/** Messages: what may be in one, what it says about itself, and the kinds that the bus tells apart. */
import { Schema } from "effect"
import type { SessionId } from "./Name.ts"

/** The most characters (code points) that a message may have. */
export const maxContentLength = 10_000

/** The most characters (code points) that a thread id may have. */
export const maxThreadLength = 64

/** The words of a message: 1 to 10,000 characters, not blank. They travel unchanged. */
export const Content = Schema.String.annotate({ description: "The text, 1 to 10,000 characters." }).check(
  Schema.isMaxCodePoints(maxContentLength, { message: "must have at most 10,000 characters" }),
  Schema.makeFilter((text) => text.trim() !== "" || "must not be blank"),
  Schema.makeFilter(
    (text) => text.isWellFormed() || "must be well-formed text (it holds half of a surrogate pair)"
  )
)

export const Priority = Schema.Literals(["urgent", "normal", "low"])
export type Priority = typeof Priority.Type

export const MessageType = Schema.Literals(["task", "question", "status", "review"])
export type MessageType = typeof MessageType.Type

export const ThreadId = Schema.String.annotate({
  description: "Ties messages of one conversation together; answer with the same."
}).check(
  Schema.isMinLength(1, { message: "must not be empty" }),
  Schema.isMaxCodePoints(maxThreadLength, { message: `must have at most ${maxThreadLength} characters` }),
  Schema.makeFilter(
    (text) => text.isWellFormed() || "must be well-formed text (it holds half of a surrogate pair)"
  )
)

/** What only travels with a message and does not change its delivery. */
export const Metadata = Schema.Struct({
  priority: Schema.optionalKey(Priority),
  message_type: Schema.optionalKey(MessageType),
  thread_id: Schema.optionalKey(ThreadId)
})
export type Metadata = typeof Metadata.Type

/** What a sender asks of the delivery of a message. */
export interface DeliveryOptions {
  /** The message that this one answers. */
  readonly replyTo?: number
  /** Not before the end of the receiver's turn. */
  readonly whenIdle?: boolean
  /** Tell the sender, once, when the receiver is idle. */
  readonly notifyWhenIdle?: boolean
}

/**
 * What a row on the bus is. `chat` is what sessions say to each other; the rest are the system's own
 * messages, which project scope and access lists do not bind.
 */
export const MessageKind = Schema.Literals(["chat", "permission_request", "permission_verdict", "notice"])
export type MessageKind = typeof MessageKind.Type

/** How long a message waits for somebody at the command line, in milliseconds: people are not there all the time. */
export const mailboxLife = 24 * 3_600_000

/** The sender of notices: a name that no session can have. */
export const system = "cc-dm"

/** The sender of what claims to be a session's and does not prove it: a name that no session can have. */
export const nobody = "nobody known"

/**
 * `signed`: it is as the one named wrote it. `none`: nothing shows who wrote it. `1.3.1`: the same, and it looks like a row of
 * a 1.3.1 server, which has no proofs to give.
 */
export type Proof = "signed" | "none" | "1.3.1"

/** Who wrote a message: a session, or somebody at the command line, who may be a session's own shell. */
export const FromKind = Schema.Literals(["session", "command line", "command line in a session"])
export type FromKind = typeof FromKind.Type

/** A message as its receiver's server took it. */
export interface Message {
  /** The bus's number for it: rises with time, never used again. */
  readonly id: number
  readonly kind: MessageKind
  /** The sender's display name when it wrote the message; for a 1.3.1 row, what that says. */
  readonly from: string
  /** The sender's id; absent if nothing proves who that is, or if cc-dm itself wrote it. */
  readonly fromId: SessionId | undefined
  readonly proof: Proof
  /** The sender's project when it wrote; of a 1.3.1 session, the one that the roster has for its name. */
  readonly fromProject: string | null
  readonly fromKind: FromKind
  /** The receiver's display name as the bus holds it now. */
  readonly to: string
  readonly content: string
  readonly metadata: Metadata
  readonly options: DeliveryOptions
  /** The mark of the permission request that a verdict answers. */
  readonly request?: string
  /** ISO 8601. */
  readonly sentAt: string
}

/** One receiver's part of a draft, as it was written. */
export interface Copy {
  readonly messageId: number
  readonly to: SessionId
  /** The bus found its receiver connected while it was written. */
  readonly connected?: boolean
}
