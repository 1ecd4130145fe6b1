/**
 * What is done to the rows of others: sessions that are gone leave the roster and free their names, and messages that nobody
 * need keep are removed. In the file whoever notices may do it; PostgreSQL has functions of its own for that.
 */
import { Context, Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"
import { window } from "../../domain/Pace.ts"
import { Settings } from "../../settings/Settings.ts"
import { mostRows } from "./Bounds.ts"
import { BusClock } from "./BusClock.ts"
import { lastSign } from "./Columns.ts"
import { Database } from "./Database.ts"
import { leave } from "./Leaving.ts"
import { renumber } from "./sqlite/Numbering.ts"
import { rewriting, scrub } from "./sqlite/Removal.ts"

export class Upkeep extends Context.Service<
  Upkeep,
  {
    /**
     * Takes a name from sessions that are gone. Part of the transaction that takes the name, in which from then on nobody else
     * takes one.
     */
    readonly freeName: (
      sql: SqlClient.SqlClient,
      id: SessionId,
      name: string
    ) => Effect.Effect<void, SqlError>
    /** Takes a session off the roster: this one, which ends, or one that is dead. */
    readonly remove: (id: string) => Effect.Effect<void, BusUnavailable>
    /** Takes sessions off the roster that have shown no sign for long. Says which. */
    readonly sweepSessions: Effect.Effect<ReadonlyArray<string>, BusUnavailable>
    /** Removes what history need not keep any more, unless its sender is still to be told of it. */
    readonly sweepMessages: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Upkeep") {
  static readonly layer = Layer.effect(
    Upkeep,
    Effect.gen(function* () {
      const clock = yield* BusClock
      const database = yield* Database
      const { timing } = yield* Settings
      const freshSince = clock.iso(-timing.lease)

      const freeName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: string) {
        const now = yield* clock.iso()
        const gone = yield* sql<{ id: string }>`DELETE FROM sessions
          WHERE name = ${name} AND id <> ${id} AND ${sql.literal(lastSign)} <= ${yield* freshSince} RETURNING id`
        yield* Effect.forEach(gone, (one) => leave(sql, one.id, now), { discard: true })
      })

      const remove = Effect.fnUntraced(function* (id: string) {
        const now = yield* clock.iso()
        yield* database.transaction((sql) =>
          Effect.andThen(sql`DELETE FROM sessions WHERE id = ${id}`, leave(sql, id, now))
        )
      })

      const sweepSessions = Effect.gen(function* () {
        const since = yield* freshSince
        const now = yield* clock.iso()
        const gone = yield* database.transaction((sql) =>
          Effect.tap(
            sql<{ id: string }>`DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions
              WHERE ${sql.literal(lastSign)} <= ${since} LIMIT ${sql.literal(String(mostRows))}) RETURNING id`,
            (gone) => Effect.forEach(gone, ({ id }) => leave(sql, id, now), { discard: true })
          )
        )
        return gone.map(({ id }) => id)
      })

      // A sender that is away may be back, and is told then of what expired meanwhile. Without a time of its own, a
      // message is kept until it is settled and its sender knows. What its receiver still
      // keeps has an hour more, in which that receiver gives it up by itself; so has what was given up just now, in which its
      // sender is told. A row of a 1.3.1 server says when it was
      // written, not when it ends.
      const sweepMessages = Effect.gen(function* () {
        const now = yield* clock.iso()
        const oldest = yield* clock.iso(-timing.messageLife)
        const since = yield* freshSince
        const anHourAgo = yield* clock.iso(-3_600_000)
        const aMinuteAgo = yield* clock.iso(-window)
        const inAMinute = yield* clock.iso(window)
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* renumber(sql)
            yield* sql`WITH live AS (SELECT id FROM sessions WHERE ${sql.literal(lastSign)} > ${since} AND id IS NOT NULL)
              DELETE FROM messages WHERE id IN (
                SELECT id FROM messages LEFT JOIN receipts ON message_id = id WHERE CASE
                  WHEN delivered IN (0, 2) AND expires_at IS NULL THEN created_at <= ${oldest}
                  WHEN delivered IN (0, 2) THEN expires_at <= ${now} AND coalesce(kept_until, '') <= ${now}
                    AND NOT coalesce(sender_id IN live, 0)
                  WHEN kept_until IS NOT NULL AND (state IN ('pushed', 'seen') OR told = 'ended' OR quiet = 1)
                    THEN kept_until <= ${now}
                  WHEN kept_until IS NOT NULL THEN kept_until <= ${anHourAgo}
                  WHEN state = 'seen' OR told = 'ended' THEN 1
                  ELSE NOT coalesce(sender_id IN live, 0) AND to_session NOT IN live END)`
            yield* sql`DELETE FROM receipts WHERE message_id NOT IN (SELECT id FROM messages)`
            yield* sql`DELETE FROM session_keys WHERE session_id NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)
              AND session_id NOT IN (SELECT session_id FROM conversations)
              AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = session_id)`
            // Those of a clock that was set back go; another process may be a moment ahead.
            yield* sql`DELETE FROM sendings WHERE sent_at <= ${aMinuteAgo} OR sent_at > ${inAMinute}`
          })
        )
        yield* scrub(database, now, yield* clock.iso(-rewriting))
      })

      return Upkeep.of({ freeName, remove, sweepSessions, sweepMessages })
    })
  )
}
