/** The tool `dm`: a message to one session. */
import { Effect, Schema } from "effect"
import { Content, Metadata } from "../../domain/Message.ts"
import { quote } from "../../domain/Text.ts"
import { type DmOutcome, Outbox, type OutgoingMessage } from "../../session/Outbox.ts"
import { makeTool } from "../Tool.ts"

/** What a message says, as `dm` and `broadcast` take it. */
export const messageFields = {
  content: Content,
  ...Metadata.fields
}

/** The longest that a message may wait for its receiver: 7 days, in seconds. */
const longestWait = 7 * 24 * 3_600

const noNumber = { message: "must be the number of a message, such as 12" }

/** A model is shown numbers of messages as text, and gives them back as text or as numbers. */
const MessageId = Schema.Union([
  Schema.String.check(Schema.isPattern(/^[1-9][0-9]{0,14}$/, noNumber)),
  Schema.Number.check(
    Schema.isInt(noNumber),
    Schema.isBetween({ minimum: 1, maximum: 999_999_999_999_999 }, noNumber)
  )
]).annotate(noNumber)

const Input = Schema.Struct({
  to: Schema.optionalKey(
    Schema.String.annotate({
      description: "The session's name, as `who` shows it. Leave it out where reply_to says whom to answer."
    })
  ),
  ...messageFields,
  reply_to: Schema.optionalKey(
    MessageId.annotate({
      description:
        "The number (message_id) of the message that this answers: receiver and thread come from it."
    })
  ),
  expires_in: Schema.optionalKey(
    Schema.Int.annotate({
      description:
        "Seconds that it may wait for its receiver, at most 604800 (7 days), also for a name that nobody has now. Default 15."
    }).check(Schema.isBetween({ minimum: 1, maximum: longestWait }))
  ),
  when: Schema.optionalKey(
    Schema.Literal("idle").annotate({ description: "idle: not before the end of the receiver's turn." })
  ),
  notify_when_idle: Schema.optionalKey(
    Schema.Boolean.annotate({ description: "true: tell this session, once, when the receiver is idle." })
  )
})

const resultOf = (outcome: DmOutcome, notify: boolean) => {
  const success = { success: true, to: outcome.to }
  switch (outcome._tag) {
    case "Answered":
      return {
        ...success,
        note: "This was the first answer to the permission request. A notice follows when it has been passed on to Claude Code."
      }
    case "Held":
      return {
        ...success,
        message_id: String(outcome.messageId),
        state: "queued",
        note: `Nobody called ${quote(outcome.to)} is on the bus now. The message is held until somebody takes that name.${outcome.renamed === undefined ? "" : ` The session that had it is called ${quote(outcome.renamed)} now.`}`
      }
    case "Sent":
      return {
        ...success,
        message_id: String(outcome.messageId),
        state: outcome.state,
        ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
        reachable_by: outcome.reach,
        ...(notify && outcome.doing === undefined
          ? { note: "That session does not tell whether it is idle, so the notice may never come." }
          : {})
      }
  }
}

export const dm = makeTool({
  name: "dm",
  title: "Write to a session",
  description:
    "Sends a direct message to one other cc-dm session of this user, by its name, or answers one (reply_to). The result says how far it has come. Also answers a permission request: content nothing but `yes <id>` or `no <id>`.",
  input: Input,
  run: ({ content, expires_in, notify_when_idle: notify = false, reply_to, to, when, ...metadata }) => {
    const message: OutgoingMessage = {
      to,
      content,
      metadata,
      options: {
        ...(reply_to === undefined ? {} : { replyTo: Number(reply_to) }),
        ...(when === undefined ? {} : { whenIdle: true }),
        ...(notify ? { notifyWhenIdle: true } : {})
      },
      life: expires_in === undefined ? undefined : expires_in * 1_000
    }
    return Effect.map(
      Effect.flatMap(Outbox, (outbox) => outbox.dm(message)),
      (outcome) => resultOf(outcome, notify)
    )
  }
})
