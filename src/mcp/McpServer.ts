/**
 * The SDK's server, and the layer behind the port `Channel`. The low-level server is used because a channel
 * needs experimental capabilities and notifications of its own.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { ServerCapabilities } from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, Exit, Layer, Option, Queue, Schema } from "effect"
import { PermissionRequest } from "../domain/Permission.ts"
import { Host, type Notification } from "../hosts/Host.ts"
import { Channel } from "../session/Channel.ts"
import { Settings } from "../settings/Settings.ts"
import { version } from "../version.ts"

/** The server before it is connected: handlers may still be set. */
export class McpServer extends Context.Service<
  McpServer,
  {
    readonly server: Server
    readonly capabilities: ServerCapabilities
    /**
     * Hands on the parameters of each notification with this method, as they came. The SDK's own way to a handler reads them by a schema of
     * zod, which takes long to load.
     */
    readonly onNotification: (method: string, handle: (params: unknown) => void | Promise<void>) => void
  }
>()("cc-dm/mcp/McpServer") {
  static readonly layer = Layer.effect(
    McpServer,
    Effect.gen(function* () {
      const { approver } = yield* Settings
      const { channel } = yield* Host
      const capabilities = {
        tools: {},
        ...(channel === undefined ? {} : { experimental: channel.capabilities(approver._tag !== "Nobody") })
      }
      const server = new Server(
        { name: "cc-dm", version },
        {
          capabilities,
          // It would check answers to questions that this server never asks; the default one costs start time.
          jsonSchemaValidator: {
            getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined })
          }
        }
      )
      const handlers = new Map<string, (params: unknown) => void | Promise<void>>()
      server.fallbackNotificationHandler = async ({ method, params }) => handlers.get(method)?.(params)
      return McpServer.of({
        server,
        capabilities,
        onNotification: (method, handle) => {
          server.removeNotificationHandler(method)
          handlers.set(method, handle)
        }
      })
    })
  )
}

export const McpChannel = Layer.effect(
  Channel,
  Effect.gen(function* () {
    const { onNotification, server } = yield* McpServer
    const { channel } = yield* Host
    const ready = yield* Deferred.make<void>()
    const requests = yield* Queue.unbounded<PermissionRequest>()
    const decodeRequest = Schema.decodeUnknownOption(PermissionRequest)

    onNotification("notifications/initialized", () => {
      Deferred.doneUnsafe(ready, Exit.void)
    })
    if (channel !== undefined)
      onNotification(channel.requestMethod, (params) => {
        const request = decodeRequest(params)
        if (Option.isSome(request)) Queue.offerUnsafe(requests, request.value)
      })

    const notify = ({ method, params }: Notification) =>
      server.notification({ method, params: { ...params } })
    /** Without a channel there are none. */
    const send = (notifications: ReadonlyArray<Notification | undefined>) => {
      // A broken stdout ends the server (see Shutdown); there is nobody left to tell.
      const written = Effect.ignore(
        Effect.tryPromise(() => Promise.all(notifications.flatMap((one) => (one ? [notify(one)] : []))))
      )
      return Deferred.isDoneUnsafe(ready) ? written : Effect.andThen(Deferred.await(ready), written)
    }

    return Channel.of({
      ready: Deferred.await(ready),
      push: (messages) => send(messages.map((message) => channel?.event(message))),
      verdict: (requestId, behavior) => send([channel?.verdict(requestId, behavior)]),
      requests
    })
  })
)
