/**
 * A session of Gemini CLI. Its hooks are played as version 0.61.0 calls them: commands below the agent's process, which here is that of
 * the test. `./dev agents:check gemini` has the real one.
 */
import { expect } from "bun:test"
import { existsSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { builtServer, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn, startIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { sendTaken, stateOf as stateOfSent } from "../support/routes.ts"

const geminiServer = [...builtServer, "--agent", "gemini"]

const startBoth = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const planner = yield* startReady({ home, env: named("planner") })
  const gemini = yield* startReady({
    home,
    env: named("fred"),
    command: geminiServer
  })
  const run = runIn(home)
  /** Gives what the hook answers. */
  const hook = (event: string, fields: object = {}) =>
    Effect.map(
      run(["hook", "gemini", event], { input: JSON.stringify({ session_id: "s1", ...fields }) }),
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
  return { home, planner, gemini, hook, send, stateOf, reachOf }
})

it.live(
  "is shown what waits with its prompt, and a tool's end proves nothing",
  Effect.gen(function* () {
    const { hook, reachOf, send, stateOf } = yield* startBoth
    const first = yield* send("hello")
    const prompted = yield* hook("BeforeAgent", { prompt: "go on" })
    expect(prompted.hookSpecificOutput.additionalContext).toContain(`Message ${first} from "planner"`)
    expect(prompted.systemMessage).toContain("1 message from planner")
    const second = yield* send("and this")
    const tool = yield* hook("AfterTool", { tool_name: "run_shell_command" })
    expect(tool.hookSpecificOutput.additionalContext).toContain("| and this")
    // Another tool of the same request ends: the model has not been asked yet.
    expect(yield* hook("AfterTool", { tool_name: "read_file" })).toEqual({})
    yield* eventually(stateOf(second), (state) => state === "handed over")
    yield* eventually(stateOf(first), (state) => state === "handed over")
    expect(yield* hook("AfterAgent")).toEqual({})
    yield* eventually(stateOf(first), (state) => state === "seen")
    yield* eventually(stateOf(second), (state) => state === "seen")
    expect(yield* reachOf).toBe("on its next turn")
  })
)

it.live(
  "goes on with what came while it made its last answer",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth
    yield* hook("BeforeAgent", { prompt: "go on" })
    const id = yield* send("late")
    const stopped = yield* hook("AfterAgent")
    expect(stopped).toMatchObject({ decision: "block" })
    expect(stopped.reason).toContain("| late")
    yield* hook("AfterAgent")
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "goes on three times in a row at most, though each time looks like a prompt",
  Effect.gen(function* () {
    const { hook, send } = yield* startBoth
    yield* hook("BeforeAgent", { prompt: "go on" })
    for (const text of ["first", "second", "third"]) {
      yield* send(text)
      const stopped = yield* eventually(hook("AfterAgent"), ({ decision }) => decision === "block")
      expect(stopped.reason).toContain(`| ${text}`)
      expect(yield* hook("BeforeAgent", { prompt: stopped.reason })).toEqual({})
    }
    const id = yield* send("fourth")
    expect(yield* hook("AfterAgent")).toEqual({})
    const prompted = yield* hook("BeforeAgent", { prompt: "and now" })
    expect(prompted.hookSpecificOutput.additionalContext).toContain(`Message ${id} from "planner"`)
  })
)

it.live(
  "is shown a message once, though PreCompress comes before each request",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth
    const id = yield* send("hello")
    expect((yield* hook("BeforeAgent", { prompt: "go on" })).hookSpecificOutput.additionalContext).toContain(
      "| hello"
    )
    expect(yield* hook("PreCompress", { trigger: "auto" })).toEqual({})
    expect(yield* hook("AfterTool", { tool_name: "read_file" })).toEqual({})
    expect(yield* hook("PreCompress", { trigger: "auto" })).toEqual({})
    expect(yield* hook("AfterAgent")).toEqual({})
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "is shown a message again that the user's own compression took away",
  Effect.gen(function* () {
    const { hook, send } = yield* startBoth
    yield* send("hello")
    yield* hook("BeforeAgent", { prompt: "go on" })
    yield* hook("PreCompress", { trigger: "manual" })
    const again = yield* hook("BeforeAgent", { prompt: "go on" })
    expect(again.hookSpecificOutput.additionalContext).toContain("| hello")
  })
)

it.live(
  "what was shown in a turn that Esc ended is not seen, and is shown again",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth
    const first = yield* send("with the prompt")
    yield* hook("BeforeAgent", { prompt: "go on" })
    const second = yield* send("meanwhile")
    // The model was broken off before its first word.
    expect(yield* hook("AfterAgent", { prompt_response: "[no response text]" })).toEqual({})
    const prompted = yield* hook("BeforeAgent", { prompt: "go on" })
    for (const id of [first, second])
      expect(prompted.hookSpecificOutput.additionalContext).toContain(`Message ${id} from "planner"`)
    yield* hook("AfterAgent", { prompt_response: "Understood." })
    yield* eventually(stateOf(second), (state) => state === "seen")
  })
)

