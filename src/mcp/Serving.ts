/** Connects the server: from here on the client is answered. Comes last, when everything behind the tools stands. */
import {
  CallToolRequestSchema,
  ErrorCode,
  InitializeRequestSchema,
  LATEST_PROTOCOL_VERSION,
  ListToolsRequestSchema,
  McpError,
  SUPPORTED_PROTOCOL_VERSIONS
} from "@modelcontextprotocol/sdk/types.js"
import { Effect, FiberSet, Layer } from "effect"
import { Identity } from "../session/Identity.ts"
import { version } from "../version.ts"
import { McpServer } from "./McpServer.ts"
import { McpTransport } from "./McpTransport.ts"
import { callTool, type ToolServices, tools } from "./Tools.ts"
import { instructions, note, noteWithoutBus } from "./Words.ts"

/** How long the greeting waits for the bus, so that it can tell the truth, in milliseconds. */
const patience = 2_000

const greeting = Effect.gen(function* () {
  const identity = yield* Identity
  return yield* identity.current.pipe(
    Effect.map((standing) => instructions(note(standing), standing.registered)),
    Effect.timeout(patience),
    Effect.catch((error) => Effect.succeed(instructions(noteWithoutBus(error.message), false)))
  )
})

const toolList = tools.map(({ description, inputSchema, name }) => ({
  name,
  description,
  inputSchema,
  // Else the client may hide the tools behind a search.
  _meta: { "anthropic/alwaysLoad": true }
}))

export const Serving = Layer.effectDiscard(
  Effect.gen(function* () {
    const { capabilities, server } = yield* McpServer
    const transport = yield* McpTransport
    const run = yield* FiberSet.makeRuntimePromise<ToolServices>()

    server.setRequestHandler(InitializeRequestSchema, async ({ params }) => ({
      protocolVersion: SUPPORTED_PROTOCOL_VERSIONS.includes(params.protocolVersion)
        ? params.protocolVersion
        : LATEST_PROTOCOL_VERSION,
      capabilities,
      serverInfo: { name: "cc-dm", version },
      instructions: await run(greeting)
    }))
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: toolList }))
    server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
      const result = await run(callTool(params.name, params.arguments ?? {}))
      if (result === undefined)
        throw new McpError(ErrorCode.InvalidParams, `unknown tool ${JSON.stringify(params.name)}`)
      return result
    })
    server.onerror = (error) => {
      run(Effect.logDebug(`mcp: ${error.message}`))
    }

    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(transport)),
      () => Effect.promise(() => server.close())
    )
  })
)
