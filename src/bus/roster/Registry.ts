/**
 * The roster: who is on the bus, and who holds which name. A name is a lease: one transaction and one unique
 * index decide who holds it, and a holder whose heartbeat has stopped is replaced in that same transaction.
 */
import { Context, Effect, Exit, Layer, Option, Schema, Semaphore } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { type BusUnavailable, NameTaken } from "../../domain/Errors.ts"
import { type Name, normalise, SessionId, type Tag } from "../../domain/Name.ts"
import { Doing, type Presence, Reach } from "../../domain/Receipt.ts"
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
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { lastSign, nameOf, noProject, projectOf, protocol } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Proofs, publishedKeyText } from "../Proofs.ts"
import { stay } from "./Leaving.ts"

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

/** So many names that are in use are looked at, whether one looks like a new one. */
const mostCompared = 10 * mostRows

/** A sender and the one it wants to write to, as far as the roster knows them. */
export interface SenderAndReceiver {
  readonly me: Identity | undefined
  readonly other: RosterEntry | undefined
  /** Both are servers of one conversation, so that it would write to itself. */
  readonly isSame: boolean
}

interface SessionRow {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly cwd: string
  readonly project: string | null
  readonly last_seen: string
  readonly protocol: number | null
  readonly doorbell: number | null
  readonly pid: string | null
  readonly pid_started: string | null
  readonly pid_space: string | null
  readonly socket_space: string | null
  readonly conversation: string | null
  readonly former: string | null
  readonly reach: string | null
  readonly doing: string | null
  readonly doing_since: string | null
  readonly kind: string | null
  readonly status: string | null
  readonly version: string | null
  readonly host: string | null
  readonly owner: string | null
}

/** The columns that {@link serverOf} and {@link Bell} read. */
export const processColumns = boundedAs(room.path, "pid", "pid_started", "pid_space", "socket_space")

/** Which process a row says that its session is. */
export const serverOf = (
  row: Pick<SessionRow, "pid" | "pid_started" | "pid_space">
): ServerProcess | undefined =>
  row.pid === null || row.pid_started === null || row.pid_space === null
    ? undefined
    : { pid: Number(row.pid), started: row.pid_started, space: row.pid_space }

// 1.3.1 servers and people write here too: whatever the columns hold is read as text, as far as there is room.
const columns = `${boundedAs(room.name, "id")}, ${bounded(nameOf(), room.name)} AS name,
  ${bounded("coalesce(role, '')", room.name)} AS role, ${bounded("coalesce(cwd, '')", room.path)} AS cwd,
  ${bounded(projectOf(), room.name)} AS project, ${bounded("coalesce(last_seen, '')", room.id)} AS last_seen,
  protocol, doorbell, ${boundedAs(room.id, "reach", "doing", "doing_since", "kind", "status", "version")},
  ${boundedAs(room.name, "host", "owner")},
  ${processColumns}, ${boundedAs(room.path, "conversation", "former")}`

// The holder of a name comes before a 1.3.1 session that says it has the same one.
const order = "ORDER BY protocol IS NULL, registered_at, id"
// Of several 1.x sessions, the one that goes by it as its id, as those of 0.x do.
const orderFor = "ORDER BY protocol IS NULL, id <> ?, registered_at, id"

// Constant texts spare building the statement anew, which costs 0.2 ms on every message's way.
const selectSelf = `SELECT ${columns} FROM sessions WHERE id = ?`
// A row that people wrote may lack an id: nobody can be written to there.
const isFresh = `id IS NOT NULL AND ${lastSign} > ?`
const selectByNameOrId = `SELECT ${columns} FROM sessions WHERE (name = ? OR id = ?) AND ${isFresh} ${orderFor} LIMIT 1`
const selectRoster = `SELECT ${columns} FROM sessions WHERE ${isFresh} ${order} LIMIT ${mostRows}`
const updatePresence = "UPDATE sessions SET reach = ?, doing = ?, doing_since = ? WHERE id = ?"
const selectBoth = `SELECT ${columns} FROM sessions
  WHERE id = ? OR ((name = ? OR id = ?) AND ${isFresh}) ${orderFor} LIMIT ${mostRows}`

const selectKey = `SELECT ${publishedKeyText("?")} AS key`

const isoOf = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()

/** What `status` says, where 1.3.1 always has `active`: a full member, or a run within another session that has no name. */
const statusOf = ({ nested }: Joining, { name }: WantedIdentity) =>
  nested === true && name === undefined ? "nested" : "active"

const isReach = Schema.is(Reach)
const isDoing = Schema.is(Doing)

