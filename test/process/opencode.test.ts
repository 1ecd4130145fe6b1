/**
 * A session of opencode, with the built plugin and a built server. The agent's calls are played as version 1.18.33 makes them;
 * `./dev agents:check opencode` has the real one.
 */
import { expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { playPlugin } from "../support/agents/playPlugin.ts"
import { it } from "../support/it.ts"

const model = { providerID: "mock", modelID: "mock" }
const transform = "experimental.chat.messages.transform"

/** A session whose server runs. */
const startOpenCode = Effect.gen(function* () {
  const played = yield* playPlugin("opencode")
  const { call, fred } = played
  yield* call("start the server")
  yield* eventually(fred, (session) => session !== undefined)
  let count = 0
  const user = (text: string, sessionID = "main") => {
    count += 1
    return {
      info: {
        id: `msg_u${count}`,
        sessionID,
        role: "user",
        agent: "plan",
        model: { ...model, variant: "high" }
      },
      parts: [{ id: `prt_${count}`, messageID: `msg_u${count}`, sessionID, type: "text", text }]
    }
  }
  const reply = (id: string, more: object = {}) => ({
    info: { id, sessionID: "main", role: "assistant", finish: "stop", time: { completed: 1 }, ...more },
    parts: []
  })
  return {
    ...played,
    user,
    reply,
    /** Prompts a session, and gives the message with what the plugin has added. */
    prompt: Effect.fn(function* (message: ReturnType<typeof user>) {
      const { info, parts } = message
      const given = yield* call("chat.message", { sessionID: info.sessionID }, { message: info, parts })
      return { info, parts: given.parts as ReadonlyArray<{ text: string; synthetic?: boolean }> }
    }),
    request: (...messages: ReadonlyArray<object>) => call(transform, {}, { messages }),
    replied: ({ info }: ReturnType<typeof reply>) =>
      call("event", { event: { type: "message.updated", properties: { info } } }),
    event: (type: string, properties: object = {}) =>
      call("event", { event: { type, properties: { sessionID: "main", ...properties } } }),
    tool: (output: object, tool = "bash", sessionID = "main") =>
      call("tool.execute.after", { tool, sessionID, callID: "call_1" }, output)
  }
})

it.live(
  "is shown what waits with its prompt, and has seen it when the model has answered a request that held it",
  Effect.gen(function* () {
    const { event, fred, prompt, replied, reply, request, send, stateOf, user } = yield* startOpenCode
    const first = yield* send("hello")
    const prompted = yield* prompt(user("go on"))
    expect(prompted.parts[1]).toMatchObject({ type: "text", synthetic: true, sessionID: "main" })
    expect(prompted.parts[1]?.text).toContain(`Message ${first} from "planner"`)
    yield* request(prompted)
    yield* eventually(stateOf(first), (state) => state === "handed over")
    const broken = reply("msg_a1", { error: { name: "MessageAbortedError" } })
    yield* replied(broken)
    yield* event("session.idle")
    yield* eventually(stateOf(first), (state) => state === "handed over")
    yield* request(prompted, broken, user("again"))
    yield* eventually(stateOf(first), (state) => state === "handed over")
    yield* replied(reply("msg_a2"))
    yield* eventually(stateOf(first), (state) => state === "seen")
    expect(yield* fred).toMatchObject({ agent: "opencode" })
  })
)

it.live(
  "is woken while it is idle, with the agent and the model that its user prompts it with",
  Effect.gen(function* () {
    const { does, event, fred, prompt, reply, replied, request, send, stateOf, user, wakeUps } =
      yield* startOpenCode
    const first = yield* prompt(user("go on"))
    yield* request(first)
    yield* replied(reply("msg_a1"))
    yield* event("session.idle")
    yield* does("idle")
    const id = yield* send("wake up")
    const [woken] = (yield* eventually(
      wakeUps,
      (all) => all.length > 0
    )) as ReadonlyArray<unknown> as ReadonlyArray<{
      body: { parts: ReadonlyArray<{ text: string }> }
    }>
    const line = woken?.body.parts[0]?.text ?? ""
    expect(woken).toEqual({
      path: { id: "main" },
      body: {
        agent: "plan",
        model: { ...model, variant: "high" },
        variant: "high",
        parts: [
          { type: "text", text: expect.stringMatching(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]$/) }
        ]
      }
    } as never)
    const prompted = yield* prompt(user(line))
    expect(prompted.parts[1]?.text).toContain("| wake up")
    yield* request(first, reply("msg_a1"), prompted)
    yield* replied(reply("msg_a2"))
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect((yield* fred)?.reachable_by).toBe("wakes up")
  })
)

