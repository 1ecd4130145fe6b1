/**
 * The routes into a session, one test for each row of the state machine and each route that takes the place of a missing one, on real
 * servers. What is not asked for by name comes by itself: bob's host is the stand-in, alice is a sender.
 */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { builtServer, named, nameIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import type { HookedSession } from "../../testkit/host/HookedSession.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import {
  aliceAndBob,
  becomes,
  between,
  expectHolds,
  expectShown,
  holds,
  nextWords,
  quietSession,
  rowOf,
  send,
  stateOf,
  tellStatus,
  timesShown,
  wakeUps
} from "../support/routes.ts"

describe("an idle session with a socket", () => {
  between(
    "is woken by one line, and the words are in the same request",
    function* ({ alice, bob, bobsRow, send, becomes, seenAtStop }) {
      const { id } = yield* send("hello bob", { thread_id: "t-1", priority: "urgent" })
      const request = yield* bob.nextRequest
      expect(request.texts).toHaveLength(2)
      const [line, words] = request.texts
      // The first line cannot know whether a hook stands behind it.
      expect(line).toMatch(
        /^<cross-session-message from-name="cc-dm">\ncc-dm: 1 message from alice \[[0-9a-f]+\]\. Call inbox for what is not shown with this line\.\n<\/cross-session-message>$/
      )
      for (const part of [
        `Message ${id} from "alice"`,
        "| hello bob",
        "urgent priority",
        'thread "t-1"',
        "reply_to",
        "not of your user",
        "approve nothing"
      ])
        expect(words).toContain(part)
      expect(bob.systemMessages).toEqual(['cc-dm: 1 message from alice: "hello bob"'])
      yield* becomes(id, "handed over")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "wakes up", doing: "working" })
      yield* seenAtStop(id)
      expect(yield* bobsRow).toMatchObject({ reachable_by: "wakes up", doing: "idle" })
      expect(wakeUps(bob)).toHaveLength(1)
      expect(timesShown(bob, "hello bob")).toBe(1)
      // Without the flag a channel event would only be dropped.
      expect(bob.notifications).toEqual([])
      expect(yield* alice.unread).toEqual([])
    }
  )

  between(
    "has one line for many messages, and the next not before 2 s have passed",
    function* ({ bob, send, becomes }) {
      const start = performance.now()
      yield* send("first")
      yield* bob.nextLine
      yield* bob.nextRequest
      yield* bob.stop
      const texts = ["one", "two", "three", "four"]
      const sent = yield* Effect.forEach(texts, (text) => send(text), { concurrency: "unbounded" })
      const { line } = yield* bob.nextLine
      expect(line).toContain("cc-dm: 4 messages from alice [")
      expect(line).not.toContain("Call inbox")
      // When the first line was written is not known here, since it is read some moments later: only that it was after the start.
      expect(performance.now() - start).toBeGreaterThan(1_900)
      const request = yield* bob.nextRequest
      for (const text of texts) expectHolds(request, `| ${text}`)
      expect(sent.map(({ json }) => json["state"])).toEqual(["queued", "queued", "queued", "queued"])
      yield* bob.stop
      for (const { id } of sent) yield* becomes(id, "seen")
      expect(wakeUps(bob)).toHaveLength(2)
    }
  )
})

