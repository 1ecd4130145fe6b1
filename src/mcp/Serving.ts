/** Connects the server: from here on the client is answered. Comes last, when everything behind the tools stands. */
import {
  ErrorCode,
  InitializeRequestSchema,
  LATEST_PROTOCOL_VERSION,
  McpError,
  SUPPORTED_PROTOCOL_VERSIONS
} from "@modelcontextprotocol/sdk/types.js"
import { Effect, FiberSet, Layer } from "effect"
import * as z from "zod/v4"
import { quote } from "../domain/Text.ts"
import { Identity } from "../session/Identity.ts"
import { CurrentCall, Inbound } from "../session/Inbound.ts"
import type { CallId } from "../session/ways/State.ts"
import { version } from "../version.ts"
import { McpServer } from "./McpServer.ts"
import { McpTransport } from "./McpTransport.ts"
import { answerHook, sessionHook } from "./SessionHook.ts"
import { callTool, type ToolServices, tools } from "./Tools.ts"
import { instructions, note, noteWithoutBus } from "./Words.ts"

/** How long the greeting waits for the bus, so that it can tell the truth, in milliseconds. */
const patience = 2_000

const greeting = Effect.gen(function* () {
  const identity = yield* Identity
  return yield* identity.current.pipe(
    Effect.map((standing) => instructions(note(standing), standing.missing.length === 0)),
    Effect.timeout(patience),
    Effect.catch((error) => Effect.succeed(instructions(noteWithoutBus(error.message), false)))
  )
})

const toolList = [
  ...tools.map(({ description, inputSchema, name }) => ({
    name,
    description,
    inputSchema,
    // Else the client may hide the tools behind a search.
    _meta: { "anthropic/alwaysLoad": true }
  })),
  sessionHook
]

const call = ({ _meta, arguments: input, name }: Readonly<Record<string, unknown>>, id: CallId) =>
  name === sessionHook.name ? answerHook(input, _meta, id) : callTool(name, input ?? {})

/** Also of a call that was answered already: the client may have given it up at that moment. */
const Cancelled = z.object({
  method: z.literal("notifications/cancelled"),
  params: z.object({ requestId: z.union([z.string(), z.number()]) })
})

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
    // The SDK's own tool handlers refuse arguments that are not an object before a tool could name the mistake.
    server.fallbackRequestHandler = async ({ method, params }, { requestId }) => {
      if (method === "tools/list") return { tools: toolList }
      if (method === "tools/call") {
        const result = await run(Effect.provideService(call(params ?? {}, requestId), CurrentCall, requestId))
        if (result !== undefined) return result
        throw new McpError(ErrorCode.InvalidParams, `there is no tool ${quote(String(params?.["name"]))}`)
      }
      throw new McpError(ErrorCode.MethodNotFound, `there is no method ${quote(method)}`)
    }
    server.setNotificationHandler(Cancelled, async ({ params }) => {
      await run(Effect.flatMap(Inbound, (inbound) => inbound.cancelled(params.requestId)))
    })
    server.onerror = (error) => {
      run(Effect.logDebug(`mcp: ${quote(error.message, 300)}`))
    }

    yield* Effect.acquireRelease(
      Effect.promise(() => server.connect(transport)),
      () => Effect.promise(() => server.close())
    )
  })
)