/** How long a name is remembered that a session had before, in milliseconds, and how many are. */
const formerLife = 3_600_000
const mostFormer = 5

const Former = Schema.fromJsonString(
  Schema.Array(Schema.Struct({ name: Schema.String, until: Schema.String }))
)
const readFormer = Schema.decodeUnknownOption(Former)
const formerOf = ({ former }: Pick<SessionRow, "former">) =>
  former === null ? [] : Option.getOrElse(readFormer(former), () => [])

/** What a row is to say of the names that its session had, once it has another one. */
const formerOnceCalled = (
  before: Pick<SessionRow, "id" | "name" | "former"> | undefined,
  name: string,
  now: string,
  until: string
): string | null => {
  if (before === undefined) return null
  const had = before.name === before.id ? [] : [{ name: before.name, until }]
  const kept = [...had, ...formerOf(before).filter((one) => one.until > now && one.name !== before.name)]
    .filter((one) => one.name !== name)
    .slice(0, mostFormer)
  return kept.length === 0 ? null : JSON.stringify(kept)
}

// Sessions of 1.3.1 do not say how they are reached; they know channel events alone.
const entryOf = (row: SessionRow, now: string): RosterEntry => ({
  id: row.id,
  name: row.name,
  role: row.role,
  cwd: row.cwd,
  project: row.project,
  lastSeen: row.last_seen,
  current: row.protocol !== null,
  doorbell: row.doorbell === 1,
  server: serverOf(row),
  socketSpace: row.socket_space ?? undefined,
  conversation: row.conversation ?? undefined,
  former: formerOf(row).flatMap(({ name, until }) => (until > now ? [name] : [])),
  reach: isReach(row.reach) ? row.reach : "channel",
  doing: isDoing(row.doing) ? row.doing : undefined,
  kind: row.kind === "command line" ? "command line" : "session",
  nested: row.status === "nested",
  version: row.version ?? undefined,
  doingSince: isDoing(row.doing) ? (row.doing_since ?? undefined) : undefined,
  ...(row.host === null ? {} : { host: row.host }),
  ...(row.owner === null ? {} : { user: row.owner })
})

