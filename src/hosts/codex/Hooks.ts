/**
 * Codex's hooks, which call the tool `session_hook` (plugin/codex/hooks.json): what they tell, and how they are answered. Seen in
 * version 0.171.0. They run once the user has trusted them; without them the control socket tells what counts.
 */
import { Effect, Predicate, Schema } from "effect"
import { additionalContext, goOn, systemMessage } from "../CommandHooks.ts"
import type { Heard, HookAnswer, HostEvent } from "../Host.ts"

/** The hooks that the plugin declares. */
export const hookEvents = [
  "SessionStart",
  "UserPromptSubmit",
  "PreModelRequest",
  "PostModelRequest",
  "PostToolUse",
  "PermissionRequest",
  "PostCompact",
  "Stop",
  "Interrupt"
] as const

/** By which a server asks which thread is its own: whoever gets its own nonce knows. No hook of Codex is called so. */
export const probe = "WhoAmI"

const text = Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("")))

/** What a hook sends. A field that the event lacks is empty. */
export const HookInput = Schema.Struct({
  event: Schema.Literals([...hookEvents, probe]),
  session_id: text,
  turn_id: text,
  prompt: text,
  /** Why a conversation began: `startup`, `resume`, `clear`, `compact` or `fork`. */
  source: text,
  request_id: text,
  /** How a request ended: `completed`, `cancelled`. */
  status: text,
  tool_name: text,
  tool_use_id: text,
  nonce: text
})
export type HookInput = typeof HookInput.Type

/** Reads what a hook sends. */
export const readHook = Schema.decodeUnknownOption(HookInput)

/** The tools of ours, as Codex calls them. */
const isOurs = (tool: string) => /^mcp__cc[-_]dm__/.test(tool)

const eventOf = (hook: HookInput, byMain: boolean): HostEvent | undefined => {
  const { event, tool_name, tool_use_id } = hook
  if (event === "PostToolUse" && isOurs(tool_name))
    return { _tag: "Called", use: tool_use_id === "" ? undefined : tool_use_id, byMain }
  if (event === "PermissionRequest") return { _tag: "Asked" }
  if (!byMain) return { _tag: "Stirred" }
  switch (event) {
    case "SessionStart":
      return hook.source === "clear" || hook.source === "compact"
        ? { _tag: "Forgot", cleared: hook.source === "clear" }
        : undefined
    case "UserPromptSubmit":
      return { _tag: "Prompted", prompt: hook.prompt }
    case "PreModelRequest":
      return { _tag: "Requested", request: hook.request_id }
    case "PostModelRequest":
      return { _tag: "Replied", request: hook.request_id, whole: hook.status === "completed" }
    case "PostToolUse":
      return { _tag: "ToolEnded" }
    case "PostCompact":
      return { _tag: "Forgot", cleared: false }
    case "Stop":
      return { _tag: "Stopped" }
    case "Interrupt":
      return { _tag: "Ended" }
    case probe:
      return undefined
  }
}

const showingLines: ReadonlyArray<string> = ["UserPromptSubmit", "PostToolUse"]

/**
 * Understands what a hook sends.
 *
 * @param byMain whether the main thread's hook calls, and not one of a subagent, which is a thread of its own
 */
export const hear = (hook: HookInput, byMain: boolean): Heard | undefined => {
  const event = eventOf(hook, byMain)
  return event === undefined
    ? undefined
    : {
        event,
        hook: hook.event,
        conversation: hook.session_id,
        turn: hook.turn_id,
        showsLine: showingLines.includes(hook.event)
      }
}

/** The answer to a hook. Codex refuses a field that it does not know, and `Stop` has no words but its reason. */
export const answer = ({ hook }: Heard, given: HookAnswer): object => {
  switch (hook) {
    case "Stop":
      return goOn(given)
    case "SessionStart":
    case "UserPromptSubmit":
    case "PostToolUse":
      return { ...additionalContext(hook, given), ...systemMessage(given) }
    default:
      return {}
  }
}

const own = (meta: unknown, key: string): string | undefined =>
  Predicate.hasProperty(meta, key) && typeof meta[key] === "string" ? meta[key] : undefined

/** The id of the model's use of a tool, from the `_meta` of a call. A hook's call carries no other than the thread's. */
export const toolUse = (meta: unknown): string | undefined =>
  own(meta, "callId") ?? (Predicate.hasProperty(meta, "x-codex-turn-metadata") ? "" : undefined)

/** The thread that a call is made in, if Codex tells. */
export const threadOf = (meta: unknown): string | undefined => own(meta, "threadId")
