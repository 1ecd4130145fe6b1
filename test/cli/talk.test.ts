/** The command line: people and scripts talk to real sessions, with the command that users have. */
import { describe, expect, test } from "bun:test"
import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { BroadcastJson, InboxJson, MessageJson, RosterJson, SentJson } from "../../src/cli/Json.ts"
import { attachSpans } from "../../src/cli/OptionalValue.ts"
import { hanging, table } from "../../src/cli/Output.ts"
import { eventually } from "../../testkit/eventually.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { startSession } from "../../testkit/host/HookedSession.ts"
import { sqlite, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldBus, oldReceive, oldSend, oldSession, oldSessionRow } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest, noFile, noOldServers, onFile } from "../support/underTest.ts"
import { logged, readAs, readLinesAs, runIn, startIn } from "./run.ts"

/** Everything under a folder: paths, modes, and what is in the files. SQLite's index of its log is locks, not content. */
const snapshot = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const found = lstatSync(path)
      const held = found.isFile() && !name.endsWith("-shm") ? Bun.hash(readFileSync(path)).toString(16) : "-"
      return `${name} ${found.mode.toString(8)} ${held}`
    })

/** What would drive a terminal, or hide or reorder text. */
const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u

const hostile = "red\u001b[31m \u009b2J \u202ereversed\u0007\nbell \u001b]0;title\u0007"

/** A session that answers each message that wakes it, with the text that `answer` makes. */
const answering = (home: string, name: string, answer: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const session = yield* startSession({ home, env: named(name, env) })
    yield* Effect.gen(function* () {
      const request = yield* session.nextRequest
      const id = /Message (\d+) from/.exec(request.texts.join("\n"))?.[1] ?? ""
      yield* session.toolBatch({ tool: "dm", input: { reply_to: id, content: answer } })
      // What comes while it answers makes it go on.
      yield* session.stop.pipe(Effect.repeat({ until: (request) => request === undefined }))
    }).pipe(Effect.forever, Effect.forkScoped)
    return session
  })

