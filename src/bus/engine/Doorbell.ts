/**
 * Doorbells: a ring tells a session that the bus holds something new. It is only a hint, nothing is said with it: a lost one costs the
 * receiver one poll interval. Each engine has its own: `sqlite/SocketDoorbell.ts`, and PostgreSQL's `NOTIFY`.
 */
import { Context, type Effect, type Scope } from "effect"
import type { SessionId } from "../../domain/Name.ts"
import type { RosterEntry } from "../../domain/Session.ts"

/** What a ring found: the session was there, it is dead, or it can't be told. */
export type Ring = "rung" | "dead" | "unknown"

/** Whom to ring, as the roster has it. */
export type Bell = Pick<RosterEntry, "id" | "doorbell"> & Partial<Pick<RosterEntry, "server" | "socketSpace">>

export class Doorbell extends Context.Service<
  Doorbell,
  {
    /**
     * Listens on the doorbell of this session for as long as the scope is open.
     *
     * @returns what waits for the next ring, and whether there is a doorbell: if a socket can't be had none comes, and the
     * poll alone serves. `knock` is a ring from within. `repair` puts the socket back if somebody
     * removed it. `space`: which folder holds it now
     */
    readonly listen: (id: SessionId) => Effect.Effect<
      {
        readonly nextRing: Effect.Effect<void>
        readonly works: boolean
        readonly knock: () => void
        readonly repair: Effect.Effect<void>
        readonly space: () => string | undefined
      },
      never,
      Scope.Scope
    >
    /**
     * Rings a session, if it has a doorbell. Rings to one session that wait for each other are made one. Nothing is looked for to
     * prove that it is dead.
     */
    readonly ring: (session: Bell) => Effect.Effect<Ring>
    /**
     * Rings to find out whether a session is there. An engine that rings by itself when a message is written only looks, and
     * gives a moment to a session that may be about to connect again.
     */
    readonly reach: (session: Bell) => Effect.Effect<Ring>
    /** Removes the doorbell of a session that is off the roster, unless somebody still answers it. */
    readonly clear: (id: string) => Effect.Effect<void>
  }
>()("cc-dm/bus/Doorbell") {}
