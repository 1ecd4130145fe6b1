/** `cc-dm install` and `uninstall`, on homes as people have them. That agents read what is written is for those who start the agents. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { DoctorJson, InstallJson } from "../../src/cli/Json.ts"
import { variableNames } from "../../src/settings/variables.ts"
import { version } from "../../src/version.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"
import { where } from "../support/where.ts"
import { agentFiles, agentHomes, envOf, furnish, pluginIn, treeOf } from "./agentHomes.ts"
import { pathOf, putProgram } from "./command.ts"
import { readAs } from "./run.ts"

let shared = ""
beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), "cc-dm-plugin-"))
  chmodSync(shared, 0o755)
  pluginIn(shared)
})
afterAll(() => rmSync(shared, { recursive: true, force: true }))

/** Runs the command of a copy of the plugin. */
const ccdm = (
  home: string,
  args: ReadonlyArray<string>,
  { cwd = home, env = {}, plugin = join(shared, "plugin") } = {}
): Effect.Effect<Outcome> =>
  Effect.promise(() =>
    run([join(plugin, "bin/cc-dm"), ...args], {
      cwd,
      env: { HOME: home, PATH: pathOf(home), USER: "tester", ...env },
      seconds: 60
    })
  )

const read = (home: string, file: string) => readFileSync(join(home, file), "utf8")
const json = (home: string, file: string) => JSON.parse(read(home, file))
const put = (home: string, file: string, text: string) => {
  mkdirSync(dirname(join(home, file)), { recursive: true })
  writeFileSync(join(home, file), text)
}

describe("install, and uninstall again", () => {
  for (const [name, agentHome] of Object.entries(agentHomes))
    it.live(
      `leave a home as it was: ${name}`,
      Effect.gen(function* () {
        const home = yield* temporaryHome
        furnish(home, agentHome)
        const { agent, flags = [] } = agentHome
        const env = envOf(home, agentHome)
        const before = treeOf(home)
        expect(yield* ccdm(home, ["install", agent, ...flags], { env })).toMatchObject({
          code: 0,
          stderr: ""
        })
        const installed = treeOf(home)
        expect(installed).not.toEqual(before)
        expect(existsSync(join(home, ".cc-dm/bin/cc-dm"))).toBe(true)
        const again = yield* ccdm(home, ["install", agent], { env })
        expect(again).toMatchObject({ code: 0 })
        expect(again.stderr).toContain("nothing to change")
        expect(treeOf(home)).toEqual(installed)
        expect(yield* ccdm(home, ["uninstall", agent], { env })).toMatchObject({ code: 0, stderr: "" })
        expect(treeOf(home)).toEqual(before)
        const more = yield* ccdm(home, ["uninstall", agent], { env })
        expect(more).toMatchObject({ code: 0, stdout: "" })
        expect(more.stderr).toContain("is not installed")
        expect(treeOf(home)).toEqual(before)
      })
    )

  for (const [name, agentHome] of Object.entries(agentHomes).filter(
    ([, { files }]) => Object.keys(files).length > 0
  ))
    it.live(
      `keep every line of the user's, and where it stands: ${name}`,
      Effect.gen(function* () {
        const home = yield* temporaryHome
        furnish(home, agentHome)
        yield* ccdm(home, ["install", agentHome.agent], { env: envOf(home, agentHome) })
        for (const [file, text] of Object.entries(agentHome.files)) {
          const now = read(home, file)
          const eol = text.includes("\r\n") ? "\r\n" : "\n"
          if (text.includes("\r\n")) expect(now.replaceAll("\r\n", "")).not.toContain("\n")
          // What was on one line may have grown; all other lines are there, in their order, but for a comma.
          if (!text.trim().includes("\n")) continue
          let at = 0
          for (const line of text.trimEnd().split(eol)) {
            const found = now.indexOf(
              line
                .replace(/[,\]}\s]*$/, "")
                .replace(/\/\/.*$/, "")
                .trimEnd(),
              at
            )
            expect({ file, line, found: found >= 0 }).toEqual({ file, line, found: true })
            at = found
          }
        }
      })
    )
})

