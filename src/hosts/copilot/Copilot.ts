/**
 * Copilot CLI. An extension of ours within it (src/agents/copilot.ts) tells everything, but only its experimental mode loads extensions:
 * without it, hooks that are commands do, with the events of Claude Code's. Seen in version 1.0.102: `PostToolUse` comes for each tool,
 * also while others of the same request run; no turn has an id; the server's instructions do not reach the model.
 */
import type { Layer } from "effect"
import { Predicate } from "effect"
import { goOn, type HookFields, hearBy } from "../CommandHooks.ts"
import type { Host, HostEvent } from "../Host.ts"
import { installed } from "../Installed.ts"
import { answerPlugin, hearPlugin } from "../PluginHooks.ts"

/** The tools of ours, as Copilot calls them. */
const isOurs = (tool: string) => tool.startsWith("cc-dm-")

const toolEnded = ({ tool_name }: HookFields): HostEvent =>
  isOurs(tool_name) ? { _tag: "Called", use: undefined, byMain: true } : { _tag: "ToolEnded" }

const hearCommand = hearBy(
  {
    UserPromptSubmit: ({ prompt }) => ({ _tag: "Prompted", prompt }),
    PostToolUse: toolEnded,
    PostToolUseFailure: toolEnded,
    Stop: () => ({ _tag: "Stopped" })
  },
  []
)
const ofCommands: ReadonlySet<string> = new Set([
  "UserPromptSubmit",
  "PostToolUse",
  "PostToolUseFailure",
  "Stop"
])

/** The session of Copilot CLI that started this server. */
export const Copilot: Layer.Layer<Host> = installed("copilot", {
  instructionsReachModel: false,
  hear: (input) => {
    const heard = hearPlugin(input)
    // The extension says it, and says more.
    const isSaidTwice = Predicate.hasProperty(input, "plugin") && input.plugin === true
    return heard ?? (isSaidTwice ? undefined : hearCommand(input))
  },
  answer: (heard, answer, call) => {
    if (!ofCommands.has(heard.hook)) return answerPlugin(heard, answer, call)
    if (heard.hook === "Stop") return goOn(answer)
    return answer.context === undefined ? {} : { additionalContext: answer.context }
  }
})
