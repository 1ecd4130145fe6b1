/**
 * The bus, looked at by somebody who must not touch it: also a file of an older or newer version, or one that only
 * partly makes sense. What `Registry` and `Bus` say of it is no use there: they leave out what is wrong.
 */
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../../domain/Errors.ts"
import type { ServerProcess } from "../../../domain/Session.ts"
import { sha256 } from "../../../platform/System.ts"
import { boundedAs, mostRows, room } from "../Bounds.ts"
import { serverOf } from "../Columns.ts"
import { delivered, isUnderWay } from "../Delivered.ts"
import { statement } from "../Statement.ts"
import { secureToRead } from "./BusFolder.ts"
import type { BusPaths } from "./BusPaths.ts"
import { unavailable } from "./FileFaults.ts"
import * as Migrations from "./Migrations.ts"
import { lacksNumbers } from "./Numbering.ts"
import { checkTables } from "./Opening.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** A row of the roster as it stands there; texts may be anybody's. */
export interface SessionFound {
  readonly id: string
  readonly name: string
  readonly cwd: string
  readonly lastSeen: string | undefined
  readonly leasedUntil: string | undefined
  readonly registeredAt: string | undefined
  /** Whether a version 2 server wrote it. */
  readonly current: boolean
  readonly isPerson: boolean
  readonly reach: string | undefined
  readonly version: string | undefined
  readonly server: ServerProcess | undefined
  readonly socketSpace: string | undefined
}

/** A message that was not shown yet, or of which that is not known. */
export interface WaitingFound {
  readonly id: number
  readonly to: string
  readonly toName: string | undefined
  /** It may wait for a name that no session has. */
  readonly mail: boolean
  /** Its receiver's server has taken it. */
  readonly taken: boolean
  readonly createdAt: string | undefined
  readonly expiresAt: string | undefined
}

/** What is in the file. */
export interface Contents {
  /** What SQLite's own check says; `ok` if all is well. */
  readonly check: string
  /** The number of its last migration, and of the last that this version knows. */
  readonly schema: number
  readonly latest: number
  readonly sessions: ReadonlyArray<SessionFound>
  /** How many more sessions stand on the roster, which were not read. */
  readonly moreSessions: number
  readonly waiting: ReadonlyArray<WaitingFound>
  /** Whether no number is left for a message, or some have none that can be used. */
  readonly lacksNumbers: boolean
  /** The id of the session that serves the conversation which was asked for. */
  readonly mine: string | undefined
}

const text = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : String(value)

/** Of the columns that are wanted, those that a table of an older version has. Each is read as far as there is room. */
const columnsOf = Effect.fnUntraced(function* (table: string, wanted: Readonly<Record<string, number>>) {
  const sql = yield* SqlClient.SqlClient
  const there = yield* sql<{ name: string }>`SELECT name FROM pragma_table_info(${table})`
  const columns = Object.entries(wanted).filter(([column]) => there.some(({ name }) => name === column))
  return sql.literal(columns.map(([column, bytes]) => boundedAs(bytes, column)).join(", "))
})

const readSessions = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const columns = yield* columnsOf("sessions", {
    ...{ id: room.name, name: room.name, cwd: room.path, last_seen: room.id, leased_until: room.id },
    ...{ registered_at: room.id, protocol: room.id, kind: room.id, reach: room.id, version: room.id },
    ...{ pid: room.id, pid_started: room.id, pid_space: room.id, socket_space: room.id }
  })
  const rows = yield* sql<
    Record<string, unknown>
  >`SELECT ${columns} FROM sessions ORDER BY sessions.last_seen DESC LIMIT ${sql.literal(String(mostRows))}`
  const [all] = yield* sql<{ count: number }>`SELECT count(*) AS count FROM sessions`
  const found = rows.map(
    (row): SessionFound => ({
      id: text(row["id"]) ?? "",
      name: text(row["name"]) || (text(row["id"]) ?? ""),
      cwd: text(row["cwd"]) ?? "",
      lastSeen: text(row["last_seen"]),
      leasedUntil: text(row["leased_until"]),
      registeredAt: text(row["registered_at"]),
      current: text(row["protocol"]) !== undefined,
      isPerson: row["kind"] === "command line",
      reach: text(row["reach"]),
      version: text(row["version"]),
      server: serverOf({
        pid: text(row["pid"]) ?? null,
        pid_started: text(row["pid_started"]) ?? null,
        pid_space: text(row["pid_space"]) ?? null
      }),
      socketSpace: text(row["socket_space"])
    })
  )
  return { found: found.toReversed(), more: (all?.count ?? 0) - found.length }
})

