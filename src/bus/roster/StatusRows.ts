/**
 * What a status line says of the bus: who asks, what waits for it, and who is here. Read as the rows say it: no signature is checked, and
 * nothing is written. Without Effect, so that it can be read by a program that starts fast.
 */
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { isFresh, nameOf, projectOf } from "../engine/Columns.ts"
import { isInTime, isUnderWay, isWaiting } from "../engine/Delivered.ts"
import { statement } from "../engine/Statement.ts"

/** A session that is there, as far as a status line tells. */
export interface PresentRow {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly project: string | null
  readonly doing: string | null
  readonly kind: string | null
  readonly status: string | null
  readonly doorbell: number | null
  readonly pid: string | null
  /** The machine that it runs on; on a bus in a file, none. */
  readonly host: string | null
  /** 1: it serves the conversation that was asked for. */
  readonly mine: number
}

/** Everybody whose heartbeat is fresh. `conversation`: the hash of one, or nothing. */
export const selectPresent = statement<"conversation" | "freshSince", PresentRow>(
  `SELECT ${boundedAs(room.name, "id")}, ${bounded(nameOf(), room.name)} AS name,
    ${bounded("coalesce(role, '')", room.name)} AS role, ${bounded(projectOf(), room.name)} AS project,
    ${boundedAs(room.id, "doing", "kind", "status", "pid", "host")}, doorbell,
    CASE WHEN id IN (SELECT session_id FROM conversations WHERE conversations.conversation = $conversation)
      THEN 1 ELSE 0 END AS mine
  FROM sessions WHERE id IS NOT NULL AND ${isFresh} ORDER BY registered_at, id LIMIT ${mostRows}`
)

/** What waits, in numbers. PostgreSQL's client gives them as texts. */
export interface CountsRow {
  readonly waiting: number | string
  readonly requests: number | string
}

/**
 * How many messages wait for a session that nobody has shown to it yet, and how many permission requests are open that it was asked.
 * `all`: 1 for all that are open, since a person may answer any.
 */
export const selectCounts = statement<"id" | "all" | "now" | "oldest", CountsRow>(
  `SELECT (
    SELECT count(*) FROM messages LEFT JOIN receipts ON message_id = id
    WHERE to_session = $id AND ${isUnderWay()} AND coalesce(state, 'queued') IN ('queued', 'accepted')
      AND coalesce(kind, 'chat') = 'chat' AND (NOT ${isWaiting()} OR ${isInTime})
  ) AS waiting, (
    SELECT count(*) FROM permission_requests AS request
    WHERE request.answered_at IS NULL AND request.expires_at > $now AND ($all = 1 OR EXISTS (
      SELECT 1 FROM permission_asked AS asked WHERE asked.asker_id = request.asker_id
        AND asked.request_id = request.request_id AND asked.session_id = $id))
  ) AS requests`
)
