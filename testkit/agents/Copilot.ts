/** Copilot CLI, by GitHub. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { hookOf, serverOf, sessionVariables, writeHome, writeHomeJson } from "./Files.ts"

const version = "1.0.102"

const events = ["UserPromptSubmit", "PostToolUse", "PostToolUseFailure", "Stop"]
const extension = join(import.meta.dir, "../../plugin/agents/copilot/extension.mjs")

export const copilot: Agent = {
  name: "copilot",
  version,
  isMember: true,
  packages: [`@github/copilot@${version}`],
  program: "node_modules/.bin/copilot",
  configure: (place) => {
    writeHomeJson(place, ".copilot/mcp-config.json", {
      mcpServers: {
        "cc-dm": {
          type: "local",
          ...serverOf(place, "copilot"),
          tools: ["*"],
          env: Object.fromEntries(sessionVariables.map((name) => [name, `\${${name}}`]))
        }
      }
    })
    const hook = (event: string) => [
      { type: "command", command: hookOf(place, "copilot", event), timeoutSec: 10 }
    ]
    writeHomeJson(place, ".copilot/hooks/cc-dm.json", {
      version: 1,
      hooks: Object.fromEntries(events.map((event) => [event, hook(event)]))
    })
    writeHome(place, ".copilot/extensions/cc-dm/extension.mjs", readFileSync(extension, "utf8"))
    writeHomeJson(place, ".copilot/settings.json", { experimental: true })
    writeHomeJson(place, ".copilot/config.json", { trusted_folders: [place.folder], banner: "never" })
  },
  env: ({ model }) => ({
    COPILOT_OFFLINE: "true",
    COPILOT_PROVIDER_BASE_URL: `${model}/v1`,
    COPILOT_PROVIDER_API_KEY: "x",
    COPILOT_MODEL: "mock",
    COPILOT_AUTO_UPDATE: "false"
  }),
  args: ["--allow-all-tools"],
  resume: ["--continue"],
  dialogs: [{ shows: /Do you trust the files/, keys: ["Enter"] }],
  ready: /^ *❯/m,
  // In the line below the prompt.
  working: /^ *\S Working\b/m,
  shell: (command) => ({
    tool: "bash",
    input: { command, description: "Runs a command", mode: "sync", initial_wait: 30 }
  }),
  call: (tool, input) => [call(tool, input)]
}
