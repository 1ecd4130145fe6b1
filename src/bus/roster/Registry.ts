/**
 * The roster: who is on the bus, and who holds which name. A name is a lease: one transaction and one unique
 * index decide who holds it, and a holder whose heartbeat has stopped is replaced in that same transaction.
 */
import { Context, Effect, Exit, Layer, Semaphore } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { type BusUnavailable, NameTaken } from "../../domain/Errors.ts"
import { type Name, normalise, SessionId } from "../../domain/Name.ts"
import type { Presence } from "../../domain/Receipt.ts"
import {
  type Identity,
  type Kind,
  type RosterEntry,
  type ServerProcess,
  serveTheSame,
  type WantedIdentity
} from "../../domain/Session.ts"
import { lookAlike } from "../../domain/Skeleton.ts"
import { hostName, sha256 } from "../../platform/Platform.ts"
import { Settings } from "../../settings/Settings.ts"
import { version } from "../../version.ts"
import { BusClock } from "../engine/BusClock.ts"
import { noProject } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { stay } from "../engine/Leaving.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Proofs } from "../Proofs.ts"
import { makePublishedKeys } from "./PublishedKeys.ts"
import { entryOf, formerLife, formerOnceCalled, identityOf } from "./SessionRows.ts"
import {
  selectBoth,
  selectByNameOrId,
  selectKnown,
  selectOthers,
  selectPersonId,
  selectRoster,
  selectSelf,
  updateConversation,
  updateLastSeen,
  updatePresence,
  upsertSession
} from "./Statements.ts"

/** What a session says of itself when it joins. */
export interface Joining {
  readonly id: SessionId
  readonly cwd: string
  readonly doorbell: boolean
  /** Which folder holds its socket, and which process it is: so others can tell whether it is still there. */
  readonly socketSpace?: string | undefined
  readonly server?: ServerProcess | undefined
  readonly conversation?: string | undefined
  readonly presence: Presence
  /** Who it is; a session where nothing is said. */
  readonly kind?: Kind
  /** Without a name of its own it is no full member. */
  readonly nested?: boolean
  /** For how long it stays on the roster without a heartbeat, in milliseconds. */
  readonly lease?: number
}

/** A sender and the one it wants to write to, as far as the roster knows them. */
export interface SenderAndReceiver {
  readonly me: Identity | undefined
  readonly other: RosterEntry | undefined
  /** Both are servers of one conversation, so that it would write to itself. */
  readonly isSame: boolean
}

const isoOf = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

/** What `status` says, where 1.3.1 always has `active`: a full member, or a run within another session that has no name. */
const statusOf = ({ nested }: Joining, { name }: WantedIdentity) =>
  nested === true && name === undefined ? "nested" : "active"

