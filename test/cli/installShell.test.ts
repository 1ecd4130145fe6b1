/** `cc-dm install shell`, with the shells that people have: what it makes is found by a new shell of the user's. */
import { afterAll, beforeAll, describe, expect } from "bun:test"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { DoctorJson, InstallJson } from "../../src/cli/Json.ts"
import { version } from "../../src/version.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"
import { where } from "../support/where.ts"
import { pluginIn, treeOf } from "./agentHomes.ts"
import { readAs } from "./run.ts"

let shared = ""
beforeAll(() => {
  shared = mkdtempSync(join(tmpdir(), "cc-dm-plugin-"))
  chmodSync(shared, 0o755)
  pluginIn(shared)
})
afterAll(() => rmSync(shared, { recursive: true, force: true }))

const put = (home: string, name: string, text: string, mode = 0o644) => {
  mkdirSync(dirname(join(home, name)), { recursive: true })
  writeFileSync(join(home, name), text)
  chmodSync(join(home, name), mode)
}

/** A home with Bun where its installer puts it. */
const furnished = Effect.map(temporaryHome, (home) => {
  mkdirSync(join(home, ".bun/bin"), { recursive: true })
  symlinkSync(process.execPath, join(home, ".bun/bin/bun"))
  return home
})

const environmentIn = (home: string, shell: string) => ({
  HOME: home,
  SHELL: shell,
  USER: "ada",
  PATH: `${join(home, ".bun/bin")}:/usr/bin:/bin`
})

/** Runs the command as a session's shell does: the plugin's folder is the first of the PATH. */
const inSession = (home: string, shell: string, args: ReadonlyArray<string>): Effect.Effect<Outcome> => {
  const env = environmentIn(home, shell)
  const bin = join(shared, "plugin/bin")
  return Effect.promise(() =>
    run(["cc-dm", ...args], {
      cwd: home,
      env: { ...env, PATH: `${bin}:${env.PATH}`, CLAUDECODE: "1" },
      seconds: 60
    })
  )
}

/** What a new terminal of the user's says. */
const inTerminal = (home: string, shell: string, command: string): Effect.Effect<Outcome> =>
  Effect.promise(() =>
    run([shell, "-lc", `${shell} -ic '${command}'`], { cwd: home, env: environmentIn(home, shell) })
  )

const bash = "/bin/bash"
const localBin = 'PATH="$HOME/.local/bin:$PATH"\n'

describe("install shell", () => {
  it.live(
    "links the command into the first folder of the user's own PATH, once, and takes the link back",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".profile", `PATH="$HOME/bin:$HOME/.local/bin:$PATH"\necho welcome\n`)
      const before = treeOf(home)
      const shown = yield* inSession(home, bash, ["install", "shell", "--print"])
      expect(shown.stdout).toContain(`${join(home, ".local/bin/cc-dm")} (created)`)
      expect(treeOf(home)).toEqual(before)
      const done = yield* inSession(home, bash, ["install", "shell"])
      expect(done).toMatchObject({ code: 0, stderr: "" })
      expect(done.stdout).toContain("In your own terminal, type: cc-dm who")
      expect((yield* inTerminal(home, bash, "cc-dm --version")).stdout).toContain(version)
      const installed = treeOf(home)
      const again = yield* inSession(home, bash, ["install", "shell"])
      expect(again).toMatchObject({ code: 0 })
      expect(again.stderr).toContain("nothing to change")
      expect(treeOf(home)).toEqual(installed)
      expect(yield* inSession(home, bash, ["uninstall", "shell"])).toMatchObject({ code: 0, stderr: "" })
      expect(treeOf(home)).toEqual(before)
      expect((yield* inSession(home, bash, ["uninstall", "shell"])).stderr).toContain("is not installed")
    })
  )

  it.live(
    "says as JSON what it did",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".profile", localBin)
      const done = yield* inSession(home, bash, ["install", "shell", "--json"])
      expect(readAs(InstallJson, done.stdout)).toMatchObject({
        agent: "shell",
        written: true,
        version,
        files: [{ path: join(home, ".local/bin/cc-dm"), state: "created" }]
      })
    })
  )

  it.live(
    "replaces nothing that it has not made",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".profile", localBin)
      put(home, ".local/bin/cc-dm", "#!/bin/sh\necho mine\n", 0o755)
      const before = treeOf(home)
      const refused = yield* inSession(home, bash, ["install", "shell"])
      expect(refused).toMatchObject({ code: 1, stdout: "" })
      expect(refused.stderr).toContain(`${join(home, ".local/bin/cc-dm")} is there already`)
      yield* inSession(home, bash, ["uninstall", "shell"])
      expect(treeOf(home)).toEqual(before)
    })
  )

  it.live(
    "says which other cc-dm the shell finds first",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".profile", `PATH="$HOME/tools:$HOME/.local/bin:$PATH"\n`)
      put(home, "tools/cc-dm", "#!/bin/sh\n", 0o755)
      const done = yield* inSession(home, bash, ["install", "shell"])
      expect(done.stdout).toContain(`another cc-dm first: ${join(home, "tools/cc-dm")}`)
    })
  )

  it.live(
    "takes no folder of a session's for one of the user's, and then says what to type",
    Effect.gen(function* () {
      const home = yield* furnished
      const { code, stdout } = yield* inSession(home, bash, ["install", "shell"])
      expect(code).toBe(0)
      expect(stdout).toContain(`Put this line into ${join(home, ".bashrc")}`)
      expect(stdout).toContain('  export PATH="$PATH:$HOME/.cc-dm/bin"\n')
      expect(stdout).toContain("cc-dm install shell --rc")
      expect(existsSync(join(home, ".bashrc"))).toBe(false)
      expect(existsSync(join(home, ".local"))).toBe(false)
      put(home, ".bashrc", 'export PATH="$PATH:$HOME/.cc-dm/bin"\n')
      expect((yield* inTerminal(home, bash, "cc-dm --version")).stdout).toContain(version)
      expect((yield* inSession(home, bash, ["install", "shell"])).stdout).toContain("In your own terminal")
    })
  )

  it.live(
    "waits for no start file that never ends",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".profile", "sleep 600\n")
      put(home, ".bashrc", "sleep 600\n")
      const { code, stdout } = yield* inSession(home, bash, ["install", "shell"])
      expect(code).toBe(0)
      expect(stdout).toContain("/bin/bash did not say its PATH in time")
    })
  )

  it.live(
    "takes what is not for a shell for a wrong use",
    Effect.gen(function* () {
      const home = yield* furnished
      const wrong = yield* inSession(home, bash, ["install", "shell", "--trust"])
      expect(wrong).toMatchObject({ code: 2 })
      expect(wrong.stderr).toContain("--trust is not for your shell")
      expect((yield* inSession(home, bash, ["install", "codex", "--rc"])).stderr).toContain(
        "--rc is not for codex"
      )
    })
  )
})

