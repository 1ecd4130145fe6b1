/**
 * Doorbells of a bus in a file: one Unix socket a session, `~/.cc-dm/doorbell/<id>.sock`, or, if that can't be had, in a folder elsewhere
 * (`doorbellFolders`). Connecting to it is the ring.
 *
 * That a socket can't be connected to says little: a sandbox may forbid it, descriptors may have run out, the listener may be busy, and
 * Bun reports all of that as refused. So death wants a proof: the process is gone, or a socket of this process in the very same folder
 * answers at that moment and the other does not.
 */
import { chmodSync, lstatSync, statSync, unlinkSync } from "node:fs"
import { dirname } from "node:path"
import { Deferred, Effect, Exit, Layer, Result } from "effect"
import { isSessionId, type SessionId } from "../../../domain/Name.ts"
import { quote, worded } from "../../../domain/Text.ts"
import { randomHex } from "../../../platform/Platform.ts"
import { isPrivateFolder } from "../../../platform/PrivateFolder.ts"
import { fateOf, kernel } from "../../../platform/ServerProcess.ts"
import { makeSignal } from "../../../platform/Signal.ts"
import { Settings } from "../../../settings/Settings.ts"
import { type Bell, Doorbell, type Ring } from "../Doorbell.ts"
import { secureDoorbells } from "./BusFolder.ts"
import { busPaths, doorbellFolders } from "./BusPaths.ts"

/** The longest path of a Unix socket on macOS, in bytes. On Linux, Bun goes by way of the open folder if it is too long. */
const longestPath = process.platform === "linux" ? Number.POSITIVE_INFINITY : 103

/** How many ringers may stay connected, and for how many seconds each. An honest ringer hangs up at once. */
const mostOnTheLine = 32
const longestOnTheLine = 5

const connect = (path: string): Effect.Effect<boolean> =>
  Effect.callback<boolean>((resume) => {
    const done = (answered: boolean) => resume(Effect.succeed(answered))
    Bun.connect({
      unix: path,
      socket: { open: (socket) => void socket.end(), data: () => {}, error: () => done(false) }
    }).then(
      () => done(true),
      () => done(false)
    )
  })

const isFile = (path: string): boolean => {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}

const remove = (path: string) => {
  try {
    unlinkSync(path)
  } catch {
    // It was not there.
  }
}

/** Names a folder on this run of the kernel. Two mounts at the same path, or two machines that share a disk, have different ones. */
export const socketSpaceOf = (folder: string): string | undefined => {
  const boot = kernel()
  try {
    const { dev, ino } = statSync(folder)
    return boot === undefined ? undefined : `${boot} ${dev}:${ino}`
  } catch {
    return undefined
  }
}

/** Logs that a session has no doorbell. */
const silent = (why: string) =>
  Effect.logWarning(`no doorbell (${why}): messages arrive by the poll alone, within half a second`)

interface Listener {
  readonly stop: (force: boolean) => void
}

/** Listens on a socket that only this user may connect to, and calls back at each ring. Throws if it can't be had. */
const listenAt = (path: string, onRing: () => void): Listener => {
  const onTheLine = new Set<{ readonly terminate: () => void }>()
  const listener = Bun.listen({
    unix: path,
    socket: {
      // The ringer hangs up: some versions of Bun tell it that it was refused if this end is faster.
      open: (socket) => {
        onRing()
        onTheLine.add(socket)
        socket.timeout(longestOnTheLine)
        const [longest] = onTheLine
        if (onTheLine.size > mostOnTheLine) longest?.terminate()
      },
      data: (socket) => socket.terminate(),
      timeout: (socket) => socket.terminate(),
      close: (socket) => void onTheLine.delete(socket),
      error: (socket) => void onTheLine.delete(socket)
    }
  })
  chmodSync(path, 0o600)
  return listener
}

