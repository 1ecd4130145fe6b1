/**
 * The messages. Writing is one statement, whatever the number of receivers, and messages that are written at the
 * same time share one commit. Taking claims each row for one server, once. A message that nobody took before its
 * time is over is never delivered after that.
 */
import { Context, Deferred, Effect, Exit, Layer, Queue, Result } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Settings } from "../Config.ts"
import type { BusUnavailable, QueueFull, TooFast } from "../domain/Errors.ts"
import type { Message, MessageKind, Metadata, Sent, Wishes } from "../domain/Message.ts"
import type { SessionId } from "../domain/Name.ts"
import { everybody } from "../domain/Pace.ts"
import { BusClock } from "./BusClock.ts"
import { Database } from "./Database.ts"
import { holdRow, insertRows, type MessageRow, messageColumns, messageOf, type Paced } from "./MessageRows.ts"
import { lastSign } from "./Migrations.ts"
import { Pacing } from "./Pacing.ts"
import { rewriting, scrub } from "./Removal.ts"

/** A message to write. */
export interface Draft {
  readonly from: SessionId
  readonly to: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
  readonly wishes?: Wishes
  /** How long it waits to be taken, in milliseconds, and for which name, whoever holds it then. */
  readonly mail?: { readonly life: number; readonly name: string | null }
  /** Ties the copies of a broadcast together. */
  readonly batch?: string
}

/** Why a message was not written although its receiver is there. */
export type TooMuch = TooFast | QueueFull

interface Accepted {
  readonly draft: Draft
  readonly written: Deferred.Deferred<ReadonlyArray<Sent>, TooMuch | BusUnavailable>
}

type Written = Result.Result<ReadonlyArray<Sent>, TooMuch>

/** What a session finds when it looks. */
export interface Glance {
  /** Whether a message waits for it. */
  readonly waiting: boolean
  /** Whether it is still on the roster. */
  readonly present: boolean
}

/** The most messages that are taken at once. */
export const batch = 100

// Constant texts spare building the statement anew, which costs 0.2 ms on every message's way.
const selectWaiting = `SELECT ${messageColumns} FROM messages WHERE to_session = ? AND delivered IN (0, 2)
    AND CASE WHEN expires_at IS NULL THEN created_at > ? ELSE expires_at > ? END
  ORDER BY id LIMIT ${batch}`
const glanceText = `SELECT
  EXISTS (SELECT 1 FROM messages WHERE to_session = ?1 AND delivered IN (0, 2)
    AND CASE WHEN expires_at IS NULL THEN created_at > ?2 ELSE expires_at > ?3 END) AS waiting,
  EXISTS (SELECT 1 FROM sessions WHERE id = ?1) AS present`
const claimText = `UPDATE messages SET delivered = 1,
    kept_until = CASE WHEN protocol IS NULL THEN ?1 ELSE min(kept_until, ?1) END
  WHERE delivered IN (0, 2) AND id IN (SELECT value FROM json_each(?2)) RETURNING id`

