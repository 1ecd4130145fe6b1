/** Homes of people who use other agents: files as they stand on real machines, some of them untidy. */
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { plugin } from "../../testkit/host/ClaudeCode.ts"

const codexToml = `# Codex, on my laptop
model = "gpt-5.5-codex"   # the large one
model_reasoning_effort='high'
approval_policy="on-request"
notify = [ "notify-send",
  "Codex", # the title
]

[projects."/home/ada/shop"]
trust_level = "trusted"

  [mcp_servers.docs]
  command   = "npx"
  args = ["-y", "docs-mcp@1.2.3"]
  [mcp_servers.docs.env]
  TOKEN = 'abc # no comment'

[tui]
notifications = true
# what follows is text
banner = """
[mcp_servers.cc-dm]
command = "nothing"
"""

# [mcp_servers.old]
`

const codexHooks = `{
    "description": "mine",
    "hooks": {
        "Stop": [
            { "hooks": [ { "type": "command", "command": "afplay done.wav", "timeout": 5 } ] }
        ],
        "PostToolUse": [
            {
                "matcher": "Bash",
                "hooks": [{"type":"command","command":"./lint.sh"}]
            }
        ]
    }
}
`

const geminiSettings = `{
\t// mine
\t"security": { "auth": { "selectedType": "gemini-api-key" } },
\t"ui": {
\t\t"theme": "GitHub", /* dark at night */
\t\t"hideTips": true
\t},
\t"experimental": { "modelSteering": false },
\t"mcpServers": {
\t\t"docs": {"command": "npx", "args": ["-y", "docs-mcp"]} // pinned
\t},
\t"hooks": {
\t\t"AfterTool": [
\t\t\t{"matcher": "write_file", "hooks": [{"type": "command", "command": "./format.sh"}]},
\t\t]
\t}
}`

const qwenSettings = '{"mcpServers":{"a":{"command":"x"}},"model":{"name":"qwen3-coder-plus"},"$version":3}'

const copilotServers = `\ufeff{
   "mcpServers":
   {
      "github": { "type": "http", "url": "https://example.com/mcp", "tools": ["*"] }
   }
}
`

const copilotSettings = `{
  // Copilot
  "theme": "dark",
  "experimental": false
}
`

/** One agent's home before. `links`: files that are links into a folder of dotfiles. */
export interface AgentHome {
  readonly agent: string
  readonly files: Readonly<Record<string, string>>
  readonly links?: ReadonlyArray<string>
  readonly modes?: Readonly<Record<string, number>>
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: ReadonlyArray<string>
}

export const agentHomes: Readonly<Record<string, AgentHome>> = {
  "Codex, with comments and a text that looks like a table": {
    agent: "codex",
    files: { ".codex/config.toml": codexToml, ".codex/hooks.json": codexHooks },
    modes: { ".codex/config.toml": 0o640 },
    flags: ["--approve-tools"]
  },
  "Codex, with line ends of Windows and none at the end": {
    agent: "codex",
    files: { ".codex/config.toml": codexToml.trimEnd().replaceAll("\n", "\r\n") }
  },
  "Codex, whose files are links into a folder of dotfiles": {
    agent: "codex",
    files: { ".codex/config.toml": codexToml, ".codex/hooks.json": codexHooks },
    links: [".codex/config.toml", ".codex/hooks.json"]
  },
  "Codex, in a folder of its own": {
    agent: "codex",
    files: { "work/codex/config.toml": 'model = "o5"' },
    env: { CODEX_HOME: "work/codex" }
  },
  "Codex, that was never started": { agent: "codex", files: {} },
  opencode: { agent: "opencode", files: { ".config/opencode/opencode.jsonc": "{ // mine\n}" } },
  "opencode, in a folder of its own": {
    agent: "opencode",
    files: {},
    env: { XDG_CONFIG_HOME: "settings" }
  },
  Kilo: { agent: "kilo", files: { ".config/kilo/plugin/mine.js": "export {}\n" } },
  "Copilot CLI, whose files have a byte order mark": {
    agent: "copilot",
    files: { ".copilot/mcp-config.json": copilotServers, ".copilot/settings.json": copilotSettings },
    flags: ["--experimental"]
  },
  "Copilot CLI, with an empty file": {
    agent: "copilot",
    files: { ".copilot/mcp-config.json": "" }
  },
  "Qwen Code, all on one line": {
    agent: "qwen",
    files: { ".qwen/settings.json": qwenSettings },
    flags: ["--trust"]
  },
  "Gemini CLI, with tabs, comments and a comma too many": {
    agent: "gemini",
    files: { ".gemini/settings.json": geminiSettings },
    modes: { ".gemini/settings.json": 0o600 },
    flags: ["--wake", "--trust"]
  },
  "Gemini CLI, with line ends of Windows": {
    agent: "gemini",
    files: { ".gemini/settings.json": geminiSettings.replaceAll("\n", "\r\n") }
  },
  "Gemini CLI, with an empty object": {
    agent: "gemini",
    files: { ".gemini/settings.json": "{ }\n" },
    flags: ["--wake"]
  },
  pi: { agent: "pi", files: { ".pi/agent/extensions/mine.ts": "export default () => {}\n" } }
}

/** Puts the files of a home there. */
export const furnish = (home: string, { files, links = [], modes = {} }: AgentHome) => {
  for (const [name, text] of Object.entries(files)) {
    const place = links.includes(name) ? join("dotfiles", name) : name
    mkdirSync(dirname(join(home, place)), { recursive: true })
    writeFileSync(join(home, place), text)
    chmodSync(join(home, place), modes[name] ?? 0o644)
    if (place === name) continue
    mkdirSync(dirname(join(home, name)), { recursive: true })
    symlinkSync(join(home, place), join(home, name))
  }
}

/** The variables of a home, with full paths. */
export const envOf = (home: string, { env = {} }: AgentHome) =>
  Object.fromEntries(Object.entries(env).map(([name, folder]) => [name, join(home, folder)]))

/** All that stands in a folder: files with their modes and bytes, links with where they lead, folders. */
export const treeOf = (folder: string, at = ""): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(folder, at)).flatMap((name): ReadonlyArray<readonly [string, string]> => {
      const path = join(at, name)
      // The programs of the test.
      if (path === "bin") return []
      const found = lstatSync(join(folder, path))
      if (found.isSymbolicLink()) return [[path, `-> ${readlinkSync(join(folder, path))}`]]
      if (found.isDirectory()) return [[path, "folder"], ...Object.entries(treeOf(folder, path))]
      const bytes = readFileSync(join(folder, path)).toString("latin1")
      return [[path, `${(found.mode & 0o7777).toString(8)} ${bytes}`]]
    })
  )

/** What stands in place of the files that run inside of agents: these tests look at files, and start no agent. */
export const agentFiles = {
  "opencode.js": "export const CcDm = async () => ({})\n",
  "pi.js": "export default () => {}\n",
  "copilot/extension.mjs": 'import { joinSession } from "@github/copilot-sdk/extension"\n'
}

/** A copy of the plugin in a folder, with files for the inside of agents. `version`: another version of the same. */
export const pluginIn = (folder: string, files: Readonly<Record<string, string>> = agentFiles): string => {
  const copy = join(folder, "plugin")
  for (const part of ["bin", "dist", "start"])
    cpSync(join(plugin, part), join(copy, part), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, "agents", name)), { recursive: true })
    writeFileSync(join(copy, "agents", name), text)
  }
  return copy
}
