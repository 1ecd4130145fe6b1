/** `Upkeep` of a bus in a file. */
import { Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SessionId } from "../../../domain/Name.ts"
import { window } from "../../../domain/Pace.ts"
import { Settings } from "../../../settings/Settings.ts"
import { mostRows } from "../Bounds.ts"
import { BusClock } from "../BusClock.ts"
import { lastSign, liveIds } from "../Columns.ts"
import { Database } from "../Database.ts"
import { isOver, isWaiting } from "../Delivered.ts"
import { leave } from "../Leaving.ts"
import { statement } from "../Statement.ts"
import { Upkeep } from "../Upkeep.ts"
import { isUsedUp, renumber } from "./Numbering.ts"
import { rewriting, scrub, scrubbing } from "./Removal.ts"

interface Gone {
  readonly id: string
}

const isGone = `${lastSign} <= $freshSince`
const removeHolders = statement<"name" | "id" | "freshSince", Gone>(
  `DELETE FROM sessions WHERE name = $name AND id <> $id AND ${isGone} RETURNING id`
)
const removeOne = statement<"id">("DELETE FROM sessions WHERE id = $id")
const removeGone = statement<"freshSince", Gone>(`DELETE FROM sessions
  WHERE rowid IN (SELECT rowid FROM sessions WHERE ${isGone} LIMIT ${mostRows}) RETURNING id`)

/**
 * A sender that is away may be back, and is told then of what expired meanwhile: so a message of ours that nothing took stays as long
 * as history keeps it, and while its sender is there. A message that its receiver's server still holds has an hour more, in which that
 * server gives it up by itself; so has what was given up just now, in which its sender is told. What history does not keep goes once it is
 * settled and its sender knows, or once both ends are gone.
 */
const oldMessages = `SELECT id FROM messages LEFT JOIN receipts ON message_id = id WHERE CASE
      WHEN ${isWaiting()} THEN ${isOver} AND (expires_at IS NULL
        OR (coalesce(kept_until, '') <= $now AND NOT coalesce(sender_id IN live, 0)))
      WHEN kept_until IS NOT NULL AND (state IN ('pushed', 'seen') OR told = 'ended' OR quiet = 1)
        THEN kept_until <= $now
      WHEN kept_until IS NOT NULL THEN kept_until <= $anHourAgo
      WHEN state = 'seen' OR told = 'ended' THEN 1
      ELSE NOT coalesce(sender_id IN live, 0) AND to_session NOT IN live END`
const oldReceipts = "FROM receipts WHERE message_id NOT IN (SELECT id FROM messages)"
const oldKeys = `FROM session_keys
  WHERE session_id NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)
    AND session_id NOT IN (SELECT session_id FROM conversations)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = session_id)`
// Those of a clock that was set back go; another process may be a moment ahead.
const oldSendings = "FROM sendings WHERE sent_at <= $aMinuteAgo OR sent_at > $inAMinute"

const removeMessages = statement<"now" | "oldest" | "anHourAgo" | "freshSince">(`WITH live AS ${liveIds}
  DELETE FROM messages WHERE id IN (${oldMessages})`)
const removeReceipts = statement(`DELETE ${oldReceipts}`)
const removeKeys = statement(`DELETE ${oldKeys}`)
const removeSendings = statement<"aMinuteAgo" | "inAMinute">(`DELETE ${oldSendings}`)

/** Whether a sweep would find anything. Mostly it would not, and this is one statement in place of eight. */
const selectDue = statement<
  "now" | "oldest" | "anHourAgo" | "freshSince" | "aMinuteAgo" | "inAMinute" | "rewrittenSince",
  { readonly due: number }
>(`WITH live AS ${liveIds} SELECT CASE WHEN EXISTS (${oldMessages})
    OR EXISTS (SELECT 1 ${oldReceipts}) OR EXISTS (SELECT 1 ${oldKeys}) OR EXISTS (SELECT 1 ${oldSendings})
    OR ${isUsedUp} OR EXISTS (${scrubbing}) THEN 1 ELSE 0 END AS due`)

export const SqliteUpkeep = Layer.effect(
  Upkeep,
  Effect.gen(function* () {
    const clock = yield* BusClock
    const database = yield* Database
    const { timing } = yield* Settings

    /** Of each that was taken off the roster. */
    const leaveAll = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, gone: ReadonlyArray<Gone>) {
      const now = yield* clock.iso()
      yield* Effect.forEach(gone, ({ id }) => leave(sql, id, now), { discard: true })
    })

    const freeName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: string) {
      const freshSince = yield* clock.iso(-timing.lease)
      yield* leaveAll(sql, yield* removeHolders.run(sql, { name, id, freshSince }))
    })

    const remove = Effect.fnUntraced(function* (id: string) {
      yield* database.transaction((sql) =>
        Effect.andThen(removeOne.run(sql, { id }), leaveAll(sql, [{ id }]))
      )
    })

    const sweepSessions = Effect.gen(function* () {
      const freshSince = yield* clock.iso(-timing.lease)
      const gone = yield* database.transaction((sql) =>
        Effect.tap(removeGone.run(sql, { freshSince }), (gone) => leaveAll(sql, gone))
      )
      return gone.map(({ id }) => id)
    })

    const sweepMessages = Effect.gen(function* () {
      const now = yield* clock.iso()
      const times = {
        now,
        oldest: yield* clock.iso(-timing.messageLife),
        freshSince: yield* clock.iso(-timing.lease),
        anHourAgo: yield* clock.iso(-3_600_000)
      }
      const sendings = { aMinuteAgo: yield* clock.iso(-window), inAMinute: yield* clock.iso(window) }
      const rewrittenSince = yield* clock.iso(-rewriting)
      if (database.peek(selectDue, { ...times, ...sendings, rewrittenSince })?.due === 0) return
      yield* database.transaction((sql) =>
        Effect.gen(function* () {
          yield* renumber(sql)
          yield* removeMessages.run(sql, times)
          yield* removeReceipts.run(sql, {})
          yield* removeKeys.run(sql, {})
          yield* removeSendings.run(sql, sendings)
        })
      )
      yield* scrub(database, now, rewrittenSince)
    })

    return Upkeep.of({ freeName, remove, sweepSessions, sweepMessages })
  })
)
