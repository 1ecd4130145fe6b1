/** The stand-in for a session of Claude Code is checked itself: other tests are worth what it is worth. */
import { describe, expect } from "bun:test"
import { readFileSync, statSync } from "node:fs"
import { createConnection } from "node:net"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { named, nameIn, root } from "../../testkit/host/ClaudeCode.ts"
import { readAnswer } from "../../testkit/host/HookAnswer.ts"
import {
  channelArguments,
  type HookedSession,
  type SessionOptions,
  startSession,
  stopsInARow
} from "../../testkit/host/HookedSession.ts"
import { type HookEvent, hooksFor } from "../../testkit/host/Hooks.ts"
import { burst, type InboxSocket } from "../../testkit/host/InboxSocket.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

const sessionIn = (
  options: Omit<SessionOptions, "home"> = {}
): Effect.Effect<HookedSession, never, Scope.Scope> =>
  Effect.flatMap(temporaryFolder, (home) => startSession({ home, env: named("alice"), ...options }))

const puppet = { command: ["bun", join(root, "test/support/puppet.ts")] }

/** Has the puppet answer the hooks of an event with this context from now on. */
const sayAt = (session: HookedSession, event: HookEvent, additionalContext: string) =>
  session.server.call("answer", {
    event,
    text: JSON.stringify({
      hookSpecificOutput: { hookEventName: event, additionalContext },
      systemMessage: `${event}!`
    })
  })

/** Writes lines to the socket, as strings or as what is to become JSON, and hangs up. */
const write = ({ path }: InboxSocket, ...lines: ReadonlyArray<unknown>) =>
  Effect.callback<void>((resume) => {
    const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("")
    createConnection(path)
      .once("connect", function (this: ReturnType<typeof createConnection>) {
        this.end(text)
      })
      .once("close", () => resume(Effect.void))
  })

const auth = ({ token }: InboxSocket) => ({ type: "auth", token })
const user = (session: HookedSession, content: unknown, session_id = session.id()) => ({
  type: "user",
  session_id,
  message: { role: "user", content }
})

/** Says texts on the socket, as the session's own server would, and waits until all have been judged. */
const say = (session: HookedSession, ...texts: ReadonlyArray<unknown>) =>
  Effect.gen(function* () {
    yield* write(session.inbox, auth(session.inbox), ...texts.map((text) => user(session, text)))
    return yield* Effect.forEach(texts, () => session.nextLine)
  })