const identityOf = (row: SessionRow): Identity => ({
  id: row.id as SessionId,
  name: row.name as Name | SessionId,
  role: row.role as Tag,
  project: row.project as Tag | null
})

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
      const { timing } = yield* Settings
      const freshSince = clock.iso(-timing.lease)

      const settleName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: Name) {
        yield* upkeep.freeName(sql, id, name)
        // Who has the very name comes before who looks like it.
        const others = yield* sql<
          Pick<SessionRow, "id" | "name">
        >`SELECT ${sql.literal(boundedAs(room.name, "id"))},
          ${sql.literal(bounded(nameOf(), room.name))} AS name FROM sessions
          WHERE id <> ${id} AND (name = ${name} OR ${sql.literal(lastSign)} > ${yield* freshSince}) ORDER BY name <> ${name} LIMIT ${sql.literal(String(mostCompared))}`
        const holder = others.find((other) => lookAlike(name, normalise(other.name)))
        if (holder !== undefined) return yield* new NameTaken({ name, holder })
      })

      const standingKey = Effect.fnUntraced(function* (id: SessionId) {
        const rows = yield* database.run((sql) => sql.unsafe<{ key: string | null }>(selectKey, [id]))
        return rows[0]?.key ?? undefined
      })

      /** Puts a session's key on the bus. One that a server put there stays: it is how others know that session. */
      const publish = Effect.fnUntraced(function* (id: SessionId) {
        const standing = yield* standingKey(id)
        const { mark, publicKey } = yield* proofs.published(id)
        const key = `${publicKey} ${mark}`
        if (standing === key) return
        if (standing !== undefined && (yield* proofs.isGenuine(id, standing)))
          return yield* Effect.logWarning(
            `another server has put a key for ${id} on the bus, so nothing shows that this one writes as it`
          )
        yield* database.run(
          (
            sql
          ) => sql`INSERT INTO session_keys (session_id, public_key, mark) VALUES (${id}, ${publicKey}, ${mark})
            ON CONFLICT(session_id) DO UPDATE SET public_key = excluded.public_key, mark = excluded.mark
              WHERE ${sql.literal(bounded("(session_keys.public_key || ' ' || session_keys.mark)", room.key))} = ${standing ?? ""}`
        )
      })

      const publicKey = Effect.fnUntraced(function* (id: SessionId) {
        const standing = yield* standingKey(id)
        return standing !== undefined && (yield* proofs.isGenuine(id, standing))
          ? standing.split(" ")[0]
          : undefined
      })

      const isKnown = Effect.fnUntraced(function* (name: Name) {
        const rows = yield* database.run(
          (sql) => sql<{
            known: number
          }>`SELECT CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE name = ${name})
              OR EXISTS (SELECT 1 FROM conversations WHERE name = ${name})
              OR EXISTS (SELECT 1 FROM messages WHERE from_session = ${name})
            THEN 1 ELSE 0 END AS known`
        )
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
            const [before] = yield* sql.unsafe<SessionRow>(selectSelf, [joining.id])
            return yield* sql<SessionRow>`INSERT INTO sessions
              (id, name, role, cwd, status, last_seen, registered_at, project, protocol, doorbell, reach, doing, doing_since,
                kind, leased_until, version, host, pid, pid_started, pid_space, socket_space, conversation, former)
              VALUES (${joining.id}, ${name}, ${wish.role}, ${joining.cwd}, ${statusOf(joining, wish)}, ${now}, ${now},
                ${wish.project ?? noProject}, ${protocol}, ${joining.doorbell ? 1 : 0}, ${reach}, ${doing ?? null}, ${isoOf(since)},
                ${joining.kind ?? "session"}, ${leasedUntil}, ${version}, ${isFile ? null : hostName},
                ${server?.pid ?? null}, ${server?.started ?? null}, ${server?.space ?? null},
                ${isFile ? (joining.socketSpace ?? null) : null}, ${conversation},
                ${formerOnceCalled(before, name, now, toldUntil)})
              ON CONFLICT(id) DO UPDATE SET name = excluded.name, role = excluded.role, project = excluded.project,
                cwd = excluded.cwd, status = excluded.status, last_seen = excluded.last_seen, doorbell = excluded.doorbell, reach = excluded.reach,
                doing = excluded.doing, doing_since = excluded.doing_since, kind = excluded.kind,
                leased_until = excluded.leased_until, version = excluded.version, host = excluded.host,
                pid = excluded.pid, pid_started = excluded.pid_started, pid_space = excluded.pid_space,
                socket_space = excluded.socket_space, conversation = excluded.conversation, former = excluded.former
              RETURNING ${sql.literal(columns)}`
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
        yield* database.run(
          (sql) => sql`UPDATE sessions SET conversation = ${sha256(conversation)} WHERE id = ${id}`
        )
      })

      const present = Effect.fnUntraced(function* (id: SessionId, { doing, reach, since }: Presence) {
        yield* database.run((sql) => sql.unsafe(updatePresence, [reach, doing ?? null, isoOf(since), id]))
      })

      const heartbeat = Effect.fn("Registry.heartbeat")(function* (id: SessionId) {
        const now = yield* clock.iso()
        const rows = yield* database.run(
          (sql) =>
            sql`UPDATE sessions SET last_seen = ${now}, leased_until = NULL WHERE id = ${id} RETURNING id`
        )
        const { mark, publicKey } = yield* proofs.published(id)
        return rows.length > 0 && (yield* standingKey(id)) === `${publicKey} ${mark}`
      })

      const remove = Effect.fn("Registry.remove")(function* (id: string) {
        yield* upkeep.remove(id)
        yield* doorbell.clear(id)
      })

      const roster = Effect.gen(function* () {
        const since = yield* freshSince
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) => sql.unsafe<SessionRow>(selectRoster, [since]))
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
        const rows = yield* database.run((sql) => sql.unsafe<SessionRow>(selectSelf, [id]))
        return rows[0] === undefined ? undefined : identityOf(rows[0])
      })

      const findBoth = Effect.fnUntraced(function* (id: SessionId, nameOrId: string) {
        const since = yield* freshSince
        const rows = yield* database.run((sql) =>
          sql.unsafe<SessionRow>(selectBoth, [id, nameOrId, nameOrId, since, nameOrId])
        )
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
        const rows = yield* database.run((sql) =>
          sql.unsafe<SessionRow>(selectByNameOrId, [nameOrId, nameOrId, since, nameOrId])
        )
        return rows[0] === undefined ? undefined : entryOf(rows[0], clock.isoNow())
      })

      const idOfPerson = Effect.fn("Registry.idOfPerson")(function* (name: Name) {
        if (database.engine === "sqlite")
          return SessionId.make(`session-${sha256(`command line: ${name}`).slice(0, 12)}`)
        const rows = yield* database.run((sql) => sql<{ id: SessionId }>`SELECT person_id(${name}) AS id`)
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
