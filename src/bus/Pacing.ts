/**
 * How fast each session has been writing, on the bus, so that a restart of its server does not make it faster. What
 * counts is written beside the message, in its transaction; of the text only a hash.
 */
import { Context, Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Settings } from "../Config.ts"
import { QueueFull, TooFast } from "../domain/Errors.ts"
import type { SessionId } from "../domain/Name.ts"
import { pauseBefore, type Sending, window } from "../domain/Pace.ts"
import { sha256 } from "../platform/Platform.ts"
import { BusClock } from "./BusClock.ts"
import { countWaiting, isFor, isMailFor } from "./MessageRows.ts"

/** A message that has just been written. */
export interface Counted {
  readonly messageId: number
  readonly from: SessionId
  /** The receiver's id, or the name that it waits for; empty for a broadcast. */
  readonly to: string
  readonly content: string
}

// Constant texts spare building the statements anew, which costs 0.2 ms each on every message's way.
const countText = `INSERT INTO sendings (message_id, sender_id, receiver, words, sent_at) VALUES (?1, ?2, ?3, ?4, ?5)
  RETURNING (SELECT json_group_array(json_array(receiver, words, sent_at)) FROM sendings AS before
    WHERE before.sender_id = ?2 AND before.sent_at > ?6 AND before.sent_at <= ?5 AND before.message_id <> ?1) AS lately`
const undoText = "DELETE FROM sendings WHERE sender_id = ? AND message_id IN (SELECT value FROM json_each(?))"
const full = (isMine: string) => `${countWaiting(isMine, "?2")} >= ?3`
const fullSessions = `SELECT id, CAST(coalesce(name, id) AS TEXT) AS name FROM sessions
  WHERE id IN (SELECT value FROM json_each(?1)) AND ${full(isFor("sessions.id"))}`
const fullName = `SELECT 1 WHERE ${full(isMailFor("?1"))}`

const sendingsIn = (text: string): ReadonlyArray<Sending> =>
  (JSON.parse(text) as ReadonlyArray<readonly [string, string, string]>).map(([to, words, at]) => ({
    to,
    words,
    at: new Date(at).getTime()
  }))

export class Pacing extends Context.Service<
  Pacing,
  {
    /** Whether a session's messages are counted at all. */
    readonly counts: boolean
    /** Counts a message, and says where it is one too many; then it does not count, and has to be taken back. */
    readonly count: (
      sql: SqlClient.SqlClient,
      message: Counted
    ) => Effect.Effect<TooFast | undefined, SqlError>
    /** Of some sessions those for whom no more messages are taken, by id and name. */
    readonly full: (
      sql: SqlClient.SqlClient,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<{ readonly id: string; readonly name: string }>, SqlError>
    /** Why nothing was written to one receiver, or to a name that nobody holds: too much waits there, or it is gone. */
    readonly whyNot: (
      sql: SqlClient.SqlClient,
      receiver: { readonly id: string } | { readonly name: string }
    ) => Effect.Effect<QueueFull | undefined, SqlError>
    /** Forgets what does not count any more. */
    readonly forget: (sql: SqlClient.SqlClient) => Effect.Effect<void, SqlError>
  }
>()("cc-dm/bus/Pacing") {
  static readonly layer = Layer.effect(
    Pacing,
    Effect.gen(function* () {
      const clock = yield* BusClock
      const { queueLimit, rateLimit } = yield* Settings

      const count = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, message: Counted) {
        if (rateLimit === undefined) return undefined
        const { content, from, messageId, to } = message
        const now = yield* clock.iso()
        // With both ends in it, a hash says of no other pair that the same was written there.
        const words = sha256(JSON.stringify([from, to, content])).slice(0, 32)
        const rows = yield* sql.unsafe<{ lately: string }>(countText, [
          messageId,
          from,
          to,
          words,
          now,
          yield* clock.iso(-window)
        ])
        const next = { to, words, at: new Date(now).getTime() }
        const pause = pauseBefore(rateLimit, next, sendingsIn(rows[0]?.lately ?? "[]"))
        if (pause === undefined) return undefined
        yield* sql.unsafe(undoText, [from, JSON.stringify([messageId])])
        return new TooFast(pause)
      })

      const full = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<string>) {
        if (queueLimit === undefined || ids.length === 0) return []
        return yield* sql.unsafe<{ id: string; name: string }>(fullSessions, [
          JSON.stringify(ids),
          yield* clock.iso(),
          queueLimit
        ])
      })

      const whyNot = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        receiver: { readonly id: string } | { readonly name: string }
      ) {
        if (queueLimit === undefined) return undefined
        if ("id" in receiver) {
          const [found] = yield* full(sql, [receiver.id])
          return found && new QueueFull({ to: found.name, limit: queueLimit })
        }
        const rows = yield* sql.unsafe(fullName, [receiver.name, yield* clock.iso(), queueLimit])
        return rows.length === 0 ? undefined : new QueueFull({ to: receiver.name, limit: queueLimit })
      })

      // Some of a time to come stay where another process is a moment ahead; those of a clock that was set back go.
      const forget = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
        yield* sql`DELETE FROM sendings
          WHERE sent_at <= ${yield* clock.iso(-window)} OR sent_at > ${yield* clock.iso(window)}`
      })

      return Pacing.of({ counts: rateLimit !== undefined, count, full, whyNot, forget })
    })
  )
}