/** Doorbells as sockets. */
export const SocketDoorbell = Layer.effect(
  Doorbell,
  Effect.gen(function* () {
    const paths = busPaths((yield* Settings).folder)
    const pathIn = (folder: string, id: string) => `${folder}/${id}.sock`
    /** The sockets of this process. */
    const mine = new Map<string, string>()

    /** Where the socket of a session stands. The path is made of the id, and the row may be anybody's. */
    const socketsOf = (id: string): ReadonlyArray<string> =>
      isSessionId(id)
        ? doorbellFolders(paths)
            .filter((folder) => folder === paths.doorbells || isPrivateFolder(folder))
            .map((folder) => pathIn(folder, id))
            .filter(isFile)
        : []

    const listen = Effect.fn("Doorbell.listen")(function* (id: SessionId) {
      const { give: knock, next: nextRing } = makeSignal()
      let listener: Listener | undefined
      const close = (path: string) =>
        Effect.sync(() => {
          mine.delete(id)
          listener?.stop(true)
          listener = undefined
          remove(path)
        })
      /** Some file systems hold sockets that can't be connected to. */
      const openIn = Effect.fnUntraced(function* (folder: string) {
        const path = pathIn(folder, id)
        if (Buffer.byteLength(path) > longestPath)
          return yield* Effect.fail(`the path ${worded(path)} is too long for a socket`)
        yield* Effect.mapError(secureDoorbells(paths, folder), (error) => error.message)
        listener = yield* Effect.try({
          try: () => listenAt(path, knock),
          catch: (cause) => quote(String(cause), 300)
        })
        if (yield* connect(path)) return path
        yield* close(path)
        return yield* Effect.fail(`the socket ${worded(path)} does not answer`)
      })
      const open = Effect.gen(function* () {
        yield* Effect.mapError(secureDoorbells(paths, paths.doorbells), (error) => error.message)
        const [first = paths.doorbells, ...others] = doorbellFolders(paths)
        const opened = yield* Effect.catch(openIn(first), (why) =>
          Effect.mapError(Effect.firstSuccessOf(others.map(openIn)), () => why)
        )
        mine.set(id, opened)
      })
      const found = yield* Effect.acquireRelease(Effect.result(open), () =>
        Effect.suspend(() => close(mine.get(id) ?? ""))
      )
      if (Result.isFailure(found)) yield* silent(found.failure)
      const works = Result.isSuccess(found)
      const repair = Effect.suspend(() => {
        const path = mine.get(id)
        if (!works || (path !== undefined && isFile(path))) return Effect.void
        return Effect.andThen(close(path ?? ""), open)
      }).pipe(
        Effect.catchDefect((defect) => Effect.fail(String(defect))),
        Effect.catch((why) => Effect.logWarning(`the doorbell can't be put back: ${why}`))
      )
      const space = () => {
        const path = mine.get(id)
        return path === undefined ? undefined : socketSpaceOf(dirname(path))
      }
      return { nextRing, works, knock, repair, space }
    })

    // Mostly it is the first, and looking for the others takes longer than the ring.
    const ringOnce = Effect.fnUntraced(function* (id: string) {
      const first = pathIn(paths.doorbells, id)
      if (isSessionId(id) && isFile(first) && (yield* connect(first))) return "rung" as const
      for (const path of socketsOf(id)) if (path !== first && (yield* connect(path))) return "rung" as const
      return "unknown" as const
    })

    // A ring that began before a commit may be answered before it, so a caller joins only a ring that has not
    // begun: for each session one is under way and one waits for it, at most.
    const underWay = new Map<string, Deferred.Deferred<void>>()
    const waiting = new Map<string, Deferred.Deferred<Ring>>()
    const begin = (id: string) =>
      Effect.suspend(() => {
        const end = Deferred.makeUnsafe<void>()
        underWay.set(id, end)
        return Effect.onExit(ringOnce(id), () => {
          underWay.delete(id)
          return Deferred.done(end, Exit.void)
        })
      })
    const beginAfter = (id: string, before: Deferred.Deferred<void>) => {
      const mine = Deferred.makeUnsafe<Ring>()
      waiting.set(id, mine)
      const leave = Effect.sync(() => waiting.delete(id))
      return Effect.onExit(
        Effect.andThen(
          Effect.onExit(Deferred.await(before), () => leave),
          begin(id)
        ),
        (exit) => Deferred.done(mine, exit)
      )
    }
    const ring = ({ doorbell, id }: Bell): Effect.Effect<Ring> =>
      Effect.suspend(() => {
        if (!doorbell) return Effect.succeed<Ring>("unknown")
        const next = waiting.get(id)
        if (next !== undefined) return Deferred.await(next)
        const before = underWay.get(id)
        return before === undefined ? begin(id) : beginAfter(id, before)
      })

    /** Whether connecting works for this process in a folder, by trying it with a socket of its own there. */
    const worksIn = Effect.fnUntraced(function* (folder: string) {
      const path = `${folder}/.probe-${yield* randomHex(6)}`
      return yield* Effect.acquireUseRelease(
        Effect.try(() => listenAt(path, () => {})),
        () => connect(path),
        (listener) =>
          Effect.sync(() => {
            listener.stop(true)
            remove(path)
          })
      ).pipe(Effect.orElseSucceed(() => false))
    })

    const isDead = Effect.fnUntraced(function* ({ doorbell, id, server, socketSpace }: Bell) {
      const fate = server === undefined ? "unknown" : fateOf(server)
      if (fate !== "unknown") return fate === "ended"
      const [socket, ...others] = doorbell ? socketsOf(id) : []
      if (socket === undefined || others.length > 0) return false
      // A folder that only has the same path as ours tells nothing about the session.
      if (socketSpace !== undefined && socketSpace !== socketSpaceOf(dirname(socket))) return false
      return yield* worksIn(dirname(socket))
    })

    const reach = (session: Bell) =>
      Effect.flatMap(ring(session), (rung) =>
        rung === "rung"
          ? Effect.succeed("rung" as const)
          : Effect.map(isDead(session), (dead) => (dead ? ("dead" as const) : ("unknown" as const)))
      )

    const clear = Effect.fn("Doorbell.clear")(function* (id: string) {
      if ((yield* ring({ id, doorbell: true })) === "rung") return
      for (const path of socketsOf(id)) remove(path)
    })

    return Doorbell.of({ listen, ring, reach, clear })
  })
)
