/** Sessions that can't stop, receivers that don't read or don't want to, and what the disk and the log hold of it. */
import { describe, expect } from "bun:test"
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import {
  builtServer,
  type ClaudeCode,
  named,
  start,
  startReady,
  type ToolResult
} from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { becomes, inboxOf, send } from "../support/routes.ts"
import { noFile, onFile } from "../support/underTest.ts"

const errorIn = ({ json }: ToolResult) => String(json["error"] ?? "")

describe("two sessions that thank each other", () => {
  it.live(
    "stop by themselves, and are told why",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      /** Answers every event with thanks, for as long as it may; gives how often that was, and what ended it. */
      const thank = (me: ClaudeCode, other: string) =>
        Effect.gen(function* () {
          for (let n = 1; ; n++) {
            yield* me.next
            const result = yield* me.call("dm", { to: other, content: `Thank you for message ${n}!` })
            if (result.isError) return { n, error: errorIn(result) }
          }
        })
      yield* alice.call("dm", { to: "bob", content: "The build is green." })
      const first = yield* Effect.raceFirst(thank(alice, "bob"), thank(bob, "alice"))
      expect(first.n).toBeLessThanOrEqual(21)
      for (const words of [
        "20 messages",
        "within a minute",
        "CC_DM_RATE_LIMIT",
        "Wait ",
        "one message, or stop"
      ])
        expect(first.error).toContain(words)
      const { all } = yield* outsider(home)
      expect(yield* all("SELECT count(*) AS count FROM messages")).toEqual([{ count: 40 }])
    })
  )

  it.live(
    "are not helped by a restart in the same conversation",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = named("alice", { CLAUDE_CODE_SESSION_ID: "c-1", CC_DM_RATE_LIMIT: "2/60" })
      const alice = yield* startReady({ home, env })
      yield* startReady({ home, env: named("bob") })
      const send = (from: ClaudeCode, content: string) =>
        Effect.map(from.call("dm", { to: "bob", content }), errorIn)
      expect([yield* send(alice, "1"), yield* send(alice, "2")]).toEqual(["", ""])
      expect(yield* send(alice, "3")).toContain("2 messages went to this receiver within a minute")
      yield* alice.kill("SIGKILL")
      yield* alice.ended
      const heir = yield* startReady({ home, env })
      expect(yield* send(heir, "3")).toContain("2 messages went to this receiver within a minute")
    })
  )
})

describe("a receiver that hangs", () => {
  it.live(
    "is written to until its queue is full; a broadcast leaves it out and says so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = named("alice", { CC_DM_RATE_LIMIT: "off", CC_DM_QUEUE_LIMIT: "5" })
      const alice = yield* startReady({ home, env })
      const bob = yield* startReady({ home, env: named("bob") })
      yield* startReady({ home, env: named("carol") })
      yield* bob.kill("SIGSTOP")
      const results = yield* Effect.forEach(
        Array.from({ length: 7 }),
        (_, n) => alice.call("dm", { to: "bob", content: `m${n}` }),
        { concurrency: "unbounded" }
      )
      expect(results.map(({ isError }) => isError)).toEqual([false, false, false, false, false, true, true])
      expect(errorIn(results[6]!)).toContain('5 messages already wait for "bob"')
      const { isError, json } = yield* alice.call("broadcast", { content: "to all" })
      expect(isError).toBe(false)
      expect(json).toMatchObject({ recipientCount: 1, receivers: [{ to: "carol" }], left_out: ["bob"] })
      yield* bob.kill("SIGCONT")
    })
  )
})

describe("a sender whom the receiver does not take", () => {
  it.live(
    "is told by the result, and by a report",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob", { CC_DM_INBOUND_BLOCKLIST: " Alice " }) })
      const why = `"alice" is on the receiver's CC_DM_INBOUND_BLOCKLIST`
      const { id, json } = yield* send(alice, "psst")
      // A result waits a moment for the first receipt, which a busy machine may need longer for.
      if (json["state"] !== "queued") expect(json).toMatchObject({ state: "refused", reason: why })
      yield* becomes(alice, id, "refused")
      expect(yield* inboxOf(alice, { sent: true })).toMatchObject([{ message_id: id, reason: why }])
      expect((yield* alice.next).params.content).toContain(why)
      const inbox = yield* bob.call("inbox", { unseen: false })
      expect(inbox.json).toMatchObject({ count: 0 })
      expect(yield* bob.unread).toEqual([])
    })
  )

  it.live(
    "is not decided by two lists that contradict each other: that server does not start",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = named("bob", { CC_DM_INBOUND_BLOCKLIST: "a", CC_DM_INBOUND_ALLOWLIST: "b" })
      const bob = yield* start({ home, env })
      expect(yield* bob.ended).toMatchObject({ code: 1 })
      expect(bob.stderr()).toContain(
        "CC_DM_INBOUND_ALLOWLIST and CC_DM_INBOUND_BLOCKLIST are mutually exclusive"
      )
    })
  )
})

