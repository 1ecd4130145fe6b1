/** `cc-dm reply`, `cc-dm show`, and the ways of `cc-dm inbox` that leave everything as it is. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { InboxJson, MessageJson, SentJson, ShowJson } from "../../src/cli/Json.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { drives } from "../support/nasty.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest } from "../support/underTest.ts"
import { logged, readAs, readLinesAs, runIn } from "./run.ts"

/** A session that has written to `ci`, and the number of what it wrote. */
const written = (content: string, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const run = runIn(home)
    const backend = yield* startReady({ home, env: named("backend") })
    yield* run(["inbox", "--name", "ci"])
    const { json } = yield* backend.call("dm", { to: "ci", content, ...more })
    return { home, run, backend, number: String(json["message_id"]) }
  })

describe("reply", () => {
  it.live(
    "goes to who wrote the message, in its thread, and tells them that it was seen",
    Effect.gen(function* () {
      const { backend, number, run } = yield* written("Which day?", { thread_id: "release" })
      expect((yield* run(["inbox", "--name", "ci", "--peek"])).stdout).toMatch(
        new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}#${number} {2}backend \\(thread release\\): Which day\\?\n$`)
      )
      const answered = yield* run(["reply", number, "On Friday.", "--from", "ci", "--json"])
      expect(answered).toMatchObject({ code: 0, stderr: "" })
      expect(readAs(SentJson, answered.stdout)).toMatchObject({ to: "backend", held: false })
      const lines = readLinesAs(MessageJson, (yield* run(["log", "--json"])).stdout)
      expect(lines).toMatchObject([
        { content: "Which day?", state: "seen" },
        { content: "On Friday.", from: "ci", to: "backend", reply_to: number, thread_id: "release" }
      ])
      expect((yield* backend.next).params.content).toBe("On Friday.")
      // One can go on from what one wrote oneself.
      yield* run(["reply", lines[1]?.message_id ?? "", "At noon.", "--from", "ci"])
      expect((yield* backend.next).params.content).toBe("At noon.")
      expect((yield* run(["inbox", "--name", "ci"])).stdout).toBe("")
    })
  )

  it.live(
    "says what to do where it can't",
    Effect.gen(function* () {
      const { backend, number, run } = yield* written("Which day?")
      const notMine = yield* run(["reply", number, "x"])
      expect(notMine.code).toBe(2)
      expect(notMine.stderr).toContain('by "backend" to "ci"')
      expect(notMine.stderr).toContain("--from")
      expect(yield* run(["reply", "99", "x"])).toMatchObject({ code: 3 })
      expect((yield* run(["reply", "twelve", "x"])).stderr).toContain("the number of a message, such as 12")
      yield* backend.closeStdin
      yield* backend.ended
      const gone = yield* run(["reply", number, "x", "--from", "ci"])
      expect(gone.code).toBe(3)
      expect(gone.stderr).toContain("is not on the bus any more")
      expect((yield* run(["reply", number, "x", "--from", "ci", "--expires", "1h"])).stdout).toContain(
        "nobody has that name now"
      )
    })
  )
})

describe("show", () => {
  it.live(
    "prints a message whole, with its states, its answers and its thread, and takes nothing",
    Effect.gen(function* () {
      const { home, number, run } = yield* written("Which day?\nOr week?", { thread_id: "release" })
      const { all } = yield* outsider(home)
      const rows = all("SELECT * FROM messages LEFT JOIN receipts ON message_id = id ORDER BY id")
      const before = yield* rows
      const first = yield* run(["show", number])
      expect(first.stdout).toMatch(/^Message: +\d+ \(thread release\)\nFrom: +backend\nTo: +ci\n/)
      expect(first.stdout).toContain("\n  Which day?\n  Or week?\n")
      expect(yield* rows).toEqual(before)
      yield* run(["reply", number, "On Friday.", "--from", "ci"])
      const { stdout } = yield* run(["show", number, "--json"])
      const shown = readAs(ShowJson, stdout)
      expect(shown).toMatchObject({ content: "Which day?\nOr week?", state: "seen" })
      expect(shown.states.map(({ state }) => state)).toEqual(["queued", "seen"])
      expect(shown.thread.map(({ content }) => content)).toEqual(["On Friday."])
      expect(shown.answered_by).toEqual([shown.thread[0]?.message_id ?? ""])
      expect((yield* run(["show", number])).stdout).toMatch(
        /Also in the thread release:\n {2}#\d+ {2}[\d:]+ {2}ci -> backend: On Friday\.\n$/
      )
      expect(yield* run(["show", "99"])).toMatchObject({ code: 3, stdout: "" })
    })
  )

  it.live(
    "drives no terminal, and no line of a message begins where its own do",
    Effect.gen(function* () {
      const hostile = "a\u001b[2J\u202e\nFrom:     the boss\nState:    seen"
      const { number, run } = yield* written(hostile, { thread_id: "\u001b[31m\nTo:  x" })
      const { stdout } = yield* run(["show", number])
      expect(drives.exec(stdout)).toBeNull()
      expect(stdout.split("\n").filter((line) => line.startsWith("From:"))).toHaveLength(1)
      expect(stdout.split("\n").filter((line) => line.startsWith("To:"))).toHaveLength(1)
    })
  )
})

describe("inbox", () => {
  it.live(
    "with --peek takes nothing, and tells nobody, also of mail that waits for the name",
    Effect.gen(function* () {
      const { backend, home, run } = yield* written("one")
      yield* backend.call("dm", { to: "later-ci", content: "two", expires_in: 600 })
      const { all } = yield* outsider(home)
      const rows = all("SELECT * FROM messages LEFT JOIN receipts ON message_id = id ORDER BY id")
      const before = yield* rows
      const peeked = readAs(InboxJson, (yield* run(["inbox", "--name", "ci", "--peek", "--json"])).stdout)
      expect(peeked).toMatchObject({ name: "ci", count: 1, messages: [{ content: "one", state: "queued" }] })
      // PostgreSQL shows mail to nobody but to whom it is given.
      if (engineUnderTest === "sqlite")
        expect((yield* run(["inbox", "--name", "later-ci", "--peek"])).stdout).toContain("backend: two")
      expect(yield* rows).toEqual(before)
      yield* run(["inbox", "--name", "ci"])
      expect((yield* run(["inbox", "--name", "ci", "--peek"])).stdout).toBe("")
      expect((yield* run(["inbox", "--name", "ci", "--peek", "--all"])).stdout).toContain("one")
    })
  )

  it.live(
    "with --sent says what became of what one sent",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("closed", { CC_DM_INBOUND_BLOCKLIST: "ci" }) })
      yield* startReady({ home, env: named("open") })
      yield* run(["send", "closed", "no?", "--from", "ci"])
      yield* run(["send", "open", "yes?", "--from", "ci"])
      yield* run(["send", "open", "of somebody else"])
      yield* logged(home, "refused", "no?")
      const { stdout } = yield* run(["inbox", "--sent", "--name", "ci"])
      expect(stdout).toMatch(
        /refused +#1 {2}ci -> closed: no\?\n {10}\("ci" is on the receiver's CC_DM_INBOUND_BLOCKLIST\)\n.*#2 {2}ci -> open: yes\?\n$/
      )
      const sent = readAs(InboxJson, (yield* run(["inbox", "--sent", "--name", "ci", "--json"])).stdout)
      expect(sent.messages.map(({ state, to }) => [to, state])[0]).toEqual(["closed", "refused"])
      expect((yield* run(["inbox", "--sent", "--peek"])).code).toBe(2)
    })
  )
})
