/**
 * A session's inbox socket. Its client writes a line `{"type":"auth","token":...}` and then lines
 * `{"type":"user","session_id":...,"message":{"role":"user","content":"text"}}`. Nothing is ever answered: what is
 * not taken is dropped without a word.
 */
import { randomUUID } from "node:crypto"
import { chmodSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { join } from "node:path"
import { Effect, Predicate, Queue, type Scope } from "effect"

/** What the user's setting makes of messages that come from other sessions. */
export type Inbound = "accept" | "refuse" | "hold"

/** Why a line was dropped. */
export type DropReason =
  | "wrong token"
  | "no message"
  | "another session"
  | "no string"
  | "refused"
  | "said twice"
  | "too many"

export interface SocketLine {
  readonly line: string
  readonly fate: "authenticated" | "taken" | "held" | "dropped"
  /** Why, where it was dropped. */
  readonly why?: DropReason
}

export interface InboxSocket {
  readonly path: string
  readonly token: string
  /** Every line so far. */
  readonly lines: ReadonlyArray<SocketLine>
  /** The next line; waits for it. Lines that authenticate are left out where they succeed. */
  readonly next: Effect.Effect<SocketLine>
}

export interface InboxOptions {
  /** A short path: that of a Unix socket has at most 103 bytes on some systems. */
  readonly folder: string
  readonly inbound: Inbound
  readonly sessionId: () => string
  /** Takes a text that passed. */
  readonly take: (text: string) => void
}

/** So many texts pass in a burst, and then some every second. */
export const burst = 30
const perSecond = 0.6

/** Counts what may still pass. */
const makeLimiter = () => {
  let left = burst
  let at = performance.now()
  return () => {
    const now = performance.now()
    left = Math.min(burst, left + ((now - at) / 1_000) * perSecond)
    at = now
    if (left < 1) return false
    left -= 1
    return true
  }
}

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
const at = (value: unknown, key: string): unknown =>
  Predicate.hasProperty(value, key) ? value[key] : undefined

/** Opens the socket. It goes with the scope. */
export const openInbox = (options: InboxOptions): Effect.Effect<InboxSocket, never, Scope.Scope> =>
  Effect.gen(function* () {
    const path = join(options.folder, `in-${randomUUID().slice(0, 8)}.sock`)
    if (Buffer.byteLength(path) > 103) throw new Error(`this path is too long for a socket: ${path}`)
    const token = randomUUID()
    const lines: Array<SocketLine> = []
    const news = yield* Queue.unbounded<SocketLine>()
    const mayPass = makeLimiter()
    let lastText: string | undefined

    const reasonAgainst = (message: unknown): DropReason | undefined => {
      if (at(message, "type") !== "user") return "no message"
      // A line that names no session is for whichever this is.
      const session = at(message, "session_id")
      if (session !== undefined && session !== options.sessionId()) return "another session"
      const content = at(at(message, "message"), "content")
      if (typeof content !== "string") return "no string"
      if (options.inbound === "refuse") return "refused"
      if (content === lastText) return "said twice"
      if (!mayPass()) return "too many"
      lastText = content
      return undefined
    }

    const judge = (line: string, authenticated: boolean): SocketLine => {
      const message = parse(line)
      if (at(message, "type") === "auth")
        return at(message, "token") === token
          ? { line, fate: "authenticated" }
          : { line, fate: "dropped", why: "wrong token" }
      if (!authenticated) return { line, fate: "dropped", why: "wrong token" }
      const why = reasonAgainst(message)
      if (why !== undefined) return { line, fate: "dropped", why }
      if (options.inbound === "hold") return { line, fate: "held" }
      options.take(String(at(at(message, "message"), "content")))
      return { line, fate: "taken" }
    }

    const connections = new Set<Socket>()
    const serve = (connection: Socket) => {
      let authenticated = false
      let rest = ""
      connections.add(connection)
      connection.once("close", () => connections.delete(connection))
      // Whoever writes may hang up as soon as it has written.
      connection.on("error", () => {})
      connection.setEncoding("utf8").on("data", (chunk: string) => {
        const parts = (rest + chunk).split("\n")
        rest = parts.pop() ?? ""
        for (const part of parts) {
          const judged = judge(part, authenticated)
          lines.push(judged)
          if (judged.fate === "authenticated") authenticated = true
          else Queue.offerUnsafe(news, judged)
        }
      })
    }

    yield* Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(serve)
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(path, () => {
          chmodSync(path, 0o600)
          resume(Effect.succeed(server))
        })
      }),
      (server) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const connection of connections) connection.destroy()
        })
    )
    return { path, token, lines, next: Queue.take(news) }
  })