describe("what is written", () => {
  it.live(
    "for Codex: its server with every variable, and hooks that ask only for what their event has",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      yield* ccdm(home, ["install", "codex"])
      expect(Bun.TOML.parse(read(home, ".codex/config.toml"))).toEqual({
        mcp_servers: {
          "cc-dm": {
            command: join(home, ".cc-dm/bin/cc-dm"),
            args: ["serve", "--agent", "codex"],
            env_vars: [...variableNames]
          }
        }
      })
      const { hooks } = json(home, ".codex/hooks.json")
      const inputs = Object.fromEntries(
        Object.entries<any>(hooks).map(([event, [{ hooks: list }]]) => {
          const [{ additionalContextLimit, input, ...rest }] = list
          expect(rest).toEqual({ type: "mcp_tool", server: "cc-dm", tool: "session_hook", timeout: 2 })
          const hasWords = ["SessionStart", "UserPromptSubmit", "PostToolUse"].includes(event)
          expect(additionalContextLimit).toBe(hasWords ? 0 : undefined)
          const { event: own, ...others } = input
          expect(own).toBe(event)
          for (const [key, value] of Object.entries(others)) expect(value).toBe(`\${${key}}`)
          return [event, Object.keys(others).sort()]
        })
      )
      const turn = ["session_id", "turn_id"]
      expect(inputs).toEqual({
        SessionStart: ["session_id", "source"],
        UserPromptSubmit: [...turn, "prompt"].sort(),
        PreModelRequest: [...turn, "request_id"].sort(),
        PostModelRequest: [...turn, "request_id", "status"].sort(),
        PostToolUse: [...turn, "tool_name", "tool_use_id"].sort(),
        PermissionRequest: turn,
        PostCompact: turn,
        Stop: turn,
        Interrupt: turn
      })
    })
  )

  it.live(
    "for opencode, Kilo and pi: two lines that lead to the version that is current",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const [agent, file, line] of [
        ["opencode", ".config/opencode/plugin/cc-dm.js", "export * from"],
        ["kilo", ".config/kilo/plugin/cc-dm.js", "export * from"],
        ["pi", ".pi/agent/extensions/cc-dm.ts", "export { default } from"]
      ] as const) {
        yield* ccdm(home, ["install", agent])
        const lines = read(home, file).trimEnd().split("\n")
        expect(lines).toHaveLength(2)
        const target = join(home, ".cc-dm/lib/current/agents", agent === "pi" ? "pi.js" : "opencode.js")
        expect(lines[1]).toBe(`${line} ${JSON.stringify(target)}`)
        expect(Object.keys(yield* Effect.promise(() => import(join(home, file))))).toEqual(
          agent === "pi" ? ["default"] : ["CcDm"]
        )
      }
    })
  )

  it.live(
    "for Copilot CLI, Qwen Code and Gemini CLI: the server, and command hooks that a shell can run",
    Effect.gen(function* () {
      const home = join(yield* temporaryHome, "a home with 'quotes'")
      mkdirSync(home)
      const launcher = join(home, ".cc-dm/bin/cc-dm")
      for (const agent of ["copilot", "qwen", "gemini"]) yield* ccdm(home, ["install", agent])
      const server = (agent: string) => ({ command: launcher, args: ["serve", "--agent", agent] })
      const variables = (reference: (name: string) => string) =>
        Object.fromEntries(variableNames.map((name) => [name, reference(name)]))
      expect(json(home, ".copilot/mcp-config.json").mcpServers["cc-dm"]).toEqual({
        type: "local",
        ...server("copilot"),
        tools: ["*"],
        env: variables((name) => `\${${name}}`)
      })
      expect(json(home, ".qwen/settings.json").mcpServers["cc-dm"]).toEqual(server("qwen"))
      expect(json(home, ".gemini/settings.json").mcpServers["cc-dm"]).toEqual({
        ...server("gemini"),
        excludeTools: ["session_hook"],
        env: variables((name) => `$${name}`)
      })
      expect(read(home, ".copilot/extensions/cc-dm/extension.mjs")).toBe(agentFiles["copilot/extension.mjs"])
      const hooks = {
        copilot: json(home, ".copilot/hooks/cc-dm.json").hooks,
        qwen: json(home, ".qwen/settings.json").hooks,
        gemini: json(home, ".gemini/settings.json").hooks
      }
      expect(Object.keys(hooks.copilot)).toEqual([
        "UserPromptSubmit",
        "PostToolUse",
        "PostToolUseFailure",
        "Stop"
      ])
      expect(Object.keys(hooks.gemini).sort()).toEqual(
        ["SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "PreCompress", "SessionEnd"].sort()
      )
      expect(Object.keys(hooks.qwen)).toContain("PostToolBatch")
      // The launcher, in its place, tells how it is called.
      rmSync(launcher)
      writeFileSync(launcher, '#!/bin/sh\nprintf "%s|" "$@"')
      chmodSync(launcher, 0o755)
      for (const [agent, events] of Object.entries<any>(hooks))
        for (const [event, [group]] of Object.entries<any>(events)) {
          const { command, type } = group.hooks?.[0] ?? group
          expect(type).toBe("command")
          const { stdout } = yield* Effect.promise(() => run(["sh", "-c", command]))
          expect(stdout).toBe(`hook|${agent}|${event}|`)
        }
    })
  )

  it.live(
    "grants nothing without its flag, keeps what was granted, and refuses a flag of another agent",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const codex = () => Bun.TOML.parse(read(home, ".codex/config.toml")) as any
      const gemini = () => json(home, ".gemini/settings.json")
      yield* ccdm(home, ["install", "codex"])
      yield* ccdm(home, ["install", "gemini"])
      expect(codex().mcp_servers["cc-dm"]).not.toHaveProperty("default_tools_approval_mode")
      expect(gemini().mcpServers["cc-dm"]).not.toHaveProperty("trust")
      expect(Object.keys(gemini())).toEqual(["mcpServers", "hooks"])
      yield* ccdm(home, ["install", "codex", "--approve-tools"])
      yield* ccdm(home, ["install", "gemini", "--trust", "--wake"])
      yield* ccdm(home, ["install", "gemini"])
      expect(codex().mcp_servers["cc-dm"].default_tools_approval_mode).toBe("approve")
      expect(gemini()).toMatchObject({
        mcpServers: { "cc-dm": { trust: true } },
        experimental: { modelSteering: true },
        tools: { shell: { backgroundCompletionBehavior: "inject" } }
      })
      expect(yield* ccdm(home, ["install", "codex", "--trust"])).toEqual({
        code: 2,
        stdout: "",
        stderr: "cc-dm: --trust is not for Codex\n"
      })
    })
  )

  it.live(
    "stands in the files of a project with --project, where the agent has such",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const project = join(home, "shop")
      mkdirSync(project)
      const files = {
        codex: [".codex/config.toml", ".codex/hooks.json"],
        opencode: [".opencode/plugin/cc-dm.js"],
        kilo: [".kilo/plugin/cc-dm.js"],
        qwen: [".qwen/settings.json"],
        gemini: [".gemini/settings.json"],
        pi: [".pi/extensions/cc-dm.ts"]
      }
      for (const [agent, own] of Object.entries(files)) {
        expect(yield* ccdm(home, ["install", agent, "--project"], { cwd: project })).toMatchObject({
          code: 0
        })
        for (const file of own)
          expect(read(project, file)).toContain(
            file.endsWith("hooks.json") ? '"cc-dm"' : join(home, ".cc-dm")
          )
      }
      expect(Object.keys(treeOf(home)).filter((path) => !/^(\.cc-dm|shop)/.test(path))).toEqual([])
      for (const agent of Object.keys(files))
        yield* ccdm(home, ["uninstall", agent, "--project"], { cwd: project })
      expect(treeOf(home)).toEqual({ shop: "folder" })
      expect(yield* ccdm(home, ["install", "copilot", "--project"], { cwd: project })).toMatchObject({
        code: 2
      })
      const atHome = yield* ccdm(home, ["install", "codex", "--project"])
      expect(atHome).toMatchObject({ code: 2, stdout: "" })
      expect(atHome.stderr).toContain("home folder")
    })
  )

  it.live(
    "is only shown with --print, and told as JSON with --json",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      furnish(home, agentHomes["Codex, with comments and a text that looks like a table"] as any)
      const before = treeOf(home)
      const shown = yield* ccdm(home, ["install", "codex", "--print"])
      expect(shown).toMatchObject({ code: 0, stderr: "Only shown: nothing was written.\n" })
      expect(shown.stdout).toContain("+ [mcp_servers.cc-dm]")
      expect(shown.stdout).not.toContain("more lines")
      // Lines of the user's are no part of it: they may hold secrets.
      expect(shown.stdout).not.toContain("lint.sh")
      const told = readAs(InstallJson, (yield* ccdm(home, ["install", "codex", "--print", "--json"])).stdout)
      expect(told).toMatchObject({ agent: "codex", written: false, version, on_path: false })
      expect(treeOf(home)).toEqual(before)
      putProgram(home, "codex", "echo must not run; exit 1")
      const done = readAs(InstallJson, (yield* ccdm(home, ["install", "codex", "--json"])).stdout)
      expect(done).toMatchObject({ written: true, on_path: true, launcher: join(home, ".cc-dm/bin/cc-dm") })
      expect(done.files.map(({ path, state }) => [path, state])).toEqual([
        [join(home, ".codex/config.toml"), "changed"],
        [join(home, ".codex/hooks.json"), "changed"]
      ])
      expect(readAs(InstallJson, (yield* ccdm(home, ["install", "codex", "--json"])).stdout).written).toBe(
        false
      )
    })
  )

  it.live(
    "is nothing for Claude Code: it has a command of its own",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { code, stdout } = yield* ccdm(home, ["install", "claude"])
      expect(code).toBe(0)
      expect(stdout).toContain("claude plugin install cc-dm@cc-dm-marketplace")
      expect(treeOf(home)).toEqual({})
    })
  )
})

