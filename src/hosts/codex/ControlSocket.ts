/**
 * Codex's control socket: JSON-RPC without the field `jsonrpc`, each message one of a WebSocket over a Unix socket. Seen in version
 * 0.171.0. What Codex asks of its clients, such as an approval, is never answered: that is the user's to do, in the terminal.
 */
import { Deferred, Effect, Exit, Option, Schema } from "effect"

/** How a request ended. `Lost`: the connection broke off, or no answer came: whether it was carried out is not known. */
export type Reply =
  | { readonly _tag: "Answered"; readonly result: unknown }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Lost" }

export interface ControlSocket {
  readonly request: (method: string, params: object) => Effect.Effect<Reply>
  /** Waits until the connection has ended. */
  readonly closed: Effect.Effect<void>
}

/** How long an answer is waited for, in milliseconds. */
const answerTimeout = 10_000

/** How long a connection is waited for, in milliseconds. */
const connectTimeout = 5_000

const Incoming = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.optionalKey(Schema.Number),
    method: Schema.optionalKey(Schema.String),
    params: Schema.optionalKey(Schema.Unknown),
    result: Schema.optionalKey(Schema.Unknown),
    error: Schema.optionalKey(Schema.Unknown)
  })
)
const decode = Schema.decodeUnknownOption(Incoming)

const lost: Reply = { _tag: "Lost" }

/** Why there is no connection: nobody listens, or this Bun can't speak WebSocket on a Unix socket, as 1.3.0. */
export type NoConnection = "nobody" | "unable"

const opened = (path: string): Effect.Effect<WebSocket | NoConnection> =>
  Effect.callback<WebSocket | NoConnection>((resume) => {
    try {
      const socket = new WebSocket(`ws+unix://${path}`)
      socket.onopen = () => resume(Effect.succeed(socket))
      socket.onerror = () => resume(Effect.succeed("nobody" as const))
      return Effect.sync(() => socket.close())
    } catch {
      resume(Effect.succeed("unable" as const))
      return Effect.void
    }
  }).pipe(Effect.timeoutOrElse({ duration: connectTimeout, orElse: () => Effect.succeed("nobody" as const) }))

/**
 * Connects, for as long as the scope is open.
 *
 * @param client what the client calls itself
 * @param onNotification is told what Codex says unasked
 */
export const connect = Effect.fnUntraced(function* (
  path: string,
  client: { readonly name: string; readonly version: string },
  onNotification: (method: string, params: unknown) => void
) {
  const socket = yield* Effect.acquireRelease(opened(path), (one) =>
    Effect.sync(() => {
      if (typeof one !== "string") one.close()
    })
  )
  if (typeof socket === "string") return socket
  const waiting = new Map<number, (reply: Reply) => void>()
  const ended = yield* Deferred.make<void>()
  let last = 0

  const end = () => {
    for (const answer of waiting.values()) answer(lost)
    waiting.clear()
    Deferred.doneUnsafe(ended, Exit.void)
  }
  socket.onclose = end
  socket.onerror = end
  socket.onmessage = ({ data }) => {
    const message = Option.getOrUndefined(decode(String(data)))
    if (message?.method !== undefined) {
      if (message.id === undefined) onNotification(message.method, message.params)
      return
    }
    const answer = waiting.get(message?.id ?? 0)
    waiting.delete(message?.id ?? 0)
    answer?.(
      message?.error === undefined ? { _tag: "Answered", result: message?.result } : { _tag: "Refused" }
    )
  }

  const request = (method: string, params: object) =>
    Effect.callback<Reply>((resume) => {
      if (socket.readyState !== WebSocket.OPEN) return resume(Effect.succeed(lost))
      const id = ++last
      waiting.set(id, (reply) => resume(Effect.succeed(reply)))
      socket.send(JSON.stringify({ id, method, params }))
      return Effect.sync(() => void waiting.delete(id))
    }).pipe(Effect.timeoutOrElse({ duration: answerTimeout, orElse: () => Effect.succeed(lost) }))

  const greeted = yield* request("initialize", {
    clientInfo: { ...client, title: client.name },
    // Else additional context is not taken.
    capabilities: { experimentalApi: true, requestAttestation: false }
  })
  if (greeted._tag !== "Answered") return "nobody" as const
  socket.send(JSON.stringify({ method: "initialized", params: {} }))
  const control: ControlSocket = { request, closed: Deferred.await(ended) }
  return control
})
