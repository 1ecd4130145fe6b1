/** A bus as version 1.3.1 leaves it: made of the schema and the habits that are on record, with SQLite alone. */
import { Database } from "bun:sqlite"
import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"

/** Creates `~/.cc-dm/bus.db` as 1.3.1 does: readable by everybody, and no index on names. */
export const oldBus = (home: string): Database => {
  const folder = join(home, ".cc-dm")
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(folder, 0o755)
  const database = new Database(join(folder, "bus.db"))
  database.run("PRAGMA journal_mode = WAL")
  oldStart(database)
  chmodSync(join(folder, "bus.db"), 0o644)
  return database
}

/** What a 1.3.1 server does to the schema whenever it starts. */
export const oldStart = (database: Database) => {
  database.run(`CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, name TEXT, role TEXT, cwd TEXT, status TEXT,
    last_seen TEXT, registered_at TEXT)`)
  database.run(`CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, from_session TEXT,
    to_session TEXT, content TEXT, meta TEXT, delivered INTEGER, created_at TEXT)`)
  try {
    database.run("ALTER TABLE sessions ADD COLUMN project TEXT")
  } catch (error) {
    if (!String(error).includes("duplicate column")) throw error
  }
  database.run("CREATE INDEX IF NOT EXISTS idx_messages_to_delivered ON messages(to_session, delivered)")
}

/** A row of the roster as a 1.3.1 server or somebody else writes it, as a statement and its values. Times are ISO 8601. */
export const oldSessionRow = (
  id: string,
  name: string,
  now: string,
  project: string | null = null
): readonly [text: string, ...values: ReadonlyArray<string | null>] => [
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
  database.run(text, values)
}

/** Writes a message as a 1.3.1 server does. */
export const oldSend = (database: Database, ...said: Parameters<typeof oldMessageRow>) => {
  const [text, ...values] = oldMessageRow(...said)
  database.run(text, values)
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
