/** The tool `broadcast`: a message to every session in reach. */
import { Effect, Schema } from "effect"
import { Outbox } from "../../session/Outbox.ts"
import { makeTool } from "../Tool.ts"
import { messageFields } from "./dm.ts"

export const broadcast = makeTool({
  name: "broadcast",
  description:
    "Sends one message to every other cc-dm session: those of the same project where this session has one, else all. For what everybody needs to know; else use dm.",
  input: Schema.Struct(messageFields),
  run: Effect.fn("broadcast")(function* ({ content, ...metadata }) {
    const outbox = yield* Outbox
    const { from, recipients } = yield* outbox.broadcast(content, metadata)
    return { success: true, from, recipientCount: recipients }
  })
})
