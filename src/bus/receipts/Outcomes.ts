/** What a sender has to be told of its messages, and how it is written down that it was. */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { MessageKind } from "../../domain/Message.ts"
import { type DeliveryState, reasons } from "../../domain/Receipt.ts"
import { boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { knownState } from "../engine/Columns.ts"
import { delivered, is, isToReport, isWaiting } from "../engine/Delivered.ts"
import { statement } from "../engine/Statement.ts"
import { type MessageRow, messageColumns } from "../messages/MessageRows.ts"

/** What a sender has to be told of a message. */
export interface Outcome {
  readonly messageId: number
  readonly kind: MessageKind
  /** The receiver's name, or its id if it is not on the roster any more. */
  readonly to: string
  readonly content: string
  /** `waits`: the receiver did not take the wake-up. Else it will not be shown any more. */
  readonly what: "waits" | "expired" | "refused"
  readonly reason: string
}

export interface UntoldRow extends MessageRow {
  readonly kind: MessageKind
  readonly state: DeliveryState
  readonly reason: string | null
  readonly quiet: number | null
  readonly became: "ended" | "expired" | "left" | "waits"
}

/** Of one sender: what became of its messages and was not told yet. A broadcast is left out until all its copies are known. */
export const selectUntold = statement<"sender" | "now" | "leftBefore" | "sentBefore", UntoldRow>(`WITH
  mine AS (SELECT ${messageColumns}, ${boundedAs(room.reason, "reason")}, quiet, ${knownState} AS state,
    coalesce(told, '') AS told,
    CASE
      WHEN state IN ('expired', 'refused') THEN 'ended'
      WHEN ${isWaiting()} AND expires_at <= $now THEN 'expired'
      WHEN ${is("taken")} AND to_session NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)
        AND coalesce(left_at, created_at) <= $leftBefore THEN 'left'
      WHEN ${is("taken")} AND coalesce(state, 'queued') = 'queued' AND not_taken_at IS NOT NULL THEN 'waits'
      END AS became
    FROM messages LEFT JOIN receipts ON message_id = id
    WHERE sender_id = $sender AND ${isToReport()} AND protocol IS NOT NULL AND kind IN ('chat', 'permission_request'))
  SELECT * FROM mine WHERE became IS NOT NULL AND told <> 'ended' AND (became <> 'waits' OR told <> 'waits')
    AND (batch IS NULL OR created_at <= $sentBefore) ORDER BY id LIMIT ${mostRows}`)

const noteWaits = statement<"id">("UPDATE receipts SET told = 'waits' WHERE message_id = $id")
const endMessage = statement<"id">(`UPDATE messages SET delivered = ${delivered.ended} WHERE id = $id`)
const noteEnd = statement<
  "id" | "state" | "reason" | "now"
>(`INSERT INTO receipts (message_id, state, reason, ended_at, told)
  VALUES ($id, $state, $reason, $now, 'ended')
  ON CONFLICT(message_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
    ended_at = coalesce(receipts.ended_at, excluded.ended_at), told = 'ended'`)

/** What a row says. */
export const outcomeOf = (row: UntoldRow): Outcome => {
  const common = { messageId: row.id, kind: row.kind, to: row.receiver_name, content: row.content }
  if (row.became === "waits") return { ...common, what: "waits", reason: reasons.waits }
  if (row.became === "ended")
    return {
      ...common,
      what: row.state === "refused" ? "refused" : "expired",
      reason: row.reason ?? reasons.notTaken
    }
  if (row.became === "left" && row.state === "pushed")
    return { ...common, what: "expired", reason: reasons.leftPushed }
  return { ...common, what: "expired", reason: row.became === "left" ? reasons.left : reasons.notTaken }
}

/** Writes down that a sender was told; what is over ends with it. */
export const settle = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  { messageId: id, reason, what }: Outcome,
  now: string
) {
  if (what === "waits") return yield* Effect.asVoid(noteWaits.run(sql, { id }))
  yield* endMessage.run(sql, { id })
  yield* noteEnd.run(sql, { id, state: what, reason, now })
})
