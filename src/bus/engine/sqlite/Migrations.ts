/**
 * The shape of the bus, as numbered migrations. The tables `sessions` and `messages` are those of 1.3.1,
 * whose servers may go on using the file beside ours; everything of version 2 stands in columns and tables of
 * its own.
 */
import { Effect } from "effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { numberingTriggers } from "./Numbering.ts"

/** What came between 0.1.0 and 1.3.1, as 1.3.1 adds it to a file that lacks it. */
const laterColumns = [
  { table: "sessions", column: "name", type: "TEXT NOT NULL DEFAULT ''" },
  { table: "sessions", column: "cwd", type: "TEXT NOT NULL DEFAULT ''" },
  { table: "sessions", column: "project", type: "TEXT NOT NULL DEFAULT ''" },
  { table: "messages", column: "meta", type: "TEXT NOT NULL DEFAULT '{}'" }
] as const

const columnsIn = Effect.fnUntraced(function* (table: string) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql.unsafe<{ name: string }>("SELECT name FROM pragma_table_info(?)", [table])
  return rows.map(({ name }) => name)
})

const addLaterColumns = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  for (const { column, table, type } of laterColumns)
    if (!(yield* columnsIn(table)).includes(column))
      yield* sql`ALTER TABLE ${sql(table)} ADD COLUMN ${sql(column)} ${sql.literal(type)}`
})

/** A file of 1.3.1 as 1.3.1 makes it, or an older one with all that 1.3.1 would add. Before 1.0 a session's id was its name. */
const tablesOf131 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', role TEXT NOT NULL DEFAULT 'worker', cwd TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'active', last_seen TEXT NOT NULL, registered_at TEXT NOT NULL,
    project TEXT NOT NULL DEFAULT ''
  )`
  yield* sql`CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, from_session TEXT NOT NULL, to_session TEXT NOT NULL, content TEXT NOT NULL,
    meta TEXT NOT NULL DEFAULT '{}', delivered INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
  )`
  yield* addLaterColumns
  yield* sql`UPDATE sessions SET name = id WHERE name = '' AND id IS NOT NULL`
  yield* sql`CREATE INDEX IF NOT EXISTS idx_messages_to_delivered ON messages(to_session, delivered)`
})

const columnsOfVersion2 = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE sessions ADD COLUMN protocol INTEGER`
  yield* sql`ALTER TABLE sessions ADD COLUMN doorbell INTEGER`
  yield* sql`ALTER TABLE messages ADD COLUMN protocol INTEGER`
  yield* sql`ALTER TABLE messages ADD COLUMN kind TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN sender_id TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN expires_at TEXT`
})

/**
 * A name is a lease that one session holds. 1.3.1 could give it to two: the one seen last keeps it, the others
 * go on under their ids. Whose id it is keeps it before all others, since it has no other name. The index binds our rows alone, so that a 1.3.1 server's insert never fails on it.
 */
const oneHolderOfAName = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE sessions SET name = id WHERE id IS NOT NULL AND EXISTS (
    SELECT 1 FROM sessions AS other WHERE other.name = sessions.name AND (other.id = other.name, other.last_seen, other.id)
      > (sessions.id = sessions.name, sessions.last_seen, sessions.id)
  )`
  yield* sql`CREATE UNIQUE INDEX sessions_name_lease ON sessions(name) WHERE protocol IS NOT NULL`
})

const permissionRequests = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE permission_requests (
    asker_id TEXT NOT NULL, request_id TEXT NOT NULL, tool_name TEXT NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, behavior TEXT, answered_by TEXT, answered_at TEXT, passed_on_at TEXT,
    PRIMARY KEY (asker_id, request_id)
  )`
  yield* sql`CREATE TABLE permission_asked (
    asker_id TEXT NOT NULL, request_id TEXT NOT NULL, session_id TEXT NOT NULL,
    PRIMARY KEY (asker_id, request_id, session_id)
  )`
})

