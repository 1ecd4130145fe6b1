/** Gemini CLI, by Google. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { writeHomeJson } from "./Files.ts"

const version = "0.61.0"

export const gemini: Agent = {
  name: "gemini",
  version,
  packages: [`@google/gemini-cli@${version}`],
  program: "node_modules/.bin/gemini",
  configure: (place) =>
    writeHomeJson(place, ".gemini/settings.json", {
      security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
      general: { enableAutoUpdate: false, disableAutoUpdate: true },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false }
    }),
  grants: ["--trust", "--wake"],
  packaged: (root) => [["extensions", "install", root, "--consent"]],
  env: ({ model }) => ({ GEMINI_API_KEY: "x", GOOGLE_GEMINI_BASE_URL: model }),
  args: ["-m", "gemini-2.5-flash", "--approval-mode", "yolo"],
  resume: ["--resume", "latest"],
  dialogs: [],
  // Before its servers are started, prompts are queued.
  ready: /1 MCP server[\s\S]*Type your message/,
  working: /esc to cancel/,
  sleepsAfterEsc: true,
  shell: (command) => ({ tool: "run_shell_command", input: { command, description: "Runs a command" } }),
  background: (command) => ({
    tool: "run_shell_command",
    input: { command, description: "Waits for messages", is_background: true }
  }),
  call: (tool, input) => [call(tool, input)]
}
