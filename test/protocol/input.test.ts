/** The built file against input of every kind: clear errors that name the field, and nothing changed. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"

const long = (length: number) => "x".repeat(length)

/** Input of each tool, and what its error must say. */
const bad: ReadonlyArray<readonly [tool: string, input: unknown, ...says: ReadonlyArray<string>]> = [
  ["dm", {}, "content: is required"],
  ["dm", { content: "x" }, "to: is required"],
  ["dm", { content: "x", reply_to: "1" }, "reply_to: this session neither sent nor received"],
  ["dm", { content: "x", reply_to: 1 }, "reply_to: this session neither sent nor received"],
  ...["one", "", "0", "1.0", " 1", "1000000000000000", 0, -1, 1.5, 1e15, true, null, [], {}].map(
    (reply_to) => ["dm", { content: "x", reply_to }, "reply_to: must be the number of a message"] as const
  ),
  ["dm", { to: "bob", content: "x", expires_in: 0 }, "expires_in"],
  ["dm", { to: "bob", content: "x", expires_in: 604801 }, "expires_in"],
  ["dm", { to: "bob", content: "x", when: "later" }, "when"],
  ["dm", { to: "bob", content: "x", notify_when_idle: "yes" }, "notify_when_idle"],
  ["inbox", { limit: 0 }, "limit"],
  ["inbox", { limit: 101 }, "limit"],
  ["inbox", { from: " " }, "from: must not be empty"],
  ["inbox", { unseen: "yes" }, "unseen"],
  ["inbox", { thread: "t" }, "thread: is not a field"],
  ["dm", { to: "bob" }, "content: is required"],
  ["dm", { to: 1, content: "x" }, "to: must be string"],
  ["dm", { to: "bob", content: 7 }, "content: must be string"],
  ["dm", { to: "bob", content: null }, "content: must be string"],
  ["dm", { to: "bob", content: "" }, "content: must not be blank"],
  ["dm", { to: "bob", content: " \n\t" }, "content: must not be blank"],
  ["dm", { to: "bob", content: long(10_001) }, "content: must have at most 10,000 characters"],
  ["dm", { to: "bob", content: "half \ud800" }, "content: must be well-formed"],
  ["dm", { to: "bob", content: "x", priority: "extreme" }, "priority:", '"urgent"'],
  ["dm", { to: "bob", content: "x", message_type: "joke" }, "message_type:", '"task"'],
  ["dm", { to: "bob", content: "x", thread_id: long(65) }, "thread_id: must have at most 64 characters"],
  ["dm", { to: "bob", content: "x", thread_id: "" }, "thread_id: must not be empty"],
  ["dm", { to: "bob", content: "x", urgency: 1 }, "urgency: is not a field"],
  ["dm", { to: "", content: "x" }, "to: must not be empty"],
  ["dm", { to: "a,b", content: "x" }, "to: may hold only"],
  ["dm", { to: "alice", content: "x" }, "is this session itself"],
  ["dm", { to: "nobody", content: "x" }, 'nobody called "nobody"'],
  ["dm", "bob", "the input: must be object"],
  ["dm", ["bob"], "the input: must be object"],
  ["broadcast", {}, "content: is required"],
  ["broadcast", { content: "" }, "content: must not be blank"],
  ["broadcast", { content: long(10_001) }, "content: must have at most 10,000 characters"],
  ["broadcast", { content: "x", to: "bob" }, "to: is not a field"],
  ["register", {}, "name: is required", "role: is required"],
  ["register", { name: "", role: "r" }, "name: must not be empty"],
  ["register", { name: "a@b", role: "r" }, "name: may hold only"],
  ["register", { name: "all", role: "r" }, "name: must not be", "reserved"],
  ["register", { name: "session-0123456789ab", role: "r" }, "reserved"],
  ["register", { name: long(65), role: "r" }, "name: must have at most 64 characters"],
  ["register", { name: "carol", role: "" }, "role: must not be empty"],
  ["register", { name: "carol", role: ["r"] }, "role: must be string"],
  ["register", { name: "carol", role: "r", project: "a,b" }, "project: may hold only"],
  ["register", { name: "Bob", role: "r" }, 'the name "bob" is held by another session']
]

