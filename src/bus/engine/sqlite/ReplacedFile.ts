/**
 * From a bus file that was removed, or that another one has replaced, to the one in its place. The servers that have the
 * old one open may still read and write it, but no other server sees it. What is under way there is moved over, by the server that
 * notices first: messages that are neither shown nor ended, with their receipts, and open permission requests. They keep
 * their ids, and new messages get ids of which none was given before: servers know what they hold by these.
 */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { delivered, is, isUnderWay } from "../Delivered.ts"
import { statement } from "../Statement.ts"
import { renumber } from "./Numbering.ts"

type Row = Readonly<Record<string, string | number | null>>

/** Not every file has let `NULL` into these. Where the new one does not, it has a default, or an empty text says as much. */
const withoutNulls = (row: Row): Row => ({
  from_session: "",
  to_session: "",
  content: "",
  created_at: "",
  ...Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
})

const insert = (sql: SqlClient.SqlClient, table: string, row: Row) => {
  const columns = Object.keys(row)
  const places = columns.map(() => "?").join(", ")
  return sql.unsafe<Row>(
    `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${places}) RETURNING *`,
    Object.values(row)
  )
}

const deleteMoved = statement<"id">(`DELETE FROM messages WHERE id = $id AND ${is("moved")}`)
const selectSame = statement<"id" | "createdAt" | "sender" | "content">(
  "SELECT 1 FROM messages WHERE id = $id AND created_at IS $createdAt AND sender_id IS $sender AND content IS $content"
)
const raiseNumber = statement<"last">(
  "UPDATE sqlite_sequence SET seq = max(seq, $last) WHERE name = 'messages'"
)

const moveMessage = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  row: Row,
  receipt: Row | undefined
) {
  // It may have been moved away from here before.
  yield* deleteMoved.run(sql, { id: row["id"] ?? null })
  let [written] = yield* insert(sql, "messages", withoutNulls(row))
  if (written === undefined) {
    const same = yield* selectSame.run(sql, {
      id: row["id"] ?? null,
      createdAt: row["created_at"] ?? "",
      sender: row["sender_id"] ?? null,
      content: row["content"] ?? ""
    })
    if (same.length > 0) return
    const { id: _, ...rest } = withoutNulls(row)
    ;[written] = yield* insert(sql, "messages", rest)
  }
  if (receipt !== undefined && written !== undefined)
    yield* insert(sql, "receipts", { ...receipt, message_id: written["id"] ?? null })
})

/** Fails only if the new file can't be written to. */
export const moveOver = Effect.fn("Database.moveOver")(function* (
  from: SqlClient.SqlClient,
  to: SqlClient.SqlClient
) {
  const failures: Array<SqlError> = []
  const move = from.withTransaction(
    Effect.gen(function* () {
      yield* renumber(from)
      const [{ last } = { last: 0 }] = yield* from.unsafe<{ last: number }>(
        "SELECT max(seq) AS last FROM sqlite_sequence WHERE name = 'messages'"
      )
      const messages = yield* from.unsafe<Row>(`SELECT * FROM messages WHERE ${isUnderWay()}`)
      const receipts = yield* from.unsafe<Row>("SELECT * FROM receipts")
      const requests = yield* from.unsafe<Row>("SELECT * FROM permission_requests")
      const asked = yield* from.unsafe<Row>("SELECT * FROM permission_asked")
      yield* from.unsafe(`UPDATE messages SET delivered = ${delivered.moved} WHERE ${isUnderWay()}`)
      yield* to
        .withTransaction(
          Effect.gen(function* () {
            yield* to.unsafe(
              "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages')"
            )
            yield* raiseNumber.run(to, { last: last ?? 0 })
            for (const row of messages)
              yield* moveMessage(
                to,
                row,
                receipts.find((receipt) => receipt["message_id"] === row["id"])
              )
            for (const row of requests) yield* insert(to, "permission_requests", row)
            for (const row of asked) yield* insert(to, "permission_asked", row)
          })
        )
        .pipe(Effect.tapError((error) => Effect.sync(() => failures.push(error))))
      return messages.length
    })
  )
  const count = yield* move.pipe(
    Effect.catchIf(
      (error) => failures.length === 0 && !error.isRetryable,
      (error) =>
        Effect.as(
          Effect.logWarning(
            `the bus file was removed or replaced, and what was under way in it can't be read: ${error.message}`
          ),
          0
        )
    )
  )
  yield* Effect.logWarning(
    `the bus file was removed or replaced: this session goes on with the one that is there now (${count} messages moved)`
  )
  // The old one may be kept under another name and put back, without its log: it has all in that one file.
  yield* Effect.ignore(from.unsafe("PRAGMA wal_checkpoint(TRUNCATE)"))
})
