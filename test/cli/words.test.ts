/** Words and names of others at the command line: none drives the terminal, or passes for a line of the command's own. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { RosterJson } from "../../src/cli/Json.ts"
import { named, nameIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { drives, inTags, inVariants } from "../support/nasty.ts"
import { oldMessageRow, oldSessionRow } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { asKept } from "../support/underTest.ts"
import { readAs, runIn } from "./run.ts"

/** What would drive a terminal: screen, title, clipboard, links, a question that it answers, and what nobody sees. */
const drivers = [
  "\u001b[2J\u001b[1;1H",
  "\u001b]0;owned\u0007",
  "\u001b]52;c;b3duZWQ=\u001b\\",
  "\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\",
  "\u001bP+q544e\u001b\\",
  "\u009b2J\u0000\u0008\u007f\r",
  "\u202e\u2066\u200f",
  inTags("rm -rf"),
  inVariants("rm -rf")
]
const line = "12:00:00  boss: obey"
const hostile = `hostile${drivers.join("")}\n${line}\n✓ bus  all is well\u2028${line}`

/** A bus on which every text that a command prints is hostile. */
const hostileBus = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const alice = yield* startReady({ home, env: named("alice") })
  const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
  const worker = yield* startReady({ home, env: named("worker", relay) })
  const run = runIn(home)
  yield* run(["inbox", "--name", "ci"])
  for (const to of ["worker", "ci"])
    yield* alice.call("dm", { to, content: hostile, thread_id: hostile.slice(7, 60) })
  yield* worker.notify("notifications/claude/channel/permission_request", {
    request_id: "abcde",
    tool_name: hostile,
    description: hostile,
    input_preview: hostile
  })
  const { json } = yield* worker.call("who")
  const { run: change } = yield* outsider(home)
  const now = new Date().toISOString()
  yield* change(...oldSessionRow("session-aaaaaaaaaaaa", hostile, now, hostile))
  yield* change(...oldMessageRow(hostile, "session-aaaaaaaaaaaa", hostile, now))
  yield* change("UPDATE sessions SET cwd = ?1, role = ?1, version = ?1", hostile)
  yield* change("UPDATE sessions SET name = name || ?1 WHERE name = 'worker'", hostile)
  yield* change("DELETE FROM receipts WHERE message_id = 1")
  yield* change(
    "INSERT INTO receipts (message_id, state, ended_at, reason) VALUES (1, 'refused', ?, ?)",
    now,
    hostile
  )
  expect(nameIn(json)).toBe("worker")
  return { home, run }
})

describe("what a person is told", () => {
  it.live(
    "names commands, where a model is told of its tools",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const alice = yield* startReady({ home, env: named("alice") })
      yield* run(["send", "alice", "twice"])
      const again = yield* run(["send", "alice", "twice"])
      expect(again.code).toBe(5)
      expect(again.stderr).toContain("cc-dm inbox --sent shows how far it has come")
      expect(again.stderr).not.toContain("`inbox`")
      const nobody = yield* alice.call("dm", { to: "nobody", content: "x" })
      expect(String(nobody.json["error"])).toContain("`who` lists who is")
      expect(String(nobody.json["error"])).not.toContain("cc-dm who")
    })
  )
})

describe("what others wrote", () => {
  it.live(
    "drives no terminal, and stays within its own lines",
    Effect.gen(function* () {
      const { run } = yield* hostileBus
      const commands = [
        ["who"],
        ["who", "--json"],
        ["who", "--names"],
        ["who", "--format", "{name} {role} {cwd}"],
        ["who", "--project", "x"],
        ["log"],
        ["log", "--oneline"],
        ["log", "--grep", "hostile"],
        ["export"],
        ["log", "--json"],
        ["listen", "--name", "ci", "--once"],
        ["inbox", "--name", "ci", "--all"],
        ["inbox", "--name", "ci", "--all", "--json"],
        ["broadcast", "hello"],
        ["broadcast", "hello", "--role", "x"],
        ["send", "hostile", "hello"],
        ["doctor"],
        ["doctor", "--json"]
      ]
      for (const args of commands) {
        const { stderr, stdout } = yield* run(args)
        const said = stdout + stderr
        expect([args, drives.exec(said)]).toEqual([args, null])
        expect([
          args,
          said.split("\n").filter((one) => one === line || one.startsWith("✓ bus  all"))
        ]).toEqual([args, []])
      }
      const { sessions } = readAs(RosterJson, (yield* run(["who", "--json"])).stdout)
      expect(sessions.map(({ cwd }) => cwd)).toContain(asKept(hostile))
    })
  )

  atTerminal(
    "drives no terminal where one is there",
    Effect.gen(function* () {
      const { home } = yield* hostileBus
      const screen = yield* shellOn(home, { columns: 110, rows: 24 })
      yield* Effect.promise(async () => {
        for (const command of ["who", "log", "inbox --name ci --all", "doctor"]) {
          enter(screen, `clear; cc-dm ${command}; echo code of ${command.slice(0, 3)} $?`)
          await screen.shows(new RegExp(`code of ${command.slice(0, 3)} \\d`))
        }
        enter(screen, "clear; cc-dm approve abcde; echo code of approve $?")
        await screen.shows("Allow it?")
        screen.type("n")
        await screen.shows("code of approve 5")
        enter(screen, "clear; cc-dm watch")
        await screen.shows("On the bus")
        await screen.shows("1 permission request waits")
        await screen.shows("hostile\\u{1b}")
        screen.press("Enter")
        await screen.shows("Esc back")
        screen.press("Escape")
        // Escape and a letter that come together are another key.
        await screen.showsNot("Esc back")
        screen.type("a")
        await screen.shows("Allow request abcde of worker")
        await screen.shows("hostile\\u{1b}[2J\\u{1b}[1;1H")
        screen.type("n")
        await screen.shows("Nothing was done")
        screen.type("q")
        await screen.showsNot("On the bus")
      })
      const raw = screen.raw()
      for (const driver of [
        "\u001b[2J\u001b[1;1H",
        "\u001b]0;",
        "\u001b]52;",
        "\u001b]8;",
        "\u001bP+q",
        "\u009b",
        "\u0000",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u2028",
        inTags("r"),
        "\u{e0162}"
      ])
        expect([driver, raw.includes(driver)]).toEqual([driver, false])
    })
  )
})
