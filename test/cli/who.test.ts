/** `cc-dm who` for scripts and for narrow terminals. */
import { describe, expect, test } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { rosterTable } from "../../src/cli/commands/who.ts"
import { RosterJson } from "../../src/cli/Json.ts"
import type { RosterEntry } from "../../src/domain/Session.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { startSession } from "../../testkit/host/HookedSession.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldSessionRow } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { readAs, runIn } from "./run.ts"

describe("who", () => {
  it.live(
    "prints names alone, or lines of a form that the user chose",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend", { CC_DM_SESSION_ROLE: "tester" }) })
      yield* startReady({ home, env: named("docs", { CC_DM_SESSION_PROJECT: "shop" }) })
      for (const flag of ["--names", "-q"])
        expect(yield* run(["who", flag])).toEqual({ code: 0, stdout: "backend\ndocs\n", stderr: "" })
      expect((yield* run(["who", "--names", "--project", "shop"])).stdout).toBe("docs\n")
      expect((yield* run(["who", "--format", "{name}\\t{role}\\\\n {project}{"])).stdout).toBe(
        "backend\ttester\\n {\ndocs\tworker\\n shop{\n"
      )
      const unknown = yield* run(["who", "--format", "{nam}"])
      expect(unknown.code).toBe(2)
      expect(unknown.stderr).toContain('no field "nam"; did you mean "name"? The fields are id, name, ')
      expect((yield* run(["who", "--names", "--json"])).code).toBe(2)
    })
  )

  it.live(
    "keeps what others chose on its line",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend") })
      const { run: change } = yield* outsider(home)
      yield* change(
        ...oldSessionRow("session-000000000131", "evil\nbackend\u001b[2J", new Date().toISOString())
      )
      for (const args of [["--names"], ["--format", "{name}"]]) {
        const { stdout } = yield* run(["who", ...args])
        expect(stdout.trimEnd().split("\n").sort()).toEqual(["backend", "evil backend\\u{1b}[2J"])
      }
    })
  )

  it.live(
    "says the agent's own id of a session where its files tell it, and takes no other for it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const told = yield* startSession({ home, env: named("told") })
      yield* startSession({ home, env: named("untold") })
      const kept = yield* startSession({ home, env: named("kept") })
      const sessions = join(home, ".claude/sessions")
      mkdirSync(sessions, { recursive: true })
      writeFileSync(join(sessions, "17.json"), JSON.stringify({ pid: 17, sessionId: told.id() }))
      writeFileSync(join(sessions, "18.json"), '{"sessionId":"11111111-2222-4333-8444-555555555555"}')
      writeFileSync(join(sessions, "19.json"), "no JSON")
      mkdirSync(join(home, ".claude/projects/-x"), { recursive: true })
      writeFileSync(join(home, `.claude/projects/-x/${kept.id()}.jsonl`), "")
      const { stdout } = yield* run(["who", "--json"])
      expect(
        Object.fromEntries(readAs(RosterJson, stdout).sessions.map((one) => [one.name, one.agent_session_id]))
      ).toEqual({ told: told.id(), untold: null, kept: kept.id() })
      expect((yield* run(["who", "--format", "{name} {agent_session_id}"])).stdout).toContain(
        `told ${told.id()}\n`
      )
    })
  )

  atTerminal(
    "cuts no role at 80 columns",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({
        home,
        env: named("checkout-backend", {
          CC_DM_SESSION_ROLE: "orchestrator",
          CC_DM_SESSION_PROJECT: "web-shop-2026"
        })
      })
      const screen = yield* shellOn(home, { columns: 80, rows: 10 })
      enter(screen, "clear; cc-dm who; echo done")
      yield* Effect.promise(() => screen.shows("\ndone"))
      expect(screen.lines().join("\n")).toMatch(/^checkout-backend +orchestrator +web-shop-2026 /m)
    })
  )
})

test("the folder goes before anything else is cut, and roles and names are cut last", () => {
  const now = Date.parse("2026-11-29T12:00:00Z")
  const entry: RosterEntry = {
    id: "session-000000000001",
    name: "checkout-backend",
    role: "orchestrator",
    cwd: "/home/ada/work/shop/checkout",
    project: "web-shop-2026",
    lastSeen: "2026-11-29T11:59:40Z",
    kind: "session",
    nested: false,
    agent: "claude",
    version: "2.1.0",
    current: true,
    doorbell: true,
    server: undefined,
    socketSpace: undefined,
    conversation: undefined,
    former: [],
    reach: "on its next turn",
    doing: "waiting for a permission",
    doingSince: "2026-11-29T11:30:00Z"
  }
  const at = (room: number) => rosterTable([entry], now, room).split("\n").at(-1)
  expect(at(160)).toEndWith("20 s  /home/ada/work/shop/checkout")
  expect(at(118)).toMatch(/waiting for a permission, 30 min {2}on its next turn {2}20 s {2}\/home\/.*…$/)
  for (const room of [80, 100, 110]) {
    expect(at(room)).toStartWith("checkout-backend  orchestrator  web-shop-2026  waiting for")
    expect(at(room)).not.toContain("/home")
  }
  expect(at(60)).toStartWith("checkout-backend  orche…")
})
