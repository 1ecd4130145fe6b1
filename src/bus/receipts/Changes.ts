/** What a receiver's server says of a message that it holds, and the statements that write it. */

import type { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { DeliveryState } from "../../domain/Receipt.ts"
import { delivered, is } from "../engine/Delivered.ts"
import { listed } from "../engine/Lists.ts"
import { statement } from "../engine/Statement.ts"

/** What a receiver's server says of a message that it holds. */
export type Change =
  | { readonly state: Exclude<DeliveryState, "refused" | "expired" | "pushed"> }
  /** `wished`: the user started the session as a channel, so that this may well be all that is ever known. */
  | { readonly state: "pushed"; readonly wished: boolean }
  | { readonly state: "expired" | "refused"; readonly reason: string }
  /** It did not take the wake-up, so that the message waits for its next turn. */
  | { readonly state: "not taken" }
  /** It keeps the message for a session that has no name: that it is never read is no news. */
  | { readonly state: "kept quietly" }
  /** The client has said that it drops what is pushed: the message waits as if it had never been. */
  | { readonly state: "dropped" }

/** A change of one message's receipt. */
export type ReceiptChange = Change & { readonly messageId: number }

const timeOf = {
  queued: undefined,
  pushed: "pushed_at",
  accepted: "accepted_at",
  "handed over": "handed_at",
  seen: "seen_at",
  expired: "ended_at",
  refused: "ended_at"
} as const

const ids = listed("$ids")

/** What is settled stays as it is, with its time. */
const isUnsettled = "receipts.state NOT IN ('seen', 'expired', 'refused')"

const setState = (time: string) =>
  statement<
    "state" | "reason" | "quiet" | "now" | "ids"
  >(`INSERT INTO receipts (message_id, state, reason, quiet, ${time})
  SELECT id, $state, $reason, $quiet, $now FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, ${time} = excluded.${time},
      quiet = CASE WHEN excluded.state IN ('accepted', 'handed over') THEN NULL
        ELSE coalesce(excluded.quiet, receipts.quiet) END
    WHERE ${isUnsettled}`)
const setStateAt = {
  pushed_at: setState("pushed_at"),
  accepted_at: setState("accepted_at"),
  handed_at: setState("handed_at"),
  seen_at: setState("seen_at"),
  ended_at: setState("ended_at")
}

// The channel has no second event for what it had before.
const requeue =
  statement<"ids">(`INSERT INTO receipts (message_id, state) SELECT id, 'queued' FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET reason = NULL,
      state = CASE WHEN receipts.pushed_at IS NULL THEN 'queued' ELSE 'pushed' END
    WHERE ${isUnsettled}`)
const unpush = statement<"ids">(`UPDATE receipts SET state = 'queued', pushed_at = NULL, quiet = NULL
  WHERE state = 'pushed' AND message_id IN ${ids}`)

const insertAside = (column: "not_taken_at" | "quiet") =>
  statement<"value" | "ids">(`INSERT INTO receipts (message_id, state, ${column})
  SELECT id, 'queued', $value FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET ${column} = excluded.${column}`)
const setNotTakenAt = insertAside("not_taken_at")
const setQuiet = insertAside("quiet")

// Only what came into the state: a message may have ended meanwhile.
const hasState = (state: DeliveryState) => `(SELECT state FROM receipts WHERE message_id = id) = '${state}'`
const setDelivered = (to: keyof typeof delivered, state: DeliveryState) =>
  statement<"ids">(
    `UPDATE messages SET delivered = ${delivered[to]} WHERE id IN ${ids} AND ${hasState(state)}`
  )
const endAfter = { expired: setDelivered("ended", "expired"), refused: setDelivered("ended", "refused") }
const showAfter = { pushed: setDelivered("shown", "pushed"), seen: setDelivered("shown", "seen") }
const holdAgain = statement<"ids">(`UPDATE messages SET delivered = ${delivered.taken}
  WHERE ${is("shown")} AND id IN ${ids} AND ${hasState("queued")}`)
const forget = statement<"ids">(
  `DELETE FROM messages WHERE kept_until IS NULL AND id IN ${ids} AND ${hasState("seen")}`
)

/** Writes a part of a change. */
type Write = (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError>

/** What writes one change of some messages, given as a JSON list. Mostly it is one statement, which needs no transaction. */
const writesOf = (change: Change, ids: string, now: string): ReadonlyArray<Write> => {
  const also =
    (one: typeof requeue): Write =>
    (sql) =>
      one.run(sql, { ids })
  if (change.state === "not taken") return [(sql) => setNotTakenAt.run(sql, { value: now, ids })]
  if (change.state === "kept quietly") return [(sql) => setQuiet.run(sql, { value: 1, ids })]
  if (change.state === "dropped") return [also(unpush), also(holdAgain)]
  const time = timeOf[change.state]
  if (time === undefined) return [also(requeue)]
  const { state } = change
  const wished = state === "pushed" && change.wished
  const reason = "reason" in change ? change.reason : null
  return [
    (sql) => setStateAt[time].run(sql, { state, reason, quiet: wished ? 1 : null, now, ids }),
    ...(state === "expired" || state === "refused" ? [also(endAfter[state])] : []),
    ...(wished ? [also(showAfter.pushed)] : []),
    ...(state === "seen" ? [also(showAfter.seen), also(forget)] : [])
  ]
}

/** Changes that stand side by side and say the same, as one. The order between different ones is kept. */
const merged = (
  changes: ReadonlyArray<ReceiptChange>
): ReadonlyArray<{ readonly change: Change; readonly ids: ReadonlyArray<number> }> => {
  const result: Array<{ readonly change: Change; readonly ids: Array<number> }> = []
  for (const { messageId, ...change } of changes) {
    const last = result.at(-1)
    if (last !== undefined && JSON.stringify(last.change) === JSON.stringify(change)) last.ids.push(messageId)
    else result.push({ change: change as Change, ids: [messageId] })
  }
  return result
}

/** What writes all of it, in order. */
export const writesOfAll = (changes: ReadonlyArray<ReceiptChange>, now: string): ReadonlyArray<Write> =>
  merged(changes).flatMap(({ ids, change }) => writesOf(change, JSON.stringify(ids), now))