describe("hooks", () => {
  it.live(
    "of hooks.json are called at their events, with their inputs filled in",
    Effect.gen(function* () {
      const session = yield* sessionIn({ conversation: "c-1" })
      expect(session.state()).toBe("idle")
      expect(yield* session.prompt("what is the $time?")).toEqual({ texts: ["what is the $time?"] })
      expect(session.state()).toBe("at work")
      yield* session.toolBatch()
      expect(yield* session.stop).toBeUndefined()
      expect(session.state()).toBe("idle")
      yield* session.compact
      yield* session.clear
      const main = { session_id: "c-1", agent_id: "" }
      const turn = { prompt_id: expect.any(String) }
      expect(session.hookCalls.map(({ input }) => input)).toEqual([
        { event: "UserPromptSubmit", prompt: "what is the $time?", ...turn, ...main },
        { event: "PostToolBatch", ...turn, ...main },
        { event: "Stop", ...turn, ...main },
        { event: "SessionStart", source: "compact", ...main },
        { event: "SessionEnd", reason: "clear", ...main },
        { event: "SessionStart", source: "clear", session_id: session.id(), agent_id: "" }
      ])
      expect(session.id()).not.toBe("c-1")
      expect(session.hookCalls.every(({ outcome }) => outcome === "answered")).toBe(true)
      expect(session.hookCalls.slice(0, 3).map(({ answer }) => answer)).toEqual([{}, {}, {}])
      expect(session.systemMessages).toEqual([])
    })
  )

  it.live(
    "follow the matcher: nothing at the start and at a resume, and at the end of what was resumed from",
    Effect.gen(function* () {
      const session = yield* sessionIn({ conversation: "c-1" })
      expect(session.hookCalls).toEqual([])
      yield* session.resumeOther("c-2")
      expect(session.hookCalls.map(({ input }) => input)).toEqual([
        { event: "SessionEnd", reason: "resume", session_id: "c-1", agent_id: "" }
      ])
      expect(session.id()).toBe("c-2")
      expect(hooksFor("SessionStart", { source: "startup" })).toEqual([])
      expect(hooksFor("SessionStart", { source: "clearly" })).toEqual([])
      expect(hooksFor("SessionEnd", { reason: "prompt_input_exit" })).toEqual([])
    })
  )

  it.live(
    "put the identity before the model in the request that follows /clear",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      yield* session.clear
      expect(session.state()).toBe("idle")
      const { texts } = yield* session.prompt("who am I?")
      expect(texts).toHaveLength(2)
      expect(texts[0]).toContain('"alice"')
      expect(texts[1]).toBe("who am I?")
      yield* session.stop
      expect((yield* session.prompt("again")).texts).toEqual(["again"])
    })
  )

  it.live(
    "in a subagent have its id, and what they say is no request's",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      expect(yield* session.subagent("PostToolBatch")).toEqual([])
      expect(session.hookCalls.at(-1)?.input).toMatchObject({ event: "PostToolBatch", agent_id: "agent-1" })
      expect(session.requests).toHaveLength(1)
    })
  )

  it.live(
    "are not called by a client that knows none",
    Effect.gen(function* () {
      const session = yield* sessionIn({ hooks: false })
      yield* session.prompt("hello")
      yield* session.toolBatch()
      yield* session.stop
      yield* session.clear
      expect(session.hookCalls).toEqual([])
      expect(session.requests).toEqual([{ texts: ["hello"] }, { texts: [] }])
    })
  )

  for (const when of ["at once", "answered"] as const)
    it.live(
      `that are given up (${when}) reach nobody, and the server is told and goes on`,
      Effect.gen(function* () {
        const session = yield* sessionIn()
        yield* session.cancelNext("SessionStart", when)
        yield* session.compact
        expect((yield* session.prompt("hello")).texts).toEqual(["hello"])
        expect(session.hookCalls[0]).toMatchObject({ event: "SessionStart", outcome: "cancelled" })
        expect(session.hookCalls[0]?.answer === undefined).toBe(when === "at once")
        // Only that one call: the next is heard.
        yield* session.compact
        yield* session.stop
        expect((yield* session.prompt("again")).texts).toHaveLength(2)
        expect(nameIn((yield* session.server.call("who")).json)).toBe("alice")
      })
    )

  it.live(
    "whose server hangs are given up after their time-out",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.server.kill("SIGSTOP")
      yield* session.prompt("hello")
      expect(session.hookCalls[0]).toMatchObject({ event: "UserPromptSubmit", outcome: "cancelled" })
      expect(session.hookCalls[0]?.milliseconds).toBeGreaterThan(1_900)
    })
  )

  it.live(
    "whose server is gone fail at once, and the user sees it",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.server.kill("SIGKILL")
      yield* session.server.ended
      expect((yield* session.prompt("hello")).texts).toEqual(["hello"])
      expect(session.hookCalls[0]?.outcome).toBe("failed")
      expect(session.systemMessages).toEqual(["UserPromptSubmit hook: error: the server is gone"])
      expect((yield* session.toolBatch({ tool: "who" })).results[0]?.isError).toBe(true)
    })
  )
})