describe("send", () => {
  it.live(
    "reaches a session, which sees that it is from the command line, and waits until it was seen",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answering(home, "backend", "three")
      const sent = yield* run(["send", "backend", "How many tests fail?", "--from", "ci", "--wait", "--json"])
      expect(sent.stderr).toBe("")
      expect(sent.code).toBe(0)
      expect(readAs(SentJson, sent.stdout)).toMatchObject({ to: "backend", state: "seen", held: false })
      const shown = yield* backend.shown("How many tests fail?")
      expect(shown.texts.join("\n")).toContain('from "ci", a person or a script at the command line')
    })
  )

  it.live(
    "carries where it is from in a channel event, too",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* startReady({
        home,
        env: named("backend"),
        clientArguments: ["--channels", "plugin:cc-dm@x"]
      })
      const sent = yield* runIn(home)(
        ["send", "Backend", "--thread", "t1", "--type", "review", "--priority", "low"],
        {
          input: "from\nstdin\n"
        }
      )
      // It waits a moment for the first receipt, which a busy machine may need longer for.
      expect(sent.stdout).toMatch(/^Message \d+ to backend: (pushed|queued)\. /)
      const { params } = yield* backend.next
      expect(params.content).toBe("from\nstdin")
      expect(params.meta).toMatchObject({
        from_session: "ada-cli",
        from_kind: "command line",
        thread_id: "t1",
        message_type: "review",
        priority: "low"
      })
      yield* logged(home, "pushed", "from\nstdin")
      const pushed = yield* runIn(home)(["send", "backend", "-", "--wait", "1s"], { input: "x" })
      expect(pushed.code).toBe(4)
      expect(pushed.stderr).toContain("not seen within 1 s by backend")
    })
  )

  it.live(
    "says who is nearest where nobody has the name, and leaves no trace",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend") })
      const typo = yield* run(["send", "bakend", "hello"])
      expect(typo).toMatchObject({ code: 3, stdout: "" })
      expect(typo.stderr).toContain('did you mean "backend"?')
      expect((yield* run(["send", "zebra", "hello"])).stderr).not.toContain("did you mean")
      expect((yield* run(["who", "--json"])).stdout).not.toContain("ada-cli")
    })
  )

  it.live(
    "refuses what a session could not send, either",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend") })
      const codes = yield* Effect.forEach(
        [
          ["send", "backend", "  "],
          ["send", "backend", "x".repeat(10_001)],
          ["send", "back end!", "x"],
          ["send", "backend", "x", "--from", "all"],
          ["send", "backend", "x", "--expires", "8d"],
          ["send", "backend", "x", "--wait=soon"],
          ["send", "backend", "x", "--type", "gossip"],
          ["send", "backend", "x", "--thread", "t".repeat(65)],
          ["send", "ci", "x", "--from", "ci", "--expires", "1m"],
          ["send"],
          ["sned", "backend"]
        ],
        (args) =>
          Effect.map(run(args), ({ code, stderr }) => ({
            args: args.join(" ").slice(0, 40),
            code,
            said: stderr !== ""
          })),
        { concurrency: 4 }
      )
      for (const one of codes) expect(one).toMatchObject({ code: 2, said: true })
      const taken = yield* run(["send", "backend", "x", "--from", "backend"])
      expect(taken.code).toBe(1)
      expect(taken.stderr).toContain("choose another name")
      const all = yield* run(["log", "--json"])
      expect(all.stdout).toBe("")
    })
  )

  it.live(
    "holds mail for a name that nobody has, and gives it to the session that takes it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const sent = yield* run(["send", "later", "are you there?", "--expires", "10m", "--json"])
      expect(readAs(SentJson, sent.stdout)).toMatchObject({
        to: "later",
        state: "queued",
        held: true,
        reachable_by: null
      })
      const waiting = yield* startIn(home)(["send", "later", "and this?", "--expires", "10m", "--wait"])
      const later = yield* answering(home, "later", "yes")
      yield* later.shown("are you there?")
      yield* later.shown("and this?")
      expect((yield* waiting.ended).code).toBe(0)
    })
  )

  it.live(
    "ends with 1 and the reason when it expires",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      yield* backend.kill("SIGSTOP")
      const sent = yield* run(["send", "backend", "x", "--expires", "1s", "--wait", "20s", "--json"])
      expect(sent.code).toBe(1)
      expect(readAs(SentJson, sent.stdout).state).toBe("expired")
      expect(sent.stderr).toContain("nobody took it in time")
      // Who was told at once is not told again.
      expect((yield* run(["inbox"])).stdout).toBe("")
      yield* run(["send", "backend", "y", "--expires", "1s"])
      yield* Effect.sleep(1_200)
      expect((yield* run(["inbox"])).stdout).toContain("Of what you sent, this may never be seen")
      expect(
        readLinesAs(MessageJson, (yield* run(["log", "--with", "backend", "--json"])).stdout)
      ).toMatchObject([{ state: "expired" }, { state: "expired" }])
      yield* backend.kill("SIGCONT")
    })
  )

  it.live(
    "knows that a session that keeps nothing has seen it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* answering(home, "forgetful", "done", { CC_DM_HISTORY: "0" })
      expect((yield* runIn(home)(["send", "forgetful", "x", "--wait"])).code).toBe(0)
    })
  )

  onFile(noOldServers, it.live)(
    "says what a 1.3.1 session does not tell",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("anybody") })
      const bus = yield* sqlite(home)
      oldSession(bus, "session-000000000131", "old-one", new Date().toISOString())
      const sending = yield* startIn(home)(["send", "old-one", "hello old one", "--wait"])
      const taken = yield* Effect.suspend(() => Effect.succeed(oldReceive(bus, "session-000000000131"))).pipe(
        Effect.delay(20),
        Effect.repeat({ until: (texts) => texts.length > 0 })
      )
      expect(taken).toEqual(["hello old one"])
      const { code, stderr } = yield* sending.ended
      expect(code).toBe(4)
      expect(stderr).toContain("1.3.1")
    })
  )
})

describe("broadcast", () => {
  it.live(
    "goes to a project or a role, or says that nobody is there",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("one", { CC_DM_SESSION_PROJECT: "shop" }) })
      yield* startReady({
        home,
        env: named("two", { CC_DM_SESSION_PROJECT: "shop", CC_DM_SESSION_ROLE: "tester" })
      })
      yield* startReady({ home, env: named("three") })
      yield* run(["inbox", "--name", "ci"])
      const to = (args: ReadonlyArray<string>) =>
        Effect.map(run(["broadcast", `hello ${args.join(" ")}`, "--json", ...args]), ({ stdout }) =>
          readAs(BroadcastJson, stdout)
            .receivers.map((one) => one.to)
            .sort()
        )
      expect(yield* to([])).toEqual(["one", "three", "two"])
      expect(yield* to(["--project", "Shop"])).toEqual(["one", "two"])
      expect(yield* to(["--project", "shop", "--role", "tester"])).toEqual(["two"])
      const nobody = yield* run(["broadcast", "hello", "--project", "shp"])
      expect(nobody.code).toBe(3)
      expect(nobody.stderr).toContain('did you mean "shop"?')
      const waited = yield* run(["broadcast", "-", "--role", "tester", "--wait", "1s"], { input: "x" })
      expect(waited.code).toBe(4)
    })
  )
})

