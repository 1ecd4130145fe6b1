/** Which host serves which agent. */
import type { Layer } from "effect"
import type { Agent } from "../domain/Agent.ts"
import { ClaudeCode } from "./claude-code/ClaudeCode.ts"
import { Codex } from "./codex/Codex.ts"
import { Copilot } from "./copilot/Copilot.ts"
import { Gemini } from "./gemini/Gemini.ts"
import type { Host } from "./Host.ts"
import { Kilo, OpenCode } from "./opencode/OpenCode.ts"
import { Pi } from "./pi/Pi.ts"
import { Qwen } from "./qwen/Qwen.ts"

const hosts: Partial<Record<Agent, Layer.Layer<Host>>> = {
  codex: Codex,
  copilot: Copilot,
  gemini: Gemini,
  kilo: Kilo,
  opencode: OpenCode,
  pi: Pi,
  qwen: Qwen
}

/** The host behind `cc-dm serve --agent NAME`. */
export const hostOf = (agent: Agent): Layer.Layer<Host> => hosts[agent] ?? ClaudeCode
