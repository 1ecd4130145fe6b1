/**
 * A client of MCP, for an agent that has none: it starts a server, and calls its tools. The server speaks one JSON object a line, and
 * asks the client nothing but whether it is there.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { textLines } from "../platform/TextLines.ts"

const protocolVersion = "2025-06-18"

/** How long the server may take to end by itself, in milliseconds. */
const timeToEnd = 2_000

export interface McpTool {
  readonly name: string
  readonly title?: string
  readonly description: string
  readonly inputSchema: object
}

export interface ToolResult {
  readonly content: ReadonlyArray<{ readonly type: string; readonly text?: string }>
  readonly isError?: boolean
}

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly result?: object
  readonly error?: { readonly message: string }
}

export interface McpClient {
  /** What the server wants the model to know. */
  readonly instructions: string
  readonly tools: ReadonlyArray<McpTool>
  /** Calls a tool. `signal`: the agent does not want the result any more. */
  readonly call: (
    params: { readonly name: string; readonly arguments: object; readonly _meta: object },
    signal: AbortSignal | undefined
  ) => Promise<ToolResult>
  /** Ends the server, and waits until it has ended. */
  readonly close: () => Promise<void>
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
  })

/**
 * Starts a server, and waits until it is ready. Fails if it ends before that.
 *
 * @param env what its environment has beside this process's own
 */
export const startMcpServer = async (options: {
  readonly command: readonly [program: string, ...args: ReadonlyArray<string>]
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly client: { readonly name: string; readonly version: string }
}): Promise<McpClient> => {
  const [program, ...args] = options.command
  const child = spawn(program, args, {
    cwd: options.folder,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "ignore"]
  })
  const waiting = new Map<number, { resolve: (result: object) => void; reject: (error: Error) => void }>()
  let count = 0

  const failAll = (why: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(why))
    waiting.clear()
  }
  const gone = "the server of cc-dm has ended: start this session anew"
  child.once("error", ({ message }) => failAll(`the server of cc-dm does not start: ${message}`))
  child.once("exit", () => failAll(gone))
  child.stdin.on("error", () => undefined)

  const write = (message: object): void => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
  }
  const take = ({ error, id, method, result }: Answer): void => {
    if (id === undefined) return
    if (method !== undefined) {
      write({ id, result: {} })
      return
    }
    const request = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) request?.resolve(result ?? {})
    else request?.reject(new Error(error.message))
  }
  child.stdout.setEncoding("utf8")
  child.stdout.on(
    "data",
    textLines((line) => {
      try {
        take(JSON.parse(line))
      } catch {
        child.kill()
      }
    })
  )

  const request = (method: string, params: object, signal?: AbortSignal): Promise<object> =>
    new Promise((resolve, reject) => {
      if (child.exitCode !== null || child.signalCode !== null) return reject(new Error(gone))
      count += 1
      const id = count
      waiting.set(id, { resolve, reject })
      signal?.addEventListener(
        "abort",
        () => {
          if (!waiting.delete(id)) return
          write({ method: "notifications/cancelled", params: { requestId: id } })
          reject(new Error("the call was given up"))
        },
        { once: true }
      )
      write({ id, method, params })
    })

  const close = async (): Promise<void> => {
    child.stdin.end()
    const timer = setTimeout(() => child.kill(), timeToEnd)
    await ended(child)
    clearTimeout(timer)
  }

  try {
    const { instructions = "" } = (await request("initialize", {
      protocolVersion,
      capabilities: {},
      clientInfo: options.client
    })) as { readonly instructions?: string }
    write({ method: "notifications/initialized" })
    const { tools } = (await request("tools/list", {})) as { readonly tools: ReadonlyArray<McpTool> }
    return {
      instructions,
      tools,
      call: async (params, signal) => (await request("tools/call", params, signal)) as ToolResult,
      close
    }
  } catch (error) {
    child.kill()
    throw error
  }
}