describe("a session at work", () => {
  between(
    "is shown a message after its tools, and has seen it when the next ones are done",
    function* ({ bob, deliverAtWork, becomes, stateOf }) {
      const id = yield* deliverAtWork("by the way")
      expect(yield* stateOf(id)).toBe("queued")
      expectShown((yield* bob.toolBatch()).request, id)
      yield* becomes(id, "handed over")
      yield* bob.toolBatch()
      yield* becomes(id, "seen")
      yield* bob.stop
      expect(timesShown(bob, "by the way")).toBe(1)
      expect(wakeUps(bob)).toEqual([])
    }
  )

  between(
    "that calls no tools any more goes on at its end, and has seen it at the next",
    function* ({ bob, deliverAtWork, becomes }) {
      const id = yield* deliverAtWork("by the way")
      expectHolds(yield* bob.stop, "| by the way")
      expect(yield* bob.stop).toBeUndefined()
      yield* becomes(id, "seen")
      expect(wakeUps(bob)).toEqual([])
    }
  )

  between(
    "is kept going three times in a row at most; then it ends, and is woken",
    function* ({ bob, deliver, seenAtStop }) {
      yield* bob.prompt("work")
      for (const text of ["one", "two", "three"]) {
        yield* deliver(text)
        expectHolds(yield* bob.stop, `| ${text}`)
      }
      const id = yield* deliver("four")
      expect(yield* bob.stop).toBeUndefined()
      expectHolds(yield* bob.nextRequest, "| four")
      yield* seenAtStop(id)
      expect(wakeUps(bob)).toHaveLength(1)
    }
  )

  between(
    "whose turn the user ended is shown at the next prompt what waited",
    function* ({ bob, deliverAtWork, seenAtStop }) {
      const id = yield* deliverAtWork("by the way")
      yield* bob.escape
      expectHolds(yield* bob.prompt("something else"), "| by the way")
      yield* seenAtStop(id)
    }
  )

  between(
    "is shown nothing with what the user types ahead, which goes out later than the hook's answer",
    function* ({ bob, deliverAtWork, stateOf, seenAtStop }) {
      const id = yield* deliverAtWork("by the way")
      yield* bob.type("and then this")
      expect(yield* stateOf(id)).toBe("queued")
      expectHolds((yield* bob.toolBatch()).request, "| by the way")
      yield* seenAtStop(id)
      expect(timesShown(bob, "by the way")).toBe(1)
    }
  )

  between("says so where a tool waits for the user's permission", function* ({ bob, bobsRow }) {
    yield* bob.prompt("work")
    yield* bob.askPermission
    const { doing_since, reachable_by } =
      (yield* eventually(bobsRow, (row) => row?.["doing"] === "waiting for a permission")) ?? {}
    expect(doing_since).toBeString()
    expect(reachable_by).toBe("on its next turn")
    yield* bob.toolBatch()
    yield* eventually(bobsRow, (row) => row?.["doing"] === "working")
  })

  between("keeps its messages from its subagents", function* ({ bob, deliverAtWork, becomes, stateOf }) {
    const id = yield* deliverAtWork("for the main thread")
    for (const event of ["UserPromptSubmit", "PostToolBatch", "Stop"] as const)
      expect(yield* bob.subagent(event)).toEqual([])
    expect(yield* stateOf(id)).toBe("queued")
    expectHolds((yield* bob.toolBatch()).request, "| for the main thread")
    // What a subagent's model answers proves nothing for the main thread.
    yield* bob.subagent("Stop")
    yield* becomes(id, "handed over")
    yield* bob.toolBatch()
    yield* becomes(id, "seen")
  })
})

describe("a session that the user moved to the background", () => {
  between(
    "is left by this server, so that the one in the background can go on as it",
    { clientArguments: [] },
    function* ({ home, bob, bobsRow, deliver }) {
      // As Claude Code 2.1.332 says it after the left arrow key; here of another process first.
      yield* tellStatus(home, bob, "idle", { parkedJobId: "327f0acf", procStart: "1" })
      yield* deliver("still here?")
      yield* tellStatus(home, bob, "idle", { parkedJobId: "327f0acf" })
      expect(yield* bob.server.ended).toEqual({ code: 0, signal: null })
      expect(yield* bobsRow).toBeUndefined()
    }
  )
})

describe("a session whose turn the user ended with Esc", () => {
  between(
    "is idle as soon as the client's own file says so, and is woken",
    { clientArguments: [] },
    function* ({ home, bob, send, seenAtStop }) {
      yield* bob.prompt("work")
      yield* tellStatus(home, bob, "busy")
      const { id } = yield* send("still there?")
      yield* bob.escape
      expect(wakeUps(bob)).toEqual([])
      yield* tellStatus(home, bob, "idle")
      expectShown(yield* bob.nextRequest, id)
      yield* seenAtStop(id)
    }
  )

  between(
    "says what the file says, also of a dialog that no hook tells of",
    { clientArguments: [] },
    function* ({ home, bob, bobsRow, deliverAtWork }) {
      yield* deliverAtWork("by the way")
      yield* tellStatus(home, bob, "waiting")
      yield* eventually(bobsRow, (row) => row?.["doing"] === "waiting for the user")
      yield* tellStatus(home, bob, "busy")
      yield* eventually(bobsRow, (row) => row?.["doing"] === "working")
      yield* tellStatus(home, bob, "idle")
      yield* eventually(bobsRow, (row) => row?.["doing"] === "idle")
    }
  )
})

