/** Qwen Code, by Alibaba. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { platform, writeHomeJson } from "./Files.ts"

const version = "0.24.4"

export const qwen: Agent = {
  name: "qwen",
  version,
  // It wants a Node of its own: with an older one npm gives an older Qwen Code.
  packages: [`@qwen-code/qwen-code@${version}`, `node-${platform}@22.23.5`],
  program: "node_modules/.bin/qwen",
  configure: (place) =>
    writeHomeJson(place, ".qwen/settings.json", {
      security: { auth: { selectedType: "openai" }, folderTrust: { enabled: false } },
      model: { name: "mock" },
      general: { enableAutoUpdate: false, disableAutoUpdate: true },
      privacy: { usageStatisticsEnabled: false },
      // What the user may type next: it would ask the model for that after each turn.
      ui: { enableFollowupSuggestions: false },
      memory: { enableManagedAutoMemory: false, enableManagedAutoDream: false }
    }),
  grants: ["--trust"],
  env: ({ model }) => ({ OPENAI_API_KEY: "x", OPENAI_BASE_URL: `${model}/v1`, OPENAI_MODEL: "mock" }),
  args: ["--approval-mode", "yolo"],
  resume: ["--continue"],
  dialogs: [],
  ready: /Type your message/,
  working: /esc to cancel/,
  sleepsAfterEsc: true,
  emptied: "C-u",
  // It refuses a `sleep` before another command, also within a shell.
  shell: (command) => ({
    tool: "run_shell_command",
    input: {
      command: command.replaceAll(/\bsleep (\d+)/g, "timeout $1 tail -f /dev/null"),
      description: "Runs a command",
      is_background: false
    }
  }),
  // Tools of servers are not offered: a model looks for them, and calls them through another one.
  call: (tool, input) => [
    call("tool_search", { query: `select:mcp__cc-dm__${tool}` }),
    call("tool_call", { name: `mcp__cc-dm__${tool}`, arguments: input })
  ]
}
