/** `cc-dm ask`: each question gets the answer to it, and no other, whoever else speaks and listens under the name. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { AskJson, InboxJson, MessageJson } from "../../src/cli/Json.ts"
import { eventually } from "../../testkit/eventually.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { noFile, onFile } from "../support/underTest.ts"
import { readAs, readLinesAs, runIn, startIn } from "./run.ts"

interface Row {
  readonly id: number
  readonly content: string
  readonly thread: string | null
}

/** A session that looks at what was written to it, and answers as the test says. */
const answererIn = (home: string, name: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const server = yield* startReady({ home, env: named(name, env) })
    const { all } = yield* outsider(home)
    /** Waits until a question with these words is on the bus. */
    const asked = (words: string) =>
      Effect.map(
        eventually(
          all<Row>(
            "SELECT id, content, json_extract(meta, '$.thread_id') AS thread FROM messages WHERE content = ?",
            words
          ),
          (rows) => rows.length > 0
        ),
        ([row]) => row!
      )
    const answer = (words: string, content: string) =>
      Effect.flatMap(asked(words), ({ id }) => server.call("dm", { reply_to: id, content }))
    return { server, asked, answer, all }
  })

describe("ask", () => {
  it.live(
    "prints the answer alone, which counts as seen, and nothing is left in the inbox",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answererIn(home, "backend")
      const asking = yield* startIn(home)(["ask", "backend", "How many?", "--from", "ci"])
      yield* backend.answer("How many?", "three:\n- login\n- cart")
      expect(yield* asking.ended).toEqual({ code: 0, stdout: "three:\n- login\n- cart\n", stderr: "" })
      const sent = yield* backend.server.call("inbox", { sent: true })
      expect(sent.json["messages"]).toMatchObject([{ to: "ci", state: "seen" }])
      expect((yield* run(["inbox", "--name", "ci"])).stdout).toBe("")
      const [question] = readLinesAs(MessageJson, (yield* run(["log", "--json"])).stdout)
      expect(question).toMatchObject({ from: "ci", to: "backend", message_type: "question" })
    })
  )

  it.live(
    "takes an answer in the question's thread, too",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* answererIn(home, "backend")
      const asking = yield* startIn(home)(["ask", "backend", "In its thread?", "--from", "ci", "--json"])
      const { thread } = yield* backend.asked("In its thread?")
      yield* backend.server.call("dm", { to: "ci", content: "of something else" })
      yield* backend.server.call("dm", { to: "ci", content: "yes", thread_id: thread })
      const ended = yield* asking.ended
      expect(ended).toMatchObject({ code: 0, stderr: "" })
      expect(readAs(AskJson, ended.stdout)).toMatchObject({
        to: "backend",
        thread_id: thread,
        answer: { from: "backend", content: "yes", state: "seen", reply_to: null }
      })
      const rest = readAs(InboxJson, (yield* runIn(home)(["inbox", "--name", "ci", "--json"])).stdout)
      expect(rest.messages).toMatchObject([{ content: "of something else" }])
    })
  )

  it.live(
    "does not mix the answers of two jobs of one name, and none is stolen by one who listens",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answererIn(home, "backend")
      const listening = yield* startIn(home)(["listen", "--name", "ci", "--json"])
      yield* backend.server
        .call("dm", { to: "ci", content: "before" })
        .pipe(Effect.delay(50), Effect.repeat({ until: ({ isError }) => !isError }))
      yield* listening.printed("before")
      const one = yield* startIn(home)(["ask", "backend", "one?", "--from", "ci"])
      const two = yield* startIn(home)(["ask", "backend", "two?", "--from", "ci"])
      yield* backend.asked("one?")
      yield* backend.answer("two?", "the second")
      expect(yield* two.ended).toEqual({ code: 0, stdout: "the second\n", stderr: "" })
      expect((yield* run(["inbox", "--name", "ci"])).stdout).toBe("")
      yield* backend.answer("one?", "the first")
      expect(yield* one.ended).toEqual({ code: 0, stdout: "the first\n", stderr: "" })
      yield* backend.server.call("dm", { to: "ci", content: "after" })
      yield* listening.printed("after")
      expect(readLinesAs(MessageJson, listening.stdout()).map(({ content }) => content)).toEqual([
        "before",
        "after"
      ])
    })
  )

  it.live(
    "leaves a late answer to the inbox, and never gives it to a newer question, nor in a thread of several",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answererIn(home, "backend")
      const thread = ["--from", "ci", "--thread", "release"]
      const late = yield* run(["ask", "backend", "old?", ...thread, "--timeout", "1s"])
      expect(late).toMatchObject({ code: 4, stdout: "" })
      expect(late.stderr).toContain("no answer from backend")
      const newer = yield* startIn(home)(["ask", "backend", "new?", ...thread])
      yield* backend.asked("new?")
      yield* backend.answer("old?", "to the old one")
      yield* backend.server.call("dm", { to: "ci", content: "to which?", thread_id: "release" })
      yield* backend.answer("new?", "to the new one")
      expect(yield* newer.ended).toMatchObject({ code: 0, stdout: "to the new one\n" })
      const inbox = readAs(InboxJson, (yield* run(["inbox", "--name", "ci", "--json"])).stdout)
      expect(inbox.messages.map(({ content }) => content)).toEqual(["to the old one", "to which?"])
    })
  )

  it.live(
    "takes an answer in a thread that the asker chose, as long as it said nothing else there",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* answererIn(home, "backend")
      const asking = yield* startIn(home)(["ask", "backend", "free?", "--thread", "t1"])
      yield* backend.asked("free?")
      yield* backend.server.call("dm", { to: "ada-cli", content: "yes", thread_id: "t1" })
      expect(yield* asking.ended).toMatchObject({ code: 0, stdout: "yes\n" })
    })
  )

  it.live(
    "takes an answer from nobody but the one who was asked",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* answererIn(home, "backend")
      const stranger = yield* startReady({ home, env: named("stranger") })
      const asking = yield* startIn(home)(["ask", "backend", "who?", "--from", "ci"])
      const { thread } = yield* backend.asked("who?")
      yield* stranger.call("dm", { to: "ci", content: "me!", thread_id: thread })
      yield* backend.answer("who?", "I")
      expect(yield* asking.ended).toMatchObject({ code: 0, stdout: "I\n" })
    })
  )

  it.live(
    "can still be answered after it was interrupted or killed, and the answer goes to the inbox",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answererIn(home, "backend")
      for (const signal of ["SIGINT", "SIGKILL"] as const) {
        const asking = yield* startIn(home)(["ask", "backend", `${signal}?`, "--from", "ci"])
        yield* backend.asked(`${signal}?`)
        yield* asking.signal(signal)
        const { code, stderr } = yield* asking.ended
        if (signal === "SIGINT") {
          expect(code).toBe(130)
          expect(stderr).toMatch(/can still be answered\. A later answer goes to: cc-dm inbox --name ci\n/)
        }
        yield* backend.answer(`${signal}?`, `to ${signal}`)
        expect((yield* run(["inbox", "--name", "ci"])).stdout).toContain(`to ${signal}`)
      }
    })
  )

  it.live(
    "waits as long as the asker does, and ends with 3 where nobody is, unless it may wait",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* answererIn(home, "backend")
      const nobody = yield* run(["ask", "bakend", "x"])
      expect(nobody).toMatchObject({ code: 3, stdout: "" })
      expect(nobody.stderr).toContain('did you mean "backend"?')
      expect((yield* run(["who", "--json"])).stdout).not.toContain("ada-cli")
      yield* run(["ask", "backend", "how long?", "--timeout", "2s"])
      const [row] = yield* backend.all<{ created_at: string; expires_at: string }>(
        "SELECT created_at, expires_at FROM messages"
      )
      const life = Date.parse(row!.expires_at) - Date.parse(row!.created_at)
      expect(Math.round(life / 1_000)).toBe(2)
      const asking = yield* startIn(home)(["ask", "later", "you?", "--expires", "1h"])
      yield* backend.asked("you?")
      const later = yield* answererIn(home, "later")
      yield* eventually(later.server.call("inbox", {}), ({ json }) => JSON.stringify(json).includes("you?"))
      yield* later.answer("you?", "me")
      expect(yield* asking.ended).toMatchObject({ code: 0, stdout: "me\n" })
    })
  )

  it.live(
    "ends with 5 where the receiver refuses it, and with 3 where the session was killed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("closed", { CC_DM_INBOUND_BLOCKLIST: "ci" }) })
      const refused = yield* run(["ask", "closed", "x", "--from", "ci", "--json"])
      expect(refused.code).toBe(5)
      expect(readAs(AskJson, refused.stdout)).toMatchObject({ state: "refused", answer: null })
      expect(refused.stderr).toContain("CC_DM_INBOUND_BLOCKLIST")
      // Who was told at once is not told again.
      expect((yield* run(["inbox", "--name", "ci"])).stdout).toBe("")
      const dead = yield* startReady({ home, env: named("dead") })
      yield* dead.kill("SIGKILL")
      yield* dead.ended
      expect((yield* run(["ask", "dead", "x"])).code).toBe(3)
    })
  )

  onFile(noFile, it.live)(
    "makes no bus where there is none",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      expect((yield* runIn(home)(["ask", "backend", "x"])).code).toBe(3)
    })
  )
})