describe("a server that came without the plugin", () => {
  const bare = (more: Readonly<Record<string, string>> = {}) =>
    named("bob", { CLAUDE_PLUGIN_ROOT: "", ...more })

  between(
    "pushes to the channel and wakes nobody, although there is a socket; what waits is counted",
    { hooks: false, env: bare() },
    function* ({ bob, bobsRow, send, becomes }) {
      const { id } = yield* send("is this on?")
      expect((yield* bob.nextNotification).params.content).toBe("is this on?")
      yield* becomes(id, "pushed")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "when it asks" })
      expect(wakeUps(bob)).toEqual([])
      const { json } = yield* bob.server.call("who")
      expect(json["_note"]).toContain("One message has no proof")
    }
  )

  between(
    "wakes with a line that says what to do where the user chose hooks",
    { hooks: false, env: bare({ CC_DM_DELIVERY: "hooks" }) },
    function* ({ bob, send, becomes }) {
      const { id } = yield* send("is this on?")
      expectHolds(yield* bob.nextRequest, "Call inbox")
      const { json } = yield* bob.server.call("who")
      expect(json["_note"]).toContain("One message has no proof")
      expectHolds((yield* bob.toolBatch({ tool: "inbox" })).request, "is this on?")
      yield* becomes(id, "handed over")
      expect(bob.notifications).toEqual([])
    }
  )

  const config = JSON.stringify({
    mcpServers: { mail: { command: builtServer[0], args: builtServer.slice(1) } }
  })
  const flag = ["--mcp-config", config, "--dangerously-load-development-channels"]
  for (const [server, reach] of [
    ["mail", "channel"],
    ["cc-dm", "when it asks"]
  ] as const)
    between(
      `is a channel only where the flag names it (server:${server})`,
      {
        hooks: false,
        env: bare(),
        clientArguments: [...flag, `server:${server}`]
      },
      function* ({ bob, bobsRow, send, becomes }) {
        const { id } = yield* send("over the channel")
        expect((yield* bob.nextNotification).params.content).toBe("over the channel")
        yield* becomes(id, "pushed")
        expect(yield* bobsRow).toMatchObject({ reachable_by: reach })
      }
    )
})

describe("a session without a socket", () => {
  between(
    "is shown messages at its next prompt, and its senders are told so",
    { socket: false },
    function* ({ bob, bobsRow, send, seenAtStop }) {
      yield* bob.prompt("hello")
      yield* bob.stop
      yield* eventually(bobsRow, (row) => row?.["doing"] === "idle")
      const { id, json } = yield* send("when you have time")
      expect(json).toMatchObject({ state: "queued", reachable_by: "on its next turn" })
      expectHolds(yield* bob.prompt("again"), "| when you have time")
      yield* seenAtStop(id)
      expect(bob.notifications).toEqual([])
    }
  )

  between(
    "or one whose user set CC_DM_WAKE=0, is not rung",
    { env: named("bob", { CC_DM_WAKE: "0" }) },
    function* ({ bob, bobsRow, send, seenAtStop }) {
      yield* bob.prompt("hello")
      yield* bob.stop
      yield* eventually(bobsRow, (row) => row?.["doing"] === "idle")
      const { id, json } = yield* send("when you have time")
      expect(json).toMatchObject({ state: "queued", reachable_by: "on its next turn" })
      expectHolds(yield* bob.prompt("again"), "| when you have time")
      yield* seenAtStop(id)
      expect(wakeUps(bob)).toEqual([])
    }
  )

  between(
    "and without hooks gets the channel event, which proves nothing, and the text when it asks",
    { socket: false, hooks: false },
    function* ({ bob, bobsRow, send, becomes }) {
      const { id } = yield* send("is this on?")
      expect(yield* bob.nextNotification).toMatchObject({
        method: "notifications/claude/channel",
        params: { content: "is this on?", meta: { message_id: id, from_session: "alice" } }
      })
      yield* becomes(id, "pushed")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "when it asks" })
      yield* bob.prompt("who is there?")
      const { json } = (yield* bob.toolBatch({ tool: "who" })).results[0]!
      expect(json["_note"]).toContain("One message has no proof")
      expect(JSON.stringify(json)).not.toContain("is this on?")
      const { results } = yield* bob.toolBatch({ tool: "inbox" })
      expect(JSON.stringify(results[0]?.json)).toContain("is this on?")
      yield* becomes(id, "handed over")
      yield* bob.toolBatch({ tool: "dm", input: { reply_to: id, content: "yes" } })
      yield* becomes(id, "seen")
    }
  )
})

