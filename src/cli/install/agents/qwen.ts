/** Qwen Code: server and command hooks in its `settings.json`. Its hooks have the names of Claude Code's. Seen with 0.24.4. */
import type { Agent, Site } from "../Plan.ts"
import { commandHooks, hookTimeout, serverArguments, serverName } from "./common.ts"

const events = [
  "SessionStart",
  "UserPromptSubmit",
  "PostToolUse",
  "PostToolBatch",
  "PermissionRequest",
  "PostCompact",
  "Stop",
  "StopFailure",
  "SessionEnd"
]

const folderOf = ({ folder, home, project }: Site) =>
  project === undefined ? folder("QWEN_HOME", `${home}/.qwen`) : `${project}/.qwen`

export const qwen: Agent = {
  name: "qwen",
  title: "Qwen Code",
  grants: ["trust"],
  loads: [],
  plan: (site) => [
    {
      kind: "json",
      path: `${folderOf(site)}/settings.json`,
      parts: {
        entries: [
          {
            path: ["mcpServers", serverName],
            values: {
              command: site.launcher,
              args: serverArguments("qwen"),
              ...(site.granted.has("trust") ? { trust: true } : {})
            }
          }
        ],
        hooks: commandHooks(site, "qwen", events, hookTimeout / 1_000)
      }
    }
  ],
  next: ({ granted, project }) => [
    "Restart Qwen Code.",
    ...(project === undefined ? [] : ["Qwen Code reads a project's settings only if you trust the folder."]),
    ...(granted.has("trust")
      ? []
      : ["Qwen Code asks before it uses a tool of cc-dm. To allow them all: cc-dm install qwen --trust"])
  ]
}