export class Registry extends Context.Service<
  Registry,
  {
    /**
     * Puts a session on the roster, or changes what the roster says of it. Without a name, it goes by its id.
     * Fails with `NameTaken`, changing nothing, where a live session holds the name, or one that looks like it.
     */
    readonly claim: (
      joining: Joining,
      wish: WantedIdentity
    ) => Effect.Effect<Identity, NameTaken | BusUnavailable>
    /** Says how a session can be reached and what it does. */
    readonly present: (id: SessionId, presence: Presence) => Effect.Effect<void, BusUnavailable>
    /** Says which conversation a session serves now. */
    readonly goOn: (id: SessionId, conversation: string) => Effect.Effect<void, BusUnavailable>
    /** Refreshes the heartbeat. `false`: the session, or its key, is not on the bus any more. */
    readonly heartbeat: (id: SessionId) => Effect.Effect<boolean, BusUnavailable>
    /** Takes a session off the roster, and removes its doorbell where it left one. */
    readonly remove: (id: string) => Effect.Effect<void, BusUnavailable>
    /** Everybody whose heartbeat is fresh. No two entries have the same name. */
    readonly roster: Effect.Effect<ReadonlyArray<RosterEntry>, BusUnavailable>
    /** What the bus says of a session of ours; `undefined` where it is not on the roster. */
    readonly self: (id: SessionId) => Effect.Effect<Identity | undefined, BusUnavailable>
    /** The public key of a session that a server, or a person's command, put on the bus; `undefined`: none stands there. */
    readonly publicKey: (id: SessionId) => Effect.Effect<string | undefined, BusUnavailable>
    /** Whether the bus has granted a session of this process that name, or is about to. */
    readonly isGranted: (id: SessionId, name: string) => boolean
    /** Whether the bus knows a name from before: of a session, of a conversation, or of what was said. */
    readonly isKnown: (name: Name) => Effect.Effect<boolean, BusUnavailable>
    /** `self` and `find` in one read, for a message's way. */
    readonly findBoth: (id: SessionId, nameOrId: string) => Effect.Effect<SenderAndReceiver, BusUnavailable>
    /** Finds a live session by its name or its id. */
    readonly find: (nameOrId: string) => Effect.Effect<RosterEntry | undefined, BusUnavailable>
    /**
     * The id of a person at the command line: the same name is the same receiver again. On a bus of several users each has ids
     * of their own, which nobody else can tell beforehand.
     */
    readonly idOfPerson: (name: Name) => Effect.Effect<SessionId, BusUnavailable>
    /** Tidies up after sessions that are gone; readers don't see them anyway. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Registry") {
  static readonly layer = Layer.effect(
    Registry,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const doorbell = yield* Doorbell
      const proofs = yield* Proofs
      const upkeep = yield* Upkeep
      const { isStanding, publicKey, publish } = yield* makePublishedKeys
      const { timing } = yield* Settings
      const freshSince = clock.iso(-timing.lease)

      const settleName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: Name) {
        yield* upkeep.freeName(sql, id, name)
        // Who has the very name comes before who looks like it.
        const others = yield* selectOthers.run(sql, { id, name, freshSince: yield* freshSince })
        const holder = others.find((other) => lookAlike(name, normalise(other.name)))
        if (holder !== undefined) return yield* new NameTaken({ name, holder })
      })

      const isKnown = Effect.fnUntraced(function* (name: Name) {
        const rows = yield* database.run((sql) => selectKnown.run(sql, { name }))
        return rows[0]?.known === 1
      })

      /** One after the other, so that it is known under which names a session may sign meanwhile. */
      const claiming = yield* Semaphore.make(1)

      const grant = Effect.fnUntraced(function* (joining: Joining, wish: WantedIdentity) {
        const now = yield* clock.iso()
        const { doing, reach, since } = joining.presence
        // Before the session can be written to: who reads its first message has its key.
        yield* publish(joining.id)
        const leasedUntil = joining.lease === undefined ? null : yield* clock.iso(joining.lease)
        const name = wish.name ?? joining.id
        const toldUntil = yield* clock.iso(formerLife)
        const isFile = database.engine === "sqlite"
        // On a bus of several machines the connection tells who is there.
        const server = isFile ? joining.server : undefined
        const conversation = joining.conversation === undefined ? null : sha256(joining.conversation)
        const rows = yield* database.transaction((sql) =>
          Effect.gen(function* () {
            if (wish.name !== undefined) yield* settleName(sql, joining.id, wish.name)
            yield* stay(sql, joining.id)
            const [before] = yield* selectSelf.run(sql, { id: joining.id })
            return yield* upsertSession.run(sql, {
              id: joining.id,
              name,
              role: wish.role,
              cwd: joining.cwd,
              status: statusOf(joining, wish),
              now,
              project: wish.project ?? noProject,
              doorbell: joining.doorbell ? 1 : 0,
              reach,
              doing: doing ?? null,
              doingSince: isoOf(since),
              kind: joining.kind ?? "session",
              leasedUntil,
              version,
              host: isFile ? null : hostName,
              pid: server?.pid ?? null,
              pidStarted: server?.started ?? null,
              pidSpace: server?.space ?? null,
              socketSpace: isFile ? (joining.socketSpace ?? null) : null,
              conversation,
              former: formerOnceCalled(before, name, now, toldUntil)
            })
          })
        )
        return identityOf(rows[0]!)
      })

      const claim = Effect.fn("Registry.claim")(
        function* (joining: Joining, wish: WantedIdentity) {
          const { id } = joining
          const before = proofs.keyOf(id).names
          const wanted = wish.name ?? id
          // The bus may have granted it a moment before this is known here.
          proofs.speakUnder(id, [...before, wanted])
          return yield* grant(joining, wish).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => proofs.speakUnder(id, Exit.isSuccess(exit) ? [wanted] : before))
            )
          )
        },
        (claimed) => claiming.withPermit(claimed)
      )

      const isGranted = (id: SessionId, name: string) => proofs.keyOf(id).names.includes(name)

      const goOn = Effect.fnUntraced(function* (id: SessionId, conversation: string) {
        yield* database.run((sql) => updateConversation.run(sql, { id, conversation: sha256(conversation) }))
      })

      const present = Effect.fnUntraced(function* (id: SessionId, { doing, reach, since }: Presence) {
        const values = { id, reach, doing: doing ?? null, doingSince: isoOf(since) }
        yield* database.run((sql) => updatePresence.run(sql, values))
      })

      const heartbeat = Effect.fn("Registry.heartbeat")(function* (id: SessionId) {
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) => updateLastSeen.run(sql, { id, now }))
        return rows.length > 0 && (yield* isStanding(id))
      })

      const remove = Effect.fn("Registry.remove")(function* (id: string) {
        yield* upkeep.remove(id)
        yield* doorbell.clear(id)
      })

      const roster = Effect.gen(function* () {
        const since = yield* freshSince
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) => selectRoster.run(sql, { freshSince: since }))
        const ids = new Set(rows.map(({ id }) => id))
        const seen = new Set<string>()
        return rows.map((row) => {
          const entry = entryOf(row, now)
          const isOthers = seen.has(entry.name) || (!entry.current && ids.has(entry.name))
          const shown = isOthers ? { ...entry, name: entry.id } : entry
          seen.add(shown.name)
          return shown
        })
      }).pipe(Effect.withSpan("Registry.roster"))

      const self = Effect.fnUntraced(function* (id: SessionId) {
        const rows = yield* database.run((sql) => selectSelf.run(sql, { id }))
        return rows[0] === undefined ? undefined : identityOf(rows[0])
      })

      const findBoth = Effect.fnUntraced(function* (id: SessionId, nameOrId: string) {
        const since = yield* freshSince
        const rows = yield* database.run((sql) => selectBoth.run(sql, { id, nameOrId, freshSince: since }))
        const me = rows.find((row) => row.id === id)
        const other = rows.find((row) => row.name === nameOrId || row.id === nameOrId)
        const now = clock.isoNow()
        const entry = other && entryOf(other, now)
        return {
          me: me && identityOf(me),
          other: entry,
          isSame: me !== undefined && entry !== undefined && serveTheSame(entryOf(me, now), entry)
        }
      })

      const find = Effect.fnUntraced(function* (nameOrId: string) {
        const since = yield* freshSince
        const rows = yield* database.run((sql) => selectByNameOrId.run(sql, { nameOrId, freshSince: since }))
        return rows[0] === undefined ? undefined : entryOf(rows[0], clock.isoNow())
      })

      const idOfPerson = Effect.fn("Registry.idOfPerson")(function* (name: Name) {
        if (database.engine === "sqlite")
          return SessionId.make(`session-${sha256(`command line: ${name}`).slice(0, 12)}`)
        const rows = yield* database.run((sql) => selectPersonId.run(sql, { name }))
        return rows[0]!.id
      })

      const sweep = Effect.gen(function* () {
        const gone = yield* upkeep.sweepSessions
        yield* Effect.forEach(gone, doorbell.clear, { discard: true })
      }).pipe(Effect.withSpan("Registry.sweep"))

      return Registry.of({
        claim,
        present,
        goOn,
        heartbeat,
        remove,
        roster,
        self,
        publicKey,
        isGranted,
        isKnown,
        findBoth,
        find,
        idOfPerson,
        sweep
      })
    })
  )
}
