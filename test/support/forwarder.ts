/** What stands for the network between a client and a server: it passes on what it gets, until a test breaks it. */
import { connect, createServer, type Server, type Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { freePort } from "../../testkit/postgres/Postgres.ts"

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Forwarder extends Address {
  /** A URL with this address in place of its own. */
  readonly through: (url: string) => string
  /** Resets all connections, and refuses new ones. */
  readonly cut: Effect.Effect<void>
  /** Keeps all connections and takes new ones, and passes nothing on, not even that one was closed. */
  readonly stall: Effect.Effect<void>
  /** Ends `cut` and `stall`. What was sent while it stalled arrives now. */
  readonly heal: Effect.Effect<void>
  /** Passes on to another address, as when an address moves to another machine: connections to the old one are reset. */
  readonly pointTo: (other: Address) => Effect.Effect<void>
}

const make = async (to: Address) => {
  let target = to
  let listening: Server | undefined
  /** What waits while it stalls. */
  let held: Array<() => void> | undefined
  const sockets = new Set<Socket>()

  const pass = (action: () => void) => {
    if (held === undefined) action()
    else held.push(action)
  }

  const join = (from: Socket, into: Socket) => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on("data", (chunk) => pass(() => into.write(chunk)))
    from.on("end", () => pass(() => into.end()))
    // The other side is told by `close`, which follows.
    from.on("error", () => {})
    from.on("close", () => {
      sockets.delete(from)
      pass(() => into.destroy())
    })
  }

  const take = (near: Socket) => {
    sockets.add(near)
    near.on("error", () => {})
    pass(() => {
      if (near.destroyed) return
      const far = connect({ ...target, allowHalfOpen: true })
      join(near, far)
      join(far, near)
      near.resume()
    })
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, take)
      server.once("error", reject)
      server.listen(port, "127.0.0.1", () => {
        listening = server
        resolve()
      })
    })

  const reset = () => {
    held &&= []
    for (const socket of sockets) socket.resetAndDestroy()
    sockets.clear()
  }

  const port = await freePort()
  await listen(port)
  return {
    port,
    reset,
    cut: async () => {
      const server = listening
      listening = undefined
      const closed = server === undefined ? undefined : new Promise((resolve) => server.close(resolve))
      held = undefined
      reset()
      await closed
    },
    stall: () => {
      held ??= []
    },
    heal: async () => {
      const waiting = held ?? []
      held = undefined
      for (const action of waiting) action()
      if (listening === undefined) await listen(port)
    },
    pointTo: (other: Address) => {
      target = other
      reset()
    }
  }
}

/** Starts a forwarder to an address. */
export const startForwarder = (to: Address): Effect.Effect<Forwarder, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => make(to)),
      ({ cut }) => Effect.promise(cut)
    ),
    ({ cut, heal, pointTo, port, stall }) => ({
      host: "127.0.0.1",
      port,
      through: (url) => {
        const changed = new URL(url)
        changed.host = `127.0.0.1:${port}`
        return changed.href
      },
      cut: Effect.promise(cut),
      stall: Effect.sync(stall),
      heal: Effect.promise(heal),
      pointTo: (other) => Effect.sync(() => pointTo(other))
    })
  )
