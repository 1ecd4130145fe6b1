/** Claude Code's channels: notifications by which a server pushes messages into a session, and passes permissions on. */
import type { Message } from "../../domain/Message.ts"
import { plainWords } from "../../domain/Text.ts"
import type { ChannelForm } from "../Host.ts"

/** Claude Code escapes quotes and angle brackets in an attribute, but not what ends a line. */
const inAttribute = (text: string): string => plainWords(text).replace(/\s/g, " ")

/** The strings that stand beside the content in the model's view. The keys that route come last: nothing overrides them. */
const metaOf = (message: Message): Record<string, string> => ({
  ...message.metadata,
  ...(message.metadata.thread_id === undefined ? {} : { thread_id: inAttribute(message.metadata.thread_id) }),
  ...(message.options.replyTo === undefined ? {} : { reply_to: String(message.options.replyTo) }),
  ...(message.fromKind === "session" ? {} : { from_kind: message.fromKind }),
  ...(message.proof === "signed" ? {} : { from_proof: "none" }),
  from_session: inAttribute(message.from),
  to_session: inAttribute(message.to),
  message_id: String(message.id),
  sent_at: message.sentAt
})

/** What Claude Code's channels are called, and how they look. */
export const channel: ChannelForm = {
  capabilities: (relays) => ({
    "claude/channel": {},
    ...(relays ? { "claude/channel/permission": {} } : {})
  }),
  event: (message) => ({
    method: "notifications/claude/channel",
    params: { content: plainWords(message.content), meta: metaOf(message) }
  }),
  verdict: (requestId, behavior) => ({
    method: "notifications/claude/channel/permission",
    params: { request_id: requestId, behavior }
  }),
  requestMethod: "notifications/claude/channel/permission_request"
}