describe("a session that was started as a channel", () => {
  between(
    "gets the event at once and never again, and answers prove that it was seen",
    { channel: true },
    function* ({ bob, bobsRow, send, becomes, stateOf }) {
      const { id } = yield* send("over the channel")
      expectHolds(yield* bob.nextRequest, "<channel")
      yield* becomes(id, "pushed")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "channel" })
      yield* bob.toolBatch()
      yield* bob.stop
      yield* bob.prompt("go on")
      expect(yield* stateOf(id)).toBe("pushed")
      expect(timesShown(bob, "over the channel")).toBe(1)
      yield* bob.toolBatch({ tool: "dm", input: { reply_to: id, content: "got it" } })
      yield* becomes(id, "seen")
      expect(wakeUps(bob)).toEqual([])
    }
  )

  between(
    "and where channels are kept off keeps the message in its inbox",
    { channel: "kept off" },
    function* ({ bob, send, becomes, seenAtStop }) {
      const { id } = yield* send("into the void")
      yield* becomes(id, "pushed")
      yield* bob.prompt("anything new?")
      const { results } = yield* bob.toolBatch({ tool: "inbox" })
      expect(JSON.stringify(results[0]?.json)).toContain("into the void")
      yield* becomes(id, "handed over")
      yield* seenAtStop(id)
    }
  )
})

describe("a session that was started as a channel, and whose client drops its events", () => {
  between(
    "is offered by its hooks what was pushed, once, and says how it is reached",
    { channel: "skipped" },
    function* ({ home, bob, bobsRow, send, becomes, seenAtStop }) {
      const { id } = yield* send("over the channel")
      expectShown(yield* bob.nextRequest, id)
      yield* becomes(id, "handed over")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "wakes up" })
      const { all } = yield* outsider(home)
      expect(yield* all("SELECT delivered FROM messages WHERE id = ?", Number(id))).toMatchObject([
        { delivered: 1 }
      ])
      yield* seenAtStop(id)
      const next = yield* send("and by the other way")
      yield* bob.shown("| and by the other way")
      yield* seenAtStop(next.id)
      expect(bob.notifications.length).toBeLessThan(2)
      expect(timesShown(bob, "over the channel")).toBe(1)
    }
  )
})

describe("CC_DM_DELIVERY", () => {
  const by = (mode: string) => named("bob", { CC_DM_DELIVERY: mode })

  between(
    "channel: events alone, whatever else there is",
    { env: by("channel") },
    function* ({ bob, send, becomes }) {
      yield* bob.prompt("work")
      const { id } = yield* send("hello")
      expect((yield* bob.nextNotification).params.content).toBe("hello")
      yield* becomes(id, "pushed")
      yield* bob.toolBatch()
      yield* bob.stop
      yield* bob.prompt("go on")
      expect(timesShown(bob, "hello")).toBe(0)
      expect(wakeUps(bob)).toEqual([])
    }
  )

  between(
    "hooks: no event, also where the session was started as a channel",
    { env: by("hooks"), channel: true },
    function* ({ bob, send, seenAtStop }) {
      const { id } = yield* send("hello")
      expectHolds(yield* bob.nextRequest, "| hello")
      yield* seenAtStop(id)
      expect(bob.notifications).toEqual([])
    }
  )

  between(
    "pull: nothing comes by itself",
    { env: by("pull"), channel: true },
    function* ({ bob, bobsRow, deliverAtWork, becomes, stateOf }) {
      const id = yield* deliverAtWork("hello")
      yield* bob.toolBatch()
      yield* bob.stop
      yield* bob.prompt("go on")
      expect(yield* stateOf(id)).toBe("queued")
      expect(yield* bobsRow).toMatchObject({ reachable_by: "when it asks" })
      expect([timesShown(bob, "hello"), bob.notifications, wakeUps(bob)]).toEqual([0, [], []])
      const { results } = yield* bob.toolBatch({ tool: "inbox" })
      expect(JSON.stringify(results[0]?.json)).toContain("hello")
      yield* becomes(id, "handed over")
      yield* bob.toolBatch()
      yield* becomes(id, "seen")
    }
  )
})

describe("a session that nobody named", () => {
  between(
    "keeps messages in its inbox, and is shown the rest when it has a name",
    { env: {} },
    function* ({ alice, bob, deliver, stateOf, seenAtStop }) {
      const to = nameIn((yield* bob.server.call("who")).json)
      const first = yield* deliver("the first", { to })
      yield* bob.prompt("work")
      yield* bob.toolBatch()
      expect(yield* bob.stop).toBeUndefined()
      expect(yield* stateOf(first)).toBe("queued")
      expect(yield* rowOf(alice, to)).toMatchObject({ reachable_by: "when it asks" })
      expect([timesShown(bob, "the first"), bob.notifications, wakeUps(bob)]).toEqual([0, [], []])
      yield* bob.prompt("look")
      const { results } = yield* bob.toolBatch({ tool: "inbox" })
      expect(JSON.stringify(results[0]?.json)).toContain("the first")
      yield* seenAtStop(first)

      const second = yield* deliver("the second", { to })
      yield* bob.server.call("register", { name: "bob", role: "worker" })
      expectHolds(yield* bob.nextRequest, "| the second")
      yield* seenAtStop(second)
      expect(timesShown(bob, "| the first")).toBe(0)
    }
  )
})

