/**
 * The roster: who is on the bus, and who holds which name. A name is a lease: one transaction and one unique
 * index decide who holds it, and a holder whose heartbeat has stopped is replaced in that same transaction.
 */
import { Context, Effect, Layer } from "effect"
import type { Agent } from "../../domain/Agent.ts"
import type { BusUnavailable, NameTaken } from "../../domain/Errors.ts"
import { type Name, SessionId } from "../../domain/Name.ts"
import type { Presence } from "../../domain/Receipt.ts"
import { type Identity, type RosterEntry, serveTheSame, type WantedIdentity } from "../../domain/Session.ts"
import { sha256 } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Proofs } from "../Proofs.ts"
import { type Joining, makeClaim } from "./Granting.ts"
import { calledIn, makeLookUp } from "./LookUp.ts"
import { makePublishedKeys } from "./PublishedKeys.ts"
import { entryOf, identityOf, isoOf, type SessionRow } from "./SessionRows.ts"
import {
  selectBoth,
  selectBothCalled,
  selectByNameOrId,
  selectCalled,
  selectKnown,
  selectPersonId,
  selectRoster,
  selectSelf,
  several,
  updateAgent,
  updateConversation,
  updateFolder,
  updateLastSeen,
  updatePresence
} from "./Statements.ts"

export type { Joining } from "./Granting.ts"

/** A sender and the one it wants to write to, as far as the roster knows them. */
export interface SenderAndReceiver {
  readonly me: Identity | undefined
  readonly other: RosterEntry | undefined
  /** Both are servers of one conversation, so that it would write to itself. */
  readonly isSame: boolean
}

export class Registry extends Context.Service<
  Registry,
  {
    /**
     * Puts a session on the roster, or changes what the roster says of it. Without a name, it goes by its id.
     * Fails with `NameTaken`, changing nothing, if a live session holds the name, or one that looks like it.
     */
    readonly claim: (
      joining: Joining,
      wish: WantedIdentity
    ) => Effect.Effect<Identity, NameTaken | BusUnavailable>
    /** Says how a session can be reached and what it does. */
    readonly present: (id: SessionId, presence: Presence) => Effect.Effect<void, BusUnavailable>
    /** Says which conversation a session serves now. */
    readonly goOn: (id: SessionId, conversation: string) => Effect.Effect<void, BusUnavailable>
    /** Says in which folder a session works. */
    readonly settleIn: (id: SessionId, folder: string) => Effect.Effect<void, BusUnavailable>
    /** Says which agent a session is one of. */
    readonly isOf: (id: SessionId, agent: Agent) => Effect.Effect<void, BusUnavailable>
    /** Refreshes the heartbeat. `false`: the session, or its key, is not on the bus any more. */
    readonly heartbeat: (id: SessionId) => Effect.Effect<boolean, BusUnavailable>
    /** Takes a session off the roster, and removes its doorbell if it left one. */
    readonly remove: (id: string) => Effect.Effect<void, BusUnavailable>
    /** Everybody whose heartbeat is fresh. No two entries have the same name. */
    readonly roster: Effect.Effect<ReadonlyArray<RosterEntry>, BusUnavailable>
    /** What the bus says of a session of ours; `undefined` if it is not on the roster. */
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
     * of their own, which no other user can tell beforehand.
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
      const claim = yield* makeClaim
      const { isStanding, publicKey } = yield* makePublishedKeys
      const { timing } = yield* Settings
      const freshSince = clock.iso(-timing.lease)
      const lookUp = database.engine === "postgres" ? yield* makeLookUp : undefined

      const isKnown = Effect.fnUntraced(function* (name: Name) {
        const rows = yield* database.run((sql) => selectKnown.run(sql, { name }))
        return rows[0]?.known === 1
      })

      const isGranted = (id: SessionId, name: string) => proofs.namesOf(id).includes(name)

      const goOn = Effect.fnUntraced(function* (id: SessionId, conversation: string) {
        yield* database.run((sql) => updateConversation.run(sql, { id, conversation: sha256(conversation) }))
      })

      const settleIn = Effect.fnUntraced(function* (id: SessionId, folder: string) {
        yield* database.run((sql) => updateFolder.run(sql, { id, cwd: folder }))
      })

      const isOf = Effect.fnUntraced(function* (id: SessionId, agent: Agent) {
        yield* database.run((sql) => updateAgent.run(sql, { id, agent }))
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

      const readSelf = Effect.fnUntraced(function* (id: SessionId) {
        const rows =
          lookUp === undefined ? yield* database.run((sql) => selectSelf.run(sql, { id })) : yield* lookUp(id)
        const mine = rows.find((row) => row.id === id)
        return mine && identityOf(mine)
      })

      const self = (id: SessionId) => database.atOnce(`self ${id}`, readSelf(id))

      const rowsOfBoth = Effect.fnUntraced(function* (id: SessionId, nameOrId: string) {
        if (lookUp !== undefined) {
          const rows = yield* lookUp(id, nameOrId)
          const me = rows.find((row) => row.id === id)
          const isMe = me !== undefined && (me.id === nameOrId || me.name === nameOrId)
          return { me, other: isMe ? me : calledIn(rows, nameOrId) }
        }
        const since = yield* freshSince
        const asked = { id, nameOrId, freshSince: since }
        const isCalled = (row: SessionRow) => row.name === nameOrId || row.id === nameOrId
        const few = yield* database.run((sql) => selectBothCalled.run(sql, asked))
        const rows =
          few.length < several && few.filter(isCalled).length < 2
            ? few
            : yield* database.run((sql) => selectBoth.run(sql, asked))
        return { me: rows.find((row) => row.id === id), other: rows.find(isCalled) }
      })

      const readBoth = Effect.fnUntraced(function* (id: SessionId, nameOrId: string) {
        const { me, other } = yield* rowsOfBoth(id, nameOrId)
        const now = clock.isoNow()
        const entry = other && entryOf(other, now)
        return {
          me: me && identityOf(me),
          other: entry,
          isSame: me !== undefined && entry !== undefined && serveTheSame(entryOf(me, now), entry)
        }
      })

      const findBoth = (id: SessionId, nameOrId: string) =>
        database.atOnce(`both ${id} ${nameOrId}`, readBoth(id, nameOrId))

      const findOne = Effect.fnUntraced(function* (nameOrId: string) {
        if (lookUp !== undefined) {
          const found = calledIn(yield* lookUp(nameOrId), nameOrId)
          return found && entryOf(found, clock.isoNow())
        }
        const since = yield* freshSince
        const asked = { nameOrId, freshSince: since }
        const few = yield* database.run((sql) => selectCalled.run(sql, asked))
        const rows = few.length < 2 ? few : yield* database.run((sql) => selectByNameOrId.run(sql, asked))
        return rows[0] === undefined ? undefined : entryOf(rows[0], clock.isoNow())
      })

      const find = (nameOrId: string) => database.atOnce(`one ${nameOrId}`, findOne(nameOrId))

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
        settleIn,
        isOf,
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
