/**
 * A stand-in for Claude Code: it starts a cc-dm server as a process and speaks the client's side of the
 * protocol over its stdin and stdout. Tests, the demo and the bench use it; the servers are the real ones.
 */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { join } from "node:path"
import { Deferred, Effect, Queue, type Scope } from "effect"
import { busVariables } from "./BusAddress.ts"

export const root = join(import.meta.dir, "../..")

/** The plugin's folder. The demo is built into it, and then plays with the plugin that it stands in. */
export const plugin = import.meta.dir.endsWith("dist") ? join(import.meta.dir, "..") : join(root, "plugin")

/** The server that users install, as the plugin starts it. */
export const builtServer = ["sh", join(plugin, "bin/cc-dm"), "serve"]

/** A channel event, or a verdict, as the server sent it. */
export interface ServerNotification {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>> & {
    readonly content?: string
    readonly meta?: Readonly<Record<string, string>>
  }
  /** When its line was read, by `performance.now()`. */
  readonly at: number
}

/** The answer to a request. */
export interface Reply {
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly code: number; readonly message: string }
}

/** A request on its way. */
export interface SentRequest {
  /** Its JSON-RPC id, which `notifications/cancelled` names. */
  readonly id: number
  /** Waits for the answer; of a cancelled request none need come. */
  readonly reply: Effect.Effect<Reply>
}

/** The result of a tool, with its JSON read. */
export interface ToolResult {
  readonly isError: boolean
  readonly json: Readonly<Record<string, unknown>>
}

/** How a server ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

export interface ClaudeCode {
  /** The server's process, also where others stand in between. */
  readonly pid: number
  /** Sends a request and does not wait for its answer. */
  readonly send: (method: string, params?: object) => Effect.Effect<SentRequest>
  /** Sends a request and waits for its answer. */
  readonly request: (method: string, params?: object) => Effect.Effect<Reply>
  readonly notify: (method: string, params?: object) => Effect.Effect<void>
  /** Writes to the server's stdin as it is. */
  readonly write: (text: string) => Effect.Effect<void>
  /** Does what Claude Code does at the start: probes, initializes, and says that it is ready. */
  readonly initialize: Effect.Effect<Reply>
  /** The model calls a tool; `use` is the id of this use. */
  readonly call: (tool: string, input?: object, use?: string) => Effect.Effect<ToolResult>
  /** The next notification of the server; waits for it. */
  readonly next: Effect.Effect<ServerNotification>
  /** All notifications so far that `next` did not take. */
  readonly unread: Effect.Effect<ReadonlyArray<ServerNotification>>
  /** Stops and resumes reading the server's stdout. */
  readonly pauseReading: Effect.Effect<void>
  readonly resumeReading: Effect.Effect<void>
  readonly closeStdin: Effect.Effect<void>
  readonly closeStdout: Effect.Effect<void>
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly ended: Effect.Effect<Ended>
  /** What the server wrote to stderr so far. */
  readonly stderr: () => string
  /** Every line of stdout so far. */
  readonly lines: () => ReadonlyArray<string>
}

export interface Options {
  /** The home folder, which holds the bus. */
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
  /** The server's command line; the built one by default. */
  readonly command?: ReadonlyArray<string>
  readonly cwd?: string
  /**
   * The arguments that the client itself was started with. Where they are given, the server's parent is a process with
   * the command line `claude ... <arguments>`; else it is whoever starts it here.
   */
  readonly clientArguments?: ReadonlyArray<string>
  /** The command writes the server's process id to file descriptor 3, since other processes stand in between. */
  readonly tellsProcess?: boolean
  /** Takes a line of stdout that is no JSON. Without it, such a line is an error that nobody catches. */
  readonly onStray?: (line: string) => void
}

const launcher = join(import.meta.dir, "Launcher.ts")

const spawnServer = (options: Options): ChildProcessWithoutNullStreams => {
  const command = options.command ?? builtServer
  const cwd = options.cwd ?? root
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: options.home,
    CLAUDE_PLUGIN_ROOT: plugin,
    ...busVariables(options.home),
    ...options.env
  }
  if (options.clientArguments === undefined) {
    const [program = "bun", ...args] = command
    const stdio: Array<"pipe"> = ["pipe", "pipe", "pipe"]
    if (options.tellsProcess === true) stdio.push("pipe")
    return spawn(program, args, {
      stdio,
      cwd,
      env: { CLAUDECODE: "1", ...env }
    }) as ChildProcessWithoutNullStreams
  }
  const child: ChildProcess = spawn("bun", [launcher, ...options.clientArguments], {
    argv0: "claude",
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    cwd,
    env: { ...env, HOST_COMMAND: JSON.stringify(command) }
  })
  // The types know of all three streams only where there is no fourth.
  return child as ChildProcessWithoutNullStreams
}

/** The server's process id, as the launcher or the command tells it; 0 where the server could not be started. */
const launched = (child: ChildProcess): Effect.Effect<number> =>
  Effect.callback((resume) => {
    child.stdio[3]?.once("data", (chunk: Buffer) => resume(Effect.succeed(Number(chunk.toString()))))
    child.once("exit", () => resume(Effect.succeed(0)))
  })

