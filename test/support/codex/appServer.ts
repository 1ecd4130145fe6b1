/**
 * A stand-in for the background service of Codex, as version 0.171.0 was seen: `codex app-server --listen unix://PATH -- SERVER`. It
 * starts the server, passes on what is said over stdin and stdout, and answers clients on its control socket. A test says over
 * the same socket what happens in its thread: `test/set` and `test/seen`.
 */
import { spawn } from "node:child_process"

const args = process.argv.slice(2)
const path = args[args.indexOf("--listen") + 1]?.slice("unix://".length) ?? ""
const [program = "", ...rest] = args.slice(args.indexOf("--") + 1)

/** The thread of the server that runs here, and one of somebody else. */
const thread = "thread-own"
const threads = ["thread-other", thread]

interface State {
  status: object
  turns: ReadonlyArray<object>
  /** Whether `turn/start` is refused. */
  refuses: boolean
}
const state: State = { status: { type: "idle" }, turns: [], refuses: false }
const started: Array<object> = []
const methods: Array<string> = []

const server = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] })
process.stdin.on("data", (chunk) => server.stdin.write(chunk)).on("end", () => server.stdin.end())
server.on("exit", (code) => process.exit(code ?? 1))
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => server.kill(signal))

/** The calls that came over the control socket. */
const calls = new Map<string, (result: unknown) => void>()
let text = ""
server.stdout.on("data", (chunk) => {
  const lines = (text + chunk).split("\n")
  text = lines.pop() ?? ""
  for (const line of lines) {
    const message = JSON.parse(line)
    const call = calls.get(message.id)
    calls.delete(message.id)
    if (call === undefined) process.stdout.write(`${line}\n`)
    else call(message.result)
  }
})

const callTool = (id: number, { arguments: input, threadId, tool }: Record<string, unknown>) =>
  new Promise((resolve) => {
    if (threadId !== thread) return resolve(undefined)
    calls.set(`control-${id}`, resolve)
    const params = { name: tool, arguments: input, _meta: { threadId, progressToken: id } }
    server.stdin.write(
      `${JSON.stringify({ jsonrpc: "2.0", id: `control-${id}`, method: "tools/call", params })}\n`
    )
  })

type Params = Record<string, unknown>

const answer = async (id: number, method: string, params: Params): Promise<unknown> => {
  switch (method) {
    case "initialize":
      return { userAgent: "stand-in", codexHome: "/nowhere", platformFamily: "unix", platformOs: "linux" }
    case "thread/loaded/list":
      return { data: threads, nextCursor: null }
    case "mcpServer/tool/call":
      return callTool(id, params)
    case "thread/read":
      return { thread: { id: thread, cwd: "/project", status: state.status } }
    case "thread/turns/list":
      return { data: state.turns, nextCursor: null }
    case "turn/start":
      if (state.refuses) return undefined
      started.push(params)
      return { turn: { id: `turn-${started.length}`, status: "inProgress", items: [] } }
    case "test/set":
      Object.assign(state, params)
      if (params["status"] !== undefined)
        listener.publish(
          "all",
          JSON.stringify({
            method: "thread/status/changed",
            params: { threadId: thread, status: state.status }
          })
        )
      return {}
    case "test/seen":
      return { started, methods }
    default:
      return undefined
  }
}

const listener = Bun.serve({
  unix: path,
  fetch: (request, bun) => (bun.upgrade(request) ? undefined : new Response("", { status: 400 })),
  websocket: {
    open: (socket) => void socket.subscribe("all"),
    message: async (socket, data) => {
      const { id, method, params } = JSON.parse(String(data))
      methods.push(method)
      if (id === undefined) return
      const result = await answer(id, method, params)
      socket.send(
        JSON.stringify(
          result === undefined ? { id, error: { code: -32600, message: "refused" } } : { id, result }
        )
      )
    }
  }
})
