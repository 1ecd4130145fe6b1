/** The tool `dm`: a message to one session. */
import { Effect, Schema } from "effect"
import { Content, Metadata } from "../../domain/Message.ts"
import { Outbox } from "../../session/Outbox.ts"
import { makeTool } from "../Tool.ts"

/** What a message says, as `dm` and `broadcast` take it. */
export const messageFields = {
  content: Content,
  ...Metadata.fields
}

export const dm = makeTool({
  name: "dm",
  description:
    "Sends a direct message to one other cc-dm session of this user, by its name. Also answers a permission request: content nothing but `yes <id>` or `no <id>`.",
  input: Schema.Struct({
    to: Schema.String.annotate({ description: "The session's name, as `who` shows it." }),
    ...messageFields
  }),
  run: Effect.fnUntraced(function* ({ content, to, ...metadata }) {
    const outbox = yield* Outbox
    const outcome = yield* outbox.dm({ to, content, metadata })
    return outcome._tag === "Sent"
      ? { success: true, to: outcome.to, message_id: String(outcome.messageId) }
      : {
          success: true,
          to: outcome.to,
          note: "This was the first answer to the permission request. A notice follows when it has been passed on to Claude Code."
        }
  })
})
