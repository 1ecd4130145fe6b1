/** How the MCP server talks: over stdin and stdout, or, for tests, in memory. */
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Context, Effect, Layer } from "effect"

/** A line beyond this size, in bytes, ends the SDK's transport; its own limit of 10 MiB is no match for a broken client. */
const longestLine = 64 * 1024 * 1024

export class McpTransport extends Context.Service<McpTransport, Transport>()("cc-dm/mcp/McpTransport") {
  /** The protocol of a plugin: JSON-RPC, one message a line. */
  static readonly stdio = Layer.sync(McpTransport, () => {
    // Each answer that waits for a slow reader is a listener of the SDK's, and that is no leak.
    process.stdout.setMaxListeners(0)
    return new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: longestLine })
  })

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
