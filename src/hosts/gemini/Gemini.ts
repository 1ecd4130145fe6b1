/**
 * Gemini CLI. Its hooks are commands. What was seen of version 0.61.0: `AfterTool` comes for each tool, also while others of the same
 * request run, and no hook tells of a request or of a turn's id; so only the end of a turn (`AfterAgent`) proves what the model has
 * seen. If its answer makes the turn go on, `BeforeAgent` comes for that answer as for a prompt. Both come for a turn, too, that Esc has
 * ended: then the model has said nothing since, and what hooks were answered in between is in no later request. `PreCompress` comes
 * before every request, whether or not anything is compressed: only the user's own command tells that something is. Nothing wakes it
 * but a command that ran in the background and ends: `cc-dm wait`.
 */
import { normalize } from "node:path"
import { Layer } from "effect"
import { builtFile } from "../../platform/Programs.ts"
import { additionalContext, goOn, hearBy, systemMessage } from "../CommandHooks.ts"
import type { CallId, Host, HostEvent } from "../Host.ts"
import { installed, type Particular } from "../Installed.ts"

/** The tools of ours, as Gemini calls them. */
const isOurs = (tool: string) => tool.startsWith("mcp_cc-dm_")

/** How its model waits in the background: by the launcher, which outlives an update, if `cc-dm install` has put us here. */
const waiting = (): string => {
  const own = normalize(builtFile("../bin/cc-dm"))
  return own.includes("/.cc-dm/lib/") ? "~/.cc-dm/bin/cc-dm wait" : `sh ${JSON.stringify(own)} wait`
}

/** What `AfterAgent` gives for the words of a model that has said nothing. */
const silence = "[no response text]"

/** So much of a field a hook tells, in characters: longer ones can't be compared. */
const toldOfField = 20_000

const make = (): Particular => {
  /** The words that made the turn go on. */
  let wentOnWith: string | undefined
  /** What the model had said at the last `AfterAgent` of this turn. */
  let saidBefore = silence
  /** The calls that were answered with words since then. */
  let answered: ReadonlyArray<CallId> = []

  const begun = (prompt: string): HostEvent => {
    if (prompt === wentOnWith) return { _tag: "Began" }
    saidBefore = silence
    return { _tag: "Prompted", prompt }
  }
  const stopped = (said: string): HostEvent => {
    const isBrokenOff = said !== "" && said === saidBefore && said.length < toldOfField
    const lost = answered
    wentOnWith = undefined
    saidBefore = said
    answered = []
    return isBrokenOff ? { _tag: "Ended", lost } : { _tag: "Stopped" }
  }

  return {
    hear: hearBy(
      {
        BeforeAgent: ({ prompt }) => begun(prompt),
        AfterTool: ({ tool_name }): HostEvent =>
          isOurs(tool_name) ? { _tag: "Called", use: undefined, byMain: true } : { _tag: "ToolEnded" },
        AfterAgent: ({ prompt_response }) => stopped(prompt_response),
        // It comes at the start too, when there is nothing to forget.
        SessionStart: ({ source }) => (source === "clear" ? { _tag: "Forgot", cleared: true } : undefined),
        PreCompress: ({ trigger }) => (trigger === "manual" ? { _tag: "Forgot", cleared: false } : undefined),
        SessionEnd: () => ({ _tag: "Left" })
      },
      ["BeforeAgent", "AfterTool", "AfterAgent"]
    ),
    answer: ({ hook }, answer, call) => {
      if (answer.context !== undefined) answered = [...answered, call]
      if (hook === "AfterAgent") wentOnWith = answer.context
      return {
        ...(hook === "AfterAgent" ? goOn(answer) : additionalContext(hook, answer)),
        ...systemMessage(answer)
      }
    },
    advice: `To be woken when a message comes while you are idle, run the shell command \`${waiting()}\` in the background, and again each time it has ended.`
  }
}

/** The session of Gemini CLI that started this server. */
export const Gemini: Layer.Layer<Host> = Layer.suspend(() => installed("gemini", make()))
