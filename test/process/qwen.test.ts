/**
 * A session of Qwen Code. Its hooks and its inbox are played as version 0.24.4 has them: commands below the agent's process, which here
 * is that of the test, and the socket of its documentation. A turn that a message begins calls no `UserPromptSubmit`, and its hooks have
 * a new `prompt_id`. `./dev agents:check qwen` has the real one.
 */
import { expect } from "bun:test"
import { readdirSync } from "node:fs"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { builtServer, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { openQwenInbox } from "../support/qwenInbox.ts"
import { sendTaken, stateOf as stateOfSent } from "../support/routes.ts"

const startBoth = Effect.fnUntraced(function* (began = false) {
  const home = yield* temporaryFolder
  let conversation = "c1"
  const inbox = yield* openQwenInbox(home, () => conversation, began)
  const planner = yield* startReady({ home, env: named("planner") })
  const qwen = yield* startReady({
    home,
    env: { ...named("fred"), ...inbox.env },
    command: [...builtServer, "--agent", "qwen"]
  })
  const run = runIn(home)
  /** Gives what the hook answers. */
  const hook = (event: string, fields: object = {}) =>
    Effect.map(
      run(["hook", "qwen", event], {
        input: JSON.stringify({ session_id: conversation, prompt_id: `${conversation}########0`, ...fields })
      }),
      ({ code, stderr, stdout }) => {
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
        return stdout === "" ? {} : JSON.parse(stdout)
      }
    )
  const send = (content: string) => sendTaken(home, planner, "fred", content)
  const stateOf = (id: string) => stateOfSent(planner, id)
  const reachOf = Effect.map(
    planner.call("who"),
    ({ json }) =>
      (json["sessions"] as ReadonlyArray<{ name: string; reachable_by: string }>).find(
        ({ name }) => name === "fred"
      )?.reachable_by
  )
  const clear = (next: string) =>
    Effect.gen(function* () {
      yield* hook("SessionEnd", { reason: "clear" })
      conversation = next
      return yield* hook("SessionStart", { source: "clear" })
    })
  return { home, inbox, qwen, hook, send, stateOf, reachOf, clear }
})

it.live(
  "is shown what comes while it works, and has seen it when its tools have ended once more",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    const id = yield* send("hello")
    expect(yield* hook("PostToolUse", { tool_name: "run_shell_command" })).toEqual({})
    const batch = yield* hook("PostToolBatch")
    expect(batch.hookSpecificOutput.additionalContext).toContain("| hello")
    expect(batch.systemMessage).toContain("1 message from planner")
    // The next request of the turn is about to be made: it is no prompt, and nothing is proved.
    expect(yield* hook("UserPromptSubmit", { prompt: "" })).toEqual({})
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("PostToolBatch")
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "goes on with what came while it made its last answer",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    const id = yield* send("late")
    const stopped = yield* hook("Stop")
    expect(stopped).toMatchObject({ decision: "block" })
    expect(stopped).not.toHaveProperty("hookSpecificOutput")
    // Its reason goes out as a prompt of the same turn.
    expect(yield* hook("UserPromptSubmit", { prompt: stopped.reason })).toEqual({})
    expect(yield* stateOf(id)).not.toBe("seen")
    expect(yield* hook("Stop", { stop_hook_active: true })).toEqual({})
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "is carried into it what comes while it is idle, and has seen it when that turn has ended",
  Effect.gen(function* () {
    const { home, hook, inbox, qwen, reachOf, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    yield* hook("Stop")
    const id = yield* send("wake up")
    const { message, toSessionId } = yield* inbox.next
    expect(toSessionId).toBe("c1")
    expect(message.role).toBe("user")
    expect(message.content).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]\n\n/)
    expect(message.content).toContain(`Message ${id} from "planner"`)
    expect(message.content).toContain("| wake up")
    yield* eventually(stateOf(id), (state) => state === "handed over")
    expect(yield* reachOf).toBe("wakes up")
    expect(yield* hook("Stop", { prompt_id: "c1########1" })).toEqual({})
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect(qwen.stderr() + JSON.stringify(qwen.lines())).not.toContain(inbox.token)
    expect(readdirSync(`${home}/.cc-dm/hook`).filter((name) => name.startsWith("receipt-"))).toEqual([])
  })
)

