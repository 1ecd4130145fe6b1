/**
 * A plugin's end of the hook socket. Hooks go out one after the other, in the order in which they happened. A server that is not there
 * yet, or is gone, is no error: the agent goes on without it.
 */
import { connect, type Socket } from "node:net"
import type { PluginAnswer, PluginHook } from "../hosts/PluginHooks.ts"

/** How long a hook may hold its agent up, in milliseconds. */
const timeout = 2_000

/** How long until a connection is tried again, in milliseconds. */
const pause = 300

export interface HookClient {
  /** Tells the server what happens. `undefined`: it did not answer, and what it has shown is lost. */
  readonly ask: (hook: PluginHook) => Promise<PluginAnswer | undefined>
  /** Is told of each wake-up, for as long as the client is open, whichever server is there. */
  readonly subscribe: (onWakeUp: (line: string) => void) => void
  readonly close: () => void
}

/** Gives what each whole line says. One that says nothing ends the connection. */
const readLines = (socket: Socket, onLine: (line: object) => void): void => {
  let text = ""
  socket.setEncoding("utf8")
  socket.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n")
    text = lines.pop() ?? ""
    try {
      for (const line of lines) onLine(JSON.parse(line))
    } catch {
      socket.destroy()
    }
  })
}

/** @param find the socket of the server that is there now */
export const openHookClient = (find: () => string | undefined): HookClient => {
  let isOpen = true
  let subscription: Socket | undefined
  let before: Promise<unknown> = Promise.resolve()

  const send = (hook: PluginHook, deadline: number): Promise<PluginAnswer | undefined> =>
    new Promise((resolve) => {
      const path = find()
      // Where no server is, nothing was shown.
      if (path === undefined || !isOpen) return resolve({})
      const left = deadline - performance.now()
      if (left <= 0) return resolve(undefined)
      const socket = connect(path)
      const timer = setTimeout(() => socket.destroy(), left)
      let wasSent = false
      socket.on("connect", () => {
        wasSent = true
        socket.write(`${JSON.stringify({ v: 1, hook })}\n`)
      })
      readLines(socket, (line) => {
        resolve(line)
        socket.destroy()
      })
      socket.on("error", () => undefined)
      socket.on("close", () => {
        clearTimeout(timer)
        resolve(wasSent ? undefined : {})
      })
    })

  const listen = (onWakeUp: (line: string) => void): void => {
    if (!isOpen) return
    const again = () => setTimeout(() => listen(onWakeUp), pause).unref()
    const path = find()
    if (path === undefined) {
      again()
      return
    }
    const socket = connect(path)
    subscription = socket
    socket.on("connect", () => socket.write('{"v":1,"subscribe":"plugin"}\n'))
    readLines(socket, (line) => {
      if ("wakeUp" in line && typeof line.wakeUp === "string") onWakeUp(line.wakeUp)
    })
    socket.on("error", () => undefined)
    socket.on("close", again)
    socket.unref()
  }

  return {
    ask: (hook) => {
      const deadline = performance.now() + timeout
      const answer = before.then(() => send(hook, deadline))
      before = answer
      return answer
    },
    subscribe: listen,
    close: () => {
      isOpen = false
      subscription?.destroy()
    }
  }
}
