/**
 * The socket on which a server hears hooks that are commands, and plugins that run within the agent. What comes is one JSON object a
 * line:
 *
 * - `{"v":1,"hook":{...}}` is answered with one line, the answer to that hook, and the connection ends;
 * - `{"v":1,"subscribe":true}` is answered with `{"subscribed":true}`, and then with `{"wakeUp":"..."}` for each wake-up.
 *
 * Only the user's own processes can connect.
 */
import { chmodSync, unlinkSync } from "node:fs"
import type { Socket } from "bun"
import { Effect, Fiber, FiberSet, Option, Schema } from "effect"
import { quote } from "../../domain/Text.ts"
import type { Reception } from "../Host.ts"
import { hookFolders, hookSocketIn, secureHookFolder } from "./Places.ts"

/** The longest line, in characters: a hook's program leaves out what is long. */
const longestLine = 1_000_000

/** So many connections at once. */
const mostConnections = 64

/** How long a connection that asks nothing stays, in seconds. */
const longestSilence = 5

const Line = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ v: Schema.Literal(1), hook: Schema.Record(Schema.String, Schema.Unknown) }),
    Schema.Struct({ v: Schema.Literal(1), subscribe: Schema.Literal(true) })
  ])
)
const decodeLine = Schema.decodeUnknownOption(Line)

interface Connection {
  /** What of a line has come. */
  text: string
  /** The hook that is being answered. */
  answering: Fiber.Fiber<void> | undefined
  isSubscribed: boolean
  readonly decoder: TextDecoder
}

/** What a host does with it. */
export interface HookSocket {
  /** Tells all who have subscribed. `false`: nobody has. */
  readonly announce: (line: string) => boolean
}

/**
 * Listens for as long as the scope is open. Without a socket nothing is heard, and that is logged.
 *
 * @param home the user's home folder
 * @param agent the process that started this server
 * @param key which of its servers this is, if there may be several
 */
export const openHookSocket = Effect.fnUntraced(function* (
  home: string,
  agent: number,
  key: string,
  { hear, learn }: Reception
) {
  const run = yield* FiberSet.makeRuntime<never>()
  const connections = new Set<Socket<Connection>>()
  const subscribers = () => [...connections].filter(({ data }) => data.isSubscribed)

  const take = (socket: Socket<Connection>, text: string): void => {
    const { data } = socket
    const line = Option.getOrUndefined(decodeLine(text))
    if (line === undefined || data.answering !== undefined || data.isSubscribed) return socket.terminate()
    socket.timeout(0)
    if ("subscribe" in line) {
      data.isSubscribed = true
      socket.write('{"subscribed":true}\n')
      run(learn({ wakes: true }))
      return
    }
    data.answering = run(
      Effect.map(hear(line.hook), (answer) => {
        socket.end(`${JSON.stringify(answer)}\n`)
      })
    )
  }

  const close = (socket: Socket<Connection>): void => {
    if (!connections.delete(socket)) return
    const { answering, isSubscribed } = socket.data
    if (answering !== undefined) run(Fiber.interrupt(answering))
    if (isSubscribed && subscribers().length === 0) run(learn({ wakes: false }))
  }

  const listenAt = (path: string) => {
    const listener = Bun.listen<Connection>({
      unix: path,
      socket: {
        open: (socket) => {
          socket.data = { text: "", answering: undefined, isSubscribed: false, decoder: new TextDecoder() }
          connections.add(socket)
          socket.timeout(longestSilence)
          if (connections.size > mostConnections) socket.terminate()
        },
        data: (socket, chunk) => {
          const { data } = socket
          data.text += data.decoder.decode(chunk, { stream: true })
          if (data.text.length > longestLine) return socket.terminate()
          const lines = data.text.split("\n")
          data.text = lines.pop() ?? ""
          for (const line of lines) take(socket, line)
        },
        timeout: (socket) => socket.terminate(),
        close,
        error: close
      }
    })
    chmodSync(path, 0o600)
    return listener
  }

  const open = () => {
    let why = "no folder for it can be had"
    for (const folder of hookFolders(home)) {
      if (!secureHookFolder(folder)) continue
      const path = hookSocketIn(folder, agent, process.pid, key)
      try {
        return { path, listener: listenAt(path) }
      } catch (cause) {
        why = quote(String(cause), 300)
      }
    }
    return { path: undefined, why }
  }

  const opened = yield* Effect.acquireRelease(Effect.sync(open), (socket) =>
    Effect.sync(() => {
      if (socket.path === undefined) return
      socket.listener.stop(true)
      try {
        unlinkSync(socket.path)
      } catch {
        // It is gone already.
      }
    })
  )
  if (opened.path === undefined) yield* Effect.logWarning(`hooks can't reach this session: ${opened.why}`)

  const socket: HookSocket = {
    announce: (line) => {
      const all = subscribers()
      for (const one of all) one.write(`${JSON.stringify({ wakeUp: line })}\n`)
      return all.length > 0
    }
  }
  return socket
})