describe("install shell --rc", () => {
  for (const [name, file] of [
    ["bash", ".bashrc"],
    ["zsh", ".zshrc"],
    ["fish", ".config/fish/conf.d/cc-dm.fish"]
  ] as const) {
    const shell = Bun.which(name)
    where(`it needs ${name}`, shell === null ? "not on the PATH" : undefined)(
      `lets a new ${name} find the command, and takes its lines back`,
      Effect.gen(function* () {
        const home = yield* furnished
        if (name !== "fish") put(home, file, "# mine, without an end of line")
        const before = treeOf(home)
        const done = yield* inSession(home, shell ?? "", ["install", "shell", "--rc"])
        expect(done).toMatchObject({ code: 0, stderr: "" })
        expect(done.stdout).toContain("Open a new terminal")
        const installed = treeOf(home)
        expect((yield* inTerminal(home, shell ?? "", "cc-dm --version")).stdout).toContain(version)
        // fish makes files of its own.
        const own = readFileSync(join(home, file), "utf8")
        yield* inSession(home, shell ?? "", ["install", "shell", "--rc"])
        expect(readFileSync(join(home, file), "utf8")).toBe(own)
        expect(Object.keys(treeOf(home))).toEqual(expect.arrayContaining(Object.keys(installed)))
        yield* inSession(home, shell ?? "", ["uninstall", "shell"])
        expect(treeOf(home)).toMatchObject(before)
        expect(existsSync(join(home, ".cc-dm"))).toBe(false)
        if (name === "fish") expect(existsSync(join(home, file))).toBe(false)
      })
    )
  }

  it.live(
    "takes its lines out of a file that the user has changed since",
    Effect.gen(function* () {
      const home = yield* furnished
      put(home, ".bashrc", "# mine\n")
      yield* inSession(home, bash, ["install", "shell", "--rc"])
      put(home, ".bashrc", `${readFileSync(join(home, ".bashrc"), "utf8")}# more of mine\n`)
      yield* inSession(home, bash, ["uninstall", "shell"])
      expect(readFileSync(join(home, ".bashrc"), "utf8")).toBe("# mine\n# more of mine\n")
    })
  )
})

describe("doctor", () => {
  // The start files of bash set the PATH anew; zsh keeps what it was started with, the session's folder among it.
  for (const [name, profile] of [
    ["bash", ".profile"],
    ["zsh", ".zprofile"]
  ] as const) {
    const shell = Bun.which(name) ?? ""
    const commandIn = (home: string) =>
      Effect.map(inSession(home, shell, ["doctor", "--json"]), ({ stdout }) =>
        readAs(DoctorJson, stdout).findings.filter(({ check }) => check === "command")
      )
    where(`it needs ${name}`, shell === "" ? "not on the PATH" : undefined)(
      `names it where only sessions have the command, and is content once it was run: ${name}`,
      Effect.gen(function* () {
        const home = yield* furnished
        put(home, profile, localBin)
        expect(yield* commandIn(home)).toMatchObject([
          { state: "note", advice: "To have it in your own shell: cc-dm install shell" }
        ])
        yield* inSession(home, shell, ["install", "shell"])
        const [finding] = yield* commandIn(home)
        expect(finding).toMatchObject({ state: "ok" })
        expect(finding?.message).toContain(join(home, ".local/bin/cc-dm"))
      })
    )
  }
})
