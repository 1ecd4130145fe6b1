/** All agents that are checked, in the order in which they are. */
import { type Installed, installCached, isCached } from "../../scripts/support/PackageCache.ts"
import type { Agent } from "./Agent.ts"
import { codex } from "./Codex.ts"
import { copilot } from "./Copilot.ts"
import { gemini } from "./Gemini.ts"
import { kilo, opencode } from "./OpenCode.ts"
import { pi } from "./Pi.ts"
import { qwen } from "./Qwen.ts"

export const agents: ReadonlyArray<Agent> = [codex, opencode, gemini, qwen, copilot, pi, kilo]

const cached = ({ name, packages, version }: Agent) => ({ name: `${name}-${version}`, packages })

export const isInstalled = (agent: Agent): boolean => isCached(cached(agent))

/** Finds an agent's packages, or installs them from npm. */
export const installAgent = (agent: Agent): Promise<Installed> => installCached(cached(agent))
