/** The coding agents that cc-dm knows. */

/** What an agent is called on the bus and in commands. */
export const agents = [
  "claude",
  "codex",
  "opencode",
  "kilo",
  "copilot",
  "qwen",
  "gemini",
  "pi",
  "other"
] as const

/** `other`: one of which nothing is known but that it speaks MCP. */
export type Agent = (typeof agents)[number]

const names: Readonly<Record<Agent, string>> = {
  claude: "Claude Code",
  codex: "Codex",
  opencode: "opencode",
  kilo: "Kilo",
  copilot: "Copilot CLI",
  qwen: "Qwen Code",
  gemini: "Gemini CLI",
  pi: "pi",
  other: "this agent"
}

/** What people call an agent. */
export const nameOfAgent = (agent: Agent): string => names[agent]

/** The agent that goes by that word, if it is one. */
export const agentCalled = (word: string | undefined): Agent | undefined =>
  agents.find((agent) => agent === word)

/** What agents call themselves when they greet an MCP server, as seen in the versions that `docs/user/other-agents.md` lists. */
const clientNames: ReadonlyArray<readonly [pattern: RegExp, agent: Agent]> = [
  [/^claude-code/, "claude"],
  [/^codex-mcp-client/, "codex"],
  [/^opencode$/, "opencode"],
  [/^kilo$/, "kilo"],
  [/^copilot-cli/, "copilot"],
  [/^qwen-cli-mcp-client/, "qwen"],
  [/^gemini-cli-mcp-client/, "gemini"]
]

/** The agent that greets an MCP server under that name; `other`: one that is not known. */
export const agentOfClient = (name: string): Agent =>
  clientNames.find(([pattern]) => pattern.test(name))?.[1] ?? "other"
