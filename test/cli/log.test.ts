/** `cc-dm log`: what is asked for is found, all of it can be reached, and no line is cut where it should not be. */
import { describe, expect, test } from "bun:test"
import { Effect, Result } from "effect"
import { MessageJson } from "../../src/cli/Json.ts"
import { parseMoment } from "../../src/cli/Moment.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { readLinesAs, runIn, startIn } from "./run.ts"

/** A bus with `count` messages of one session to a script, and a way to look at them. */
const busWith = (texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const run = runIn(home)
    const backend = yield* startReady({ home, env: named("backend") })
    yield* run(["inbox", "--name", "ci"])
    for (const content of texts) yield* backend.call("dm", { to: "ci", content })
    const contents = (...args: ReadonlyArray<string>) =>
      Effect.map(run(["log", "--json", ...args]), ({ code, stdout, stderr }) => {
        expect([args, code, stderr]).toEqual([args, 0, ""])
        return readLinesAs(MessageJson, stdout).map(({ content }) => content)
      })
    return { home, run, backend, contents, outside: yield* outsider(home) }
  })

describe("log", () => {
  it.live(
    "finds words as they stand, in capitals or not, and labels and states",
    Effect.gen(function* () {
      const { backend, contents, run } = yield* busWith([
        "Deploy FAILED: 50%",
        "deploy is done",
        "Überall _x_"
      ])
      yield* backend.call("dm", { to: "ci", content: "which branch?", message_type: "question" })
      yield* run(["send", "later", "an errand", "--expires", "1h", "--type", "task"])
      expect(yield* contents("--grep", "deploy")).toEqual(["Deploy FAILED: 50%", "deploy is done"])
      expect(yield* contents("--grep", "ÜBERALL")).toEqual(["Überall _x_"])
      // What means something to SQL or to a pattern is a letter like any other.
      expect(yield* contents("--grep", "0%")).toEqual(["Deploy FAILED: 50%"])
      expect(yield* contents("--grep", "e_y")).toEqual([])
      expect(yield* contents("--grep", ".*")).toEqual([])
      expect(yield* contents("--grep", "deploy", "--limit", "1")).toEqual(["deploy is done"])
      expect(yield* contents("--grep", "deploy", "--with", "later")).toEqual([])
      expect(yield* contents("--type", "question")).toEqual(["which branch?"])
      expect(yield* contents("--type", "review")).toEqual([])
      expect(yield* contents("--state", "seen")).toEqual([])
      yield* run(["inbox", "--name", "ci"])
      expect(yield* contents("--state", "seen", "--type", "question")).toEqual(["which branch?"])
      expect(yield* contents("--state", "queued")).toEqual(["an errand"])
      for (const args of [
        ["--grep", ""],
        ["--state", "lost"],
        ["--type", "gossip"]
      ])
        expect((yield* run(["log", ...args])).code).toBe(2)
    })
  )

  it.live(
    "knows what nobody took in its time as expired, though nobody wrote that down",
    Effect.gen(function* () {
      const { contents, outside, run } = yield* busWith([])
      yield* run(["send", "later", "too late", "--expires", "1h"])
      yield* outside.run("UPDATE messages SET expires_at = '2020-01-01T00:00:00.000Z'")
      expect(yield* contents("--state", "queued")).toEqual([])
      expect(yield* contents("--state", "expired")).toEqual(["too late"])
    })
  )

  it.live(
    "has a state as one word, too",
    Effect.gen(function* () {
      const { outside, run } = yield* busWith(["hello"])
      yield* outside.run(
        "INSERT INTO receipts (message_id, state, handed_at) SELECT id, 'handed over', created_at FROM messages"
      )
      for (const state of ["handed_over", "handed over", "Handed-Over"]) {
        const { stdout } = yield* run(["log", "--json", "--state", state])
        expect(readLinesAs(MessageJson, stdout)).toMatchObject([
          { state: "handed over", state_id: "handed_over" }
        ])
      }
    })
  )

  it.live(
    "looks at a stretch of time",
    Effect.gen(function* () {
      const { contents, outside, run } = yield* busWith(["old", "middle", "new"])
      const at = (content: string, time: string) =>
        outside.run("UPDATE messages SET created_at = ? WHERE content = ?", time, content)
      yield* at("old", "2026-01-10T08:00:00.000Z")
      yield* at("middle", "2026-01-11T08:00:00.000Z")
      expect(yield* contents("--after", "2026-01-11T08:00:00Z")).toEqual(["middle", "new"])
      expect(yield* contents("--before", "2026-01-11T08:00:00Z")).toEqual(["old"])
      expect(yield* contents("--after", "2026-01-10T09:00:00Z", "--before", "1h")).toEqual(["middle"])
      expect(yield* contents("--since", "1h30m")).toEqual(["new"])
      expect(yield* contents("--since", "1h", "--after", "2026-01-01")).toEqual(["new"])
      const wrong = yield* run(["log", "--before", "tomorrow"])
      expect(wrong.code).toBe(2)
      expect(wrong.stderr).toContain("2026-11-01T09:30")
    })
  )

  it.live(
    "comes to everything that is kept, page by page or at once",
    Effect.gen(function* () {
      const { contents, outside, run } = yield* busWith(["1"])
      // More than one page of each kind.
      yield* outside.run(
        `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at)
          SELECT 'x', to_session, CAST(value AS TEXT), '{}', 1, '2026-01-01T00:00:00.000Z'
          FROM messages, json_each(CAST(? AS TEXT))`,
        JSON.stringify(Array.from({ length: 2_199 }, (_, index) => index + 2))
      )
      const all = Array.from({ length: 2_200 }, (_, index) => String(index + 1))
      expect(yield* contents("--all")).toEqual(all)
      expect(yield* contents("--grep", "2", "--limit", "1000")).toEqual(
        all.filter((text) => text.includes("2")).slice(-1_000)
      )
      expect(yield* contents("--grep", "2", "--all")).toEqual(all.filter((text) => text.includes("2")))

      const page = yield* run(["log", "--limit", "3"])
      expect(page.stdout).toMatch(/: 2198\n.*: 2199\n.*: 2200\n$/)
      const [, before = ""] = /2197 older ones are kept: add --before-id (\d+) /.exec(page.stderr) ?? []
      expect(yield* contents("--limit", "2", "--before-id", before)).toEqual(["2196", "2197"])
      expect(yield* contents("--limit", "2", "--before-id", `#${before}`)).toEqual(["2196", "2197"])
      expect(yield* contents("--limit", "2", "--after-id", before)).toEqual(["2199", "2200"])
      const forth = yield* run(["log", "--limit", "2", "--after-id", "0"])
      expect(forth.stdout).toMatch(/: 1\n.*: 2\n$/)
      const [, after = ""] = /add --after-id (\d+) /.exec(forth.stderr) ?? []
      expect(yield* contents("--limit", "2", "--after-id", after)).toEqual(["3", "4"])
      expect((yield* run(["log", "--all", "--limit", "3"])).stderr).toContain("use one of them")
      expect((yield* run(["log", "--before-id", "x"])).code).toBe(2)
    })
  )

  it.live(
    "follows what comes into a state",
    Effect.gen(function* () {
      const { backend, home, run } = yield* busWith(["before"])
      const following = yield* startIn(home)(["log", "--follow", "--state", "seen"])
      // It comes into no other state.
      yield* run(["send", "later", "stays", "--expires", "1h"])
      yield* backend.call("dm", { to: "ci", content: "after" })
      yield* run(["inbox", "--name", "ci"])
      yield* following.printed("#3  backend -> ci")
      const lines = following.stdout().trimEnd().split("\n")
      expect(lines.filter((line) => !line.includes("  seen  "))).toEqual([])
      expect((yield* run(["log", "--follow", "--before", "1h"])).stderr).toContain("leave out --before")
      expect((yield* run(["log", "--follow", "--all"])).code).toBe(2)
    })
  )

  it.live(
    "gives a pipe each line as it is",
    Effect.gen(function* () {
      const long = "many words ".repeat(900).trim()
      const { run } = yield* busWith([long, "one\ntwo"])
      expect((yield* run(["log"])).stdout).toContain(`backend -> ci: ${long}\n`)
      const short = (yield* run(["log", "--oneline"])).stdout.trimEnd().split("\n")
      expect(short).toHaveLength(2)
      expect(short[0]).toEndWith(`backend -> ci: ${long}`)
      expect(short[1]).toEndWith("backend -> ci: one⏎ two")
    })
  )

  atTerminal(
    "breaks lines of a terminal at spaces, or keeps to one of them",
    Effect.gen(function* () {
      const { home } = yield* busWith(["incomprehensible ".repeat(8).trim()])
      const screen = yield* shellOn(home, { columns: 60, rows: 20 })
      enter(screen, "clear; cc-dm log; echo done")
      yield* Effect.promise(() => screen.shows("\ndone"))
      const lines = screen.lines().filter((line) => line.includes("incomprehensible"))
      expect(lines.length).toBeGreaterThan(2)
      // None is broken within a word: each holds whole ones.
      for (const line of lines.slice(1)) expect(line).toMatch(/^ {10}(incomprehensible ?)+$/)
      enter(screen, "clear; cc-dm log --oneline; echo again")
      yield* Effect.promise(() => screen.shows("\nagain"))
      expect(screen.lines().filter((line) => line.includes("backend -> ci"))).toHaveLength(1)
      expect(screen.lines().join("\n")).toContain("…")
    })
  )
})

