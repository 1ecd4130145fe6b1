/**
 * What a session leaves behind when it goes off the roster, and what it finds when its conversation is taken up again.
 * What it was handed and did not see is `queued` again. Mail that may wait longer than its receiver stays goes back to
 * the name that it was written to.
 */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { delivered, is } from "./Delivered.ts"
import { statement } from "./Statement.ts"

const isUnseen = `id NOT IN (SELECT message_id FROM receipts WHERE state IN ('pushed', 'seen', 'expired', 'refused'))`

/** What was written to the channel before it was asked for may have been seen there: it is not written again. */
const takeBack =
  statement<"id">(`UPDATE receipts SET state = CASE WHEN pushed_at IS NULL THEN 'queued' ELSE 'pushed' END
  WHERE state IN ('accepted', 'handed over') AND message_id IN (SELECT id FROM messages WHERE to_session = $id)`)

const giveMailBack = statement<
  "id" | "now"
>(`UPDATE messages SET delivered = ${delivered.waits}, to_session = ''
  WHERE to_session = $id AND mail = 1 AND expires_at > $now AND (${is("taken")} OR ${is("waits")}) AND ${isUnseen}`)
const setLeft = statement<"id" | "now">(`UPDATE messages SET left_at = $now
  WHERE to_session = $id AND ${is("taken")} AND left_at IS NULL`)

/** Notes that a session is gone; part of the transaction that takes it off the roster. */
export const leave = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: string, now: string) {
  yield* takeBack.run(sql, { id })
  yield* giveMailBack.run(sql, { id, now })
  yield* setLeft.run(sql, { id, now })
})

const unsetLeft = statement<"id">(
  "UPDATE messages SET left_at = NULL WHERE to_session = $id AND left_at IS NOT NULL"
)

/** A session that was away, as when its machine slept, is there again; part of the transaction that says so. */
export const stay = (sql: SqlClient.SqlClient, id: string) => unsetLeft.run(sql, { id })

/** A permission request or verdict is of no use after its time. Everything else waits until `$waitUntil` at least. */
const waitAgain = statement<
  "id" | "waitUntil"
>(`UPDATE messages SET delivered = ${delivered.waits}, expires_at = CASE
    WHEN kind IN ('permission_request', 'permission_verdict') THEN expires_at
    WHEN expires_at > $waitUntil THEN expires_at ELSE $waitUntil END
  WHERE to_session = $id AND ${is("taken")} AND ${isUnseen}`)

/** Gives a session that is back what it had not seen; part of the transaction that puts it on the roster. */
export const comeBack = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  id: string,
  waitUntil: string
) {
  yield* takeBack.run(sql, { id })
  yield* waitAgain.run(sql, { id, waitUntil })
  yield* stay(sql, id)
})