/** Starts a server, and kills it at the end of the scope if it is still there. */
export const start = (options: Options): Effect.Effect<ClaudeCode, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<Ended>()
    let pid = 0
    const isOver = () => child.exitCode !== null || child.signalCode !== null
    const kill = (signal: NodeJS.Signals) => {
      if (isOver()) return
      // Where others stand in between, the signal is for the server; they follow it.
      if (pid === child.pid || pid === 0) child.kill(signal)
      else
        try {
          process.kill(pid, signal)
        } catch {
          // The server is gone already, and the others are about to be.
        }
    }
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawnServer(options)),
      () =>
        Effect.andThen(
          Effect.sync(() => kill("SIGKILL")),
          Deferred.await(ended)
        )
    )
    child.once("exit", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed({ code, signal })))
    const isDirect = options.clientArguments === undefined && options.tellsProcess !== true
    pid = isDirect ? (child.pid ?? 0) : yield* launched(child)
    // A server that is gone breaks its pipes; whoever waits then sees it in `ended`.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on("error", () => {})

    const notifications = yield* Queue.unbounded<ServerNotification>()
    const waiting = new Map<number, Deferred.Deferred<Reply>>()
    const lines: Array<string> = []
    let errors = ""
    let lastId = 0

    const read = (line: string) => {
      try {
        return JSON.parse(line)
      } catch (error) {
        if (options.onStray === undefined) throw error
        options.onStray(line)
        return undefined
      }
    }
    const onLine = (line: string) => {
      const at = performance.now()
      lines.push(line)
      const message = read(line)
      if (message === undefined) return
      if (message.id === undefined) {
        Queue.offerUnsafe(notifications, { method: message.method, params: message.params, at })
        return
      }
      const request = waiting.get(message.id)
      waiting.delete(message.id)
      if (request !== undefined) Deferred.doneUnsafe(request, Effect.succeed(message))
    }
    let rest = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n")
      rest = parts.pop() ?? ""
      for (const part of parts) onLine(part)
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors += chunk
    })

    const write = (text: string) => Effect.sync(() => void child.stdin.write(text))
    const post = (message: object) => write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
    // Claude Code 2.1.197 sends no parameters where there are none.
    const send = (method: string, params?: object) =>
      Effect.suspend(() => {
        const id = ++lastId
        const reply = Deferred.makeUnsafe<Reply>()
        waiting.set(id, reply)
        return Effect.as(post({ id, method, params }), { id, reply: Deferred.await(reply) })
      })
    const request = (method: string, params?: object) =>
      Effect.flatMap(send(method, params), ({ reply }) => reply)
    const notify = (method: string, params?: object) => post({ method, params })

    const initialize = Effect.gen(function* () {
      yield* request("server/discover")
      const reply = yield* request("initialize", {
        protocolVersion: "2025-11-25",
        capabilities: { roots: {} },
        clientInfo: { name: "claude-code", version: "2.1.332" }
      })
      yield* notify("notifications/initialized")
      return reply
    })

    const call = (tool: string, input: object = {}, use = `toolu_${lastId}`) =>
      Effect.map(
        request("tools/call", {
          name: tool,
          arguments: input,
          _meta: { "claudecode/toolUseId": use }
        }),
        ({ error, result }): ToolResult => {
          if (result === undefined) throw new Error(`tools/call ${tool}: ${error?.message}`)
          const [block] = result["content"] as ReadonlyArray<{ readonly text: string }>
          return { isError: result["isError"] === true, json: JSON.parse(block?.text ?? "") }
        }
      )

    return {
      pid,
      send,
      request,
      notify,
      write,
      initialize,
      call,
      next: Queue.take(notifications),
      unread: Queue.clear(notifications),
      pauseReading: Effect.sync(() => void child.stdout.pause()),
      resumeReading: Effect.sync(() => void child.stdout.resume()),
      closeStdin: Effect.sync(() => void child.stdin.end()),
      closeStdout: Effect.sync(() => void child.stdout.destroy()),
      kill: (signal) => Effect.sync(() => kill(signal)),
      ended: Deferred.await(ended),
      stderr: () => errors,
      lines: () => lines
    }
  })

/** Starts a server, initializes it, and waits until it is on the bus: where the bus is slow, it answers before that. */
export const startReady = (options: Options): Effect.Effect<ClaudeCode, never, Scope.Scope> =>
  Effect.tap(
    start(options),
    Effect.fnUntraced(function* (session) {
      const { result } = yield* session.initialize
      if (String(result?.["instructions"]).includes("can't be said now")) yield* session.call("who")
    })
  )

/** The variables of a session with a name and a role. */
export const named = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  CC_DM_SESSION_NAME: name,
  CC_DM_SESSION_ROLE: "worker",
  ...more
})

/** The variables of a session that means to flood the bus. */
export const flooding = { CC_DM_RATE_LIMIT: "off", CC_DM_QUEUE_LIMIT: "off" }

/** The JSON of a tool result. */
export type Json = ToolResult["json"]

/** Who the session is, as a result of any tool says. */
export const nameIn = (json: Json): string => (json["_identity"] as { readonly name: string }).name

/** A row of what `who` lists. */
export interface Listed {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly cwd: string
  readonly project: string | null
  readonly last_seen: string
  readonly nested?: boolean
}

/** The sessions that `who` lists. */
export const sessionsIn = (json: Json) => json["sessions"] as ReadonlyArray<Listed>

/** The id of a session that `who` lists; empty where it does not. */
export const idIn = (json: Json, name: string): string =>
  sessionsIn(json).find((session) => session.name === name)?.id ?? ""