const conversations = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE conversations (
    conversation TEXT PRIMARY KEY, session_id TEXT NOT NULL, name TEXT, role TEXT, project TEXT, served_at TEXT NOT NULL
  )`
})

/**
 * `kept_until`: how long history keeps a message; none: until it is settled. `to_name`: its
 * receiver's name when it was written. `mail`: it may wait longer than its receiver stays, for that name. `left_at`: since when its receiver is gone. `batch`: ties the copies of
 * a broadcast together. `from_project`: the sender's project when it wrote.
 */
const receipts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE messages ADD COLUMN kept_until TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN to_name TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN mail INTEGER`
  yield* sql`ALTER TABLE messages ADD COLUMN left_at TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN batch TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN from_project TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN reach TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN doing TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN doing_since TEXT`
  yield* sql`CREATE TABLE receipts (
    message_id INTEGER PRIMARY KEY, state TEXT NOT NULL, pushed_at TEXT, accepted_at TEXT, handed_at TEXT, seen_at TEXT,
    ended_at TEXT, reason TEXT, quiet INTEGER, not_taken_at TEXT, told TEXT
  )`
  yield* sql`CREATE INDEX messages_sender ON messages(sender_id, delivered)`
  yield* sql`CREATE INDEX messages_held ON messages(to_name) WHERE mail = 1`
})

/**
 * People and scripts at the command line have a row on the roster, so that sessions can answer them: `kind` says so. No
 * server keeps it alive, so it is leased for a time. What a person is asked to allow stands with the request. `tidying`: when
 * which task was done last, so that one server does it for all.
 */
const commandLine = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE sessions ADD COLUMN kind TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN leased_until TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN version TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN from_kind TEXT`
  yield* sql`ALTER TABLE permission_requests ADD COLUMN content TEXT`
  yield* sql`CREATE TABLE tidying (what TEXT PRIMARY KEY, done_at TEXT NOT NULL)`
})

/** No version had it. Its number is taken: the Migrator would skip whatever came under it to a file that has a later one. */
const nothing = Effect.void

/**
 * Who wrote what: `Proofs` says how it is proven. `nonce`: no two rows are the same. `addressed`: the id that it was written to,
 * empty if it waits for a name. `mark` shows that a key was put there by a server that knows the secret of the bus. `sealed_key`: the key of a
 * conversation's session, for a server that knows the conversation. `asked`: who may answer, as JSON.
 */
const proofs = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE session_keys (session_id TEXT PRIMARY KEY, public_key TEXT NOT NULL, mark TEXT NOT NULL)`
  yield* sql`ALTER TABLE messages ADD COLUMN nonce TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN addressed TEXT`
  yield* sql`ALTER TABLE messages ADD COLUMN signature TEXT`
  yield* sql`CREATE UNIQUE INDEX messages_nonce ON messages(nonce) WHERE nonce IS NOT NULL`
  yield* sql`ALTER TABLE conversations ADD COLUMN sealed_key TEXT`
  yield* sql`ALTER TABLE permission_requests ADD COLUMN nonce TEXT`
  yield* sql`ALTER TABLE permission_requests ADD COLUMN asked TEXT`
  yield* sql`ALTER TABLE permission_requests ADD COLUMN signature TEXT`
})

/**
 * `sendings`: who wrote to whom within the last minute, so that limits hold across restarts; `receiver` is the receiver's
 * id, a name that the message waits for, or empty for a broadcast, which is one whatever the number of its copies. A
 * message that counts has `words`, a hash of its text. `removals`: what is still to be done so that texts
 * that were removed stand nowhere any more, whatever program removed them (see `Removal`).
 */
const limits = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE messages ADD COLUMN words TEXT`
  yield* sql`CREATE TABLE sendings (
    sender_id TEXT NOT NULL, sent_at TEXT NOT NULL, receiver TEXT NOT NULL, words TEXT NOT NULL, message_id INTEGER NOT NULL,
    PRIMARY KEY (sender_id, sent_at, receiver, words)
  ) WITHOUT ROWID`
  yield* sql`CREATE TRIGGER messages_counted AFTER INSERT ON messages WHEN NEW.words IS NOT NULL BEGIN
    INSERT OR IGNORE INTO sendings (sender_id, sent_at, receiver, words, message_id) VALUES (NEW.sender_id, NEW.created_at,
      CASE WHEN NEW.batch IS NOT NULL THEN '' WHEN NEW.to_session = '' THEN NEW.to_name ELSE NEW.to_session END,
      NEW.words, NEW.id);
  END`
  yield* sql`CREATE TABLE removals (what TEXT PRIMARY KEY) WITHOUT ROWID`
  yield* sql`CREATE TRIGGER messages_removed AFTER DELETE ON messages BEGIN
    INSERT OR IGNORE INTO removals (what) VALUES ('log'), ('file');
  END`
  yield* sql`CREATE TRIGGER permission_requests_removed AFTER DELETE ON permission_requests BEGIN
    INSERT OR IGNORE INTO removals (what) VALUES ('log'), ('file');
  END`
})

/** On a bus of several machines, in PostgreSQL, the roster says where a session runs, and whose it is. Here both stay empty. */
const machines = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE sessions ADD COLUMN host TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN owner TEXT`
})

