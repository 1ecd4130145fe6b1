/** How the MCP server talks: over stdin and stdout, or, for tests, in memory. */
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { ErrorCode } from "@modelcontextprotocol/sdk/types.js"
import { Context, Effect, Layer } from "effect"
import { type Ends, wholeLines } from "../platform/Lines.ts"
import { input, output } from "../platform/StdioPipes.ts"

/** The longest line that is read, in bytes: no client says so much at once. */
const longestLine = 64 * 1024 * 1024

/**
 * The id of a request of which only the two ends are known, as JSON. It counts if it stands outside of everything else:
 * behind the first brace, before any other, or right before the last one. `null` if that can't be told.
 */
export const idIn = ({ head, tail }: Ends): string => {
  const value = String.raw`"id"\s*:\s*(-?\d{1,15}|"(?:[^"\\]|\\.){0,200}")`
  const first = new RegExp(String.raw`^\s*\{[^{}\[\]]*?${value}\s*,`).exec(head)
  const last = new RegExp(String.raw`,\s*${value}\s*\}\s*$`).exec(tail)
  return first?.[1] ?? last?.[1] ?? "null"
}

/** The SDK's transport over stdin and stdout does the same by Node's streams, which take long to load. */
const makeStdio = (onTooLong: (ends: Ends) => void): Transport => {
  let stop = () => {}
  const transport: Transport = {
    start: async () => {
      const fail = (error: unknown) => transport.onerror?.(error as Error)
      const read = (line: Buffer) => {
        try {
          transport.onmessage?.(deserializeMessage(line.toString()))
        } catch (error) {
          fail(error)
        }
      }
      stop = input.listen(wholeLines(longestLine, read, onTooLong))
    },
    send: async (message) => output.write(serializeMessage(message)),
    close: async () => {
      stop()
      transport.onclose?.()
    }
  }
  return transport
}

export class McpTransport extends Context.Service<McpTransport, Transport>()("cc-dm/mcp/McpTransport") {
  /** The protocol of a plugin: JSON-RPC, one message a line. */
  static readonly stdio = Layer.effect(
    McpTransport,
    Effect.gen(function* () {
      const log = Effect.runForkWith(yield* Effect.context<never>())
      const message = `a line of more than ${longestLine / 1024 / 1024} MiB was left out`
      return makeStdio((ends) => {
        log(Effect.logWarning(message))
        const error = JSON.stringify({ code: ErrorCode.InvalidRequest, message })
        output.write(`{"jsonrpc":"2.0","id":${idIn(ends)},"error":${error}}\n`)
      })
    })
  )

  /** A twin in the same process, and the client's end of it. */
  static readonly memory = Layer.effectContext(
    Effect.sync(() => {
      const [client, server] = InMemoryTransport.createLinkedPair()
      return Context.make(McpTransport, server).pipe(Context.add(McpClientEnd, client))
    })
  )
}

/** The client's end of {@link McpTransport.memory}. */
export class McpClientEnd extends Context.Service<McpClientEnd, Transport>()("cc-dm/mcp/McpClientEnd") {}
