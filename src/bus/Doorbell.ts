/**
 * Doorbells: one Unix socket a session, `~/.cc-dm/doorbell/<id>.sock`. Connecting to it is the ring; nothing is
 * said over it. A ring is only a hint that the bus holds something new: a lost one costs the receiver one
 * poll interval. A refused one shows that the receiver is dead.
 */
import { chmodSync, lstatSync, unlinkSync } from "node:fs"
import { Context, Deferred, Effect, Layer, Queue, type Scope, Semaphore } from "effect"
import { Settings } from "../Config.ts"
import { isSessionId, type SessionId } from "../domain/Name.ts"
import type { RosterEntry } from "../domain/Session.ts"
import { quote, worded } from "../domain/Text.ts"
import { busPaths, secureFolders } from "./BusFolder.ts"

/** What a ring found: somebody was there, nobody is there any more, or the doorbell can't tell. */
export type Ring = "rung" | "dead" | "unknown"

/** The longest path of a Unix socket, in bytes, without the closing zero: 107 on Linux, 103 on macOS. */
const longestPath = process.platform === "linux" ? 107 : 103

/** What connecting to a socket says where its listener is gone. */
const deadCodes = ["ECONNREFUSED", "ENOENT"]

const connect = (path: string): Effect.Effect<Ring> =>
  Effect.callback<Ring>((resume) => {
    const done = (ring: Ring) => resume(Effect.succeed(ring))
    Bun.connect({
      unix: path,
      socket: { open: (socket) => void socket.end(), data: () => {}, error: () => done("unknown") }
    }).then(
      () => done("rung"),
      (error: { readonly code?: string }) => done(deadCodes.includes(error.code ?? "") ? "dead" : "unknown")
    )
  })

const remove = (path: string) =>
  Effect.sync(() => {
    try {
      unlinkSync(path)
    } catch {
      // It was not there.
    }
  })

/** Says that a session has to do without. */
export const silent = (why: string) =>
  Effect.logWarning(`no doorbell (${why}): messages arrive by the poll alone, within half a second`)

export class Doorbell extends Context.Service<
  Doorbell,
  {
    /**
     * Listens on the doorbell of this session for as long as the scope is open.
     *
     * @returns the rings, at most one waiting, and whether there is a doorbell: where a socket can't be had
     * the queue stays silent and the poll alone serves. `mend` puts the socket back where somebody removed it
     */
    readonly listen: (id: SessionId) => Effect.Effect<
      {
        readonly rings: Queue.Dequeue<void>
        readonly works: boolean
        readonly mend: Effect.Effect<void>
      },
      never,
      Scope.Scope
    >
    /** Rings a session, where it has a doorbell. Rings to one session that wait for each other are made one. */
    readonly ring: (session: Pick<RosterEntry, "id" | "doorbell">) => Effect.Effect<Ring>
    /**
     * The same to find out whether anybody is there: an engine that rings by itself when a message is written only looks, and
     * whoever may be about to connect again is given a moment.
     */
    readonly reach: (session: Pick<RosterEntry, "id" | "doorbell">) => Effect.Effect<Ring>
    /** Removes the doorbell of a session that is off the roster, unless somebody still answers it. */
    readonly clear: (id: string) => Effect.Effect<void>
  }
>()("cc-dm/bus/Doorbell") {
  static readonly layer = Layer.effect(
    Doorbell,
    Effect.gen(function* () {
      const paths = busPaths((yield* Settings).folder)
      const pathOf = (id: string) => `${paths.doorbells}/${id}.sock`

      const listen = Effect.fn("Doorbell.listen")(function* (id: SessionId) {
        const rings = yield* Queue.sliding<void>(1)
        const path = pathOf(id)
        let listener: { readonly stop: (force: boolean) => void } | undefined
        const open = Effect.try({
          try: () => {
            listener = Bun.listen({
              unix: path,
              socket: {
                // The ringer hangs up. Some versions of Bun tell it that it was refused where this end is faster.
                open: () => void Queue.offerUnsafe(rings, undefined),
                data: () => {},
                error: () => {}
              }
            })
            chmodSync(path, 0o600)
          },
          catch: (cause) => quote(String(cause), 300)
        })
        const works = yield* Effect.gen(function* () {
          if (Buffer.byteLength(path) > longestPath)
            return yield* Effect.fail(`the path ${worded(path)} is too long for a socket`)
          yield* Effect.mapError(secureFolders(paths), (error) => error.message)
          yield* Effect.acquireRelease(open, () =>
            Effect.andThen(
              Effect.sync(() => listener?.stop(true)),
              remove(path)
            )
          )
          return true
        }).pipe(Effect.catch((why) => Effect.as(silent(why), false)))
        // Others take a doorbell that is gone for a sign of death.
        const mend = Effect.gen(function* () {
          if (!works || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return
          yield* secureFolders(paths)
          listener?.stop(true)
          yield* open
        }).pipe(
          Effect.catchDefect((defect) => Effect.fail(String(defect))),
          Effect.catch((why) => Effect.logWarning(`the doorbell can't be put back: ${String(why)}`))
        )
        return { rings, works, mend }
      })

      // A ring that began before a commit may be answered before it, so a caller joins only a ring that has not
      // begun: for each session one is under way and one waits for it, at most.
      const waiting = new Map<string, Deferred.Deferred<Ring>>()
      const turns = new Map<string, Semaphore.Semaphore>()
      const turnOf = (id: string) => {
        const turn = turns.get(id) ?? Semaphore.makeUnsafe(1)
        turns.set(id, turn)
        return turn
      }
      const ring = ({ doorbell, id }: Pick<RosterEntry, "id" | "doorbell">): Effect.Effect<Ring> =>
        Effect.suspend(() => {
          // The path is made of the id, and the row may be anybody's.
          if (!doorbell || !isSessionId(id)) return Effect.succeed<Ring>("unknown")
          const next = waiting.get(id)
          if (next !== undefined) return Deferred.await(next)
          const mine = Deferred.makeUnsafe<Ring>()
          const begin = () => {
            if (waiting.get(id) === mine) waiting.delete(id)
          }
          waiting.set(id, mine)
          return turnOf(id)
            .withPermit(Effect.andThen(Effect.sync(begin), connect(pathOf(id))))
            .pipe(Effect.onExit((exit) => Effect.andThen(Effect.sync(begin), Deferred.done(mine, exit))))
        })

      const clear = Effect.fn("Doorbell.clear")(function* (id: string) {
        if ((yield* ring({ id, doorbell: true })) === "dead") yield* remove(pathOf(id))
      })

      return Doorbell.of({ listen, ring, reach: ring, clear })
    })
  )
}
