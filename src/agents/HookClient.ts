/**
 * A plugin's end of the hook socket. Hooks go out one after the other, in the order in which they happened. A server that is not there
 * yet, or is gone, is no error: the agent goes on without it.
 */
import { connect, type Socket } from "node:net"
import type { PluginAnswer, PluginHook } from "../hosts/PluginHooks.ts"
import { textLines } from "../platform/TextLines.ts"

/** How long a hook may hold its agent up, in milliseconds, and how long one may take that it does not wait for. */
const timeout = 2_000
const timeoutBehind = 30_000

/** How long until a connection is tried again, in milliseconds. */
const pause = 300

export interface HookClient {
  /** Tells the server what happens, and gives its answer, empty if it had no time to hear. `undefined`: what it has shown is lost. */
  readonly ask: (hook: PluginHook) => Promise<PluginAnswer | undefined>
  /** Tells the server what happens. `false`: it may not have heard of it. */
  readonly tell: (hook: PluginHook) => Promise<boolean>
  /** Is told of each wake-up, for as long as the client is open, whichever server is there. */
  readonly subscribe: (onWakeUp: (line: string) => void) => void
  readonly close: () => void
}

/** Gives what each whole line says. One that says nothing ends the connection. */
const readLines = (socket: Socket, onLine: (line: object) => void): void => {
  const take = textLines((line) => onLine(JSON.parse(line)))
  socket.setEncoding("utf8")
  socket.on("data", (chunk: string) => {
    try {
      take(chunk)
    } catch {
      socket.destroy()
    }
  })
}

/**
 * @param find the socket of the server that is there now
 * @param greeting what each server is told first, if anything
 */
export const openHookClient = (find: () => string | undefined, greeting?: () => PluginHook): HookClient => {
  let isOpen = true
  let subscription: Socket | undefined
  let greeted: string | undefined
  let before: Promise<unknown> = Promise.resolve()

  const sendTo = (
    path: string,
    hook: PluginHook,
    deadline: number,
    unsent: PluginAnswer | undefined
  ): Promise<PluginAnswer | undefined> =>
    new Promise((resolve) => {
      const left = deadline - performance.now()
      if (left <= 0) return resolve(unsent)
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

  const greet = async (path: string, deadline: number): Promise<void> => {
    if (path === greeted || greeting === undefined) return
    greeted = path
    await sendTo(path, greeting(), deadline, undefined)
  }
  const send = async (
    hook: PluginHook,
    deadline: number,
    unsent: PluginAnswer | undefined
  ): Promise<PluginAnswer | undefined> => {
    const path = find()
    // Where no server is, nothing was shown.
    if (path === undefined || !isOpen) return {}
    await greet(path, deadline)
    return sendTo(path, hook, deadline, unsent)
  }
  /** In the order in which it all happened. */
  const queue = <A>(run: () => Promise<A>): Promise<A> => {
    const done = before.then(run)
    before = done
    return done
  }

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
    socket.on("connect", () => {
      socket.write('{"v":1,"subscribe":"plugin"}\n')
      void queue(() => greet(path, performance.now() + timeoutBehind))
    })
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
      const answer = queue(() => send(hook, deadline, {}))
      // What was sent in time has ended by then, and what was not is not sent any more.
      return new Promise((resolve) => {
        const timer = setTimeout(() => resolve({}), timeout + 100)
        void answer.then((given) => {
          clearTimeout(timer)
          resolve(given)
        })
      })
    },
    tell: (hook) => {
      const deadline = performance.now() + timeoutBehind
      return queue(() => send(hook, deadline, undefined)).then((answer) => answer !== undefined)
    },
    subscribe: listen,
    close: () => {
      isOpen = false
      subscription?.destroy()
    }
  }
}