describe("a broadcast of a session", () => {
  it.live(
    "goes to sessions, and not to people who listen",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const one = yield* startReady({ home, env: named("one") })
      const two = yield* startReady({ home, env: named("two") })
      const listening = yield* startIn(home)(["listen", "--name", "ci", "--json"])
      const kinds = Effect.map(one.call("who"), ({ json }) =>
        (json["sessions"] as ReadonlyArray<{ name: string; kind?: string }>).map(({ kind, name }) => [
          name,
          kind
        ])
      )
      const roster = yield* eventually(kinds, (found) => found.length === 3)
      expect(roster).toContainEqual(["ci", "command line"])
      const { json } = yield* one.call("broadcast", { content: "to all sessions" })
      expect(json["receivers"]).toMatchObject([{ to: "two" }])
      expect((yield* two.next).params.content).toBe("to all sessions")
      // What comes later comes after it.
      yield* one.call("dm", { to: "ci", content: "to you" })
      yield* listening.printed('"to you"')
      expect(readLinesAs(MessageJson, listening.stdout()).map(({ content }) => content)).toEqual(["to you"])
    })
  )
})

describe("listen and inbox", () => {
  it.live(
    "let a script ask a session and wait for its answer in two lines",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answering(home, "backend", "three:\n- login\n- cart")
      expect((yield* run(["send", "backend", "How many?", "--from", "ci", "--wait"])).code).toBe(0)
      const answer = yield* run(["listen", "--name", "ci", "--once", "--timeout", "20s"])
      expect(answer).toMatchObject({ code: 0, stderr: "" })
      expect(answer.stdout).toMatch(
        /^\d\d:\d\d:\d\d {2}#\d+ {2}backend \(to #\d+\): three:\n {10}- login\n {10}- cart\n$/
      )
      const fates = yield* backend.server.call("inbox", { sent: true })
      expect(fates.json["messages"]).toMatchObject([{ to: "ci", state: "seen" }])
      // Nothing else waits, so the next one is in vain.
      const none = yield* run(["listen", "--name", "ci", "--once", "--timeout", "1s", "--json"])
      expect(none).toMatchObject({ code: 4, stdout: "" })
    })
  )

  it.live(
    "print what comes as it comes, with a doorbell for as long as they listen",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      const listening = yield* startIn(home)(["listen", "--name", "ci", "--json"])
      const { all } = yield* outsider(home)
      const doorbell = Effect.map(
        all<{ doorbell: number }>("SELECT doorbell FROM sessions WHERE name = 'ci'"),
        ([row]) => row?.doorbell
      )
      yield* doorbell.pipe(Effect.delay(20), Effect.repeat({ until: (is) => is === 1 }))
      expect((yield* run(["who"])).stdout).toContain("listening")
      const sent = yield* backend.call("dm", { to: "ci", content: "one" })
      expect(sent.json).toMatchObject({ reachable_by: "wakes up" })
      yield* listening.printed('"one"')
      // Somebody else who sends under the same name does not end that.
      yield* run(["send", "backend", "x", "--from", "ci"])
      expect(yield* doorbell).toBe(1)
      const second = yield* run(["listen", "--name", "ci"])
      expect(second.code).toBe(1)
      expect(second.stderr).toContain('somebody listens as "ci" already')
      yield* backend.call("dm", { to: "ci", content: "two" })
      yield* listening.printed('"two"')
      // They are noted as seen a moment after they were printed.
      yield* eventually(backend.call("inbox", { sent: true }), ({ json }) =>
        (json["messages"] as ReadonlyArray<{ state: string }>).every(({ state }) => state === "seen")
      )
      const messages = readLinesAs(MessageJson, listening.stdout())
      expect(messages).toMatchObject([
        { from: "backend", from_kind: "session", to: "ci", state: "seen", content: "one" },
        { content: "two" }
      ])
      yield* listening.signal("SIGINT")
      expect((yield* listening.ended).code).toBe(130)
      expect(yield* doorbell).toBe(0)
      if (engineUnderTest === "sqlite") expect(readdirSync(join(home, ".cc-dm/doorbell")).length).toBe(1)
    })
  )

  it.live(
    "lose nothing when a listener is killed, and nothing to --once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      const listening = yield* startIn(home)(["listen", "--name", "ci"])
      yield* backend
        .call("dm", { to: "ci", content: "zero" })
        .pipe(Effect.delay(50), Effect.repeat({ until: ({ isError }) => !isError }))
      yield* listening.printed("zero")
      // It is printed first, and noted as seen a moment later.
      yield* Effect.repeat(backend.call("inbox", { sent: true }), {
        until: ({ json }) => JSON.stringify(json["messages"]).includes('"state":"seen"')
      })
      yield* listening.signal("SIGKILL")
      yield* listening.ended
      for (const content of ["one", "two", "three"]) {
        const sent = yield* backend.call("dm", { to: "ci", content, expires_in: 600 })
        expect(sent.isError).toBe(false)
      }
      const first = yield* run(["listen", "--name", "ci", "--once", "--json", "--timeout", "5s"])
      expect(readLinesAs(MessageJson, first.stdout)).toMatchObject([{ content: "one" }])
      const others = readAs(InboxJson, (yield* run(["inbox", "--name", "ci", "--json"])).stdout)
      expect(others).toMatchObject({ name: "ci", count: 2, more: 0 })
      expect(others.messages.map(({ content }) => content)).toEqual(["two", "three"])
      const empty = yield* run(["inbox", "--name", "ci"])
      expect(empty).toMatchObject({ code: 0, stdout: "" })
      expect(empty.stderr).toContain("Nothing waits for ci.")
      const all = yield* run(["inbox", "--name", "ci", "--all", "--json"])
      expect(readAs(InboxJson, all.stdout).messages.map(({ content }) => content)).toEqual([
        "zero",
        "one",
        "two",
        "three"
      ])
    })
  )

  it.live(
    "serve people among each other, and a session's mail for a day",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      yield* run(["inbox", "--name", "bob"])
      yield* run(["send", "bob", "hi bob", "--from", "ada"])
      yield* backend.call("dm", { to: "bob", content: "hi from backend" })
      const { all } = yield* outsider(home)
      const rows = yield* all<{ created_at: string; expires_at: string }>(
        "SELECT created_at, expires_at FROM messages"
      )
      const hours = rows.map((row) => (Date.parse(row.expires_at) - Date.parse(row.created_at)) / 3_600_000)
      expect(hours.map(Math.round)).toEqual([24, 24])
      expect((yield* run(["inbox", "--name", "bob"])).stdout).toMatch(
        /ada at the command line: hi bob\n.*backend: hi from backend\n$/
      )
    })
  )
})

