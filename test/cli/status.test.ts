/** `cc-dm status`: what it says, to whom, and that it changes nothing. */
import { describe, expect } from "bun:test"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { StatusJson } from "../../src/cli/Json.ts"
import { eventually } from "../../testkit/eventually.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { builtServer, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { putOldFile } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { noFile, noOldServers, onFile } from "../support/underTest.ts"
import { program } from "./command.ts"
import { readAs, runIn } from "./run.ts"

const conversation = (id: string) => ({ CLAUDE_CODE_SESSION_ID: id })

/** What Claude Code gives to the command of a status line. */
const told = (id: string) => ({
  input: JSON.stringify({ session_id: id, cwd: "/", version: "2.1.332", workspace: { project_dir: "/" } })
})

const shop = { CC_DM_SESSION_PROJECT: "shop" }

/** Waits until so many sessions can be found by their conversations, which takes a moment after they are ready. */
const foundByConversation = Effect.fnUntraced(function* (home: string, count: number) {
  const { all } = yield* outsider(home)
  yield* eventually(all("SELECT session_id FROM conversations"), ({ length }) => length === count)
})

const twoSessions = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const planner = yield* startReady({ home, env: named("planner", { ...conversation("c-1"), ...shop }) })
  const backend = yield* startReady({
    home,
    env: named("backend", { ...conversation("c-2"), ...shop, CC_DM_DELIVERY: "pull" })
  })
  yield* foundByConversation(home, 2)
  return { home, planner, backend, run: runIn(home) }
})

const statusIn = (text: string) => readAs(StatusJson, text)

