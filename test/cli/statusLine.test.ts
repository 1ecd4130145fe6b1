/** `cc-dm install claude --statusline`, in settings as people have them. scripts/check-client.ts shows the line in the real client. */
import { describe, expect } from "bun:test"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { DoctorJson, InstallJson } from "../../src/cli/Json.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"
import { treeOf } from "./agentHomes.ts"
import { ccdm } from "./command.ts"
import { readAs } from "./run.ts"

const settings = `{
  "model": "opus",   "permissions": {"allow": ["Bash(ls:*)"]},
    "env": { "FOO": "bar" }
}
`
const other = `{
  "statusLine": {
    "type": "command",
    "command": "~/.claude/line.sh",
    "padding": 0
  },
  "theme": "dark"
}
`

const file = ".claude/settings.json"
const read = (home: string) => readFileSync(join(home, file), "utf8")
const put = (home: string, text: string) => {
  mkdirSync(join(home, ".claude"), { recursive: true })
  writeFileSync(join(home, file), text)
}

const install = (home: string, ...flags: ReadonlyArray<string>) =>
  ccdm(home, ["install", "claude", "--statusline", ...flags])

const lineIn = (home: string) => JSON.parse(read(home)).statusLine

const oursIn = (home: string) => ({
  type: "command",
  command: `${join(home, ".cc-dm/bin/cc-dm")} status`,
  refreshInterval: 5
})

describe("the status line of Claude Code", () => {
  for (const [what, text] of Object.entries({
    "in settings that have none": settings,
    "in settings on one line": `{"model":"opus"}`,
    "where there are no settings": undefined
  }))
    it.live(
      `is set, and taken back to the byte: ${what}`,
      Effect.gen(function* () {
        const home = yield* temporaryHome
        if (text !== undefined) put(home, text)
        const before = treeOf(home)
        const shown = yield* install(home, "--print")
        expect(shown.stdout).toContain("statusLine")
        expect(treeOf(home)).toEqual(before)
        expect(yield* install(home)).toMatchObject({ code: 0, stderr: "" })
        expect(lineIn(home)).toEqual(oursIn(home))
        for (const line of (text ?? "").split("\n").slice(1, 3)) expect(read(home)).toContain(line)
        const again = yield* install(home)
        expect(again.stderr).toContain("nothing to change")
        const gone = yield* ccdm(home, ["uninstall", "claude"])
        expect(gone).toMatchObject({ code: 0, stderr: "" })
        expect(gone.stdout).toContain("claude plugin uninstall cc-dm@cc-dm-marketplace")
        expect(treeOf(home)).toEqual(before)
      })
    )

  it.live(
    "does not replace another one unasked; --force does, and it comes back",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(home, other)
      const before = treeOf(home)
      const refused = yield* install(home)
      expect(refused).toMatchObject({ code: 1, stdout: "" })
      expect(refused.stderr).toContain(`${join(home, file)} has another statusLine`)
      expect(refused.stderr).toContain("--statusline --force")
      expect(treeOf(home)).toEqual(before)
      yield* install(home, "--force")
      expect(lineIn(home)).toEqual(oursIn(home))
      expect((yield* install(home)).stderr).toContain("nothing to change")
      // Also after the user has changed something else.
      put(home, read(home).replace('"dark"', '"light"'))
      yield* ccdm(home, ["uninstall", "claude"])
      expect(JSON.parse(read(home))).toEqual({ ...JSON.parse(other), theme: "light" })
    })
  )

  it.live(
    "stays ours with what the user adds to it, and goes with that",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(home, settings)
      yield* install(home)
      put(home, read(home).replace('"type": "command",', '"type": "command", "padding": 2,'))
      yield* install(home)
      expect(lineIn(home)).toEqual({ ...oursIn(home), padding: 2 })
      yield* ccdm(home, ["uninstall", "claude"])
      expect(JSON.parse(read(home))).toEqual(JSON.parse(settings))
    })
  )

  it.live(
    "is left alone once the user has set another one",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(home, settings)
      yield* install(home)
      put(home, other)
      yield* ccdm(home, ["uninstall", "claude"])
      expect(read(home)).toBe(other)
    })
  )

  it.live(
    "is found by its command where nobody knows any more who wrote it",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(home, settings)
      yield* install(home)
      rmSync(join(home, ".cc-dm/installed.json"))
      yield* install(home)
      yield* ccdm(home, ["uninstall", "claude"])
      expect(JSON.parse(read(home))).toEqual(JSON.parse(settings))
      expect(existsSync(join(home, ".cc-dm"))).toBe(false)
    })
  )

  it.live(
    "is no reason to touch settings that are no JSON",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      put(home, "{ model: opus }")
      const refused = yield* install(home)
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain("is no valid JSON (line 1). Nothing was changed")
      expect(read(home)).toBe("{ model: opus }")
    })
  )

  it.live(
    "is said as JSON, and known to doctor",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const done = readAs(InstallJson, (yield* install(home, "--json")).stdout)
      expect(done).toMatchObject({ agent: "claude", written: true, files: [{ state: "created" }] })
      const { findings } = readAs(DoctorJson, (yield* ccdm(home, ["doctor", "--json"])).stdout)
      expect(findings.map(({ message }) => message)).toContainEqual(
        expect.stringContaining("Claude Code's status line has cc-dm")
      )
    })
  )

  it.live(
    "has flags of its own",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const [args, words] of [
        [["codex", "--statusline"], "--statusline is not for codex"],
        [["claude", "--force"], "--force is not for claude without --statusline"],
        [["claude", "--statusline", "--project"], "--statusline is for all projects"],
        [["codex", "--force"], "--force is not for Codex"]
      ] as const) {
        const wrong = yield* ccdm(home, ["install", ...args])
        expect(wrong).toMatchObject({ code: 2, stdout: "" })
        expect(wrong.stderr).toContain(words)
      }
    })
  )
})