describe("what hooks say", () => {
  it.live(
    "is before the model in the request that they lead to, and before the user at once",
    Effect.gen(function* () {
      const session = yield* sessionIn(puppet)
      yield* sayAt(session, "UserPromptSubmit", "beside the prompt")
      yield* sayAt(session, "PostToolBatch", "after the tools")
      yield* sayAt(session, "SessionStart", "at the start")
      expect((yield* session.prompt("hello")).texts).toEqual(["hello", "beside the prompt"])
      yield* session.type("typed ahead")
      yield* session.compact
      expect((yield* session.toolBatch()).request.texts).toEqual([
        "at the start",
        "after the tools",
        "typed ahead",
        "beside the prompt"
      ])
      expect(yield* session.subagent("PostToolBatch")).toEqual(["after the tools"])
      expect(session.requests).toHaveLength(2)
      expect(session.systemMessages).toEqual([
        "UserPromptSubmit!",
        "UserPromptSubmit!",
        "SessionStart!",
        "PostToolBatch!",
        "PostToolBatch!"
      ])
    })
  )

  it.live(
    "at a Stop makes the turn go on, eight times in a row; then it waits for the next prompt",
    Effect.gen(function* () {
      const session = yield* sessionIn(puppet)
      yield* sayAt(session, "Stop", "one more thing")
      yield* session.prompt("hello")
      for (let times = 0; times < stopsInARow; times++)
        expect((yield* session.stop)?.texts).toEqual(["one more thing"])
      expect(yield* session.stop).toBeUndefined()
      expect(session.state()).toBe("idle")
      expect((yield* session.prompt("again")).texts).toEqual(["one more thing", "again"])
      expect((yield* session.stop)?.texts).toEqual(["one more thing"])
    })
  )

  it.live(
    "is lost with a call that is given up, and the server is told which one",
    Effect.gen(function* () {
      const session = yield* sessionIn(puppet)
      yield* sayAt(session, "PostToolBatch", "lost")
      yield* session.prompt("hello")
      for (const when of ["at once", "answered"] as const) {
        yield* session.cancelNext("PostToolBatch", when)
        expect((yield* session.toolBatch()).request.texts).toEqual([])
      }
      expect((yield* session.server.call("cancelled")).json).toEqual({
        cancelled: ["PostToolBatch", "PostToolBatch"]
      })
      expect(session.hookCalls.map(({ outcome }) => outcome)).toEqual(["answered", "cancelled", "cancelled"])
      expect((yield* session.toolBatch()).request.texts).toEqual(["lost"])
      expect(session.systemMessages).toEqual(["PostToolBatch!"])
    })
  )
})

describe("a hook's answer", () => {
  const answer = (value: unknown, more: object = {}) =>
    readAnswer("Stop", {
      result: {
        content: [{ type: "text", text: typeof value === "string" ? value : JSON.stringify(value) }],
        ...more
      }
    })
  const saying = (additionalContext: string, hookEventName = "Stop") => ({
    hookSpecificOutput: { hookEventName, additionalContext },
    systemMessage: "one line"
  })

  it.live(
    "reaches the model and the user only in the right form",
    Effect.sync(() => {
      expect(answer({})).toEqual({ said: {}, context: undefined, forUser: [] })
      expect(answer(saying("hello"))).toMatchObject({ context: "hello", forUser: ["one line"] })
      expect(answer("hello")).toMatchObject({ context: undefined, forUser: [] })
      expect(answer("").forUser).toHaveLength(1)
      expect(answer({}, { isError: true }).forUser).toHaveLength(1)
      expect(answer(saying("hello", "PostToolBatch"))).toMatchObject({ context: undefined })
      expect(answer(saying("x".repeat(10_001))).context).not.toContain("xx")
      expect(readAnswer("SessionEnd", { error: { code: 1, message: "no" } }).forUser).toHaveLength(1)
    })
  )
})

describe("a turn", () => {
  it.live(
    "holds what the model's calls of cc-dm gave",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("who is there?")
      const { request, results } = yield* session.toolBatch(
        { tool: "who" },
        { tool: "dm", input: { to: "nobody" } }
      )
      expect(results.map(({ isError }) => isError)).toEqual([false, true])
      expect(request.texts).toHaveLength(2)
      expect(request.texts[0]).toContain("alice")
      expect(session.requests.at(-1)).toEqual(request)
    })
  )

  it.live(
    "ends without a hook by escape, and then a prompt begins another",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      yield* session.escape
      expect(session.state()).toBe("idle")
      yield* session.prompt("again")
      expect(session.hookCalls.map(({ event }) => event)).toEqual(["UserPromptSubmit", "UserPromptSubmit"])
    })
  )

  it.live(
    "has its steps in order: what does not fit the state is a mistake of the test",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      expect((yield* Effect.exit(session.stop))._tag).toBe("Failure")
      expect((yield* Effect.exit(session.toolBatch()))._tag).toBe("Failure")
      yield* session.prompt("hello")
      expect((yield* Effect.exit(session.prompt("again")))._tag).toBe("Failure")
      expect(session.hookCalls).toHaveLength(1)
    })
  )

  it.live(
    "leaves what the user types ahead to the next request",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      yield* session.type("and this")
      expect((yield* session.toolBatch()).request.texts).toEqual(["and this"])
      yield* session.type("and that")
      yield* session.stop
      expect((yield* session.nextRequest).texts).toEqual(["and that"])
      const prompts = session.hookCalls.filter(({ event }) => event === "UserPromptSubmit")
      expect(prompts.map(({ input }) => input["prompt"])).toEqual(["hello", "and this", "and that"])
      expect(new Set(prompts.map(({ input }) => input["prompt_id"])).size).toBe(1)
    })
  )
})

