/**
 * A stand-in for a whole session of Claude Code, with the ways into it: the hooks that the plugin declares, the
 * inbox socket, and, where it was started with one, the channel. A test plays the user and the model: it prompts, has
 * tools called, lets an answer end. What the model would have been shown is written down in `requests`.
 *
 *     idle --prompt, a text from outside--> at work --stop, escape, clear, resumeOther--> idle
 *
 * Texts from outside (a line on the socket, an event of the channel, a user who types ahead) begin a turn where the
 * session is idle. At work they wait for the request that follows a batch of tools or a `Stop` hook that
 * has something to say; what then still waits begins the next turn.
 */
import { randomUUID } from "node:crypto"
import { appendFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { Deferred, Effect, Queue, type Scope, Semaphore } from "effect"
import {
  type ClaudeCode,
  type Ended,
  root,
  type ServerNotification,
  start,
  type ToolResult
} from "./ClaudeCode.ts"
import { type Cancellation, type HookCall, makeHookCalls } from "./HookCalls.ts"
import { type HookEvent, type HookValues, hooksFor } from "./Hooks.ts"
import { type Inbound, type InboxSocket, openInbox, type SocketLine } from "./InboxSocket.ts"

/** What the model was shown that is new: the prompt, contexts given by hooks, texts from outside, results of tools. */
export interface ModelRequest {
  readonly texts: ReadonlyArray<string>
}

/** A call of one of cc-dm's tools by the model. */
export interface ToolCall {
  readonly tool: string
  readonly input?: object
}

/** What a batch of tools led to. */
export interface Batch {
  readonly results: ReadonlyArray<ToolResult>
  readonly request: ModelRequest
}

export interface SessionOptions {
  /** The home folder, which holds the bus and the socket. Its path is short. */
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
  /** The server's command line; the built one by default. */
  readonly command?: ReadonlyArray<string>
  /** The conversation's id at the start; a new one by default. The same again is what `--resume` gives. */
  readonly conversation?: string
  /** `false`: a client that knows no hooks of this kind. */
  readonly hooks?: boolean
  /** `false`: a client that tells the server nothing of a socket. */
  readonly socket?: boolean
  /** What becomes of lines on the socket; `accept` by default. */
  readonly inbound?: Inbound
  /**
   * `true`: the client was started with cc-dm as a channel. `"kept off"`: it was, but a policy or a flag keeps
   * channels off, and events are dropped as without it. Both show alike in the command line of the server's parent.
   * `"skipped"`: the same, and the client's log says so, as it does in 2.1.332.
   */
  readonly channel?: boolean | "kept off" | "skipped"
  /** The arguments that the client was started with, as the command line of the server's parent shows them. */
  readonly clientArguments?: ReadonlyArray<string>
  /** The command writes the server's process id to file descriptor 3. */
  readonly tellsProcess?: boolean
  /** Takes a line of the server's stdout that is no JSON. */
  readonly onStray?: (line: string) => void
}

export interface HookedSession {
  readonly server: ClaudeCode
  readonly inbox: InboxSocket
  /** The conversation's id as it is now. */
  readonly id: () => string
  readonly state: () => "idle" | "at work"

  /** The user's prompt to an idle session: begins a turn, and gives its first request. */
  readonly prompt: (text: string) => Effect.Effect<ModelRequest>
  /**
   * What the user types whenever it comes. At work its hook is called at once, and what that says goes out only with
   * the text, in the next request or the next turn.
   */
  readonly type: (text: string) => Effect.Effect<void>
  /** The model called tools, those of cc-dm that are named here and maybe others: gives the request that follows. */
  readonly toolBatch: (...calls: ReadonlyArray<ToolCall>) => Effect.Effect<Batch>
  /** The model's answer ends. Gives the next request where a hook makes the turn go on, else `undefined`. */
  readonly stop: Effect.Effect<ModelRequest | undefined>
  /** The user ends the turn. No hook is called. */
  readonly escape: Effect.Effect<void>
  /** The user ends the turn before the model has said anything: the prompt, and what hooks gave with it, is taken back. */
  readonly takeBack: Effect.Effect<void>
  /** The model's API fails, and with it the turn. */
  readonly fail: Effect.Effect<void>
  /** A tool of the model waits for the user to allow it. */
  readonly askPermission: Effect.Effect<void>
  /** `/clear`: a new conversation, and a new id. */
  readonly clear: Effect.Effect<void>
  /** `/compact`, by the user or, at work, by the client. The id stays. */
  readonly compact: Effect.Effect<void>
  /** `/resume`: another conversation takes this one's place. */
  readonly resumeOther: (conversation?: string) => Effect.Effect<void>
  /** A subagent calls a tool of cc-dm; the hook behind that calls when `tell` runs. */
  readonly subagentCall: (
    call: ToolCall
  ) => Effect.Effect<{ readonly result: ToolResult; readonly tell: Effect.Effect<void> }>
  /** An event inside a subagent: gives what hooks say, which only the subagent is shown. */
  readonly subagent: (event: HookEvent, values?: HookValues) => Effect.Effect<ReadonlyArray<string>>
  /** `/exit`: ends the server as Claude Code does. */
  readonly exit: Effect.Effect<Ended>
  /** The next call of a hook of this event is given up: its answer reaches nobody, and the server is told. */
  readonly cancelNext: (event: HookEvent, when?: Cancellation) => Effect.Effect<void>

  /** All requests so far. */
  readonly requests: ReadonlyArray<ModelRequest>
  /** The first request of the next turn that the session begins by itself, in order; waits for it. */
  readonly nextRequest: Effect.Effect<ModelRequest>
  /** The first request with a text that contains this; waits for it. */
  readonly shown: (part: string) => Effect.Effect<ModelRequest>
  /** What the user saw of hooks: what they say, and complaints about them. */
  readonly systemMessages: ReadonlyArray<string>
  /** All calls of hooks that are over, those in subagents too. */
  readonly hookCalls: ReadonlyArray<HookCall>
  /** All notifications of the server, whether or not they reached the model. */
  readonly notifications: ReadonlyArray<ServerNotification>
  /** The next notification; waits for it. */
  readonly nextNotification: Effect.Effect<ServerNotification>
  readonly socketLines: ReadonlyArray<SocketLine>
  /** The next line on the socket, also one that is dropped; waits for it. */
  readonly nextLine: Effect.Effect<SocketLine>
  /** The lines that were dropped. */
  readonly dropped: () => ReadonlyArray<SocketLine>
}

/** So often in a row may a `Stop` hook make the turn go on. */
export const stopsInARow = 8

/** How a client is started that has cc-dm as a channel. */
export const channelArguments = ["--dangerously-load-development-channels", "plugin:cc-dm@cc-dm-marketplace"]

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** A channel's event as the model sees it. */
const channelText = ({ content = "", meta = {} }: ServerNotification["params"]) => {
  const attributes = Object.entries({ source: "plugin:cc-dm:cc-dm", ...meta })
    .filter(([key]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(key))
    .map(([key, value]) => ` ${key}="${escaped(value)}"`)
  return `<channel${attributes.join("")}>${escaped(content)}</channel>`
}

/** The client's log of the server, as 2.1.332 names and writes it where channels are off. */
const writeChannelLog = (home: string, conversation: string) => {
  const folder = join(
    home,
    ".cache/claude-cli-nodejs",
    root.replace(/[^a-zA-Z0-9]/g, "-"),
    "mcp-logs-plugin-cc-dm-cc-dm"
  )
  mkdirSync(folder, { recursive: true })
  const timestamp = new Date().toISOString()
  const lines = [
    "Starting connection with timeout of 30000ms",
    "Successfully connected (transport: stdio) in 878ms",
    "Channel notifications skipped: channels feature is not currently available"
  ].map((debug) => `${JSON.stringify({ debug, timestamp, sessionId: conversation, cwd: root })}\n`)
  // Two clients of one folder may begin in the same millisecond.
  appendFileSync(join(folder, `${timestamp.replace(/[:.]/g, "-")}.jsonl`), lines.join(""))
}

/** A text from outside, and how it came. */
interface Outside {
  readonly text: string
  readonly from: "user" | "socket" | "channel"
}

/** What Claude Code makes of a call whose server died before it answered. */
export const connectionClosed: ToolResult = { isError: true, json: { error: "the connection is closed" } }

/** Starts a session with its server, and initializes it. It ends with the scope. */
export const startSession = (options: SessionOptions): Effect.Effect<HookedSession, never, Scope.Scope> =>
  Effect.gen(function* () {
    let id = options.conversation ?? randomUUID()
    let atWork = false
    /** The prompt that the turn began with. */
    let turn: string = randomUUID()
    /** So often in a row did a `Stop` hook make this turn go on. */
    let goneOn = 0
    /** Contexts that belong to the next request, whichever it is. */
    const ahead: Array<string> = []
    /** Texts from outside that nobody has seen yet. A channel's event calls no hook where it does not begin a turn. */
    const waiting: Array<Outside> = []
    /** What the user typed while the model worked, and what hooks said to it. */
    const typed: Array<string> = []
    const wake = yield* Queue.unbounded<void>()
    const arrive = (text: Outside) => {
      waiting.push(text)
      Queue.offerUnsafe(wake, undefined)
    }

    const inbox = yield* openInbox({
      folder: options.home,
      inbound: options.inbound ?? "accept",
      sessionId: () => id,
      take: (text) => arrive({ text, from: "socket" })
    })
    const raw = yield* start({
      home: options.home,
      ...(options.command === undefined ? {} : { command: options.command }),
      ...(options.onStray === undefined ? {} : { onStray: options.onStray }),
      ...(options.tellsProcess === undefined ? {} : { tellsProcess: options.tellsProcess }),
      ...(options.clientArguments === undefined ? {} : { clientArguments: options.clientArguments }),
      ...((options.channel ?? false) === false ? {} : { clientArguments: channelArguments }),
      env: {
        CLAUDE_CODE_SESSION_ID: id,
        ...(options.socket === false
          ? {}
          : { CLAUDE_CODE_MESSAGING_SOCKET: inbox.path, CLAUDE_CODE_MESSAGING_TOKEN: inbox.token }),
        ...options.env
      }
    })
    yield* raw.initialize
    if (options.channel === "skipped") writeChannelLog(options.home, id)

    const systemMessages: Array<string> = []
    const hooks = makeHookCalls(raw, (line) => systemMessages.push(line))
    const knowsHooks = options.hooks ?? true
    const hook = (event: HookEvent, values: HookValues = {}) =>
      Effect.suspend(() =>
        knowsHooks
          ? hooks.call(event, {
              hook_event_name: event,
              session_id: id,
              cwd: root,
              prompt_id: turn,
              ...values
            })
          : Effect.succeed([])
      )
    /** A tool was used, by the main thread or by a subagent. One that failed calls another hook. */
    const wasUsed = (tool: string, use: string, { isError }: ToolResult, values: HookValues = {}) =>
      isError
        ? Effect.void
        : hook("PostToolUse", {
            tool_name: `mcp__plugin_cc-dm_cc-dm__${tool}`,
            tool_use_id: use,
            ...values
          })
    const server: ClaudeCode = {
      ...raw,
      call: (tool, input, use = `toolu_${randomUUID()}`) =>
        Effect.tap(raw.call(tool, input, use), (result) => wasUsed(tool, use, result))
    }
    // Before the server is there, and after it is gone, such a hook can't be called: the user sees an error each time.
    if (knowsHooks && hooksFor("SessionStart", { source: "startup" }).length > 0)
      systemMessages.push("SessionStart hook: error: the server is not connected")

    const requests: Array<ModelRequest> = []
    const ownTurns = yield* Queue.unbounded<ModelRequest>()
    const watchers: Array<{ readonly part: string; readonly found: Deferred.Deferred<ModelRequest> }> = []
    const contains = (request: ModelRequest, part: string) =>
      request.texts.some((text) => text.includes(part))
    const record = (texts: ReadonlyArray<string>): ModelRequest => {
      const request = { texts: [...ahead.splice(0), ...texts] }
      requests.push(request)
      for (const { found, part } of watchers)
        if (contains(request, part)) Deferred.doneUnsafe(found, Effect.succeed(request))
      return request
    }

    /** One step at a time: a turn that begins by itself waits until the test's own step is over. */
    const steps = Semaphore.makeUnsafe(1)
    const step = <A>(
      what: string,
      when: "idle" | "at work" | "any",
      body: Effect.Effect<A>
    ): Effect.Effect<A> =>
      steps.withPermit(
        Effect.suspend(() =>
          when === "any" || atWork === (when === "at work")
            ? body
            : Effect.die(new Error(`${what}: the session is ${atWork ? "at work" : "idle"}`))
        )
      )

    const submit = (prompt: string) =>
      Effect.map(hook("UserPromptSubmit", { prompt }), (contexts) => [prompt, ...contexts])
    const begin = (prompts: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        atWork = true
        goneOn = 0
        const texts: Array<string> = []
        for (const prompt of prompts) {
          turn = randomUUID()
          texts.push(...(yield* submit(prompt)))
        }
        return record(texts)
      })
    /** The next request of a turn. Lines of the socket that wait are submitted just before it, as prompts of the same turn. */
    const goOn = (texts: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const outside: Array<string> = []
        for (const { from, text } of waiting.splice(0))
          outside.push(...(from === "socket" ? yield* submit(text) : [text]))
        return record([...texts, ...typed.splice(0), ...outside])
      })
    const rest = () => {
      atWork = false
      Queue.offerUnsafe(wake, undefined)
    }

    const beginByItself = Effect.suspend(() =>
      atWork || waiting.length + typed.length === 0
        ? Effect.void
        : Effect.map(
            Effect.suspend(() => {
              // What was typed has been submitted.
              ahead.push(...typed.splice(0))
              return begin(waiting.splice(0).map(({ text }) => text))
            }),
            (request) => void Queue.offerUnsafe(ownTurns, request)
          )
    )
    yield* Queue.take(wake).pipe(
      Effect.andThen(steps.withPermit(beginByItself)),
      Effect.forever,
      Effect.forkScoped
    )

    const notifications: Array<ServerNotification> = []
    const news = yield* Queue.unbounded<ServerNotification>()
    const hear = (notification: ServerNotification) =>
      Effect.sync(() => {
        notifications.push(notification)
        // Without the channel they are dropped, and nobody is told.
        if (notification.method === "notifications/claude/channel" && options.channel === true)
          arrive({ text: channelText(notification.params), from: "channel" })
        Queue.offerUnsafe(news, notification)
      })
    yield* server.next.pipe(Effect.andThen(hear), Effect.forever, Effect.forkScoped)

    const callTool = ({ input, tool }: ToolCall) =>
      Effect.raceFirst(server.call(tool, input), Effect.as(server.ended, connectionClosed))

    /** Another context takes the place of this one. */
    const restart = (reason: "clear" | "resume", next: string) =>
      Effect.gen(function* () {
        yield* hook("SessionEnd", { reason })
        id = next
        ahead.length = 0
        ahead.push(...(yield* hook("SessionStart", { source: reason })))
        rest()
      })

    return {
      server,
      inbox,
      id: () => id,
      state: () => (atWork ? "at work" : "idle"),
      prompt: (text) =>
        step(
          "prompt",
          "idle",
          Effect.suspend(() => begin([text]))
        ),
      type: (text) =>
        Effect.suspend(() =>
          atWork
            ? Effect.map(submit(text), (texts) => void typed.push(...texts))
            : Effect.sync(() => arrive({ text, from: "user" }))
        ),
      toolBatch: (...calls) =>
        step(
          "toolBatch",
          "at work",
          Effect.gen(function* () {
            const results = yield* Effect.forEach(calls, callTool)
            const contexts = yield* hook("PostToolBatch")
            goneOn = 0
            return {
              results,
              request: yield* goOn([...results.map(({ json }) => JSON.stringify(json)), ...contexts])
            }
          })
        ),
      stop: step(
        "stop",
        "at work",
        Effect.gen(function* () {
          const contexts = yield* hook("Stop", { stop_hook_active: String(goneOn > 0) })
          if (contexts.length > 0 && goneOn < stopsInARow) {
            goneOn += 1
            return yield* goOn(contexts)
          }
          ahead.push(...contexts)
          rest()
          return undefined
        })
      ),
      escape: step("escape", "at work", Effect.sync(rest)),
      takeBack: step(
        "takeBack",
        "at work",
        Effect.sync(() => {
          requests.pop()
          rest()
        })
      ),
      fail: step(
        "fail",
        "at work",
        Effect.andThen(hook("StopFailure", { error: "overloaded" }), Effect.sync(rest))
      ),
      askPermission: step(
        "askPermission",
        "at work",
        Effect.asVoid(hook("PermissionRequest", { tool_name: "Bash" }))
      ),
      clear: step(
        "clear",
        "any",
        Effect.suspend(() => restart("clear", randomUUID()))
      ),
      compact: step(
        "compact",
        "any",
        Effect.map(hook("SessionStart", { source: "compact" }), (contexts) => void ahead.push(...contexts))
      ),
      resumeOther: (conversation = randomUUID()) =>
        step("resumeOther", "any", restart("resume", conversation)),
      subagentCall: ({ input, tool }) =>
        Effect.suspend(() => {
          const use = `toolu_${randomUUID()}`
          return Effect.map(raw.call(tool, input, use), (result) => ({
            result,
            tell: Effect.asVoid(wasUsed(tool, use, result, { agent_id: "agent-1" }))
          }))
        }),
      subagent: (event, values) => hook(event, { agent_id: "agent-1", ...values }),
      exit: Effect.gen(function* () {
        yield* server.kill("SIGINT")
        yield* Effect.timeoutOption(server.ended, 100)
        yield* server.kill("SIGTERM")
        yield* Effect.timeoutOption(server.ended, 380)
        yield* server.kill("SIGKILL")
        return yield* server.ended
      }),
      cancelNext: (event, when) => Effect.sync(() => hooks.cancelNext(event, when)),
      requests,
      nextRequest: Queue.take(ownTurns),
      shown: (part) =>
        Effect.suspend(() => {
          const earlier = requests.find((request) => contains(request, part))
          if (earlier !== undefined) return Effect.succeed(earlier)
          const found = Deferred.makeUnsafe<ModelRequest>()
          watchers.push({ part, found })
          return Deferred.await(found)
        }),
      systemMessages,
      hookCalls: hooks.log,
      notifications,
      nextNotification: Queue.take(news),
      socketLines: inbox.lines,
      nextLine: inbox.next,
      dropped: () => inbox.lines.filter(({ fate }) => fate === "dropped")
    }
  })
