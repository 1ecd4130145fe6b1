/**
 * Answers the client from the first moment on. With a slow bus it takes a while until the session behind the tools is there, but
 * starting an agent must not wait for that. A call that needs the session waits for it, for a bounded time.
 */
import {
  ErrorCode,
  InitializeRequestSchema,
  LATEST_PROTOCOL_VERSION,
  McpError,
  SUPPORTED_PROTOCOL_VERSIONS
} from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, FiberSet, Layer, Predicate } from "effect"
import { type Agent, agentOfClient } from "../domain/Agent.ts"
import { quote } from "../domain/Text.ts"
import { type CallId, Host } from "../hosts/Host.ts"
import { Identity } from "../session/Identity.ts"
import { CurrentCall, Inbound } from "../session/Inbound.ts"
import { Settings } from "../settings/Settings.ts"
import { version } from "../version.ts"
import { McpServer } from "./McpServer.ts"
import { McpTransport } from "./McpTransport.ts"
import { type Greeting, isPlainGreeting } from "./PlainMessage.ts"
import { answerHook, answerHookWithoutSession, isSessionHook, sessionHook } from "./SessionHook.ts"
import { callTool, callToolWithoutSession, type ToolServices, tools } from "./Tools.ts"
import { instructions, misplacedNote, note, noteUnanswered, noteWithoutBus } from "./Words.ts"

/**
 * How long the greeting waits for the bus, so that it can say who the session is, in milliseconds. The client calls hooks as soon
 * as the user types, and shows the user an error for each if its server has not greeted it.
 */
const greetingTimeout = 1_000

/** How long a tool waits for the session to be there, in milliseconds. */
const toolTimeout = 5_000

/** Whether an agent has started the server in the way of another one: some take what was made for others. */
const isMisplaced = ({ agent }: Host["Service"], client: Agent): boolean =>
  client !== "other" && client !== agent

/** What the model is told of its agent. */
const adviceFor = (host: Host["Service"], client: Agent): string =>
  isMisplaced(host, client) ? misplacedNote(client) : host.advice

const greetingTo = Effect.fnUntraced(function* (client: Agent) {
  const identity = yield* Identity
  if (isMisplaced(yield* Host, client)) yield* identity.isOf(client)
  const advice = adviceFor(yield* Host, client)
  return yield* identity.current.pipe(
    Effect.map((membership) => instructions(note(membership), membership.missing.length === 0, advice)),
    Effect.catch((error) => Effect.succeed(instructions(noteWithoutBus(error.message), false, advice)))
  )
})

/** The greeting of a server that is only tried: it is not read, and nothing is to be waited for. */
const greetingAtCheck = Effect.succeed(
  instructions(noteWithoutBus("this server was only asked whether it starts."), false)
)

const toolList = (host: Host["Service"]) => [
  ...tools.map(({ description, inputSchema, name, readOnly, title }) => ({
    name,
    title,
    description,
    inputSchema: inputSchema(),
    annotations: { title, readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false },
    _meta: host.toolMeta
  })),
  ...sessionHook(host)
]

type Call = Readonly<Record<string, unknown>>

const call = ({ _meta, arguments: input, name }: Call, id: CallId) =>
  Effect.andThen(
    Effect.flatMap(Identity, ({ showLife }) => showLife),
    isSessionHook(name) ? answerHook(input, _meta, id) : callTool(name, input ?? {})
  )

/** The same while there is no session. */
const callWithoutSession = (host: Host["Service"], { _meta, name }: Call) =>
  isSessionHook(name) ? answerHookWithoutSession(host, _meta) : callToolWithoutSession(name)

type RunInSession = <A, E>(effect: Effect.Effect<A, E, ToolServices>) => Promise<A>

export class Serving extends Context.Service<
  Serving,
  {
    /** The session is there: from now on its services answer. */
    readonly begin: (services: Context.Context<ToolServices>) => Effect.Effect<void>
  }
