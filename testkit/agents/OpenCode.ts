/** opencode, by Anomaly, and Kilo, which is made of it. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { platform, writeHomeJson } from "./Files.ts"

const agent = (options: {
  readonly name: string
  readonly version: string
  readonly package: string
  readonly program: string
  readonly config: string
  readonly env: Readonly<Record<string, string>>
}): Agent => ({
  name: options.name,
  version: options.version,
  packages: [`${options.package}@${options.version}`],
  program: `node_modules/${options.package}/bin/${options.program}`,
  configure: (place) =>
    writeHomeJson(place, options.config, {
      model: "mock/mock",
      small_model: "mock/mock",
      permission: "allow",
      provider: {
        mock: {
          npm: "@ai-sdk/openai-compatible",
          options: { baseURL: `${place.model}/v1`, apiKey: "x" },
          models: { mock: { name: "mock", limit: { context: 100_000, output: 4_000 } } }
        }
      }
    }),
  grants: [],
  // For its plugins it asks npm's registry for a package of its own, and without network waits a minute in between.
  env: () => ({
    ...options.env,
    npm_config_fetch_retry_mintimeout: "10",
    npm_config_fetch_retry_maxtimeout: "10"
  }),
  args: [],
  resume: ["--continue"],
  dialogs: [],
  ready: /ctrl\+p commands/,
  working: /esc (again to )?interrupt/,
  secondEscape: 300,
  joinsWithPrompt: true,
  shell: (command) => ({ tool: "bash", input: { command, description: "Runs a command" } }),
  call: (tool, input) => [call(tool, input)]
})

export const opencode = agent({
  name: "opencode",
  version: "1.18.33",
  package: `opencode-${platform}`,
  program: "opencode",
  config: ".config/opencode/opencode.json",
  env: { OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_AUTOUPDATE: "1" }
})

export const kilo = agent({
  name: "kilo",
  version: "7.7.9",
  package: `@kilocode/cli-${platform}`,
  program: "kilo",
  config: ".config/kilo/kilo.json",
  env: {
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    KILO_DISABLE_MODELS_FETCH: "1",
    KILO_DISABLE_AUTOUPDATE: "1"
  }
})