describe("a moment", () => {
  const now = new Date(2026, 10, 29, 12, 0, 0).getTime()
  const local = (...parts: [number, number, number, number?, number?, number?]) =>
    new Date(...parts).getTime()
  test.each([
    ["1h30m", now - 5_400_000],
    ["0", now],
    ["09:30", local(2026, 10, 29, 9, 30)],
    ["9:30:15", local(2026, 10, 29, 9, 30, 15)],
    // The last time that it was so late.
    ["23:15", local(2026, 10, 28, 23, 15)],
    ["2026-11-01", local(2026, 10, 1)],
    ["2026-11-01 09:30", local(2026, 10, 1, 9, 30)],
    ["2026-11-01T09:30:01.5", local(2026, 10, 1, 9, 30, 1) + 500],
    ["2026-11-01T09:30Z", Date.UTC(2026, 10, 1, 9, 30)],
    ["2026-11-01T09:30:00+02:00", Date.UTC(2026, 10, 1, 7, 30)],
    ["2024-02-29", local(2024, 1, 29)]
  ] as const)("%j is read", (text, moment) =>
    expect(Result.map(parseMoment(text), (at) => at(now))).toEqual(Result.succeed(moment))
  )

  test.each([
    "",
    "soon",
    "24:00",
    "9:60",
    "2026-13-01",
    "2026-02-30",
    "2026-11-01T25:00",
    "2026-11-01T09",
    "11/01/2026",
    "-1h"
  ])("%j is none", (text) => expect(Result.isFailure(parseMoment(text))).toBe(true))
})
