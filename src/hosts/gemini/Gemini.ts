/**
 * Gemini CLI. Its hooks are commands. What was seen of version 0.61.0: `AfterTool` comes for each tool, also while others of the same
 * request run, and no hook tells of a request or of a turn's id; so only the end of a turn (`AfterAgent`) proves what the model has
 * seen. If its answer makes the turn go on, `BeforeAgent` comes for that answer as for a prompt. `PreCompress` comes before every
 * request, whether or not anything is compressed: only the user's own command tells that something is. Nothing wakes it but a command
 * that ran in the background and ends: `cc-dm wait`.
 */
import { type Config, Layer } from "effect"
import { additionalContext, goOn, hearBy, systemMessage } from "../CommandHooks.ts"
import type { Host, HostEvent } from "../Host.ts"
import { installed, type Particular } from "../Installed.ts"

/** The tools of ours, as Gemini calls them. */
const isOurs = (tool: string) => tool.startsWith("mcp_cc-dm_")

const make = (): Particular => {
  /** The words that made the turn go on. */
  let wentOnWith: string | undefined
  return {
    hear: hearBy(
      {
        BeforeAgent: ({ prompt }) =>
          prompt === wentOnWith ? { _tag: "Began" } : { _tag: "Prompted", prompt },
        AfterTool: ({ tool_name }): HostEvent =>
          isOurs(tool_name) ? { _tag: "Called", use: undefined, byMain: true } : { _tag: "ToolEnded" },
        AfterAgent: () => ({ _tag: "Stopped" }),
        // It comes at the start too, when there is nothing to forget.
        SessionStart: ({ source }) => (source === "clear" ? { _tag: "Forgot", cleared: true } : undefined),
        PreCompress: ({ trigger }) => (trigger === "manual" ? { _tag: "Forgot", cleared: false } : undefined),
        SessionEnd: () => ({ _tag: "Left" })
      },
      ["BeforeAgent", "AfterTool", "AfterAgent"]
    ),
    answer: ({ hook }, answer) => {
      if (hook === "AfterAgent") wentOnWith = answer.context
      return {
        ...(hook === "AfterAgent" ? goOn(answer) : additionalContext(hook, answer)),
        ...systemMessage(answer)
      }
    },
    advice:
      "To be woken when a message comes while you are idle, run the shell command `~/.cc-dm/bin/cc-dm wait` in the background, and again each time it has ended."
  }
}

/** The session of Gemini CLI that started this server. */
export const Gemini: Layer.Layer<Host, Config.ConfigError> = Layer.suspend(() => installed("gemini", make()))
