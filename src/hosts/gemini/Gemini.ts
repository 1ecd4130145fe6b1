/**
 * Gemini CLI. Its hooks are commands. What was seen of version 0.61.0: `AfterTool` comes for each tool, also while others of the same
 * request run, and no hook tells of a request or of a turn's id; so only the end of a turn (`AfterAgent`) proves what the model has
 * seen. Nothing wakes it but a command that ran in the background and ends: `cc-dm wait`.
 */
import type { Config, Layer } from "effect"
import { additionalContext, goOn, hearBy, systemMessage } from "../CommandHooks.ts"
import type { Host, HostEvent } from "../Host.ts"
import { installed } from "../Installed.ts"

/** The tools of ours, as Gemini calls them. */
const isOurs = (tool: string) => tool.startsWith("mcp_cc-dm_")

const hear = hearBy(
  {
    BeforeAgent: ({ prompt }) => ({ _tag: "Prompted", prompt }),
    AfterTool: ({ tool_name }): HostEvent =>
      isOurs(tool_name) ? { _tag: "Called", use: undefined, byMain: true } : { _tag: "ToolEnded" },
    AfterAgent: () => ({ _tag: "Stopped" }),
    // It comes at the start too, when there is nothing to forget.
    SessionStart: ({ source }) => (source === "clear" ? { _tag: "Forgot", cleared: true } : undefined),
    PreCompress: () => ({ _tag: "Forgot", cleared: false }),
    SessionEnd: () => ({ _tag: "Left" })
  },
  ["BeforeAgent", "AfterTool", "AfterAgent"]
)

/** The session of Gemini CLI that started this server. */
export const Gemini: Layer.Layer<Host, Config.ConfigError> = installed("gemini", {
  hear,
  answer: ({ hook }, answer) => ({
    ...(hook === "AfterAgent" ? goOn(answer) : additionalContext(hook, answer)),
    ...systemMessage(answer)
  }),
  advice:
    "To be woken when a message comes while you are idle, run the shell command `cc-dm wait` in the background, and again each time it has ended."
})