describe("what the user has changed since", () => {
  it.live(
    "stays, and goes on working as it was: only ours goes",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      furnish(home, agentHomes["Codex, with comments and a text that looks like a table"] as any)
      furnish(home, agentHomes["Gemini CLI, with tabs, comments and a comma too many"] as any)
      const toml = Bun.TOML.parse(read(home, ".codex/config.toml")) as any
      yield* ccdm(home, ["install", "codex"])
      yield* ccdm(home, ["install", "gemini", "--wake"])
      // As Codex does it when a folder is trusted, and as people do it.
      const config = read(home, ".codex/config.toml")
      writeFileSync(
        join(home, ".codex/config.toml"),
        `${config}startup_timeout_sec = 20\n[mcp_servers.cc-dm.env]\nX = "1"\n\n# trusted\n[projects."/home/ada/blog"]\ntrust_level = "trusted"\n`
      )
      const settings = read(home, ".gemini/settings.json")
      writeFileSync(
        join(home, ".gemini/settings.json"),
        settings.replace('"hideTips": true', '"hideTips": false').replace('"inject"', '"notify"')
      )
      yield* ccdm(home, ["uninstall", "codex"])
      yield* ccdm(home, ["uninstall", "gemini"])
      expect(Bun.TOML.parse(read(home, ".codex/config.toml"))).toEqual({
        ...toml,
        projects: { ...toml.projects, "/home/ada/blog": { trust_level: "trusted" } }
      })
      expect(read(home, ".codex/config.toml")).toContain("# trusted\n")
      const left = read(home, ".gemini/settings.json")
      expect(left).not.toContain("cc-dm")
      expect(left).toContain("// mine")
      expect(left).toContain('"hideTips": false')
      expect(left).toContain('"modelSteering": false')
      // Set otherwise by the user meanwhile.
      expect(left).toContain('"backgroundCompletionBehavior": "notify"')
      expect(left).toContain("./format.sh")
    })
  )

  it.live(
    "stays over a second installation, too: names and limits within the entry of cc-dm",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      yield* ccdm(home, ["install", "gemini"])
      yield* ccdm(home, ["install", "codex"])
      const file = ".gemini/settings.json"
      writeFileSync(join(home, file), read(home, file).replace('"$CC_DM_SESSION_NAME"', '"gem"'))
      writeFileSync(
        join(home, ".codex/config.toml"),
        read(home, ".codex/config.toml")
          .replace("args =", "startup_timeout_sec = 20 # slow\nargs =")
          .replace('"serve"', '"server"')
      )
      expect(yield* ccdm(home, ["install", "gemini", "--trust"])).toMatchObject({ code: 0 })
      expect(yield* ccdm(home, ["install", "codex"])).toMatchObject({ code: 0 })
      expect(json(home, file).mcpServers["cc-dm"]).toMatchObject({
        trust: true,
        env: { CC_DM_SESSION_NAME: "gem" }
      })
      expect(read(home, ".codex/config.toml")).toContain('startup_timeout_sec = 20 # slow\nargs = ["serve"')
      yield* ccdm(home, ["uninstall", "gemini"])
      yield* ccdm(home, ["uninstall", "codex"])
      expect(treeOf(home)).toEqual({})
    })
  )

  it.live(
    "keeps a file of ours that somebody has written in, and what it leads to",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const file = ".config/opencode/plugin/cc-dm.js"
      yield* ccdm(home, ["install", "opencode"])
      writeFileSync(join(home, file), `${read(home, file)}// mine\n`)
      const { code, stdout } = yield* ccdm(home, ["uninstall", "opencode"])
      expect(code).toBe(0)
      expect(stdout).toContain("it was changed since cc-dm wrote it")
      expect(read(home, file)).toContain("// mine")
      expect(existsSync(join(home, ".cc-dm/lib/current/agents/opencode.js"))).toBe(true)
      rmSync(join(home, file))
      yield* ccdm(home, ["uninstall", "opencode"])
      expect(existsSync(join(home, ".cc-dm"))).toBe(false)
    })
  )

  it.live(
    "goes without the record of what was written, by the names of what is ours",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      furnish(home, agentHomes["Gemini CLI, with tabs, comments and a comma too many"] as any)
      yield* ccdm(home, ["install", "gemini"])
      rmSync(join(home, ".cc-dm/installed.json"))
      expect(yield* ccdm(home, ["uninstall", "gemini"])).toMatchObject({ code: 0 })
      const left = read(home, ".gemini/settings.json")
      expect(left).not.toContain("cc-dm")
      expect(left).toContain("./format.sh")
      expect(existsSync(join(home, ".cc-dm"))).toBe(false)
    })
  )

  it.live(
    "brings back a server that was set up by hand before",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(
        home,
        ".codex/config.toml",
        '[mcp_servers.cc-dm]\ncommand = "bun"\nargs = ["/opt/cc-dm.js", "serve"] # mine\n'
      )
      const before = treeOf(home)
      yield* ccdm(home, ["install", "codex"])
      expect(read(home, ".codex/config.toml")).toContain('"--agent", "codex"] # mine')
      yield* ccdm(home, ["uninstall", "codex"])
      expect(treeOf(home)).toEqual(before)
    })
  )
})