/** What keeps out numbers of messages that can't be used. */
const numbers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // A row that is there already is given another number when the bus is opened.
  yield* Effect.forEach(numberingTriggers, (trigger) => sql.unsafe(trigger), { discard: true })
})

/**
 * `pid`, `pid_started`, `pid_space`: the process that serves a session, for those who look whether it still runs. `socket_space`: which folder
 * holds its socket. `conversation`: a hash, as in `conversations`. `former`: what it was called before and until when that is told, as JSON.
 */
const processes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE sessions ADD COLUMN pid INTEGER`
  yield* sql`ALTER TABLE sessions ADD COLUMN pid_started TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN pid_space TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN socket_space TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN conversation TEXT`
  yield* sql`ALTER TABLE sessions ADD COLUMN former TEXT`
})

/** `agent`: which agent a session is one of. */
const agents = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE sessions ADD COLUMN agent TEXT`
})

/** By number, without a gap. What was released keeps its number and what it does to a file. */
export const migrations = {
  "0001_tables_of_1_3_1": tablesOf131,
  "0002_columns_of_version_2": columnsOfVersion2,
  "0003_one_holder_of_a_name": oneHolderOfAName,
  "0004_permission_requests": permissionRequests,
  "0005_conversations": conversations,
  "0006_receipts": receipts,
  "0007_command_line": commandLine,
  "0008_nothing": nothing,
  "0009_proofs": proofs,
  "0010_limits": limits,
  "0011_machines": machines,
  // 2.0.0 brought files of 1.0 to 1.2 up to date without them. It also keeps its servers off files with `NOT NULL`, in which
  // they can't write: they say that the file is newer.
  "0012_columns_of_1_3_1": addLaterColumns,
  "0013_numbers": numbers,
  "0014_processes": processes,
  "0015_agents": agents
}

const table = "cc_dm_migrations"

/** The number of the last migration that this version knows. */
export const latest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

/** The number of the last migration that the file has had; 0 for a fresh file and for one of 1.3.1. */
export const applied = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const known = yield* sql.unsafe(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${table}'`)
  if (known.length === 0) return 0
  const rows = yield* sql.unsafe<{ id: number | null }>(`SELECT max(migration_id) AS id FROM ${table}`)
  return Number(rows[0]?.id ?? 0)
})

/** The columns that every version has had. */
const firstColumns = {
  sessions: ["id", "role", "status", "last_seen", "registered_at"],
  messages: ["id", "from_session", "to_session", "content", "delivered", "created_at"]
}

/** What keeps a sound database from being a bus. */
export type Strange =
  /** Another program has something else under the name of a table of ours. */
  | { readonly _tag: "Foreign"; readonly what: string }
  /** A table of ours is gone. */
  | { readonly _tag: "Lost"; readonly table: string }

/** Looks whether the two tables, as far as they are there, can be those of any version. */
export const findStrange = Effect.fnUntraced(function* (version: number) {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql.unsafe<{ name: string; type: string }>(
    "SELECT name, type FROM sqlite_schema WHERE name IN ('sessions', 'messages')"
  )
  for (const [table, columns] of Object.entries(firstColumns)) {
    const type = found.find(({ name }) => name === table)?.type
    if (type === undefined) {
      if (version > 0) return { _tag: "Lost", table } satisfies Strange
      continue
    }
    if (type !== "table") return { _tag: "Foreign", what: `${table} is a ${type}` } satisfies Strange
    const known = yield* columnsIn(table)
    const missing = columns.find((column) => !known.includes(column))
    if (missing !== undefined)
      return { _tag: "Foreign", what: `its table ${table} has no column ${missing}` } satisfies Strange
  }
  return undefined
})

/** Brings the file to {@link latest}, all in one transaction. */
export const migrate = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })
