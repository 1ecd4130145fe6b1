/** Claude Code's hooks (plugin/hooks/hooks.json): what they tell, and how they are answered. */
import { Effect, Option, Predicate, Schema } from "effect"
import type { Heard, HookAnswer, HostEvent } from "../Host.ts"

/** The hooks that the plugin declares. */
export const hookEvents = [
  "UserPromptSubmit",
  "PostToolUse",
  "PostToolBatch",
  "Stop",
  "StopFailure",
  "PermissionRequest",
  "SessionStart",
  "SessionEnd"
] as const

/** The hooks whose answer may show the user a line. That of `PermissionRequest` does not: seen in Claude Code 2.1.332. */
const showingLines: ReadonlySet<string> = new Set<(typeof hookEvents)[number]>([
  "UserPromptSubmit",
  "PostToolBatch",
  "Stop"
])

const text = Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))

/** What a hook sends. A field that the event lacks is empty, or not there. */
export const HookInput = Schema.Struct({
  event: Schema.Literals(hookEvents),
  session_id: text,
  /** Older versions tell none. */
  prompt_id: text,
  /** Empty in the main thread. What is said inside a subagent reaches only the subagent. */
  agent_id: text,
  /** The use of a tool of ours that has ended. */
  tool_use_id: text,
  prompt: text,
  /** Why a conversation began: `clear` or `compact`. */
  source: text
})
type HookInput = typeof HookInput.Type

const decode = Schema.decodeUnknownOption(HookInput)

const eventOf = ({ agent_id, event, prompt, source, tool_use_id }: HookInput): HostEvent | undefined => {
  const byMain = agent_id === ""
  if (event === "PostToolUse")
    return tool_use_id === "" ? undefined : { _tag: "Called", use: tool_use_id, byMain }
  // The dialog of a subagent's tool is the user's all the same.
  if (event === "PermissionRequest") return { _tag: "Asked" }
  if (!byMain) return { _tag: "Stirred" }
  switch (event) {
    case "UserPromptSubmit":
      return { _tag: "Prompted", prompt }
    case "PostToolBatch":
      return { _tag: "BatchEnded" }
    case "Stop":
      return { _tag: "Stopped" }
    case "StopFailure":
      return { _tag: "Failed" }
    case "SessionStart":
      return { _tag: "Forgot", cleared: source === "clear" }
    case "SessionEnd":
      return { _tag: "Left" }
  }
}

/** Understands what a hook sends; `undefined`: it is no hook that the plugin declares. */
export const hear = (input: unknown): Heard | undefined => {
  const decoded = decode(input)
  if (Option.isNone(decoded)) return undefined
  const event = eventOf(decoded.value)
  if (event === undefined) return undefined
  const { event: hook, prompt_id, session_id } = decoded.value
  return {
    event,
    hook,
    conversation: session_id,
    turn: prompt_id,
    showsLine: event._tag !== "Stirred" && showingLines.has(hook)
  }
}

/** The answer to a hook. `{}` if there is nothing to say: an empty text would add a line to every prompt. */
export const answer = ({ hook }: Heard, { context, notice }: HookAnswer): object => ({
  ...(context === undefined
    ? {}
    : { hookSpecificOutput: { hookEventName: hook, additionalContext: context } }),
  ...(notice === undefined ? {} : { systemMessage: notice })
})

const useKey = "claudecode/toolUseId"

/** The id of the model's use of a tool. Hooks' calls carry none, and that tells them from a model's. */
export const toolUse = (meta: unknown): string | undefined =>
  Predicate.hasProperty(meta, useKey) ? String(meta[useKey]) : undefined
