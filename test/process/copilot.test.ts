/**
 * A session of Copilot CLI. Its hooks are played as version 1.0.102 calls them: the extension's over the hook socket, and those that are
 * commands below the agent's process, which here is that of the test. `./dev agents:check copilot` has the real one, and with it the
 * extension itself.
 */
import { expect } from "bun:test"
import { Effect, Queue } from "effect"
import { openHookClient } from "../../src/agents/HookClient.ts"
import { hookSocketsOf } from "../../src/hosts/HookPlaces.ts"
import type { HostEvent } from "../../src/hosts/Host.ts"
import { eventually } from "../../testkit/eventually.ts"
import { builtServer, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn, startIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { sendTaken, stateOf as stateOfSent } from "../support/routes.ts"

const startBoth = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const planner = yield* startReady({ home, env: named("planner") })
  const copilot = yield* startReady({
    home,
    env: named("fred"),
    command: [...builtServer, "--agent", "copilot"]
  })
  const run = runIn(home)
  /** Gives what a command is answered. */
  const command = (event: string, fields: object = {}) =>
    Effect.map(
      run(["hook", "copilot", event], { input: JSON.stringify({ session_id: "s1", ...fields }) }),
      ({ code, stderr, stdout }) => {
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
        return stdout === "" ? {} : JSON.parse(stdout)
      }
    )
  const extend = Effect.gen(function* () {
    const wakeUps = yield* Queue.unbounded<string>()
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => openHookClient(() => hookSocketsOf(home, [process.pid])[0])),
      ({ close }) => Effect.sync(close)
    )
    client.subscribe((line) => Queue.offerUnsafe(wakeUps, line))
    /** Gives what the extension is answered. */
    const tell = (event: HostEvent) => Effect.promise(() => client.ask({ conversation: "s1", event }))
    return { tell, close: Effect.sync(client.close), wokenBy: Queue.take(wakeUps) }
  })
  const send = (content: string) => sendTaken(home, planner, "fred", content)
  const stateOf = (id: string) => stateOfSent(planner, id)
  const reachOf = Effect.map(
    planner.call("who"),
    ({ json }) =>
      (json["sessions"] as ReadonlyArray<{ name: string; reachable_by: string }>).find(
        ({ name }) => name === "fred"
      )?.reachable_by
  )
  return { home, copilot, command, extend, send, stateOf, reachOf }
})

it.live(
  "with the extension, has seen what stood in a request when that is answered, and nothing before",
  Effect.gen(function* () {
    const { extend, send, stateOf } = yield* startBoth
    const { tell } = yield* extend
    yield* tell({ _tag: "Prompted", prompt: "go on" })
    yield* tell({ _tag: "Requested", request: "i/0" })
    const id = yield* send("between tools")
    const ended = yield* tell({ _tag: "ToolEnded" })
    expect(ended?.context).toContain("| between tools")
    expect(ended?.notice).toContain("1 message from planner")
    // That request went out before.
    yield* tell({ _tag: "Replied", request: "i/0", whole: true })
    yield* tell({ _tag: "ToolEnded" })
    yield* tell({ _tag: "Requested", request: "i/1" })
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* tell({ _tag: "Replied", request: "i/1", whole: false })
    yield* tell({ _tag: "Stopped" })
    yield* eventually(stateOf(id), (state) => state === "handed over")
    yield* tell({ _tag: "Requested", request: "i/2" })
    yield* tell({ _tag: "Replied", request: "i/2", whole: true })
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "with the extension, is woken while it is idle, and goes on with what came at the end of a turn",
  Effect.gen(function* () {
    const { extend, reachOf, send } = yield* startBoth
    const { tell, wokenBy } = yield* extend
    yield* tell({ _tag: "Prompted", prompt: "go on" })
    yield* send("late")
    expect((yield* tell({ _tag: "Stopped" }))?.context).toContain("| late")
    yield* tell({ _tag: "Stopped" })
    yield* tell({ _tag: "Ended" })
    yield* send("wake up")
    const line = yield* wokenBy
    expect(line).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]$/)
    expect((yield* tell({ _tag: "Prompted", prompt: line }))?.context).toContain("| wake up")
    yield* eventually(reachOf, (reach) => reach === "wakes up")
  })
)

it.live(
  "answers no commands while the extension listens, and answers them when it is gone",
  Effect.gen(function* () {
    const { command, extend, send } = yield* startBoth
    const { close, tell } = yield* extend
    yield* tell({ _tag: "Prompted", prompt: "go on" })
    yield* send("once")
    const prompt = { prompt: "and then" }
    // The subscription is heard before what is told after it.
    expect(yield* command("UserPromptSubmit", prompt)).toEqual({})
    expect(yield* command("PostToolUse", { tool_name: "bash" })).toEqual({})
    expect(yield* command("Stop")).toEqual({})
    yield* close
    const answer = yield* eventually(
      command("UserPromptSubmit", prompt),
      (said) => "additionalContext" in said
    )
    expect(answer.additionalContext).toContain("| once")
  })
)

it.live(
  "without it, is shown messages by commands, in its own form, and a tool's end proves nothing",
  Effect.gen(function* () {
    const { command, send, stateOf } = yield* startBoth
    const first = yield* send("hello")
    const prompted = yield* command("UserPromptSubmit", { prompt: "go on" })
    expect(Object.keys(prompted)).toEqual(["additionalContext"])
    expect(prompted.additionalContext).toContain("| hello")
    const second = yield* send("and this")
    const tool = yield* command("PostToolUse", { tool_name: "bash" })
    expect(tool.additionalContext).toContain("| and this")
    expect(yield* command("PostToolUseFailure", { tool_name: "view" })).toEqual({})
    yield* eventually(stateOf(first), (state) => state === "handed over")
    const third = yield* send("late")
    const stopped = yield* command("Stop", { stop_hook_active: false })
    expect(Object.keys(stopped)).toEqual(["decision", "reason"])
    expect(stopped.reason).toContain("| late")
    yield* eventually(stateOf(second), (state) => state === "seen")
    yield* command("Stop", { stop_hook_active: true })
    yield* eventually(stateOf(third), (state) => state === "seen")
  })
)

it.live(
  "without it, is woken by a command that waits in its background",
  Effect.gen(function* () {
    const { command, home, send } = yield* startBoth
    yield* command("UserPromptSubmit", { prompt: "go on" })
    yield* command("Stop")
    const waiting = yield* startIn(home)(["wait"])
    yield* send("wake up")
    expect((yield* waiting.ended).stdout).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]\n$/)
    // Copilot reads the output itself, and calls no hook for a prompt.
    const tool = yield* command("PostToolUse", { tool_name: "read_bash" })
    expect(tool.additionalContext).toContain("| wake up")
  })
)

it.live(
  "is told who it is with the first prompt of a conversation, and again after it was compacted",
  Effect.gen(function* () {
    const { command, extend } = yield* startBoth
    const who = 'This session is "fred"'
    const first = yield* command("UserPromptSubmit", { prompt: "one" })
    expect(first.additionalContext).toContain(who)
    expect(yield* command("UserPromptSubmit", { prompt: "two" })).toEqual({})
    const other = yield* command("UserPromptSubmit", { prompt: "one", session_id: "s2" })
    expect(other.additionalContext).toContain(who)
    const { tell } = yield* extend
    yield* tell({ _tag: "Forgot", cleared: false })
    expect((yield* tell({ _tag: "Prompted", prompt: "three" }))?.context).toContain(who)
  })
)
