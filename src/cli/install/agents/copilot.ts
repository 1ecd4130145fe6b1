/** Copilot CLI: its server, command hooks, and an extension, which only its experimental mode loads. Seen with 1.0.102. */
import type { Agent, Site } from "../Plan.ts"
import { hookCommand, hookTimeout, referencesTo, serverArguments, serverName } from "./common.ts"

const file = "copilot/extension.mjs"

const events = ["UserPromptSubmit", "PostToolUse", "PostToolUseFailure", "Stop"]

const folderOf = ({ folder, home }: Site) => folder("COPILOT_HOME", `${home}/.copilot`)

const hooksOf = (site: Site) => ({
  version: 1,
  hooks: Object.fromEntries(
    events.map((event) => [
      event,
      [
        {
          type: "command",
          command: hookCommand(site, "copilot", event),
          timeoutSec: hookTimeout / 1_000
        }
      ]
    ])
  )
})

export const copilot: Agent = {
  name: "copilot",
  title: "Copilot CLI",
  grants: ["experimental"],
  loads: [file],
  noProject: "Copilot CLI has no server of a project's that cc-dm knows of: install it for all projects",
  plan: (site) => [
    {
      kind: "json",
      path: `${folderOf(site)}/mcp-config.json`,
      parts: {
        entries: [
          {
            path: ["mcpServers", serverName],
            values: {
              type: "local",
              command: site.launcher,
              args: serverArguments("copilot"),
              tools: ["*"]
            },
            defaults: { env: referencesTo((name) => `\${${name}}`) }
          }
        ]
      }
    },
    {
      kind: "whole",
      path: `${folderOf(site)}/hooks/cc-dm.json`,
      text: `${JSON.stringify(hooksOf(site), null, 2)}\n`
    },
    // Copied, not pointed to: what it imports of Copilot's own is found only from Copilot's folder.
    {
      kind: "whole",
      path: `${folderOf(site)}/extensions/cc-dm/extension.mjs`,
      text: site.textOf(file) ?? ""
    },
    ...(site.granted.has("experimental")
      ? [
          {
            kind: "json" as const,
            path: `${folderOf(site)}/settings.json`,
            parts: { switches: [{ path: ["experimental"], value: true }] }
          }
        ]
      : [])
  ],
  next: ({ granted }) => [
    "Restart Copilot CLI, and trust the folder if it asks.",
    ...(granted.has("experimental")
      ? []
      : [
          "Messages wake an idle session only with Copilot's experimental mode, which loads the extension: cc-dm install copilot --experimental, or copilot --experimental"
        ])
  ]
}