it.live(
  "what a turn was to go on with that Esc had ended is not seen, and is shown again",
  Effect.gen(function* () {
    const { hook, send, stateOf } = yield* startBoth
    yield* hook("BeforeAgent", { prompt: "go on" })
    const id = yield* send("late")
    const stopped = yield* hook("AfterAgent", { prompt_response: "I beg" })
    expect(stopped.decision).toBe("block")
    yield* hook("BeforeAgent", { prompt: stopped.reason })
    expect(yield* hook("AfterAgent", { prompt_response: "I beg" })).toEqual({})
    const prompted = yield* hook("BeforeAgent", { prompt: "go on" })
    expect(prompted.hookSpecificOutput.additionalContext).toContain(`Message ${id} from "planner"`)
    yield* hook("AfterAgent", { prompt_response: "Understood." })
    yield* eventually(stateOf(id), (state) => state === "seen")
  })
)

it.live(
  "is woken by a command that waits in its background",
  Effect.gen(function* () {
    const { home, hook, reachOf, send, stateOf } = yield* startBoth
    yield* hook("BeforeAgent", { prompt: "go on" })
    yield* hook("AfterAgent")
    const waiting = yield* startIn(home)(["wait"])
    const id = yield* send("wake up")
    const { code, stdout } = yield* waiting.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^cc-dm: 1 message from planner \[[0-9a-f]{6}\]\n$/)
    const woken = yield* hook("BeforeAgent", { prompt: `The command has ended: ${stdout}` })
    expect(woken.hookSpecificOutput.additionalContext).toContain("| wake up")
    yield* hook("AfterAgent")
    yield* eventually(stateOf(id), (state) => state === "seen")
    expect(yield* reachOf).toBe("on its next turn")
  })
)

it.live(
  "refuses the tool of hooks, which no hook of it calls",
  Effect.gen(function* () {
    const { gemini } = yield* startBoth
    const { isError, json } = yield* gemini.call("session_hook", { event: "AfterAgent" })
    expect(isError).toBe(true)
    expect(json["error"]).toContain("use register, dm, who, broadcast and inbox")
  })
)

it.live(
  "a hook below no session of cc-dm says nothing, and is no error",
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const { code, stderr, stdout } = yield* runIn(home)(["hook", "gemini", "BeforeAgent"], {
      input: "no JSON"
    })
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "" })
  })
)

it.live(
  "what a killed server leaves behind is removed by the next one, and its hooks find that",
  Effect.gen(function* () {
    const { gemini, home, hook, send } = yield* startBoth
    yield* gemini.kill("SIGKILL")
    yield* gemini.ended
    const left = join(home, ".cc-dm/hook", `${process.pid}-${gemini.pid}.sock`)
    expect(statSync(left).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(left)).mode & 0o777).toBe(0o700)
    yield* startReady({ home, env: named("fred"), command: geminiServer })
    yield* eventually(
      Effect.sync(() => existsSync(left)),
      (isThere) => !isThere
    )
    const id = yield* send("again")
    const answer = yield* eventually(
      hook("BeforeAgent", { prompt: "go on" }),
      (one) => one.systemMessage !== undefined
    )
    expect(answer.hookSpecificOutput.additionalContext).toContain(`Message ${id} from "planner"`)
  })
)
