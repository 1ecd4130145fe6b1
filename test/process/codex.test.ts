/**
 * A session of Codex. Its control socket and its hooks are played as version 0.171.0 was seen to have them; `./dev agents:check codex`
 * has the real one.
 */
import { expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { startBoth } from "../support/codex/session.ts"
import { it } from "../support/it.ts"

/** A turn as the list has it. While it runs it is called interrupted until the thread is active. */
const turn = (
  id: string,
  status: "inProgress" | "completed" | "interrupted",
  items: ReadonlyArray<object>,
  completedAt: number | null = status === "inProgress" ? null : 1_796_043_876
) => ({ id, status, items, completedAt })
const put = (clientId: string) => ({ type: "userMessage", clientId })
const said = { type: "agentMessage" }

it.live(
  "is given messages over the control socket, as the least trusted kind, and their receipt waits for the model's words",
  Effect.gen(function* () {
    const { seen, send, set, started, stateOf } = yield* startBoth
    const id = yield* send("wake up")
    const [first] = yield* eventually(started, ({ length }) => length === 1)
    expect(first?.input[0]?.text).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]$/)
    const [context] = Object.values(first?.additionalContext ?? {})
    expect(context?.kind).toBe("untrusted")
    expect(context?.value).toContain(`Message ${id} from "planner"`)
    expect(context?.value).toContain("| wake up")
    const mark = first?.clientUserMessageId ?? ""
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* set({
      status: { type: "active", activeFlags: [] },
      turns: [turn("turn-1", "inProgress", [put(mark)])]
    })
    // The server has looked at the turns since.
    const looks = ({ methods }: Record<string, unknown>) =>
      (methods as ReadonlyArray<string>).filter((method) => method === "thread/turns/list").length
    const before = looks(yield* seen)
    yield* eventually(seen, (now) => looks(now) > before + 1)
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* set({ turns: [turn("turn-1", "completed", [put(mark), said])], status: { type: "idle" } })
    yield* eventually(stateOf(id), (state) => state === "seen")
    const { methods } = yield* seen
    expect(methods).not.toContain("thread/resume")
  })
)

it.live(
  "is given nothing twice where its turn is called interrupted before it has begun",
  Effect.gen(function* () {
    const { seen, send, set, started, stateOf } = yield* startBoth
    yield* set({ turns: [turn("turn-1", "interrupted", [], null)] })
    const id = yield* send("once")
    const [first] = yield* eventually(started, ({ length }) => length === 1)
    const mark = first?.clientUserMessageId ?? ""
    yield* eventually(seen, ({ methods }) => (methods as ReadonlyArray<string>).includes("thread/turns/list"))
    yield* set({ status: { type: "active", activeFlags: [] } })
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* set({ turns: [turn("turn-1", "completed", [put(mark), said])], status: { type: "idle" } })
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect(yield* started).toHaveLength(1)
  })
)

it.live(
  "is given again what the user broke off before a request held it",
  Effect.gen(function* () {
    const { send, set, started, stateOf } = yield* startBoth
    yield* set({ status: { type: "active", activeFlags: [] } })
    const id = yield* send("at work")
    yield* eventually(started, ({ length }) => length === 1)
    yield* set({ status: { type: "idle" }, turns: [turn("turn-1", "interrupted", [])] })
    const [, second] = yield* eventually(started, ({ length }) => length === 2)
    expect(yield* stateOf(id)).not.toBe("seen")
    yield* set({
      turns: [
        turn("turn-2", "completed", [put(second?.clientUserMessageId ?? ""), said]),
        turn("turn-1", "interrupted", [])
      ]
    })
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect((yield* started).length).toBe(2)
  })
)

it.live(
  "is said to work, to wait and to be idle as the socket tells",
  Effect.gen(function* () {
    const { listed, set } = yield* startBoth
    yield* eventually(listed, (found) => found?.doing === "idle")
    yield* set({ status: { type: "active", activeFlags: [] } })
    yield* eventually(listed, (found) => found?.doing === "working")
    yield* set({ status: { type: "active", activeFlags: ["waitingOnApproval"] } })
    yield* eventually(listed, (found) => found?.doing === "waiting for the user")
    yield* set({ status: { type: "idle" } })
    yield* eventually(listed, (found) => found?.doing === "idle")
  })
)

it.live(
  "whose hooks are trusted is shown by them what the socket was refused, and requests prove it",
  Effect.gen(function* () {
    const { hook, send, set, stateOf } = yield* startBoth
    yield* set({ refuses: true })
    yield* hook("UserPromptSubmit", { prompt: "go on", turn_id: "t" })
    yield* hook("PreModelRequest", { request_id: "r1", turn_id: "t" })
    const id = yield* send("by hooks")
    yield* eventually(hook("PostToolUse", { tool_name: "Bash", turn_id: "t" }), (answer) =>
      JSON.stringify(answer).includes("| by hooks")
    )
    // The request that is answered now was made before.
    expect(yield* hook("PostModelRequest", { request_id: "r1", status: "completed" })).toEqual({})
    yield* hook("PreModelRequest", { request_id: "r2" })
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("PostModelRequest", { request_id: "r2", status: "cancelled" })
    yield* hook("PreModelRequest", { request_id: "r3" })
    expect(yield* hook("Stop", { turn_id: "t" })).toEqual({})
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("PostModelRequest", { request_id: "r3", status: "completed" })
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "goes on at the end of its turn with a reason alone, and hooks of subagents are told nothing",
  Effect.gen(function* () {
    const { hook, send, set } = yield* startBoth
    yield* set({ refuses: true })
    yield* hook("UserPromptSubmit", { prompt: "go on", turn_id: "t" })
    yield* send("late")
    expect(yield* hook("PostToolUse", { tool_name: "Bash" }, "thread-of-a-subagent")).toEqual({})
    const stopped = yield* eventually(hook("Stop", { turn_id: "t" }), (answer) => "decision" in answer)
    expect(Object.keys(stopped).sort()).toEqual(["decision", "reason"])
    expect(stopped.decision).toBe("block")
    expect(stopped.reason).toContain("| late")
  })
)

it.live(
  "refuses its model the tool of hooks",
  Effect.gen(function* () {
    const { codex } = yield* startBoth
    const { result } = yield* codex.request("tools/call", {
      name: "session_hook",
      arguments: { event: "Stop" },
      _meta: { threadId: "thread-own", callId: "call_1", "x-codex-turn-metadata": {} }
    })
    expect(result?.["isError"]).toBe(true)
  })
)