const selectWaiting = statement<never, Record<string, unknown>>(
  `SELECT id, ${boundedAs(room.name, "to_session", "to_name")}, mail, delivered,
    ${boundedAs(room.id, "created_at", "expires_at")} FROM messages
  LEFT JOIN receipts ON message_id = id
  WHERE ${isUnderWay()} AND coalesce(state, 'queued') IN ('queued', 'pushed') AND coalesce(kind, 'chat') <> 'notice'
  ORDER BY id DESC LIMIT ${10 * mostRows}`
)

const readWaiting = Effect.gen(function* () {
  const rows = yield* selectWaiting.run(yield* SqlClient.SqlClient, {})
  return rows.map(
    (row): WaitingFound => ({
      id: Number(row["id"]),
      to: text(row["to_session"]) ?? "",
      toName: text(row["to_name"]),
      mail: row["mail"] === 1,
      taken: row["delivered"] === delivered.taken,
      createdAt: text(row["created_at"]),
      expiresAt: text(row["expires_at"])
    })
  )
})

const read = Effect.fnUntraced(function* (paths: BusPaths, conversation: string | undefined) {
  const sql = yield* SqlClient.SqlClient
  const [report] = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
  const check = report?.quick_check ?? "no answer"
  const schema = yield* Migrations.applied
  if (check === "ok" && schema <= Migrations.latest) yield* checkTables(paths.database, schema)
  const tables = yield* sql<{ name: string }>`SELECT name FROM sqlite_schema WHERE type = 'table'`
  const has = (table: string) => tables.some(({ name }) => name === table)
  const served =
    conversation !== undefined && has("conversations")
      ? yield* sql<{
          id: string
        }>`SELECT session_id AS id FROM conversations WHERE conversation = ${sha256(conversation)}`
      : []
  const sessions = has("sessions") ? yield* readSessions : { found: [], more: 0 }
  const contents: Contents = {
    check,
    schema,
    latest: Migrations.latest,
    sessions: sessions.found,
    moreSessions: sessions.more,
    // Before that, no row says what has become of it.
    waiting: schema >= Migrations.latest && has("receipts") ? yield* readWaiting : [],
    lacksNumbers: has("messages") && has("sqlite_sequence") && (yield* lacksNumbers(sql)),
    mine: served[0]?.id
  }
  return contents
})

/**
 * Reads the file and changes nothing, not even beside it: if no process has it open there is no file of SQLite's
 * beside it, and it is read as one that stands still.
 */
export const inspect = (
  paths: BusPaths,
  conversation: string | undefined
): Effect.Effect<Contents, BusUnavailable> =>
  Effect.gen(function* () {
    const mode = (yield* secureToRead(paths)) === "open" ? "read" : "still"
    const { sql } = yield* SqliteClient.open(paths.database, mode)
    return yield* Effect.provideService(read(paths, conversation), SqlClient.SqlClient, sql)
  }).pipe(
    Effect.scoped,
    // A writer is in the way for moments only.
    Effect.retry({ times: 20, while: (error) => isSqlError(error) && error.isRetryable }),
    Effect.mapError((error) => (isSqlError(error) ? unavailable(paths.database, error) : error))
  )