describe("nothing is changed, and a sentence says why,", () => {
  const faults: Readonly<
    Record<string, readonly [agent: string, file: string, text: string, words: string]>
  > = {
    "where TOML is damaged": ["codex", ".codex/config.toml", 'model = "o5\n', "is no valid TOML (line 1)"],
    "where a table stands twice": ["codex", ".codex/config.toml", "[a]\n[a]\n", "is no valid TOML"],
    "where servers are a value": [
      "codex",
      ".codex/config.toml",
      'mcp_servers = { docs = { command = "x" } }\n',
      "write each as [mcp_servers.NAME]"
    ],
    "where our server is a value": [
      "codex",
      ".codex/config.toml",
      '[mcp_servers]\ncc-dm = { command = "x" }\n',
      "without a heading of its own"
    ],
    "where JSON is damaged": [
      "gemini",
      ".gemini/settings.json",
      '{\n"a": 1\n"b": 2 }',
      "is no valid JSON (line 3)"
    ],
    "where the second file is damaged": ["codex", ".codex/hooks.json", "{", "is no valid JSON"],
    "where JSON is a list": ["qwen", ".qwen/settings.json", "[]", "is no JSON object"],
    "where servers are a list": ["qwen", ".qwen/settings.json", '{"mcpServers": []}', "at mcpServers"],
    "where hooks are none": ["codex", ".codex/hooks.json", '{"hooks": {"Stop": {}}}', "at hooks.Stop"],
    "where a name stands twice": [
      "gemini",
      ".gemini/settings.json",
      '{"mcpServers": {}, "mcpServers": {"docs": {}}}',
      "a name that stands there twice"
    ],
    "where bytes are no text": ["gemini", ".gemini/settings.json", "{}\u0000", "no valid JSON"],
    "where a file of that name is somebody else's": [
      "opencode",
      ".config/opencode/plugin/cc-dm.js",
      "export {}\n",
      "cc-dm has not written it"
    ]
  }
  for (const [what, [agent, file, text, words]] of Object.entries(faults))
    it.live(
      what,
      Effect.gen(function* () {
        const home = yield* temporaryHome
        put(home, file, text)
        const before = treeOf(home)
        const { code, stderr, stdout } = yield* ccdm(home, ["install", agent])
        expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
        expect(stderr).toStartWith(`cc-dm: ${join(home, file)} `)
        expect(stderr).toContain(words)
        expect(stderr.trim().split("\n")).toHaveLength(1)
        expect(treeOf(home)).toEqual(before)
      })
    )

  it.live(
    "where a file is no file, no text, or a link to itself",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      mkdirSync(join(home, ".gemini/settings.json"), { recursive: true })
      mkdirSync(join(home, ".qwen"))
      writeFileSync(join(home, ".qwen/settings.json"), Buffer.from('{"a": "\xff"}', "latin1"))
      mkdirSync(join(home, ".codex"))
      symlinkSync("config.toml", join(home, ".codex/config.toml"))
      const before = treeOf(home)
      for (const [agent, words] of [
        ["gemini", "is not a file"],
        ["qwen", "no UTF-8 text"],
        ["codex", "leads to itself"]
      ] as const) {
        const { code, stderr } = yield* ccdm(home, ["install", agent])
        expect(code).toBe(1)
        expect(stderr).toContain(words)
      }
      expect(treeOf(home)).toEqual(before)
    })
  )

  it.live(
    "where this cc-dm has no file for the agent, or a folder is not told by its full path",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const plugin = pluginIn(yield* temporaryHome, {})
      for (const agent of ["opencode", "kilo", "pi", "copilot"]) {
        const { code, stderr } = yield* ccdm(home, ["install", agent], { plugin })
        expect(code).toBe(1)
        expect(stderr).toContain(`cc-dm ${version} has no file for`)
      }
      const { code, stderr } = yield* ccdm(home, ["install", "codex"], { env: { CODEX_HOME: "here" } })
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "cc-dm: CODEX_HOME is not the full path of a folder\n"
      })
      expect(treeOf(home)).toEqual({})
    })
  )

  it.live(
    "where the record of what was written is damaged",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      yield* ccdm(home, ["install", "codex"])
      put(home, ".cc-dm/installed.json", '{"format": 2}')
      const before = treeOf(home)
      for (const command of ["install", "uninstall"]) {
        const { code, stderr } = yield* ccdm(home, [command, "codex"])
        expect(code).toBe(1)
        expect(stderr).toContain("installed.json can't be read")
      }
      expect(treeOf(home)).toEqual(before)
    })
  )

  const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
  const mayNot =
    process.getuid?.() !== 0
      ? "only root can be another user"
      : Bun.which("setpriv") === null
        ? "no setpriv"
        : undefined
  where("as a user who is not root", mayNot)(
    "where a file or its folder is read-only",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const asUser = (args: ReadonlyArray<string>) =>
        Effect.promise(() =>
          run([...user, join(shared, "plugin/bin/cc-dm"), ...args], {
            cwd: home,
            env: { HOME: home, PATH: pathOf(home), USER: "tester" }
          })
        )
      furnish(home, agentHomes["Codex, with comments and a text that looks like a table"] as any)
      pathOf(home)
      chownSync(home, 65534, 65534)
      for (const path of Object.keys(treeOf(home))) chownSync(join(home, path), 65534, 65534)
      const file = join(home, ".codex/config.toml")
      for (const [path, mode, words] of [
        [file, 0o444, "config.toml is read-only"],
        [join(home, ".codex/hooks.json"), 0o400, "hooks.json is read-only"],
        [join(home, ".codex"), 0o555, "you may not write to"]
      ] as const) {
        const kept = statSync(path).mode & 0o777
        chmodSync(path, mode)
        const before = treeOf(home)
        const { code, stderr } = yield* asUser(["install", "codex"])
        expect(code).toBe(1)
        expect(stderr).toContain(words)
        expect(treeOf(home)).toEqual(before)
        chmodSync(path, kept)
      }
      const before = treeOf(home)
      expect(yield* asUser(["install", "codex"])).toMatchObject({ code: 0 })
      const installed = treeOf(home)
      chmodSync(join(home, ".codex/hooks.json"), 0o444)
      expect(yield* asUser(["uninstall", "codex"])).toMatchObject({ code: 1 })
      chmodSync(join(home, ".codex/hooks.json"), 0o644)
      expect(treeOf(home)).toEqual(installed)
      expect(yield* asUser(["uninstall", "codex"])).toMatchObject({ code: 0 })
      expect(treeOf(home)).toEqual(before)
    })
  )
})

