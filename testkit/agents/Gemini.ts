/** Gemini CLI, by Google. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { hookOf, serverOf, sessionVariables, writeHomeJson } from "./Files.ts"

const version = "0.61.0"

const events = ["SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "PreCompress", "SessionEnd"]

export const gemini: Agent = {
  name: "gemini",
  version,
  isMember: true,
  packages: [`@google/gemini-cli@${version}`],
  program: "node_modules/.bin/gemini",
  configure: (place) => {
    writeHomeJson(place, ".gemini/settings.json", {
      security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
      general: { enableAutoUpdate: false, disableAutoUpdate: true },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      mcpServers: {
        "cc-dm": {
          ...serverOf(place, "gemini"),
          env: Object.fromEntries(sessionVariables.map((name) => [name, `$${name}`])),
          trust: true
        }
      },
      hooks: Object.fromEntries(
        events.map((event) => [
          event,
          [{ hooks: [{ type: "command", command: hookOf(place, "gemini", event), timeout: 10_000 }] }]
        ])
      ),
      // A command that ends in the background begins a turn.
      experimental: { modelSteering: true },
      tools: { shell: { backgroundCompletionBehavior: "inject" } }
    })
  },
  env: ({ model }) => ({ GEMINI_API_KEY: "x", GOOGLE_GEMINI_BASE_URL: model }),
  args: ["-m", "gemini-2.5-flash", "--approval-mode", "yolo"],
  resume: ["--resume", "latest"],
  dialogs: [],
  // Before its servers are started, prompts are queued.
  ready: /1 MCP server[\s\S]*Type your message/,
  working: /esc to cancel/,
  shell: (command) => ({ tool: "run_shell_command", input: { command, description: "Runs a command" } }),
  call: (tool, input) => [call(tool, input)]
}
