/**
 * Stands in for the process of opencode or of pi, to load the built plugin in: a program of its own, since a plugin finds its server by the
 * process that both run in. It calls what it is told to on standard input, one JSON array a line, and prints what came of it.
 *
 * What it rests on: the calls of hooks and of the client that were seen of opencode 1.18.33, and the extension interface of pi 0.73.1.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"

const [, , agent = "", file = ""] = process.argv
const print = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
type Handler = (...args: ReadonlyArray<unknown>) => Promise<unknown>

/** What can be called, by name. */
const handlers: Record<string, Handler> = {}
let server: ChildProcess | undefined

const likeOpenCode = async () => {
  /** Sessions that have a parent. */
  const children = new Set(["child"])
  const hooks = await (await import(file)).CcDm({
    client: {
      session: {
        get: async ({ path: { id } }: { path: { id: string } }) => ({
          data: { id, ...(children.has(id) ? { parentID: "main" } : {}) }
        }),
        promptAsync: async (options: object) => {
          print({ woke: options })
          return {}
        }
      },
      tui: { showToast: async () => true },
      app: { log: async (options: object) => print({ logged: options }) }
    }
  })
  for (const [name, hook] of Object.entries<Handler>(hooks))
    handlers[name] = async (...args) => {
      await hook(...args)
      return args.at(-1)
    }
  // opencode starts the servers of its configuration itself, and later.
  handlers["start the server"] = async () => {
    const config: { mcp?: Record<string, { command: [string, ...Array<string>]; environment: object }> } = {}
    await hooks.config(config)
    const { command, environment } = config.mcp?.["cc-dm"] ?? { command: [""], environment: {} }
    server = spawn(command[0], command.slice(1), {
      env: { ...process.env, ...environment },
      stdio: ["pipe", "ignore", "ignore"]
    })
    const client = { name: "opencode", version: "1.18.33" }
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: client }
    server.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`)
    server.stdin?.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`)
    return command
  }
}

const likePi = async () => {
  let idle = true
  const context = {
    cwd: process.cwd(),
    hasUI: true,
    ui: { notify: (line: string) => print({ notified: line }) },
    sessionManager: { getSessionId: () => "pi-session" },
    isIdle: () => idle
  }
  ;(await import(file)).default({
    on: (name: string, handler: Handler) => {
      handlers[name] = async (event) => (await handler(event, context)) ?? null
    },
    registerTool: ({ execute, name }: { execute: Handler; name: string }) => {
      handlers[name] = (id, params) =>
        execute(id, params, undefined).catch((error) => ({ threw: String(error) }))
    },
    sendUserMessage: (line: string) => print({ woke: line })
  })
  handlers["be idle"] = async (value) => {
    idle = value === true
  }
  handlers["tools"] = async () => Object.keys(handlers).filter((name) => name.startsWith("cc_dm_"))
}

await (agent === "pi" ? likePi() : likeOpenCode())
print({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line)
  print({ result: (await handlers[name]?.(...args)) ?? null })
}
await handlers["session_shutdown"]?.({})
server?.kill()
process.exit(0)
