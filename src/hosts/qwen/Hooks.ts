/** Qwen Code's hooks: commands, with the events and most of the fields of Claude Code's. Seen in version 0.24.4. */
import { Predicate } from "effect"
import { additionalContext, goOn, hearBy, systemMessage } from "../CommandHooks.ts"
import type { Heard, HookAnswer } from "../Host.ts"

/** The tools of ours, as Qwen Code calls them. */
const isOurs = (tool: string) => tool.startsWith("mcp__cc-dm__")

/** Understands what a hook says. */
export const hear = hearBy(
  {
    // It comes with an empty prompt, too, before every later request of a turn.
    UserPromptSubmit: ({ prompt }) => (prompt === "" ? undefined : { _tag: "Prompted", prompt }),
    // A call of a tool over MCP carries no id: it is matched with the tool's end by its time alone.
    PostToolUse: ({ tool_name }) =>
      isOurs(tool_name) ? { _tag: "Called", use: undefined, byMain: true } : undefined,
    PostToolBatch: () => ({ _tag: "BatchEnded" }),
    Stop: () => ({ _tag: "Stopped" }),
    StopFailure: () => ({ _tag: "Failed" }),
    PermissionRequest: () => ({ _tag: "Asked" }),
    // At the start there is nothing to forget. `PostCompact` tells of a compaction.
    SessionStart: ({ source }) => (source === "clear" ? { _tag: "Forgot", cleared: true } : undefined),
    PostCompact: () => ({ _tag: "Forgot", cleared: false }),
    SessionEnd: () => ({ _tag: "Left" })
  },
  ["UserPromptSubmit", "PostToolBatch", "Stop"]
)

/** The answer to a hook. */
export const answer = ({ hook }: Heard, said: HookAnswer): object => ({
  ...(hook === "Stop" ? goOn(said) : additionalContext(hook, said)),
  ...systemMessage(said)
})

/** The conversation that a hook belongs to. */
export const conversationOf = (input: unknown): string | undefined =>
  Predicate.hasProperty(input, "session_id") &&
  typeof input.session_id === "string" &&
  input.session_id !== ""
    ? input.session_id
    : undefined
