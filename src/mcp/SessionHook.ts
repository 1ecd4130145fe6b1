/**
 * What Claude Code's hooks ask of this server (plugin/hooks/hooks.json). They call it as a tool, so a model sees
 * it too; a model's calls carry the id of a tool use, hooks' calls carry no `_meta`, and that tells them apart.
 *
 * A hook must never be in the user's way: whatever is wrong, the answer is the empty one.
 */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Option, Predicate, Schema } from "effect"
import { Identity } from "../session/Identity.ts"
import { note } from "./Words.ts"

const Event = Schema.Struct({
  event: Schema.Literals(["SessionStart"]),
  /** Empty in the main thread. What is said inside a subagent reaches only the subagent. */
  agent_id: Schema.optionalKey(Schema.String)
})
const decodeEvent = Schema.decodeUnknownOption(Event)

export const sessionHook = {
  name: "session_hook",
  description: "Answers Claude Code's hooks. Not for the model: its calls are refused.",
  inputSchema: { type: "object", properties: { event: { type: "string" }, agent_id: { type: "string" } } }
}

const text = (value: object): CallToolResult => ({ content: [{ type: "text", text: JSON.stringify(value) }] })

const refusal: CallToolResult = {
  ...text({
    success: false,
    error: "this tool answers Claude Code's hooks only; use register, dm, who and broadcast"
  }),
  isError: true
}

const nothing = text({})

/** Answers a hook: after the context was compacted or cleared, who this session is. */
export const answerHook = Effect.fn("answerHook")(function* (input: unknown, meta: unknown) {
  if (Predicate.hasProperty(meta, "claudecode/toolUseId")) return refusal
  const event = decodeEvent(input)
  if (Option.isNone(event) || (event.value.agent_id ?? "") !== "") return nothing
  const identity = yield* Identity
  return yield* identity.current.pipe(
    Effect.map((standing) =>
      text({ hookSpecificOutput: { hookEventName: event.value.event, additionalContext: note(standing) } })
    ),
    Effect.orElseSucceed(() => nothing)
  )
})
