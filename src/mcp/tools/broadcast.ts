/** The tool `broadcast`: a message to every session in reach. */
import { Effect, Schema } from "effect"
import { Outbox } from "../../session/Outbox.ts"
import { makeTool } from "../Tool.ts"
import { messageFields } from "./dm.ts"

export const broadcast = makeTool({
  name: "broadcast",
  title: "Write to all sessions",
  description:
    "Sends one message to every other cc-dm session: those of the same project where this session has one, else all. For what everybody needs to know; else use dm.",
  input: Schema.Struct(messageFields),
  run: Effect.fn("broadcast")(function* ({ content, ...metadata }) {
    const outbox = yield* Outbox
    const { copies, from, full } = yield* outbox.broadcast(content, metadata)
    const receivers = copies.map(({ messageId, reach, reason, state, to }) => ({
      to,
      message_id: String(messageId),
      state,
      ...(reason === undefined ? {} : { reason }),
      reachable_by: reach
    }))
    return {
      success: true,
      from,
      recipientCount: receivers.length,
      receivers,
      ...(full.length === 0
        ? {}
        : {
            left_out: full,
            note: "Too many messages wait for those in left_out, so nothing was written to them (CC_DM_QUEUE_LIMIT)."
          })
    }
  })
})