describe("limits that can't be read", () => {
  it.live(
    "are said, and the usual ones hold",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = named("alice", { CC_DM_RATE_LIMIT: "fast", CC_DM_QUEUE_LIMIT: "-1" })
      const alice = yield* startReady({ home, env })
      const { json } = yield* alice.call("who")
      expect(json["_note"]).toContain("CC_DM_RATE_LIMIT must be off, or two numbers")
      expect(json["_note"]).toContain("CC_DM_QUEUE_LIMIT must be off, or a number")
      yield* startReady({ home, env: named("bob") })
      yield* alice.call("dm", { to: "bob", content: "again" })
      expect(errorIn(yield* alice.call("dm", { to: "bob", content: "again" }))).toContain("the same text")
    })
  )
})

onFile(noFile, describe)("under a lax umask", () => {
  it.live(
    "whatever a server creates is the user's alone",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const command = ["sh", "-c", 'umask 000; exec "$@"', "sh", ...builtServer]
      const alice = yield* startReady({ home, env: named("alice"), command })
      const bob = yield* startReady({ home, env: named("bob"), command })
      yield* alice.call("dm", { to: "bob", content: "hello" })
      yield* bob.next
      const everything = [
        ".cc-dm",
        ...readdirSync(join(home, ".cc-dm"), { recursive: true }).map((path) => `.cc-dm/${path}`)
      ]
      expect(everything.length).toBeGreaterThan(6)
      for (const path of everything) {
        const { mode } = statSync(join(home, path))
        expect(`${path} ${(mode & 0o077).toString(8)}`).toBe(`${path} 0`)
      }
      // Nothing is left beside it.
      expect(readdirSync(home)).toEqual([".cc-dm"])
    })
  )
})

describe("the log", () => {
  it.live(
    "holds no text of a message, whatever goes wrong, and no secret of the environment",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const secret = "the-secret-words"
      const key = "sk-secret-key"
      const env = {
        ANTHROPIC_API_KEY: key,
        CLAUDE_CODE_MESSAGING_SOCKET: "/nowhere",
        CLAUDE_CODE_MESSAGING_TOKEN: key
      }
      const alice = yield* startReady({ home, env: named("alice", { ...env, CC_DM_PERMISSION_RELAY: "1" }) })
      const bob = yield* startReady({ home, env: named("bob", { ...env, CC_DM_INBOUND_BLOCKLIST: "carol" }) })
      const carol = yield* startReady({ home, env: named("carol", env) })
      const dm = (from: ClaudeCode, more: object) => from.call("dm", { to: "bob", content: secret, ...more })
      yield* dm(alice, {})
      yield* dm(alice, {})
      yield* dm(carol, {})
      yield* dm(alice, { to: "nobody" })
      yield* dm(alice, { [secret]: secret, priority: secret, reply_to: secret })
      yield* alice.request("tools/call", { name: secret, arguments: secret })
      yield* alice.write(`{"jsonrpc":"2.0","id":1,"method":"${secret}","params":"${secret}"\n`)
      yield* alice.write(`{"${secret}":1}\n${secret}\n`)
      yield* alice.notify("notifications/claude/channel/permission_request", { tool_name: secret, secret })
      yield* alice.notify("notifications/claude/channel/permission_request", {
        request_id: "abcde",
        tool_name: secret,
        description: secret,
        input_preview: secret
      })
      const { run } = yield* outsider(home)
      yield* run("DROP TABLE receipts")
      yield* dm(alice, { content: `${secret} once more` })
      yield* alice.call("inbox", { sent: true })
      yield* run("ALTER TABLE messages RENAME TO other")
      yield* dm(alice, { content: `${secret} at last` })
      yield* bob.call("inbox")
      yield* Effect.sleep("1 seconds")
      const log = [alice, bob, carol].map(({ stderr }) => stderr()).join("")
      // Something was said of all this.
      expect(log).toContain("cc-dm warn")
      expect(log).not.toContain(secret)
      expect(log).not.toContain(key)
    })
  )
})
