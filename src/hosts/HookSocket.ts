/**
 * The socket on which a server hears hooks that are commands, and plugins that run within the agent. What comes is one JSON object a
 * line:
 *
 * - `{"v":1,"hook":{...}}` is answered with one line, the answer to that hook, and the connection ends;
 * - `{"v":1,"subscribe":true}` is answered with `{"subscribed":true}`, and then with `{"wakeUp":"..."}` for each wake-up. A plugin
 *   says `"plugin"` instead of `true`: while it listens, hooks have `"plugin":true`, since it may tell the same.
 *
 * Only the user's own processes can connect.
 */
import { chmodSync, existsSync, unlinkSync } from "node:fs"
import { Effect, Fiber, FiberSet, Option, Schedule, Schema } from "effect"
import { quote } from "../domain/Text.ts"
import { isThere } from "../platform/ServerProcess.ts"
import { textLines } from "../platform/TextLines.ts"
import { writeToSocket } from "../platform/UnixSocket.ts"
import { hookFolders, hookSocketIn, hookSocketsIn, secureHookFolder } from "./HookPlaces.ts"
import type { Reception } from "./Host.ts"

/** The longest line, in characters: a hook's program leaves out what is long. */
const longestLine = 1_000_000

/** So many connections at once. */
const mostConnections = 64

/** How often is looked whether the socket is still there, in milliseconds. */
const repairSpacing = 30_000

/** How long a connection that asks nothing stays, in seconds. */
const longestSilence = 5

const Line = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ v: Schema.Literal(1), hook: Schema.Record(Schema.String, Schema.Unknown) }),
    Schema.Struct({ v: Schema.Literal(1), subscribe: Schema.Literals([true, "plugin"]) })
  ])
)
const decodeLine = Schema.decodeUnknownOption(Line)

interface Connection {
  readonly lines: (piece: string) => boolean
  /** The hook that is being answered. */
  answering: Fiber.Fiber<void> | undefined
  isSubscribed: boolean
  isPlugin: boolean
  readonly decoder: TextDecoder
}

type Opened =
  | { readonly path: string; readonly listener: { readonly stop: (force: boolean) => void } }
  | { readonly path: undefined; readonly why: string }

const remove = (path: string): void => {
  try {
    unlinkSync(path)
  } catch {
    // It is gone already.
  }
}

/** Removes what servers left behind that were killed: nobody answers there, and their process is gone. */
const removeDead = Effect.fnUntraced(function* (home: string) {
  for (const { path, server } of hookSocketsIn(home))
    if (!isThere(server) && !(yield* writeToSocket(path, ""))) remove(path)
})

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
  const connections = new Set<Bun.Socket<Connection>>()
  const subscribers = () => [...connections].filter(({ data }) => data.isSubscribed)

  const take = (socket: Bun.Socket<Connection>, text: string): void => {
    const { data } = socket
    const line = Option.getOrUndefined(decodeLine(text))
    if (line === undefined || data.answering !== undefined || data.isSubscribed) {
      socket.terminate()
      return
    }
    socket.timeout(0)
    if ("subscribe" in line) {
      data.isSubscribed = true
      data.isPlugin = line.subscribe === "plugin"
      socket.write('{"subscribed":true}\n')
      run(learn({ wakes: true }))
      return
    }
    const plugin = subscribers().some((one) => one.data.isPlugin)
    data.answering = run(
      Effect.map(hear({ ...line.hook, plugin }), (answer) => {
        socket.end(`${JSON.stringify(answer)}\n`)
      })
    )
  }

  const close = (socket: Bun.Socket<Connection>): void => {
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
          socket.data = {
            lines: textLines((line) => take(socket, line), longestLine),
            answering: undefined,
            isSubscribed: false,
            isPlugin: false,
            decoder: new TextDecoder()
          }
          connections.add(socket)
          socket.timeout(longestSilence)
          if (connections.size > mostConnections) socket.terminate()
        },
        data: (socket, chunk) => {
          const { data } = socket
          if (!data.lines(data.decoder.decode(chunk, { stream: true }))) socket.terminate()
        },
        timeout: (socket) => socket.terminate(),
        close,
        error: close
      }
    })
    chmodSync(path, 0o600)
    return listener
  }

  const open = (): Opened => {
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
  let opened = open()
  if (opened.path === undefined) yield* Effect.logWarning(`hooks can't reach this session: ${opened.why}`)
  const shut = () => {
    if (opened.path === undefined) return
    opened.listener.stop(true)
    remove(opened.path)
  }
  yield* Effect.addFinalizer(() => Effect.sync(shut))
  const repair = Effect.sync(() => {
    if (opened.path !== undefined && existsSync(opened.path)) return
    shut()
    opened = open()
  })
  yield* Effect.forkScoped(Effect.repeat(Effect.delay(repair, repairSpacing), Schedule.forever))
  yield* Effect.forkScoped(removeDead(home))

  const socket: HookSocket = {
    announce: (line) => {
      const all = subscribers()
      for (const one of all) one.write(`${JSON.stringify({ wakeUp: line })}\n`)
      return all.length > 0
    }
  }
  return socket
})
