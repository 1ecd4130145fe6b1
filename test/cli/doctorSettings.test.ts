/** What `cc-dm doctor` says of Claude Code's settings, of programs that never answer, and of many sessions. */
import { describe, expect } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { DoctorJson } from "../../src/cli/Json.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { ccdm, putClaude } from "./command.ts"
import { readAs } from "./run.ts"

const findingsIn = (home: string, check: string) =>
  Effect.map(ccdm(home, ["doctor", "--json"]), ({ stdout }) =>
    readAs(DoctorJson, stdout).findings.filter((finding) => finding.check === check)
  )

const version = "echo '2.1.332 (Claude Code)'"

describe("doctor", () => {
  for (const [what, text, words] of [
    ["are no JSON", '{"model": "opus",}', "is no JSON"],
    ["switch hooks off", '{"disableAllHooks": true}', "disableAllHooks is on in"],
    [
      "deny the tools",
      '{"permissions": {"deny": ["mcp__plugin_cc-dm_cc-dm__dm"]}}',
      '"mcp__plugin_cc-dm_cc-dm__dm"'
    ],
    ["deny all servers", '{"permissions": {"deny": ["mcp__*"]}}', '"mcp__*"']
  ] as const)
    it.live(
      `finds settings that ${what}`,
      Effect.gen(function* () {
        const home = yield* temporaryHome
        putClaude(home, version)
        expect(yield* findingsIn(home, "settings")).toEqual([])
        writeFileSync(join(home, ".claude/settings.json"), text)
        const findings = yield* findingsIn(home, "settings")
        expect(findings).toHaveLength(1)
        expect(findings[0]).toMatchObject({ state: "attention", message: expect.stringContaining(words) })
      })
    )

  it.live(
    "leaves rules alone that are about other tools",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      putClaude(home, version)
      writeFileSync(
        join(home, ".claude/settings.json"),
        '{"permissions": {"deny": ["Bash(rm:*)", "mcp__github", "mcp__github__*"]}, "disableAllHooks": false}'
      )
      expect(yield* findingsIn(home, "settings")).toEqual([])
    })
  )

  it.live(
    "waits neither for a claude that hangs, nor for what that has started",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      // The shell is ended, and what it waits for holds its output open.
      putClaude(home, "sleep 600; true")
      expect(yield* findingsIn(home, "claude code")).toMatchObject([
        { state: "attention", message: expect.stringContaining("did not print its version within 2 s") }
      ])
    })
  )

  it.live(
    "has one line for all sessions of a version",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      for (const name of ["alice", "bob", "carol"]) yield* startReady({ home, env: named(name) })
      const { run } = yield* outsider(home)
      yield* run("UPDATE sessions SET version = '2.0.1'")
      const findings = yield* findingsIn(home, "servers")
      expect(findings).toHaveLength(1)
      expect(findings[0]?.message).toMatch(/^"\w+", "\w+", "\w+" are served by version 2\.0\.1/)
    })
  )
})