describe("the launcher", () => {
  const lib = (home: string) => readdirSync(join(home, ".cc-dm/lib")).sort()

  it.live(
    "runs, also from a link and without Bun on the PATH, and nobody else may read what it runs",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      yield* ccdm(home, ["install", "codex"])
      const launcher = join(home, ".cc-dm/bin/cc-dm")
      symlinkSync(launcher, join(home, "link"))
      mkdirSync(join(home, ".bun/bin"), { recursive: true })
      symlinkSync(process.execPath, join(home, ".bun/bin/bun"))
      for (const [command, PATH] of [
        [launcher, pathOf(home)],
        [join(home, "link"), "/usr/bin:/bin"]
      ] as const)
        expect(
          yield* Effect.promise(() => run([command, "--version"], { cwd: "/", env: { HOME: home, PATH } }))
        ).toEqual({
          code: 0,
          stdout: `cc-dm v${version}\n`,
          stderr: ""
        })
      for (const path of [
        ".cc-dm",
        ...Object.keys(treeOf(join(home, ".cc-dm"))).map((name) => `.cc-dm/${name}`)
      ])
        if (!lstatSync(join(home, path)).isSymbolicLink())
          expect({ path, mode: statSync(join(home, path)).mode & 0o077 }).toEqual({ path, mode: 0 })
    })
  )

  it.live(
    "stays for as long as an agent needs it, and installs by itself what is installed",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const agent of ["codex", "gemini"]) yield* ccdm(home, ["install", agent])
      const own = { plugin: join(home, ".cc-dm/lib/current") }
      expect((yield* ccdm(home, ["install", "codex"], own)).stderr).toContain("nothing to change")
      yield* ccdm(home, ["uninstall", "codex"], own)
      expect(lib(home)).toEqual([version, "current"])
      yield* ccdm(home, ["uninstall", "gemini"], own)
      expect(treeOf(home)).toEqual({})
    })
  )

  it.live(
    "runs the newest version: an older one takes no newer one's place, and goes when a newer one comes",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      yield* ccdm(home, ["install", "opencode"])
      const at = (name: string) => join(home, ".cc-dm/lib", name)
      // As if an older version had been installed.
      renameSync(at(version), at("0.0.1"))
      rmSync(at("current"))
      symlinkSync("0.0.1", at("current"))
      expect((yield* ccdm(home, ["install", "opencode"])).stdout).toContain(`it runs cc-dm ${version}`)
      expect(lib(home)).toEqual([version, "current"])
      // And as if a newer one had been.
      renameSync(at(version), at("999.0.0"))
      rmSync(at("current"))
      symlinkSync("999.0.0", at("current"))
      expect(yield* ccdm(home, ["install", "opencode"])).toMatchObject({ code: 0 })
      expect(lib(home)).toEqual(["999.0.0", "current"])
      // The same version with other files, as one that is built anew.
      yield* ccdm(home, ["uninstall", "opencode"])
      yield* ccdm(home, ["install", "opencode"])
      const plugin = pluginIn(yield* temporaryHome, {
        ...agentFiles,
        "opencode.js": "export const Other = 1\n"
      })
      yield* ccdm(home, ["install", "opencode"], { plugin })
      expect(read(home, ".cc-dm/lib/current/agents/opencode.js")).toBe("export const Other = 1\n")
    })
  )

  it.live(
    "leaves the bus alone",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      put(home, ".cc-dm/secret", "mine")
      const before = treeOf(home)
      yield* ccdm(home, ["install", "codex"])
      yield* ccdm(home, ["uninstall", "codex"])
      expect(treeOf(home)).toEqual(before)
    })
  )
})

