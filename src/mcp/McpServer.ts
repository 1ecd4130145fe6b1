/**
 * The SDK's server, and the layer behind the port `Channel`. The low-level server is used because a channel
 * needs experimental capabilities and notifications of its own.
 */
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { ServerCapabilities } from "@modelcontextprotocol/sdk/types.js"
import { Context, Deferred, Effect, Exit, Layer, Option, Queue, Schema } from "effect"
import * as z from "zod/v4"
import type { Message } from "../domain/Message.ts"
import { type Behavior, PermissionRequest, type RequestId } from "../domain/Permission.ts"
import { plainWords } from "../domain/Text.ts"
import { Channel } from "../session/Channel.ts"
import { Settings } from "../settings/Settings.ts"
import { version } from "../version.ts"

/** The server before it is connected: handlers may still be set. */
export class McpServer extends Context.Service<
  McpServer,
  { readonly server: Server; readonly capabilities: ServerCapabilities }
>()("cc-dm/mcp/McpServer") {
  static readonly layer = Layer.effect(
    McpServer,
    Effect.gen(function* () {
      const { approver } = yield* Settings
      const capabilities = {
        tools: {},
        experimental: {
          "claude/channel": {},
          ...(approver._tag === "Nobody" ? {} : { "claude/channel/permission": {} })
        }
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
      return McpServer.of({ server, capabilities })
    })
  )
}

/** Claude Code escapes quotes and angle brackets in an attribute, but not what ends a line. */
const inAttribute = (text: string): string => plainWords(text).replace(/\s/g, " ")

/** The strings that stand beside the content in the model's view. The keys that route come last: nothing overrides them. */
const metaOf = (message: Message): Record<string, string> => ({
  ...message.metadata,
  ...(message.metadata.thread_id === undefined ? {} : { thread_id: inAttribute(message.metadata.thread_id) }),
  ...(message.options.replyTo === undefined ? {} : { reply_to: String(message.options.replyTo) }),
  ...(message.fromKind === "session" ? {} : { from_kind: message.fromKind }),
  ...(message.proof === "signed" ? {} : { from_proof: "none" }),
  from_session: inAttribute(message.from),
  to_session: inAttribute(message.to),
  message_id: String(message.id),
  sent_at: message.sentAt
})

const RequestNotification = z.object({
  method: z.literal("notifications/claude/channel/permission_request"),
  params: z.unknown()
})

export const McpChannel = Layer.effect(
  Channel,
  Effect.gen(function* () {
    const { server } = yield* McpServer
    const ready = yield* Deferred.make<void>()
    const requests = yield* Queue.unbounded<PermissionRequest>()
    const decodeRequest = Schema.decodeUnknownOption(PermissionRequest)

    server.oninitialized = () => {
      Deferred.doneUnsafe(ready, Exit.void)
    }
    server.setNotificationHandler(RequestNotification, ({ params }) => {
      const request = decodeRequest(params)
      if (Option.isSome(request)) Queue.offerUnsafe(requests, request.value)
    })

    const notify = (method: string, params: Record<string, unknown>) =>
      Effect.andThen(
        Deferred.await(ready),
        // A broken stdout ends the server (see Shutdown); there is nobody left to tell.
        Effect.ignore(Effect.tryPromise(() => server.notification({ method, params })))
      )

    return Channel.of({
      ready: Deferred.await(ready),
      push: (message) =>
        notify("notifications/claude/channel", {
          content: plainWords(message.content),
          meta: metaOf(message)
        }),
      verdict: (requestId: RequestId, behavior: Behavior) =>
        notify("notifications/claude/channel/permission", { request_id: requestId, behavior }),
      requests
    })
  })
)