export class Bus extends Context.Service<
  Bus,
  {
    /**
     * Accepts a message for writing, after those that were accepted before. The effect that it gives waits for the
     * commit, and says to which of the receivers, those on the roster for whom not too much waits, it was written. All
     * or none. What sessions say counts against the sender's limits.
     */
    readonly send: (
      draft: Draft
    ) => Effect.Effect<Effect.Effect<ReadonlyArray<Sent>, TooMuch | BusUnavailable>>
    /** Of some sessions those for whom no more messages are taken. */
    readonly full: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlySet<string>, BusUnavailable>
    /** Changes whenever another session has written; `undefined`: it can't be told. Far cheaper than a glance. */
    readonly version: Effect.Effect<number | undefined>
    /** Looks whether there is anything to take, without writing. */
    readonly glance: (id: SessionId) => Effect.Effect<Glance, BusUnavailable>
    /** Takes what waits for a session into the keeping of its server, oldest first, at most 100 messages. */
    readonly take: (id: SessionId) => Effect.Effect<ReadonlyArray<Message>, BusUnavailable>
    /** Takes back what was written to somebody and not taken yet; what waits for a name stays. */
    readonly retract: (ids: ReadonlyArray<number>) => Effect.Effect<void, BusUnavailable>
    /** Removes what history need not keep any more, unless its sender is still to be told of it. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
    /** Sweeps unless another server has just done it. */
    readonly tidy: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Bus") {
  static readonly layer = Layer.effect(
    Bus,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const pacing = yield* Pacing
      const { history, queueLimit, timing } = yield* Settings

      // A row of a 1.3.1 server says when it was written, not when it ends.
      const times = Effect.all({ now: clock.iso(), oldest: clock.iso(-timing.messageLife) })

      const accepted = yield* Queue.unbounded<Accepted>()

      const insert = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        draft: Draft,
        pace: Paced | undefined
      ) {
        const life = draft.mail?.life ?? (draft.kind === "chat" ? timing.messageLife : timing.permissionLife)
        const writing = {
          ...draft,
          now: yield* clock.iso(),
          freshSince: yield* clock.iso(-timing.lease),
          wishes: draft.wishes ?? {},
          expiresAt: yield* clock.iso(life),
          keptUntil: history === 0 ? null : yield* clock.iso(life + history),
          batch: draft.batch ?? null,
          mailTo: draft.mail?.name ?? null,
          queueLimit: draft.kind === "chat" ? queueLimit : undefined,
          pace
        }
        const rows = yield* draft.to.length === 0 ? holdRow(sql, writing) : insertRows(sql, writing)
        return rows.map((row): Sent => ({ messageId: row.id, to: row.to_session as SessionId }))
      })

      /** Why nothing was written; `undefined`: the receivers are gone. */
      const whyNot = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        { batch, from, mail, to: [receiver] }: Draft,
        pace: Paced | undefined
      ) {
        const tooFast = pace === undefined ? undefined : yield* pacing.tooFast(sql, from, pace)
        if (tooFast !== undefined || batch !== undefined) return tooFast
        return yield* pacing.queueFull(
          sql,
          receiver === undefined ? { name: mail?.name ?? "" } : { id: receiver }
        )
      })

      const write = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        draft: Draft
      ): Effect.fn.Return<Written, SqlError> {
        if (draft.kind !== "chat") return Result.succeed(yield* insert(sql, draft, undefined))
        const { batch, content, from, mail, to } = draft
        const receiver = batch === undefined ? (to[0] ?? mail?.name ?? everybody) : everybody
        const pace = yield* pacing.of(from, receiver, content)
        const sent = yield* insert(sql, draft, pace)
        const why = sent.length === 0 ? yield* whyNot(sql, draft, pace) : undefined
        return why === undefined ? Result.succeed(sent) : Result.fail(why)
      })

      // A commit costs far more than a row. Whoever comes while one is under way shares the next.
      const writeNext = Effect.gen(function* () {
        const [first, ...others] = yield* Queue.takeAll(accepted)
        const all = [first, ...others]
        const commit =
          others.length === 0
            ? database.run((sql) => Effect.map(write(sql, first.draft), (written) => [written]))
            : database.transaction((sql) => Effect.forEach(all, ({ draft }) => write(sql, draft)))
        const exit = yield* Effect.exit(commit)
        const outcomeOf = (index: number): Exit.Exit<ReadonlyArray<Sent>, TooMuch | BusUnavailable> => {
          if (Exit.isFailure(exit)) return Exit.failCause(exit.cause)
          const result = exit.value[index] ?? Result.succeed([])
          return Result.isSuccess(result) ? Exit.succeed(result.success) : Exit.fail(result.failure)
        }
        for (const [index, { written }] of all.entries()) Deferred.doneUnsafe(written, outcomeOf(index))
      })
      yield* Effect.forkScoped(Effect.forever(writeNext))

      const send = (draft: Draft) =>
        Effect.sync((): Effect.Effect<ReadonlyArray<Sent>, TooMuch | BusUnavailable> => {
          if (draft.to.length === 0 && draft.mail === undefined) return Effect.succeed([])
          const written = Deferred.makeUnsafe<ReadonlyArray<Sent>, TooMuch | BusUnavailable>()
          Queue.offerUnsafe(accepted, { draft, written })
          return Deferred.await(written)
        })

      const full = (ids: ReadonlyArray<string>) =>
        database.run((sql) =>
          Effect.map(
            pacing.full(sql, ids),
            (found): ReadonlySet<string> => new Set(found.map(({ id }) => id))
          )
        )

      const glance = Effect.fnUntraced(function* (id: SessionId) {
        const { now, oldest } = yield* times
        const rows = yield* database.run((sql) =>
          sql.unsafe<{ waiting: number; present: number }>(glanceText, [id, oldest, now])
        )
        return { waiting: rows[0]?.waiting === 1, present: rows[0]?.present === 1 }
      })

      // Looking first leaves the write lock to others where nothing waits, which most rings find.
      const take = Effect.fnUntraced(function* (id: SessionId) {
        const { now, oldest } = yield* times
        const rows = yield* database.run((sql) => sql.unsafe<MessageRow>(selectWaiting, [id, oldest, now]))
        if (rows.length === 0) return []
        const keptUntil = history === 0 ? null : yield* clock.iso(history)
        const ids = JSON.stringify(rows.map((row) => row.id))
        const claimed = yield* database.run((sql) => sql.unsafe<{ id: number }>(claimText, [keptUntil, ids]))
        const mine = new Set(claimed.map((row) => row.id))
        return rows.filter((row) => mine.has(row.id)).map(messageOf)
      })

      const retract = Effect.fn("Bus.retract")(function* (ids: ReadonlyArray<number>) {
        const list = JSON.stringify(ids)
        // What reached nobody does not count; a broadcast that lost a receiver does.
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* sql`DELETE FROM messages
              WHERE delivered IN (0, 2) AND to_session <> '' AND id IN (SELECT value FROM json_each(${list}))`
            yield* sql`DELETE FROM sendings WHERE receiver <> ${everybody}
              AND message_id IN (SELECT value FROM json_each(${list})) AND message_id NOT IN (SELECT id FROM messages)`
          })
        )
      })

      // A sender that is away may be back, and is told then of what expired meanwhile. Without a time of its own, a
      // message is kept until it is settled and its sender knows. What its receiver still
      // keeps has an hour more, in which that receiver gives it up by itself.
      const sweep = Effect.gen(function* () {
        const { now, oldest } = yield* times
        const freshSince = yield* clock.iso(-timing.lease)
        const anHourAgo = yield* clock.iso(-3_600_000)
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* sql`INSERT OR REPLACE INTO tidying (what, done_at) VALUES ('messages', ${now})`
            yield* sql`WITH live AS (SELECT id FROM sessions WHERE ${sql.literal(lastSign)} > ${freshSince} AND id IS NOT NULL)
              DELETE FROM messages WHERE id IN (
                SELECT id FROM messages LEFT JOIN receipts ON message_id = id WHERE CASE
                  WHEN delivered IN (0, 2) AND expires_at IS NULL THEN created_at <= ${oldest}
                  WHEN delivered IN (0, 2) THEN expires_at <= ${now} AND coalesce(kept_until, '') <= ${now}
                    AND NOT coalesce(sender_id IN live, 0)
                  WHEN kept_until IS NOT NULL AND state IN ('pushed', 'seen', 'expired', 'refused')
                    THEN kept_until <= ${now}
                  WHEN kept_until IS NOT NULL THEN kept_until <= ${anHourAgo}
                  WHEN state = 'seen' OR told = 'ended' THEN 1
                  ELSE NOT coalesce(sender_id IN live, 0) AND to_session NOT IN live END)`
            yield* sql`DELETE FROM receipts WHERE message_id NOT IN (SELECT id FROM messages)`
            yield* pacing.forget(sql)
          })
        )
        yield* scrub(database, now, yield* clock.iso(-rewriting))
      }).pipe(Effect.withSpan("Bus.sweep"))

      // A sweep looks at all that is kept.
      const tidy = Effect.gen(function* () {
        const now = yield* clock.iso()
        const doneSince = yield* clock.iso(-0.9 * timing.messageSweep)
        const done = yield* database.run(
          (sql) => sql`SELECT 1 FROM tidying
            WHERE what = 'messages' AND done_at > ${doneSince} AND done_at <= ${now}`
        )
        if (done.length === 0) yield* sweep
      })

      return Bus.of({ send, full, version: database.version, glance, take, retract, sweep, tidy })
    })
  ).pipe(Layer.provide(Pacing.layer))
}