describe("the inbox socket", () => {
  it.live(
    "is the user's own, and begins a turn of an idle session with the text as its prompt",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      expect(statSync(session.inbox.path).mode & 0o777).toBe(0o600)
      expect(yield* say(session, "ding")).toMatchObject([{ fate: "taken" }])
      expect(yield* session.nextRequest).toEqual({ texts: ["ding"] })
      expect(session.state()).toBe("at work")
      expect(session.hookCalls).toHaveLength(1)
      expect(session.hookCalls[0]?.input).toMatchObject({ event: "UserPromptSubmit", prompt: "ding" })
      expect(session.socketLines.map(({ fate }) => fate)).toEqual(["authenticated", "taken"])
    })
  )

  it.live(
    "at work brings the text into the next request, as a prompt of the same turn",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      yield* say(session, "ding")
      expect((yield* session.toolBatch()).request.texts).toEqual(["ding"])
      expect(session.hookCalls.map(({ event }) => event)).toEqual([
        "UserPromptSubmit",
        "PostToolBatch",
        "UserPromptSubmit"
      ])
      expect(new Set(session.hookCalls.map(({ input }) => input["prompt_id"])).size).toBe(1)
      expect(yield* session.shown("ding")).toEqual({ texts: ["ding"] })
    })
  )

  it.live(
    "begins a turn with what came too late for the one before",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      yield* say(session, "one", "two")
      yield* session.escape
      expect((yield* session.nextRequest).texts).toEqual(["one", "two"])
      expect(session.hookCalls.map(({ input }) => input["prompt"])).toEqual(["hello", "one", "two"])
    })
  )

  it.live(
    "drops without a word what it does not take",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      const { inbox } = session
      const whyOf = (...lines: ReadonlyArray<unknown>) =>
        Effect.map(
          Effect.andThen(
            write(inbox, ...lines),
            Effect.forEach(
              lines.filter((line) => line !== proof),
              () => session.nextLine
            )
          ),
          (judged) => judged.map(({ fate, why }) => why ?? fate)
        )
      const proof = auth(inbox)
      yield* session.prompt("hello")
      expect(yield* whyOf(user(session, "a"))).toEqual(["wrong token"])
      expect(yield* whyOf({ type: "auth", token: "x" }, user(session, "a"))).toEqual([
        "wrong token",
        "wrong token"
      ])
      expect(yield* whyOf(proof, "{", { type: "ping" })).toEqual(["no message", "no message"])
      expect(yield* whyOf(proof, user(session, "a", "c-other"))).toEqual(["another session"])
      expect(yield* whyOf(proof, user(session, [{ type: "text", text: "a" }]))).toEqual(["no string"])
      expect(yield* whyOf(proof, user(session, "a"), user(session, "a"))).toEqual(["taken", "said twice"])
      expect(yield* whyOf(proof, user(session, "b"), user(session, "a"))).toEqual(["taken", "taken"])
      expect(session.dropped()).toHaveLength(8)
      expect((yield* session.toolBatch()).request.texts).toEqual(["a", "b", "a"])
    })
  )

  it.live(
    "knows a session by its new id after /clear",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      const before = session.id()
      yield* session.clear
      yield* write(session.inbox, auth(session.inbox), user(session, "old", before), user(session, "new"))
      expect((yield* session.nextLine).why).toBe("another session")
      expect((yield* session.nextRequest).texts.at(-1)).toBe("new")
    })
  )

  it.live(
    "lets a burst of some 30 through, and then hardly any",
    Effect.gen(function* () {
      const session = yield* sessionIn()
      yield* session.prompt("hello")
      const judged = yield* say(session, ...Array.from({ length: 2 * burst }, (_, index) => `ding ${index}`))
      const taken = judged.filter(({ fate }) => fate === "taken").length
      expect(taken).toBeGreaterThanOrEqual(burst)
      expect(taken).toBeLessThan(burst + 5)
      expect(judged.at(-1)?.why).toBe("too many")
    })
  )

  for (const [inbound, fate] of [
    ["refuse", "dropped"],
    ["hold", "held"]
  ] as const)
    it.live(
      `begins nothing where the user's setting is ${inbound}`,
      Effect.gen(function* () {
        const session = yield* sessionIn({ inbound })
        expect(yield* say(session, "ding")).toMatchObject([{ fate }])
        expect(session.state()).toBe("idle")
        yield* session.prompt("hello")
        expect((yield* session.toolBatch()).request.texts).toEqual([])
      })
    )

  it.live(
    "is told to the server in its environment, or is not",
    Effect.gen(function* () {
      const told = yield* sessionIn()
      const untold = yield* sessionIn({ socket: false, channel: true })
      const variables = ({ server }: HookedSession) =>
        readFileSync(`/proc/${server.pid}/environ`, "utf8")
          .split("\0")
          .filter((one) => one !== "")
      if (process.platform === "linux") {
        expect(variables(told)).toContain(`CLAUDE_CODE_MESSAGING_SOCKET=${told.inbox.path}`)
        expect(variables(told)).toContain(`CLAUDE_CODE_MESSAGING_TOKEN=${told.inbox.token}`)
        expect(variables(told)).toContain(`CLAUDE_CODE_SESSION_ID=${told.id()}`)
        expect(
          variables(untold)
            .map((one) => one.split("=")[0])
            // Where the tests have a bus for each home, what the shell of bin/cc-dm leaves, and how it sets up Bun.
            .filter(
              (name = "") =>
                !["CC_DM_BUS_URL", "CC_DM_STARTED_IN", "OLDPWD", "PWD"].includes(name) &&
                !/^(BUN|MIMALLOC)_/.test(name)
            )
            .sort()
        ).toEqual([
          "CC_DM_SESSION_NAME",
          "CC_DM_SESSION_ROLE",
          "CLAUDECODE",
          "CLAUDE_CODE_SESSION_ID",
          "CLAUDE_PLUGIN_ROOT",
          "HOME",
          "PATH"
        ])
      }
    })
  )
})