describe("log", () => {
  it.live(
    "shows what everybody said, and follows what becomes of it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const one = yield* startReady({ home, env: named("one") })
      yield* startReady({ home, env: named("two") })
      yield* one.call("dm", { to: "two", content: "first", thread_id: "t1" })
      yield* run(["send", "one", "second", "--from", "ci"])
      yield* one.call("dm", { to: "two", content: "third" })
      const lines = readLinesAs(MessageJson, (yield* run(["log", "--json"])).stdout)
      expect(lines.map(({ content }) => content)).toEqual(["first", "second", "third"])
      expect(lines[1]).toMatchObject({ from: "ci", from_kind: "command line", to: "one" })
      const contents = (...args: ReadonlyArray<string>) =>
        Effect.map(run(["log", "--json", ...args]), ({ stdout }) =>
          readLinesAs(MessageJson, stdout).map(({ content }) => content)
        )
      expect(yield* contents("--thread", "t1")).toEqual(["first"])
      expect(yield* contents("--with", "CI")).toEqual(["second"])
      expect(yield* contents("--with", "two")).toEqual(["first", "third"])
      expect(yield* contents("--limit", "2")).toEqual(["second", "third"])
      expect(yield* contents("--since", "1h")).toEqual(["first", "second", "third"])
      const outside = yield* outsider(home)
      yield* outside.run(
        "UPDATE messages SET created_at = '2020-01-01T00:00:00.000Z' WHERE content = 'first'"
      )
      expect(yield* contents("--since", "1h")).toEqual(["second", "third"])
      expect((yield* run(["log", "--limit", "0"])).code).toBe(2)

      const following = yield* startIn(home)(["log", "--follow", "--limit", "1"])
      yield* following.printed("third")
      yield* run(["send", "ci", "fourth", "--from", "ada"])
      yield* following.printed("ada -> ci: fourth")
      yield* run(["inbox", "--name", "ci"])
      yield* following.printed("  seen")
      expect(following.stdout()).toMatch(
        /queued {7}#4 {2}ada -> ci: fourth\n[\d:]+ {2}seen {9}#4 {2}ada -> ci\n$/
      )
      yield* following.signal("SIGINT")
      expect((yield* following.ended).code).toBe(130)
    })
  )
})

