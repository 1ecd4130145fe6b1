/** pi, by Mario Zechner. It has no MCP: an extension gives it the tools. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { writeHomeJson } from "./Files.ts"

const version = "0.73.1"

export const pi: Agent = {
  name: "pi",
  version,
  packages: [`@mariozechner/pi-coding-agent@${version}`],
  program: "node_modules/.bin/pi",
  configure: (place) =>
    writeHomeJson(place, ".pi/agent/models.json", {
      providers: {
        mock: {
          baseUrl: `${place.model}/v1`,
          api: "openai-completions",
          apiKey: "x",
          models: [{ id: "mock" }]
        }
      }
    }),
  grants: [],
  env: () => ({ PI_OFFLINE: "1" }),
  args: ["--model", "mock/mock"],
  resume: ["--continue"],
  dialogs: [],
  // The line below the prompt, where all that was said counts.
  ready: /%\/128k .* mock$/m,
  working: /Working\.\.\./,
  shell: (command) => ({ tool: "bash", input: { command } }),
  call: (tool, input) => [call(tool, input)]
}
