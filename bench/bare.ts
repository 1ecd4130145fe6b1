/**
 * The least that a server like ours must do: hold stdin open, hold an SQLite file open in WAL mode, and look into
 * it every 500 ms. It echoes its input, so that its start and a line's way through the pipes can be timed.
 */
import { Database } from "bun:sqlite"

const database = new Database(`${process.env["HOME"]}/bare.db`)
database.run("PRAGMA busy_timeout = 5000")
database.run("PRAGMA journal_mode = WAL")
database.run("CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, to_session TEXT)")
const waiting = database.prepare("SELECT EXISTS (SELECT 1 FROM messages WHERE to_session = ?)")

setInterval(() => waiting.get("session-0123456789ab"), 500)
process.stdin.on("data", (chunk) => process.stdout.write(chunk))
process.stdin.on("end", () => process.exit())
