/**
 * A session of pi, with the built extension, which starts a built server. pi's calls are played as version 0.73.1 makes them;
 * `./dev agents:check pi` has the real one.
 */
import { expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { playPlugin } from "../support/agents/playPlugin.ts"
import { it } from "../support/it.ts"

const user = (text: string) => ({ role: "user", content: [{ type: "text", text }], timestamp: 1 })
const reply = (timestamp: number, stopReason = "stop") => ({
  role: "assistant",
  content: [],
  timestamp,
  stopReason
})

const startPi = Effect.gen(function* () {
  const played = yield* playPlugin("pi")
  const { call, does } = played
  yield* call("session_start", { reason: "startup" })
  yield* does("idle")
  const ended = (message: object) => call("message_end", { message })
  return {
    ...played,
    prompt: (prompt: string) => call("before_agent_start", { prompt, systemPrompt: "You are pi." }),
    request: (...messages: ReadonlyArray<object>) => call("context", { messages }),
    ended,
    /** A turn without tools. */
    turn: Effect.fn(function* (prompt: string) {
      yield* call("before_agent_start", { prompt, systemPrompt: "" })
      yield* call("context", { messages: [user(prompt)] })
      yield* ended(reply(2))
      yield* call("agent_end", { messages: [user(prompt), reply(2)] })
    }),
    toolResult: (toolName: string, toolCallId: string, content: ReadonlyArray<object>) =>
      call("tool_result", { toolName, toolCallId, content })
  }
})

it.live(
  "is shown what waits with its prompt, and has seen it when the model has answered a request that held it",
  Effect.gen(function* () {
    const { call, ended, fred, prompt, request, send, stateOf } = yield* startPi
    const id = yield* send("hello")
    const { message, systemPrompt } = yield* prompt("go on")
    expect(message).toMatchObject({ customType: "cc-dm", display: true })
    expect(message.content).toContain(`Message ${id} from "planner"`)
    expect(systemPrompt).toMatch(/^You are pi\.\n\n[\s\S]*cc-dm connects this session/)
    const shown = { role: "custom", content: message.content, timestamp: 1 }
    yield* request(user("go on"), shown)
    yield* ended(reply(2, "aborted"))
    yield* call("agent_end", { messages: [reply(2, "aborted")] })
    yield* request(user("go on"), shown, reply(2, "aborted"), user("again"))
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* ended(reply(3))
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect(yield* fred).toMatchObject({ agent: "pi" })
  })
)

it.live(
  "is woken while it is idle, and left alone while it works: the next result of a tool shows what came",
  Effect.gen(function* () {
    const { call, ended, fred, prompt, request, send, stateOf, toolResult, turn, wakeUps } = yield* startPi
    yield* turn("go on")
    const id = yield* send("wake up")
    const [line] = yield* eventually(wakeUps, (all) => all.length > 0)
    expect(line).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]$/)
    const { message } = yield* prompt(String(line))
    expect(message.content).toContain("| wake up")
    yield* call("be idle", false)
    yield* request(user(String(line)), { role: "custom", content: message.content, timestamp: 3 })
    yield* ended(reply(4, "toolUse"))
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect((yield* fred)?.reachable_by).toBe("wakes up")
    const second = yield* send("at work")
    const { content } = yield* toolResult("bash", "c1", [{ type: "text", text: "done" }])
    expect(content[1].text).toContain("| at work")
    expect(yield* toolResult("bash", "c2", [])).toBeNull()
    yield* eventually(stateOf(second), (state) => state === "handed over")
    yield* request(user("go on"), reply(4, "toolUse"), { role: "toolResult", content, timestamp: 5 })
    yield* ended(reply(6))
    yield* eventually(stateOf(second), (state) => state === "seen")
    expect(yield* wakeUps).toHaveLength(1)
  })
)

it.live(
  "has the tools of the server, whose results are its errors, too, and what inbox returned is seen",
  Effect.gen(function* () {
    const { call, ended, prompt, request, send, stateOf, toolResult } = yield* startPi
    expect(yield* call("tools")).toEqual([
      "cc_dm_register",
      "cc_dm_dm",
      "cc_dm_who",
      "cc_dm_broadcast",
      "cc_dm_inbox"
    ])
    const { threw } = yield* call("cc_dm_dm", "c1", { to: "nobody", content: "x" })
    expect(threw).toContain('nobody called \\"nobody\\" is on the bus')
    yield* prompt("go on")
    yield* request(user("go on"))
    const id = yield* send("read me")
    const { content } = yield* call("cc_dm_inbox", "c2", {})
    expect(content[0].text).toContain("read me")
    yield* toolResult("cc_dm_inbox", "c2", content)
    yield* ended(reply(2, "toolUse"))
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* request(user("go on"), reply(2, "toolUse"), { role: "toolResult", content, timestamp: 3 })
    yield* ended(reply(4))
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "leaves the bus with its session",
  Effect.gen(function* () {
    const { call, fred } = yield* startPi
    yield* call("session_shutdown", { reason: "new" })
    yield* eventually(fred, (session) => session === undefined)
  })
)