describe("who", () => {
  it.live(
    "lists sessions and people, as a table and as JSON",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend", { CC_DM_SESSION_PROJECT: "shop" }) })
      yield* run(["inbox", "--name", "ci"])
      const roster = readAs(RosterJson, (yield* run(["who", "--json"])).stdout)
      expect(roster.sessions.map(({ kind, name }) => [name, kind])).toEqual([
        ["backend", "session"],
        ["ci", "command line"]
      ])
      // By itself it is the roster, too.
      for (const args of [["who"], []])
        expect((yield* run(args)).stdout).toMatch(
          /^NAME .*\nbackend +worker +shop .*\nci +person +- +at the command line /
        )
      const none = yield* run(["who", "--project", "shoop"])
      expect(none).toMatchObject({ code: 0, stdout: "" })
      expect(none.stderr).toBe('No session is in the project "shoop"; did you mean "shop"?\n')
    })
  )

  onFile(noFile, it.live)(
    "shows what is on a bus of 1.3.1, and leaves it as it is",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = yield* Effect.acquireRelease(
        Effect.sync(() => oldBus(home)),
        (bus) => Effect.sync(() => bus.close())
      )
      const now = new Date().toISOString()
      oldSession(old, "session-000000000131", "old-one", now, "shop")
      oldSend(old, "old-one", "session-000000000132", "still there", now)
      const before = snapshot(home)
      expect((yield* runIn(home)(["who"])).stdout).toMatch(/old-one +worker +shop /)
      expect((yield* runIn(home)(["log"])).stdout).toContain("old-one -> session-000000000132: still there")
      expect(snapshot(home)).toEqual(before)
    })
  )
})

describe("what is printed", () => {
  it.live(
    "holds nothing that drives a terminal, whoever wrote it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      const outside = yield* outsider(home)
      yield* outside.run(
        ...oldSessionRow(
          "session-000000000131",
          `old\u001b[1m\n${hostile}`,
          new Date().toISOString(),
          "p\u009b1m"
        )
      )
      yield* run(["inbox", "--name", "ci"])
      for (const text of ["a", "b", "c"])
        yield* backend.call("dm", { to: "ci", content: `${text} ${hostile}` })
      // A row as a 1.3.1 server may write it, with a name of its own choice.
      yield* outside.run(
        "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) SELECT ?, id, ?, '{}', 0, ? FROM sessions WHERE name = 'ci'",
        `evil\u001b[5m\n${hostile}`,
        hostile,
        new Date().toISOString()
      )
      for (const args of [
        ["who"],
        ["who", "--json"],
        ["log"],
        ["log", "--json"],
        ["listen", "--name", "ci", "--once"],
        ["listen", "--name", "ci", "--once", "--json"],
        ["inbox", "--name", "ci"],
        ["inbox", "--name", "ci", "--all", "--json"],
        ["send", "old", hostile],
        ["who", "--project", "p\u001b"]
      ]) {
        const { stderr, stdout } = yield* run(args)
        expect(stdout, args.join(" ")).not.toMatch(dangerous)
        expect(stderr, args.join(" ")).not.toMatch(dangerous)
        expect(stdout + stderr, args.join(" ")).not.toBe("")
      }
      const all = readAs(InboxJson, (yield* run(["inbox", "--name", "ci", "--all", "--json"])).stdout)
      expect(all.messages[0]?.content).toBe(`a ${hostile}`)
      // No line of theirs begins where lines of ours do.
      const { stdout } = yield* run(["log"])
      for (const line of stdout.trimEnd().split("\n")) expect(line).toMatch(/^(\d\d:\d\d:\d\d {2}| {10})/)
    })
  )
})

