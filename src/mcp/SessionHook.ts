/**
 * What Claude Code's hooks ask of this server (plugin/hooks/hooks.json). They call it as a tool, so a model sees
 * it too; a model's calls carry the id of a tool use, hooks' calls carry no `_meta`, and that tells them apart.
 *
 * A hook must never be in the user's way: whatever is wrong, the answer is the empty one, and what there is to say is
 * said from memory.
 */
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Option, Predicate, Schema } from "effect"
import { Identity } from "../session/Identity.ts"
import { type HookCall, hookEvents, Inbound } from "../session/Inbound.ts"
import type { CallId } from "../session/routes/State.ts"
import { note } from "./Words.ts"

const text = Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))

const Input = Schema.Struct({
  event: Schema.Literals([...hookEvents, "PostToolUse"]),
  session_id: text,
  prompt_id: text,
  /** Empty in the main thread. What is said inside a subagent reaches only the subagent. */
  agent_id: text,
  /** The use of a tool of ours that has ended. */
  tool_use_id: text,
  prompt: text,
  source: text
})
const decodeInput = Schema.decodeUnknownOption(Input)

export const sessionHook = {
  name: "session_hook",
  description: "Answers Claude Code's hooks. Not for the model: its calls are refused.",
  inputSchema: { type: "object", properties: { event: { type: "string" } } }
}

const json = (value: object): CallToolResult => ({ content: [{ type: "text", text: JSON.stringify(value) }] })

const refusal: CallToolResult = {
  ...json({
    success: false,
    error: "this tool answers Claude Code's hooks only; use register, dm, who, broadcast and inbox"
  }),
  isError: true
}

const nothing = json({})

const says = (
  event: HookCall["event"],
  additionalContext: string | undefined,
  systemMessage?: string
): CallToolResult =>
  json({
    ...(additionalContext === undefined
      ? {}
      : { hookSpecificOutput: { hookEventName: event, additionalContext } }),
    ...(systemMessage === undefined ? {} : { systemMessage })
  })

/** How long a hook waits for the bus to say who this session is, in milliseconds: one that waits stops the user. */
const patience = 300

/** After the context was cleared or compacted: who this session still is. */
const whoItIs = Effect.fnUntraced(function* (source: string) {
  const identity = yield* Identity
  const goesOn =
    source === "clear" ? "The context was cleared; on cc-dm this session goes on as it was. " : ""
  return yield* identity.current.pipe(
    Effect.timeout(patience),
    Effect.map((standing) => says("SessionStart", `${goesOn}${note(standing)}`)),
    Effect.orElseSucceed(() => nothing)
  )
})

const isModels = (meta: unknown): boolean => Predicate.hasProperty(meta, "claudecode/toolUseId")

/** Answers a hook while there is no session yet. */
export const answerHookWithoutSession = (meta: unknown): CallToolResult =>
  isModels(meta) ? refusal : nothing

/** Answers a hook: with the messages that wait, as far as now is their time. */
export const answerHook = Effect.fnUntraced(function* (input: unknown, meta: unknown, call: CallId) {
  if (isModels(meta)) return refusal
  const decoded = decodeInput(input)
  if (Option.isNone(decoded)) return nothing
  const { agent_id, event, prompt, prompt_id, session_id, source, tool_use_id } = decoded.value
  const inbound = yield* Inbound
  if (event === "PostToolUse") {
    if (tool_use_id !== "") yield* inbound.called(tool_use_id, agent_id === "")
    return nothing
  }
  // The dialog of a subagent's tool is the user's all the same.
  if (agent_id !== "" && event !== "PermissionRequest") return yield* Effect.as(inbound.stirred, nothing)
  const answer = yield* inbound.hook({
    event,
    call,
    conversation: session_id,
    turn: prompt_id,
    prompt,
    source
  })
  if (answer !== undefined) return says(event, answer.context, answer.notice)
  return event === "SessionStart" ? yield* whoItIs(source) : nothing
})
