/** Gemini CLI: server and command hooks in its `settings.json`. Seen with 0.61.0. */
import type { Agent, Site } from "../Plan.ts"
import { commandHooks, hookTimeout, referencesTo, serverArguments, serverName } from "./common.ts"

const events = ["SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "PreCompress", "SessionEnd"]

const folderOf = ({ folder, home, project }: Site) => `${project ?? folder("GEMINI_CLI_HOME", home)}/.gemini`

export const gemini: Agent = {
  name: "gemini",
  title: "Gemini CLI",
  grants: ["trust", "wake"],
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
              args: serverArguments("gemini"),
              excludeTools: ["session_hook"],
              ...(site.granted.has("trust") ? { trust: true } : {})
            },
            // Gemini hands on only what is named, and nothing where a variable is not set.
            defaults: { env: referencesTo((name) => `$${name}`) }
          }
        ],
        hooks: commandHooks(site, "gemini", events, hookTimeout),
        ...(site.granted.has("wake")
          ? {
              switches: [
                { path: ["experimental", "modelSteering"], value: true },
                { path: ["tools", "shell", "backgroundCompletionBehavior"], value: "inject" }
              ]
            }
          : {})
      }
    }
  ],
  next: ({ granted, project }) => [
    "Restart Gemini CLI.",
    ...(project === undefined
      ? []
      : ["Gemini CLI reads a project's settings only if you trust the folder, and warns of its hooks once."]),
    ...(granted.has("trust")
      ? []
      : ["Gemini CLI asks before it uses a tool of cc-dm. To allow them all: cc-dm install gemini --trust"]),
    ...(granted.has("wake")
      ? []
      : [
          "Messages come with the next prompt. To let them wake an idle session, with two settings of Gemini's: cc-dm install gemini --wake"
        ])
  ]
}