describe("commands that only look", () => {
  onFile(noFile, it.live)(
    "make no bus where there is none",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const codes = yield* Effect.forEach(
        [["who"], ["log"], ["log", "--follow"], ["inbox"], ["send", "x", "y"], ["broadcast", "y"], []],
        (args) => Effect.map(run(args), ({ code }) => code)
      )
      expect(codes).toEqual([0, 0, 0, 0, 3, 3, 0])
      for (const [args, empty] of [
        [["who"], { sessions: [], count: 0 }],
        [["log"], undefined],
        [["inbox", "--name", "ci"], { name: "ci", messages: [], count: 0, more: 0 }],
        [["inbox", "--name", "ci", "--peek"], { name: "ci", messages: [], count: 0, more: 0 }]
      ] as const) {
        expect(yield* run(args)).toEqual({
          code: 0,
          stdout: "",
          stderr: "Nobody is here yet. Start a session: cc-dm launch NAME\n"
        })
        const json = yield* run([...args, "--json"])
        expect(json).toMatchObject({ code: 0, stderr: "" })
        expect(json.stdout === "" ? undefined : JSON.parse(json.stdout)).toEqual(empty)
      }
      expect(readdirSync(home)).toEqual([])
      mkdirSync(join(home, ".cc-dm"))
      yield* run(["who"])
      expect(readdirSync(join(home, ".cc-dm"))).toEqual([])
    })
  )

  onFile(noFile, it.live)(
    "leave it byte for byte as it was, in use, closed, and after a crash",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const look = Effect.gen(function* () {
        const before = snapshot(home)
        for (const args of [["who"], ["who", "--json"], ["log"], ["log", "--json"], []])
          expect((yield* run(args)).code).toBe(0)
        const following = yield* startIn(home)(["log", "--follow"])
        yield* following.printed("ada-cli -> one: hello")
        yield* Effect.sleep(700)
        yield* following.signal("SIGINT")
        yield* following.ended
        expect(snapshot(home)).toEqual(before)
        return before
      })
      yield* Effect.scoped(
        Effect.gen(function* () {
          const one = yield* startReady({ home, env: named("one") })
          yield* run(["send", "one", "hello"])
          // The server writes nothing after that for as long as nothing happens.
          yield* logged(home, "pushed", "hello")
          yield* look
          yield* one.closeStdin
          yield* one.ended
        })
      )
      expect((yield* look).join("\n")).not.toContain("-wal")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const two = yield* startReady({ home, env: named("two") })
          yield* two.kill("SIGKILL")
          yield* two.ended
        })
      )
      expect((yield* look).join("\n")).toContain("-wal")
    })
  )

  it.live(
    "follow a bus that nobody had open when they began",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* run(["send", "later", "before", "--expires", "1h"])
      const following = yield* startIn(home)(["log", "--follow"])
      yield* following.printed("before")
      yield* answering(home, "later", "here I am")
      yield* following.printed("later -> ada-cli (to #1): here I am")
      yield* following.printed("#1  ada-cli -> later\n")
    })
  )
})

describe("spans of time behind a flag", () => {
  test("are attached, so that they do not become the text", () => {
    expect(attachSpans(["send", "a", "--wait", "30s", "text"])).toEqual(["send", "a", "--wait=30s", "text"])
    expect(attachSpans(["send", "a", "--wait", "text"])).toEqual(["send", "a", "--wait", "text"])
    expect(attachSpans(["send", "a", "--wait=5s", "10s"])).toEqual(["send", "a", "--wait=5s", "10s"])
    expect(attachSpans(["send", "--wait", "--", "30s"])).toEqual(["send", "--wait", "--", "30s"])
    expect(attachSpans(["send", "--", "--wait", "30s"])).toEqual(["send", "--", "--wait", "30s"])
  })
})

describe("a table", () => {
  const columns = [
    { title: "NAME" },
    { title: "ROLE", gives: true },
    { title: "SEEN" },
    { title: "FOLDER", gives: true }
  ]
  const rows = [["backend", "orchestrator", "2 s", "/home/ada/shop"]]
  const at = (room: number) => table(columns, rows, room).split("\n").at(-1)

  test("fits the terminal: folders give way first, and go before names do", () => {
    expect(at(80)).toBe("backend  orchestrator  2 s   /home/ada/shop")
    expect(at(36)).toBe("backend  orchestrator  2 s   /home/…")
    expect(at(30)).toBe("backend  orches…  2 s   /home…")
    expect(at(22)).toBe("backend  orche…  2 s")
    expect(at(14)).toBe("backend  2 s")
    expect(at(10)).toBe("backend  …")
  })
})

describe("a text behind a beginning of ours", () => {
  test("is indented from its second line on", () => {
    expect(hanging("10:00:00  a: ", "one\r\ntwo\tx\n12:00:00  b: forged", 10)).toBe(
      "10:00:00  a: one\n          two    x\n          12:00:00  b: forged"
    )
  })
})
