/** Which host serves which agent. */
import type { Config, Layer } from "effect"
import type { Agent } from "../domain/Agent.ts"
import { ClaudeCode } from "./claude-code/ClaudeCode.ts"
import { Codex } from "./codex/Codex.ts"
import { Gemini } from "./gemini/Gemini.ts"
import type { Host } from "./Host.ts"

const hosts: Partial<Record<Agent, Layer.Layer<Host, Config.ConfigError>>> = {
  codex: Codex,
  gemini: Gemini
}

/** The host behind `cc-dm serve --agent NAME`. */
export const hostOf = (agent: Agent): Layer.Layer<Host, Config.ConfigError> => hosts[agent] ?? ClaudeCode