describe("doctor", () => {
  const agentsOf = (home: string) =>
    Effect.map(ccdm(home, ["doctor", "--json"]), ({ stdout }) =>
      readAs(DoctorJson, stdout)
        .findings.filter(({ check }) => check === "agents")
        .map(({ advice, message, state }) => [state, message, advice])
    )

  it.live(
    "says which agents are here, their version, and whether cc-dm is in them; it starts none",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      expect(yield* agentsOf(home)).toEqual([])
      putProgram(home, "gemini", `touch ${home}/started`)
      const package_ = join(home, "lib/node_modules/@openai/codex")
      put(
        home,
        "lib/node_modules/@openai/codex/package.json",
        '{"name": "@openai/codex", "version": "0.171.0"}'
      )
      put(home, "lib/node_modules/@openai/codex/bin/codex.js", `#!/bin/sh\ntouch ${home}/started\n`)
      chmodSync(join(package_, "bin/codex.js"), 0o755)
      symlinkSync(join(package_, "bin/codex.js"), join(home, "bin/codex"))
      expect(yield* agentsOf(home)).toEqual([
        [
          "note",
          `Codex 0.171.0 (${home}/bin/codex) has no cc-dm.`,
          "To let it take part: cc-dm install codex"
        ],
        ["note", `Gemini CLI (${home}/bin/gemini) has no cc-dm.`, "To let it take part: cc-dm install gemini"]
      ])
      yield* ccdm(home, ["install", "codex"])
      yield* ccdm(home, ["install", "pi"])
      const [codex, , pi] = yield* agentsOf(home)
      expect(codex).toEqual(["ok", `Codex 0.171.0 has cc-dm ${version}`, null])
      expect(pi).toEqual(["note", "cc-dm is installed in pi, and there is no pi on your PATH.", null])
      rmSync(join(home, ".codex/hooks.json"))
      rmSync(join(home, ".cc-dm/lib/current"))
      expect(yield* agentsOf(home)).toEqual([
        [
          "attention",
          `Codex 0.171.0: ${home}/.codex/hooks.json is gone, which cc-dm was installed with`,
          "cc-dm install codex. If you do not want it any more: cc-dm uninstall codex"
        ],
        expect.anything(),
        expect.anything(),
        [
          "attention",
          `${home}/.cc-dm/lib/current/bin/cc-dm is not there, or can't be run: agents can't start cc-dm`,
          "cc-dm install codex"
        ]
      ])
      yield* ccdm(home, ["install", "codex"])
      expect((yield* agentsOf(home)).map(([state]) => state)).toEqual(["ok", "note", "note"])
      expect(existsSync(join(home, "started"))).toBe(false)
    })
  )
})

it.live(
  "a variable that an agent hands on as a mere reference to itself is not set",
  Effect.gen(function* () {
    const home = yield* temporaryHome
    for (const value of ["$CC_DM_BUS_URL", `\${CC_DM_BUS_URL}`]) {
      const { stdout } = yield* ccdm(home, ["bus", "status", "--json"], { env: { CC_DM_BUS_URL: value } })
      expect(JSON.parse(stdout)).toMatchObject({ engine: "file" })
    }
  })
)

test("the homes of these tests have every agent", () => {
  expect([...new Set(Object.values(agentHomes).map(({ agent }) => agent))].sort()).toEqual([
    "codex",
    "copilot",
    "gemini",
    "kilo",
    "opencode",
    "pi",
    "qwen"
  ])
})
