/** The agents that cc-dm writes files of. Claude Code has plugins of its own, and its own command for them. */
import { claudeStatusLine } from "./agents/claudeStatusLine.ts"
import { codex } from "./agents/codex.ts"
import { copilot } from "./agents/copilot.ts"
import { gemini } from "./agents/gemini.ts"
import { kilo, opencode } from "./agents/opencode.ts"
import { pi } from "./agents/pi.ts"
import { qwen } from "./agents/qwen.ts"
import type { Agent } from "./Plan.ts"

export const agents: ReadonlyArray<Agent> = [codex, opencode, kilo, copilot, qwen, gemini, pi]

/** What else is written into files of agents. */
export const extras: ReadonlyArray<Agent> = [claudeStatusLine]

/** What the command line takes. The user's shell is none, and is installed into as they are. */
export const agentNames = [
  "codex",
  "opencode",
  "kilo",
  "copilot",
  "qwen",
  "gemini",
  "pi",
  "claude",
  "shell"
] as const