it.live(
  "is woken before its first prompt, and has seen what woke it when that turn has ended",
  Effect.gen(function* () {
    const { hook, inbox, send, stateOf } = yield* startBoth()
    const id = yield* send("at once")
    yield* inbox.next
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("PostToolBatch")
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "has seen nothing of that before two turns have ended, if one may have run before its server was there",
  Effect.gen(function* () {
    const { hook, inbox, send, stateOf } = yield* startBoth(true)
    const id = yield* send("at once")
    yield* inbox.next
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("PostToolBatch")
    yield* hook("Stop")
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("Stop", { prompt_id: "c1########1" })
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "is shown by its hooks what its user wants to look at first, and nothing more is carried into it",
  Effect.gen(function* () {
    const { hook, inbox, reachOf, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    yield* hook("Stop")
    inbox.say("held")
    const first = yield* send("first")
    yield* inbox.next
    const prompted = yield* hook("UserPromptSubmit", { prompt: "next", prompt_id: "c1########1" })
    expect(prompted.hookSpecificOutput.additionalContext).toContain(`Message ${first} from "planner"`)
    yield* hook("Stop", { prompt_id: "c1########1" })
    yield* eventually(stateOf(first), (state) => state === "seen")
    inbox.say("delivered")
    const second = yield* send("second")
    yield* eventually(reachOf, (reach) => reach === "on its next turn")
    const shown = yield* hook("UserPromptSubmit", { prompt: "more", prompt_id: "c1########2" })
    expect(shown.hookSpecificOutput.additionalContext).toContain(`Message ${second} from "planner"`)
  })
)

it.live(
  "believes no word of what became of a message but the session's",
  Effect.gen(function* () {
    const { hook, inbox, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    yield* hook("Stop")
    inbox.say(undefined)
    const id = yield* send("whose word")
    const frame = yield* inbox.next
    inbox.report(frame, "delivered", "another word")
    inbox.report({ ...frame, msgId: "another" }, "delivered", frame.replyToken)
    inbox.report(frame, "refused", frame.replyToken)
    // What it refused waits for its hooks.
    const batch = yield* eventually(hook("PostToolBatch"), (answer) => "hookSpecificOutput" in answer)
    expect(batch.hookSpecificOutput.additionalContext).toContain(`Message ${id} from "planner"`)
    yield* eventually(stateOf(id), (state) => state === "handed over")
  })
)

it.live(
  "follows /clear: what comes then goes to the conversation that began with it",
  Effect.gen(function* () {
    const { clear, hook, inbox, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    yield* hook("Stop")
    const started = yield* clear("c2")
    expect(started.hookSpecificOutput.additionalContext).toContain('This session is "fred"')
    const id = yield* send("after that")
    expect((yield* inbox.next).toSessionId).toBe("c2")
    yield* eventually(stateOf(id), (state) => state === "handed over")
  })
)

it.live(
  "proves by a tool of ours that the main thread called what that returned, and not by one of a subagent",
  Effect.gen(function* () {
    const { hook, qwen, send, stateOf } = yield* startBoth()
    yield* hook("UserPromptSubmit", { prompt: "go on" })
    yield* hook("PostToolUse", { tool_name: "mcp__cc-dm__who" })
    const id = yield* send("who reads this")
    yield* qwen.call("inbox")
    yield* hook("PostToolUse", { tool_name: "mcp__cc-dm__inbox", agent_id: "a1" })
    const batch = yield* hook("PostToolBatch")
    expect(batch.hookSpecificOutput.additionalContext).toContain("| who reads this")
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* hook("Stop")
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)
