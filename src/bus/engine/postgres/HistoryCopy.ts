/**
 * History that a user takes along from the file to a bus in PostgreSQL: messages with what became of them, who conversations
 * were, and the keys that prove who wrote. Only that user sees it there. The file stays as it is.
 */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../../domain/Errors.ts"
import { nameOf } from "../Columns.ts"
import { is } from "../Delivered.ts"
import { statement } from "../Statement.ts"
import type { BusPaths } from "../sqlite/BusPaths.ts"
import { unavailable as unavailableFile } from "../sqlite/FileFaults.ts"
import { openToRead } from "../sqlite/Opening.ts"
import type { BusAddress } from "./BusUrl.ts"
import { connect } from "./PostgresClient.ts"
import { unavailable } from "./ServerFaults.ts"

type Row = Readonly<Record<string, string | number | null>>

/** What was carried over. */
export interface Carried {
  readonly messages: number
  readonly conversations: number
  /** Sessions that are still on the file's roster, by name: what they write from now on stays there. */
  readonly stillThere: ReadonlyArray<string>
}

/** No row can hold a NUL there. */
const withoutNul = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === "string" ? value.replaceAll("\0", "\u2400") : value
    ])
  )

/** An id that another user's session has had there stays that one's. */
const mayBeMine = (id: string) => `coalesce(owner_of(CAST(${id} AS TEXT)), session_user) = session_user`

const importMessage = statement<"message" | "receipt", { readonly id: number | null }>(
  "SELECT import_message(CAST($message AS TEXT), CAST($receipt AS TEXT)) AS id"
)
const insertConversation = statement<"row">(`INSERT INTO conversations
    (conversation, session_id, name, role, project, served_at, sealed_key)
  SELECT conversation, session_id, name, role, project, served_at, sealed_key
  FROM jsonb_populate_record(NULL::conversations, CAST($row AS JSONB))
  WHERE ${mayBeMine("session_id")} ON CONFLICT DO NOTHING`)
const insertKey = statement<"id" | "publicKey">(`INSERT INTO session_keys (session_id, public_key, mark)
  SELECT CAST($id AS TEXT), CAST($publicKey AS TEXT), 'none' WHERE ${mayBeMine("$id")} ON CONFLICT DO NOTHING`)

const readFile = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  return {
    sessions: yield* sql.unsafe<Row>(
      `SELECT ${nameOf()} AS name FROM sessions WHERE coalesce(kind, 'session') = 'session'`
    ),
    messages: yield* sql.unsafe<Row>(`SELECT * FROM messages WHERE NOT ${is("moved")} ORDER BY id`),
    receipts: yield* sql.unsafe<Row>("SELECT * FROM receipts"),
    conversations: yield* sql.unsafe<Row>("SELECT * FROM conversations"),
    keys: yield* sql.unsafe<Row>("SELECT session_id, public_key FROM session_keys")
  }
})

/** Carries all of it over, in one transaction; what is there already, from an earlier time, is left out. */
export const carryOver = (paths: BusPaths, to: BusAddress): Effect.Effect<Carried, BusUnavailable> =>
  Effect.scoped(
    Effect.gen(function* () {
      const from = yield* openToRead(paths).pipe(
        Effect.flatMap(({ sql }) => readFile(sql)),
        Effect.mapError((error) => (isSqlError(error) ? unavailableFile(paths.database, error) : error))
      )
      const receipts = new Map(from.receipts.map((receipt) => [receipt["message_id"], receipt]))
      const { sql } = yield* connect(to.config)
      const messages = yield* sql.withTransaction(
        Effect.gen(function* () {
          let carried = 0
          for (const row of from.messages) {
            const receipt = receipts.get(row["id"])
            const [written] = yield* importMessage.run(sql, {
              message: JSON.stringify(withoutNul(row)),
              receipt: receipt === undefined ? null : JSON.stringify(withoutNul(receipt))
            })
            if (written?.id !== null) carried += 1
          }
          for (const row of from.conversations)
            yield* insertConversation.run(sql, { row: JSON.stringify(withoutNul(row)) })
          for (const { public_key, session_id } of from.keys)
            yield* insertKey.run(sql, { id: session_id ?? null, publicKey: public_key ?? null })
          return carried
        })
      )
      return {
        messages,
        conversations: from.conversations.length,
        stillThere: from.sessions.map(({ name }) => String(name))
      }
    })
  ).pipe(Effect.mapError((error) => (isSqlError(error) ? unavailable(to.shown, error) : error)))