describe("a channel", () => {
  const push = (session: HookedSession, text: string) =>
    Effect.andThen(session.server.call("push", { text }), session.nextNotification)

  it.live(
    "begins a turn of an idle session, and waits for the next request of one at work",
    Effect.gen(function* () {
      const session = yield* sessionIn({ ...puppet, channel: true })
      yield* push(session, "one < two")
      const inTags = (text: string) => `<channel source="plugin:cc-dm:cc-dm" from="x">${text}</channel>`
      expect((yield* session.nextRequest).texts).toEqual([inTags("one &lt; two")])
      yield* push(session, "three")
      yield* push(session, "four")
      expect((yield* session.toolBatch()).request.texts).toEqual([inTags("three"), inTags("four")])
    })
  )

  for (const channel of [false, "kept off"] as const)
    it.live(
      `that is ${channel === false ? "not there" : "kept off"} drops events silently`,
      Effect.gen(function* () {
        const session = yield* sessionIn({ ...puppet, channel })
        expect((yield* push(session, "hello")).params.content).toBe("hello")
        expect(session.state()).toBe("idle")
        yield* session.prompt("anything new?")
        expect((yield* session.toolBatch()).request.texts).toEqual([])
        expect(session.notifications).toHaveLength(1)
      })
    )

  it.live(
    "shows in the command line of the server's parent, and the server can still be killed alone",
    Effect.gen(function* () {
      for (const signal of ["SIGKILL", "SIGTERM"] as const) {
        const session = yield* sessionIn({ channel: true })
        const { server } = session
        if (process.platform === "linux") {
          const parent = readFileSync(`/proc/${server.pid}/status`, "utf8").match(/^PPid:\t(\d+)$/m)?.[1]
          const commandLine = readFileSync(`/proc/${parent}/cmdline`, "utf8").split("\0")
          expect(commandLine[0]).toBe("claude")
          expect(commandLine.slice(2)).toEqual([...channelArguments, ""])
        }
        yield* server.kill(signal)
        expect(yield* server.ended).toEqual(
          signal === "SIGKILL" ? { code: null, signal } : { code: 0, signal: null }
        )
      }
    })
  )

  it.live(
    "or not, the server ends well with its client",
    Effect.gen(function* () {
      for (const channel of [true, false])
        expect(yield* (yield* sessionIn({ channel })).exit).toEqual({ code: 0, signal: null })
    })
  )
})
