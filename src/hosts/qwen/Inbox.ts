/**
 * Qwen Code's inbox: the socket on which a session takes messages of other programs, as its documentation describes it under
 * "Cross-session protocol". A process that the session has started, as this server, is given the socket and a token of its own in its
 * environment. What became of a message is told to a socket of the sender's.
 */
import { chmodSync } from "node:fs"
import type { Server, Socket } from "node:net"
import { Effect, Option, Redacted, Schema } from "effect"
import { net } from "../../platform/Late.ts"
import { randomToken, sha256 } from "../../platform/System.ts"
import { textLines } from "../../platform/TextLines.ts"
import { hookFolders, secureHookFolder } from "../HookPlaces.ts"

/** Where the inbox is, and the word that it wants first. */
export interface InboxAddress {
  readonly path: string
  readonly token: Redacted.Redacted
}

/** How long is waited for word of a message, in milliseconds. */
const timeout = 10_000

/** The longest line of a receipt, in characters. */
const longestLine = 100_000

const Line = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ type: Schema.Literal("auth"), token: Schema.String }),
    Schema.Struct({
      type: Schema.Literal("control"),
      action: Schema.Literal("delivery_status"),
      status: Schema.String,
      origMsgId: Schema.String
    })
  ])
)
const decodeLine = Schema.decodeUnknownOption(Line)

/** Reads the lines of one connection. Only after the word that was given with the message is anything believed. */
const readReceipts = (socket: Socket, token: string, onStatus: (id: string, status: string) => void) => {
  let isKnown = false
  const take = textLines((one) => {
    const line = Option.getOrUndefined(decodeLine(one))
    if (line?.type === "auth") isKnown = line.token === token
    else if (line !== undefined && isKnown) onStatus(line.origMsgId, line.status)
  }, longestLine)
  socket.setEncoding("utf8")
  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk) => {
    if (!take(String(chunk))) socket.destroy()
  })
}

const listenAt = (server: Server, path: string) =>
  Effect.callback<boolean>((resume) => {
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resume(Effect.succeed(true))
    })
  })

/** Gives the socket's path; `undefined`: no folder can hold it. */
const listen = Effect.fnUntraced(function* (server: Server, home: string) {
  for (const folder of hookFolders(home)) {
    const path = `${folder}/receipt-${sha256(randomToken()).slice(0, 12)}.sock`
    if (secureHookFolder(folder) && (yield* listenAt(server, path))) return path
  }
  return undefined
})

const write = (path: string, lines: ReadonlyArray<object>): void => {
  const socket = net().connect(path)
  socket.on("error", () => socket.destroy())
  socket.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
}

/**
 * Puts a message into a session, and gives what the session says became of it: `delivered` if it takes it, `held` if the user is asked
 * first. `undefined`: it says nothing.
 *
 * @param home the user's home folder
 * @param conversation the one that is to get it
 */
export const putInto = (
  { path, token }: InboxAddress,
  home: string,
  conversation: string | undefined,
  content: string
): Effect.Effect<string | undefined> =>
  Effect.scoped(
    Effect.gen(function* () {
      const id = crypto.randomUUID()
      const replyToken = sha256(randomToken())
      const { promise, resolve } = Promise.withResolvers<string>()
      const server = yield* Effect.acquireRelease(
        Effect.sync(() =>
          net().createServer((socket) =>
            readReceipts(socket, replyToken, (of, status) => {
              if (of === id) resolve(status)
            })
          )
        ),
        (opened) => Effect.sync(() => void opened.close())
      )
      const from = yield* listen(server, home)
      if (from === undefined) return undefined
      write(path, [
        { msgV: 1, type: "auth", token: Redacted.value(token) },
        {
          msgV: 1,
          msgId: id,
          type: "user",
          from,
          replyToken,
          fromName: "cc-dm",
          ...(conversation === undefined ? {} : { toSessionId: conversation }),
          priority: "next",
          message: { role: "user", content }
        }
      ])
      return Option.getOrUndefined(
        yield* Effect.timeoutOption(
          Effect.promise(() => promise),
          timeout
        )
      )
    })
  )