describe("status", () => {
  it.live(
    "tells a session who it is, what waits, and who is here",
    Effect.gen(function* () {
      const { planner, run } = yield* twoSessions
      for (const text of ["one", "two"]) yield* planner.call("dm", { to: "backend", content: text })
      const here = yield* run(["status"], told("c-2"))
      expect(here).toEqual({ code: 0, stdout: "backend · 2 messages wait · here: planner\n", stderr: "" })
      // A shell of the session has no such input, and a variable.
      const inShell = yield* run(
        ["status", "--format", "{name} {role} {project} {waiting} {here} {others}"],
        {
          env: { ...conversation("c-2"), CLAUDECODE: "1" }
        }
      )
      expect(inShell.stdout).toBe("backend worker shop 2 2 planner\n")
      expect((yield* run(["status"], told("c-1"))).stdout).toBe("planner · here: backend\n")
      expect(statusIn((yield* run(["status", "--json"], told("c-2"))).stdout)).toMatchObject({
        bus: "there",
        asker: "session",
        name: "backend",
        project: "shop",
        waiting: 2,
        requests: 0,
        others: [{ name: "planner", role: "worker", project: "shop" }]
      })
    })
  )

  it.live(
    "is no look at the messages: they wait as before, and no row is written",
    Effect.gen(function* () {
      const { home, planner, run } = yield* twoSessions
      yield* planner.call("dm", { to: "backend", content: "one" })
      const { all } = yield* outsider(home)
      const rows = Effect.all([
        all("SELECT id, delivered FROM messages"),
        all("SELECT message_id, state FROM receipts"),
        all("SELECT id, name, kind FROM sessions ORDER BY id"),
        all("SELECT conversation, session_id FROM conversations ORDER BY conversation")
      ])
      // Its server takes it, and writes nothing after that: where a session pulls, there are no receipts.
      yield* eventually(
        all<{ delivered: number }>("SELECT delivered FROM messages"),
        ([row]) => row?.delivered === 1
      )
      const before = yield* rows
      for (const options of [told("c-2"), told("c-9"), {}]) yield* run(["status"], options)
      expect(yield* rows).toEqual(before)
    })
  )

  it.live(
    "tells a person what waits for them and which permissions are asked for",
    Effect.gen(function* () {
      const { home, planner, run } = yield* twoSessions
      yield* run(["send", "planner", "hello"])
      yield* planner.call("dm", { to: "ada-cli", content: "hello" })
      const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
      const worker = yield* startReady({ home, env: named("worker", relay) })
      yield* worker.notify("notifications/claude/channel/permission_request", {
        request_id: "abcde",
        tool_name: "Bash",
        description: "",
        input_preview: ""
      })
      // The tool's answer comes after the request was written.
      yield* worker.call("who")
      expect((yield* run(["status"])).stdout).toBe(
        "ada-cli · 1 message waits · 1 permission request · here: planner, backend, worker\n"
      )
      expect((yield* run(["status", "--name", "Ada CLI", "--format={name}{waiting}"])).stdout).toBe(
        "ada-cli1\n"
      )
      expect((yield* run(["status", "--name", "nobody", "--format={name}{waiting}"])).stdout).toBe("0\n")
    })
  )

  it.live(
    "says that a session has no name, or is not there",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: conversation("c-1") })
      yield* foundByConversation(home, 1)
      const run = runIn(home)
      expect((yield* run(["status"], told("c-1"))).stdout).toBe(
        "cc-dm: no name yet (/cc-dm:register) · nobody else is here\n"
      )
      expect((yield* run(["status"], told("c-2"))).stdout).toStartWith(
        "cc-dm: not on the bus · here: session-"
      )
    })
  )

  it.live(
    "finds the session of another agent by the socket of its server",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const command = [...builtServer, "--agent", "gemini"]
      yield* startReady({ home, env: named("gem"), command })
      yield* startReady({ home, env: named("planner") })
      expect((yield* runIn(home)(["status"])).stdout).toBe("gem · here: planner\n")
    })
  )

  it.live(
    "shows names harmless, and names a few",
    Effect.gen(function* () {
      const { home, run } = yield* twoSessions
      const { run: change } = yield* outsider(home)
      // No server has these rows, and would put its name right.
      for (const [at, name] of ["x\u001b]0;y\u0007\n\u202e", "c", "d", "e"].entries())
        yield* change(
          "INSERT INTO sessions (id, name, last_seen, registered_at) VALUES (?, ?, ?, ?)",
          `session-00000000000${at}`,
          name,
          "2999-01-01T00:00:00.000Z",
          "2999-01-01T00:00:00.000Z"
        )
      expect((yield* run(["status"], told("c-2"))).stdout).toBe(
        "backend · here: planner, x\\u{1b}]0;y\\u{7} \\u{202e}, c, d +1\n"
      )
      expect((yield* run(["status", "--json"], told("c-2"))).stdout).not.toMatch(/[\u001b\u202e\u0007]/)
    })
  )

  onFile(noFile, it.live)(
    "says without a bus that nobody is here, and makes none",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      expect(yield* run(["status"])).toEqual({ code: 0, stdout: "cc-dm: nobody is here yet\n", stderr: "" })
      expect(statusIn((yield* run(["status", "--json"])).stdout)).toMatchObject({ bus: "none", name: null })
      expect((yield* run(["status", "--format", "{name}{waiting}"])).stdout).toBe("0\n")
      expect(readdirSync(home)).toEqual([])
    })
  )

  onFile(noFile, it.live)(
    "leaves no file beside a bus that nobody has open",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* run(["send", "later", "hello", "--expires", "1h"])
      const before = readdirSync(join(home, ".cc-dm")).sort()
      expect((yield* run(["status"])).stdout).toBe("ada-cli · nobody else is here\n")
      expect(readdirSync(join(home, ".cc-dm")).sort()).toEqual(before)
    })
  )

  onFile(noOldServers, it.live)(
    "reads a file of 1.3.1 as it is",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putOldFile(home, "1.3.1")
      const before = readFileSync(file)
      expect(yield* runIn(home)(["status"])).toEqual({
        code: 0,
        stdout: "cc-dm · nobody else is here\n",
        stderr: ""
      })
      expect(readFileSync(file).equals(before)).toBe(true)
      expect(existsSync(`${file}-wal`)).toBe(false)
    })
  )

  onFile(noFile, it.live)(
    "does not fail over a bus that can't be read",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* run(["send", "later", "hello", "--expires", "1h"])
      writeFileSync(join(home, ".cc-dm/bus.db"), "no database at all, and long enough to look at it twice")
      expect(yield* run(["status"])).toEqual({
        code: 0,
        stdout: "cc-dm: the bus can't be read (cc-dm doctor)\n",
        stderr: ""
      })
    })
  )

  onFile(noFile, it.live)(
    "says the same when the command line answers in its place",
    Effect.gen(function* () {
      const { home, planner, run } = yield* twoSessions
      yield* planner.call("dm", { to: "backend", content: "one" })
      for (const args of [["status"], ["status", "--json"], ["status", "--format", "{others}{{"]])
        for (const options of [told("c-2"), {}]) {
          const fast = yield* run(args, options)
          // With this file, the bus may be in PostgreSQL.
          writeFileSync(join(home, ".cc-dm/config.json"), "{}", { mode: 0o600 })
          expect(yield* run(args, options)).toEqual(fast)
          yield* Effect.sync(() => Bun.file(join(home, ".cc-dm/config.json")).delete())
        }
    })
  )

  it.live(
    "says what is wrong with a format",
    Effect.gen(function* () {
      const { run } = yield* twoSessions
      const wrong = yield* run(["status", "--format", "{nam}"])
      expect(wrong).toMatchObject({ code: 2, stdout: "" })
      expect(wrong.stderr).toContain('--format knows no "{nam}". What it knows: {name} {id}')
      expect((yield* run(["status", "--json", "--format", "x"])).stderr).toContain("exclude each other")
      expect((yield* run(["status", "--help"])).stdout).toContain("Print one line")
    })
  )

  it.live(
    "waits for nobody who holds its stdin open",
    Effect.gen(function* () {
      const { home } = yield* twoSessions
      const child = Bun.spawn([program, "status"], {
        stdin: "pipe",
        stdout: "pipe",
        env: {
          HOME: home,
          USER: "ada",
          PATH: process.env["PATH"],
          ...busVariables(home),
          ...conversation("c-2")
        }
      })
      const text = yield* Effect.promise(() => child.stdout.text())
      yield* Effect.promise(async () => child.stdin.end())
      expect(text).toBe("backend · here: planner\n")
    })
  )
})