>()("cc-dm/mcp/Serving") {
  static readonly layer = Layer.effect(
    Serving,
    Effect.gen(function* () {
      const { capabilities, onNotification, server } = yield* McpServer
      const { isHealthCheck } = yield* Settings
      const host = yield* Host
      const transport = yield* McpTransport
      const fibers = yield* FiberSet.make()
      const run = yield* FiberSet.runtimePromise(fibers)()
      const session = yield* Deferred.make<Context.Context<ToolServices>>()
      /** As `run`, with the session's services; absent: it is not there yet. */
      let runInSession: RunInSession | undefined
      const inSession = <A, E>(use: Effect.Effect<A, E, ToolServices>) =>
        Effect.flatMap(Deferred.await(session), (services) => Effect.provideContext(use, services))

      const greet = (client: Agent) =>
        inSession(greetingTo(client)).pipe(
          Effect.timeoutOrElse({
            duration: greetingTimeout,
            orElse: () => Effect.succeed(instructions(noteUnanswered, false, adviceFor(host, client)))
          })
        )
      const answer = async (params: Call, id: CallId) => {
        // A hook is in the user's way, and is answered at once.
        if (runInSession === undefined && !isSessionHook(params["name"]))
          await run(Effect.timeoutOption(Deferred.await(session), toolTimeout))
        if (runInSession === undefined) return callWithoutSession(host, params)
        const reading = { call: id, use: host.toolUse(params["_meta"]) }
        return runInSession(Effect.provideService(call(params, id), CurrentCall, reading))
      }

      const answerGreeting = async ({ clientInfo, protocolVersion }: Greeting) => ({
        protocolVersion: SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion)
          ? protocolVersion
          : LATEST_PROTOCOL_VERSION,
        capabilities,
        serverInfo: { name: "cc-dm", version },
        instructions: await run(isHealthCheck ? greetingAtCheck : greet(agentOfClient(clientInfo.name)))
      })

      // The SDK's own handler reads the greeting by a schema that takes 8 ms to make.
      server.removeRequestHandler("initialize")
      // The SDK's own tool handlers refuse arguments that are not an object before a tool could name the mistake.
      server.fallbackRequestHandler = async (request, { requestId }) => {
        const { method, params } = request
        if (method === "initialize")
          return answerGreeting(
            isPlainGreeting(params) ? params : InitializeRequestSchema.parse(request).params
          )
        if (method === "tools/list") return { tools: toolList(host) }
        if (method === "tools/call") {
          const result = await answer(params ?? {}, requestId)
          if (result !== undefined) return result
          throw new McpError(ErrorCode.InvalidParams, `there is no tool ${quote(String(params?.["name"]))}`)
        }
        throw new McpError(ErrorCode.MethodNotFound, `there is no method ${quote(method)}`)
      }
      // Also of a call that was answered already: the client may have given it up at that moment.
      onNotification("notifications/cancelled", async (params) => {
        const id = Predicate.hasProperty(params, "requestId") ? params.requestId : undefined
        if (typeof id === "string" || typeof id === "number")
          await run(inSession(Effect.flatMap(Inbound, (inbound) => inbound.cancelled(id))))
      })
      server.onerror = (error) => {
        run(Effect.logDebug(`mcp: ${quote(error.message, 300)}`))
      }

      yield* Effect.acquireRelease(
        Effect.promise(() => server.connect(transport)),
        () => Effect.promise(() => server.close())
      )
      const begin = Effect.fnUntraced(function* (services: Context.Context<ToolServices>) {
        const runtime = FiberSet.runtimePromise(fibers)<ToolServices>()
        runInSession = yield* Effect.provideContext(runtime, services)
        yield* Deferred.succeed(session, services)
      })
      return Serving.of({ begin })
    })
  )
}

/** Comes last, when everything behind the tools stands. */
export const InSession = Layer.effectDiscard(
  Effect.gen(function* () {
    const serving = yield* Serving
    yield* serving.begin(yield* Effect.context<ToolServices>())
  })
)
