/** Copilot CLI, by GitHub. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { writeHomeJson } from "./Files.ts"

const version = "1.0.102"

export const copilot: Agent = {
  name: "copilot",
  version,
  packages: [`@github/copilot@${version}`],
  program: "node_modules/.bin/copilot",
  configure: (place) =>
    writeHomeJson(place, ".copilot/config.json", { trusted_folders: [place.folder], banner: "never" }),
  grants: ["--experimental"],
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
  secondEscape: 200,
  shell: (command) => ({
    tool: "bash",
    input: { command, description: "Runs a command", mode: "sync", initial_wait: 30 }
  }),
  call: (tool, input) => [call(tool, input)]
}