it.live(
  "is shown messages with the results of its tools, and two tools of one request prove nothing",
  Effect.gen(function* () {
    const { prompt, replied, reply, request, send, stateOf, tool, user } = yield* startOpenCode
    const prompted = yield* prompt(user("go on"))
    yield* request(prompted)
    const id = yield* send("at work")
    const { output } = yield* tool({ title: "", output: "done", metadata: {} })
    expect(output).toMatch(/^done\n\nMessages that came through cc-dm[\s\S]*\| at work$/)
    const others = { content: [{ type: "text", text: "42" }] }
    expect(yield* tool(others, "mcp_other")).toEqual(others)
    // The answer to the first request comes with the end of its tools.
    yield* replied(reply("msg_a1", { finish: "tool-calls" }))
    yield* eventually(stateOf(id), (state) => state === "handed over")
    const state = { status: "completed", output }
    const called = { ...reply("msg_a1", { finish: "tool-calls" }), parts: [{ type: "tool", state }] }
    yield* request(prompted, called)
    yield* eventually(stateOf(id), (state) => state === "handed over")
    // That it has answered is seen in the next request, too.
    yield* request(prompted, called, reply("msg_a2"))
    yield* eventually(stateOf(id), (now) => now === "seen")
  })
)

it.live(
  "is shown again what opencode has dropped of a result",
  Effect.gen(function* () {
    const { event, prompt, reply, request, send, stateOf, tool, user } = yield* startOpenCode
    const prompted = yield* prompt(user("go on"))
    yield* request(prompted)
    const id = yield* send("lost")
    const { content } = yield* tool({ content: [{ type: "text", text: "long" }] }, "mcp_other")
    expect(content[1].text).toContain("| lost")
    yield* event("session.idle")
    yield* request(prompted, reply("msg_a1"), user("go on"))
    yield* eventually(stateOf(id), (state) => state === "queued")
    expect((yield* prompt(user("again"))).parts[1]?.text).toContain("| lost")
  })
)

it.live(
  "is the first session without a parent; others are shown nothing, and what they do proves nothing",
  Effect.gen(function* () {
    const { prompt, reply, replied, request, send, stateOf, tool, user } = yield* startOpenCode
    const id = yield* send("for the first one")
    expect((yield* prompt(user("go on", "child"))).parts).toHaveLength(1)
    const prompted = yield* prompt(user("go on"))
    expect(prompted.parts).toHaveLength(2)
    yield* request(prompted)
    const second = yield* send("and this")
    for (const session of ["child", "other"]) {
      expect((yield* prompt(user("go on", session))).parts).toHaveLength(1)
      expect(yield* tool({ output: "x" }, "bash", session)).toEqual({ output: "x" })
      yield* request(user("hello", session))
      yield* replied(reply("msg_b1", { sessionID: session }))
    }
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* eventually(stateOf(second), (state) => state === "queued")
  })
)

it.live(
  "goes on without a server, and finds the one that comes",
  Effect.gen(function* () {
    const { call, fred } = yield* playPlugin("opencode")
    const message = { id: "msg_u1", sessionID: "main", role: "user" }
    const parts = [{ id: "prt_1", messageID: "msg_u1", sessionID: "main", type: "text", text: "hello" }]
    expect(yield* call("chat.message", { sessionID: "main" }, { message, parts })).toEqual({ message, parts })
    yield* call("start the server")
    yield* eventually(fred, (session) => session?.reachable_by === "on its next turn")
  })
)