describe("bad input", () => {
  it.live(
    "is an error that names the field, and changes nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const { all } = yield* outsider(home)
      const state = Effect.map(
        Effect.all([
          all("SELECT id, name, role, project FROM sessions ORDER BY id"),
          all("SELECT * FROM messages")
        ]),
        (rows) => JSON.stringify(rows)
      )
      const before = yield* state
      for (const [tool, input, ...says] of bad) {
        const { isError, json } = yield* alice.call(tool, input as object)
        expect({ tool, input, isError, success: json["success"] }).toEqual({
          tool,
          input,
          isError: true,
          success: false
        })
        for (const words of says) expect(json["error"], JSON.stringify(input)).toContain(words)
        expect(json["_identity"]).toEqual({ name: "alice", role: "worker", project: null })
      }
      expect(yield* state).toBe(before)
      expect(yield* bob.unread).toEqual([])
    })
  )

  it.live(
    "of the most that is allowed is no error",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const content = "😀".repeat(10_000)
      const { isError } = yield* alice.call("dm", {
        to: " BOB ",
        content,
        thread_id: "ü".repeat(64),
        priority: "low",
        message_type: "review"
      })
      expect(isError).toBe(false)
      const event = yield* bob.next
      expect(event.params.content).toBe(content)
      expect(event.params.meta).toMatchObject({
        priority: "low",
        message_type: "review",
        thread_id: "ü".repeat(64)
      })
    })
  )
})

describe("the protocol", () => {
  it.live(
    "survives what is not JSON, not JSON-RPC, or not known, and answers every request",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* startReady({ home, env: named("alice") })
      for (const line of [
        "{",
        "null",
        "[]",
        "42",
        '"x"',
        "\u0000\u0001",
        '{"jsonrpc":"2.0"}',
        '{"id":1}',
        "{}",
        "",
        '{"jsonrpc":"2.0","id":{},"method":"x"}'
      ])
        yield* session.write(`${line}\n`)
      yield* session.write(`${long(12_000_000)}\n`)
      for (const method of ["server/discover", "resources/list", "prompts/list", "no/such/thing", ""])
        expect((yield* session.request(method)).error?.code, method).toBe(-32601)
      yield* session.notify("notifications/no/such/thing")
      yield* session.notify("notifications/claude/channel/permission_request", { request_id: "abcde" })
      expect((yield* session.request("ping")).result).toEqual({})
      expect((yield* session.call("who")).json["count"]).toBe(1)
    })
  )

  it.live(
    "has only JSON-RPC on stdout",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice", { CC_DM_SESSION_PROJECT: "bad,project" }) })
      yield* alice.call("who")
      yield* alice.call("dm", { to: "x", content: "x" })
      yield* alice.kill("SIGINT")
      yield* alice.ended
      expect(alice.lines().length).toBeGreaterThan(3)
      for (const line of alice.lines()) expect(JSON.parse(line).jsonrpc).toBe("2.0")
    })
  )

  it.live(
    "pushes nothing before the client is ready, and then what came meanwhile",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const bob = yield* start({ home, env: named("bob") })
      yield* bob.request("initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "c", version: "1" }
      })
      const alice = yield* startReady({ home, env: named("alice") })
      yield* alice.call("dm", { to: "bob", content: "early" })
      // The server has it: an answer that comes after the ring shows that there was time to push.
      yield* bob.call("who")
      yield* bob.call("who")
      expect(yield* bob.unread).toEqual([])
      yield* bob.notify("notifications/initialized")
      expect((yield* bob.next).params.content).toBe("early")
    })
  )
})
