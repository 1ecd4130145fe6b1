/**
 * Buses of 1.x. The files are real ones: `test/fixtures/old-buses` has one of each version. A server of 1.3.1 is a stand-in: its
 * schema is read from the file that 1.3.1 made, and its row of the roster has what stands in that file's rows (`''` where there
 * is no project, times as ISO 8601). Its habits are those on record for it: tables `IF NOT EXISTS`, columns added where
 * "duplicate column" is expected, inserts with just its columns, `delivered = 0` read, then deleted, and the two sweeps.
 */
import { Database } from "bun:sqlite"
import { chmodSync, copyFileSync, mkdirSync } from "node:fs"
import { join } from "node:path"

/** The versions of which there is a file. */
export const oldVersions = ["0.1.0", "0.2.0", "0.3.0", "1.0.0", "1.1.0", "1.2.0", "1.3.1"] as const
export type OldVersion = (typeof oldVersions)[number]

const fixture = (version: OldVersion) => join(import.meta.dir, `../fixtures/old-buses/bus-v${version}.db`)

/** Puts a copy of the file that a version made under `home`, as 1.x left it: readable by everybody. Gives its path. */
export const putOldFile = (home: string, version: OldVersion): string => {
  const folder = join(home, ".cc-dm")
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(folder, 0o755)
  const file = join(folder, "bus.db")
  copyFileSync(fixture(version), file)
  chmodSync(file, 0o644)
  return file
}

/** The statements that made the tables and the index of a real file, each for a file that has them already. */
const schemaOf = (version: OldVersion): ReadonlyArray<string> => {
  const database = new Database(fixture(version), { readonly: true })
  const rows = database
    .query<{ sql: string }, []>(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC"
    )
    .all()
  database.close()
  return rows.map(({ sql }) => sql.replace(/^CREATE (TABLE|INDEX) /, "CREATE $1 IF NOT EXISTS "))
}

const schemaOf131 = schemaOf("1.3.1")

/** Creates `~/.cc-dm/bus.db` as 1.3.1 does, with nobody on it: readable by everybody, and no index on names. */
export const oldBus = (home: string): Database => {
  const database = new Database(putOldFile(home, "1.3.1"))
  database.run("PRAGMA journal_mode = WAL")
  for (const table of ["sessions", "messages", "sqlite_sequence"]) database.run(`DELETE FROM ${table}`)
  return database
}

/** What a 1.3.1 server does to the schema whenever it starts. In files that grew, these two columns stand last. */
export const oldStart = (database: Database) => {
  for (const statement of schemaOf131) database.run(statement)
  for (const column of [
    "sessions ADD COLUMN project TEXT NOT NULL DEFAULT ''",
    "messages ADD COLUMN meta TEXT NOT NULL DEFAULT '{}'"
  ])
    try {
      database.run(`ALTER TABLE ${column}`)
    } catch (error) {
      if (!String(error).includes("duplicate column")) throw error
    }
}

/** A row of the roster as a 1.3.1 server or somebody else writes it, as a statement and its values. Times are ISO 8601. */
export const oldSessionRow = (
  id: string,
  name: string,
  now: string,
  project = ""
): readonly [text: string, ...values: ReadonlyArray<string>] => [
  `INSERT INTO sessions (id, name, role, cwd, status, last_seen, registered_at, project)
    VALUES (?, ?, 'worker', '/old', 'active', ?, ?, ?)`,
  id,
  name,
  now,
  now,
  project
]

/** The same for a message. */
export const oldMessageRow = (
  from: string,
  to: string,
  content: string,
  now: string
): readonly [text: string, ...values: ReadonlyArray<string>] => [
  "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) VALUES (?, ?, ?, '{}', 0, ?)",
  from,
  to,
  content,
  now
]

/** Puts a 1.3.1 session on the roster. */
export const oldSession = (database: Database, ...said: Parameters<typeof oldSessionRow>) => {
  const [text, ...values] = oldSessionRow(...said)
  database.run(text, [...values])
}

/** Writes a message as a 1.3.1 server does. */
export const oldSend = (database: Database, ...said: Parameters<typeof oldMessageRow>) => {
  const [text, ...values] = oldMessageRow(...said)
  database.run(text, [...values])
}

/** Takes what a 1.3.1 server would: rows with `delivered = 0`, which it deletes after delivery. */
export const oldReceive = (database: Database, id: string): ReadonlyArray<string> => {
  const rows = database
    .query<{ id: number; content: string }, [string]>(
      "SELECT id, content FROM messages WHERE to_session = ? AND delivered = 0 ORDER BY id"
    )
    .all(id)
  for (const row of rows) database.run("DELETE FROM messages WHERE id = ?", [row.id])
  return rows.map(({ content }) => content)
}

/** What a 1.3.1 server sweeps at a time. Times are ISO 8601. */
export const oldSweep = (database: Database, fifteenSecondsAgo: string, sixtySecondsAgo: string) => {
  database.run("DELETE FROM messages WHERE delivered = 0 AND created_at < ?", [fifteenSecondsAgo])
  database.run("DELETE FROM sessions WHERE last_seen < ?", [sixtySecondsAgo])
}