describe("who", () => {
  between(
    "tells from evidence how each session is reached and what it does",
    function* ({ bob, bobsRow, send }) {
      const before = yield* bobsRow
      expect(before).toMatchObject({ reachable_by: "when it asks" })
      expect(before).not.toHaveProperty("doing")
      const shows = (facts: object) =>
        Effect.map(
          eventually(bobsRow, (row) => Object.entries(facts).every(([key, value]) => row?.[key] === value)),
          (row) => row?.["doing_since"]
        )
      yield* bob.prompt("work")
      const since = yield* shows({ reachable_by: "on its next turn", doing: "working" })
      yield* bob.toolBatch()
      yield* bob.stop
      const idleSince = yield* shows({ reachable_by: "on its next turn", doing: "idle" })
      expect(String(since) <= String(idleSince)).toBe(true)
      yield* send("wake up")
      yield* bob.nextRequest
      yield* shows({ reachable_by: "wakes up", doing: "working" })
    }
  )
})

describe("a dialog", () => {
  for (const [whose, ask] of [
    ["the main thread", (bob: HookedSession) => bob.askPermission],
    ["a subagent", (bob: HookedSession) => bob.subagent("PermissionRequest", { tool_name: "Bash" })]
  ] as const)
    between(`of ${whose} waits for the user, and the others can see that`, function* ({ bob, bobsRow }) {
      yield* bob.prompt("work")
      yield* eventually(bobsRow, (row) => row?.["doing"] === "working")
      yield* ask(bob)
      const row = yield* eventually(bobsRow, (row) => row?.["doing"] !== "working")
      expect(row).toMatchObject({ doing: "waiting for a permission" })
    })
})

/** A session that does not take its wake-up: its sender is told once, and the message waits for the next hook. */
const refusing = Effect.gen(function* () {
  const { alice, bob } = yield* aliceAndBob({ inbound: "refuse" })
  const { id } = yield* send(alice, "knock knock")
  expect(yield* bob.nextLine).toMatchObject({ fate: "dropped", why: "refused" })
  const words = yield* nextWords(alice)
  for (const part of ["now waits for its receiver's next turn", `message ${id} to "bob"`, '"knock knock"'])
    expect(words).toContain(part)
  expect(yield* stateOf(alice, id)).toBe("queued")
  // For the next one it is not woken in vain, and its sender knows at once.
  const next = yield* send(alice, "anybody?")
  expect(next.json).toMatchObject({ state: "queued", reachable_by: "when it asks" })
  const request = yield* bob.prompt("hello")
  for (const text of ["knock knock", "anybody?"]) expect(holds(request, `| ${text}`)).toBe(true)
  expect(wakeUps(bob)).toHaveLength(1)
  yield* bob.stop
  yield* becomes(alice, id, "seen")
  yield* becomes(alice, next.id, "seen")
  expect(yield* alice.unread).toEqual([])
})

/** Where nobody takes a message at all it expires, and that is told; what waits for an unnamed session is not. */
const expiring = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const bob = yield* startReady({ home, env: named("bob") })
  const nameless = yield* quietSession({ home })
  const alice = yield* startReady({ home, env: named("alice") })
  yield* bob.kill("SIGSTOP")
  const me = nameIn((yield* nameless.server.call("who")).json)
  const kept = yield* send(alice, "kept quietly", { to: me })
  const lost = yield* send(alice, "to one that hangs")
  const words = yield* nextWords(alice)
  expect(words).toContain(`message ${lost.id} to "bob"`)
  expect(words).not.toContain("kept quietly")
  expect(yield* stateOf(alice, lost.id)).toBe("expired")
  expect(yield* stateOf(alice, kept.id)).toBe("queued")
  expect(yield* alice.unread).toEqual([])
})

it.meanwhile("a session that refuses its wake-up costs its sender one event and no message", refusing)
it.meanwhile("what nobody takes expires and is told, and what waits for a nameless session is not", expiring)
