/** Codex CLI, by OpenAI. */
import { call } from "../models/Script.ts"
import type { Agent } from "./Agent.ts"
import { writeHome } from "./Files.ts"

const version = "0.171.0"

/** JSON's strings and lists are TOML's, too. */
const toml = (value: unknown): string => JSON.stringify(value)

export const codex: Agent = {
  name: "codex",
  version,
  packages: [`@openai/codex@${version}`],
  program: "node_modules/.bin/codex",
  configure: (place) =>
    writeHome(
      place,
      ".codex/config.toml",
      `model = "mock"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[model_providers.mock]
name = "mock"
base_url = ${toml(`${place.model}/v1`)}
wire_api = "responses"

[projects.${toml(place.folder)}]
trust_level = "trusted"
`
    ),
  grants: ["--approve-tools"],
  packaged: (root) => [
    ["plugin", "marketplace", "add", root],
    ["plugin", "add", "cc-dm@cc-dm-marketplace"]
  ],
  env: () => ({}),
  args: [],
  resume: ["resume", "--last"],
  dialogs: [{ shows: /Hooks need review/, keys: ["2", "Enter"] }],
  // The line below the prompt. Before it stands there, the servers are not started, and a prompt waits for them.
  ready: /^ +mock default · /m,
  working: /esc to interrupt/,
  shell: (command) => ({ tool: "exec_command", input: { cmd: command, yield_time_ms: 20_000 } }),
  call: (tool, input) => [call(tool, input)]
}
