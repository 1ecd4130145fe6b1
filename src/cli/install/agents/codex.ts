/** Codex: its server in `config.toml`, and hooks that call that server, in `hooks.json`. Seen with 0.171.0. */
import { variableNames } from "../../../settings/variables.ts"
import type { Agent, Site } from "../Plan.ts"
import { serverArguments, serverName } from "./common.ts"

const folderOf = ({ folder, home, project }: Site) =>
  project === undefined ? folder("CODEX_HOME", `${home}/.codex`) : `${project}/.codex`

/**
 * What each event has for us, as in the plugin (plugin/codex/hooks.json). A placeholder that an event does not have makes the hook
 * fail, and `agent_id` is there only within a subagent.
 */
const fields: Readonly<Record<string, ReadonlyArray<string>>> = {
  SessionStart: ["session_id", "source"],
  UserPromptSubmit: ["session_id", "turn_id", "prompt"],
  PreModelRequest: ["session_id", "turn_id", "request_id"],
  PostModelRequest: ["session_id", "turn_id", "request_id", "status"],
  PostToolUse: ["session_id", "turn_id", "tool_name", "tool_use_id"],
  PermissionRequest: ["session_id", "turn_id"],
  PostCompact: ["session_id", "turn_id"],
  Stop: ["session_id", "turn_id"],
  Interrupt: ["session_id", "turn_id"]
}

/** Those that may be answered with words for the model. Codex puts what is long into a file if it is not told to leave it whole. */
const answeredWithWords: ReadonlySet<string> = new Set(["SessionStart", "UserPromptSubmit", "PostToolUse"])

/** A hook's limit, in seconds. */
const timeout = 2

const hookFor = (event: string, names: ReadonlyArray<string>) => ({
  type: "mcp_tool",
  server: serverName,
  tool: "session_hook",
  timeout,
  ...(answeredWithWords.has(event) ? { additionalContextLimit: 0 } : {}),
  input: { event, ...Object.fromEntries(names.map((name) => [name, `\${${name}}`])) }
})

export const codex: Agent = {
  name: "codex",
  title: "Codex",
  grants: ["approve-tools"],
  loads: [],
  plan: (site) => [
    {
      kind: "toml",
      path: `${folderOf(site)}/config.toml`,
      table: {
        path: ["mcp_servers", serverName],
        values: {
          command: site.launcher,
          args: serverArguments("codex"),
          env_vars: variableNames,
          ...(site.granted.has("approve-tools") ? { default_tools_approval_mode: "approve" } : {})
        }
      }
    },
    {
      kind: "json",
      path: `${folderOf(site)}/hooks.json`,
      parts: {
        hooks: {
          path: ["hooks"],
          events: Object.fromEntries(
            Object.entries(fields).map(([event, names]) => [event, hookFor(event, names)])
          ),
          isOurs: ({ server, tool }) => server === serverName && tool === "session_hook"
        }
      }
    }
  ],
  next: ({ granted, project }) => [
    "Restart Codex. It says that hooks need review: look at them, and choose to trust them all. Until then none of them runs.",
    ...(project === undefined ? [] : ["Codex reads a project's files only if you trust the project."]),
    ...(granted.has("approve-tools")
      ? []
      : [
          "Codex asks before each use of a tool of cc-dm. To allow them all: cc-dm install codex --approve-tools"
        ])
  ]
}
