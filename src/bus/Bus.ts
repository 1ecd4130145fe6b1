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
import {
  insertRows,
  type MessageRow,
  messageColumns,
  messageOf,
  type Paced,
  prepare,
  provenRows,
  type Sender,
  senderOf
} from "./MessageRows.ts"
import { lastSign } from "./Migrations.ts"
import { Pacing } from "./Pacing.ts"
import { Proofs } from "./Proofs.ts"
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

interface GlanceRow {
  readonly waiting: number
  readonly present: number
}

/** The most messages that are taken at once. */
export const batch = 100

/** So many rows that were taken last are remembered, so that a copy of one does not pass for another message. */
const mostTaken = 10_000

interface WaitingRow extends MessageRow {
  /** 1: its session has seen it, so that somebody only made it wait again. */
  readonly again: number
}

interface Checked {
  readonly row: WaitingRow
  /** It is as its sender wrote it. */
  readonly signed: boolean
}

// Constant texts spare building the statement anew, which costs 0.2 ms on every message's way.
const selectWaiting = `SELECT ${messageColumns},
    EXISTS (SELECT 1 FROM receipts WHERE message_id = messages.id AND state = 'seen') AS again
  FROM messages WHERE to_session = ? AND delivered IN (0, 2)
    AND CASE WHEN expires_at IS NULL THEN created_at > ? ELSE expires_at > ? END
  ORDER BY id LIMIT ${batch}`
const glanceText = `SELECT
  EXISTS (SELECT 1 FROM messages WHERE to_session = ?1 AND delivered IN (0, 2)
    AND CASE WHEN expires_at IS NULL THEN created_at > ?2 ELSE expires_at > ?3 END) AS waiting,
  EXISTS (SELECT 1 FROM sessions WHERE id = ?1 AND ${lastSign} > ?4) AS present`
const claimText = `UPDATE messages SET delivered = 1,
    kept_until = CASE WHEN protocol IS NULL THEN ?1 ELSE min(kept_until, ?1) END
  WHERE delivered IN (0, 2) AND id IN (SELECT value FROM json_each(?2)) RETURNING id`
const putBackText = `UPDATE messages SET delivered = 2, to_session = ''
  WHERE delivered IN (0, 2) AND to_session = ? AND id IN (SELECT value FROM json_each(?))`
const disownText = `UPDATE messages SET sender_id = NULL, signature = NULL, kind = 'chat'
  WHERE id IN (SELECT value FROM json_each(?))`

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
    readonly version: () => number | undefined
    /**
     * Whether nothing waits for a session that is on the roster. `false` also where that can't be told at once. Cheaper than a
     * glance, since each heartbeat of each session makes all others ask.
     */
    readonly isQuiet: (id: SessionId) => boolean
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
      const proofs = yield* Proofs
      const { history, queueLimit, timing } = yield* Settings

      // A row of a 1.3.1 server says when it was written, not when it ends.
      const times = Effect.all({ now: clock.iso(), oldest: clock.iso(-timing.messageLife) })

      const accepted = yield* Queue.unbounded<Accepted>()

      const toWrite = Effect.fnUntraced(function* (sender: Sender | undefined, draft: Draft) {
        const { batch, content, from, to } = draft
        const receiver = batch === undefined ? (to[0] ?? draft.mail?.name ?? everybody) : everybody
        const pace = draft.kind === "chat" ? yield* pacing.of(from, receiver, content) : undefined
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
        return { draft, pace, prepared: prepare(sender, proofs.keyOf(from), writing) }
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
        { draft, pace, prepared }: Effect.Success<ReturnType<typeof toWrite>>
      ): Effect.fn.Return<Written, SqlError> {
        const rows = yield* insertRows(sql, prepared)
        const why = rows.length === 0 && draft.kind === "chat" ? yield* whyNot(sql, draft, pace) : undefined
        return why === undefined
          ? Result.succeed(rows.map((row): Sent => ({ messageId: row.id, to: row.to_session as SessionId })))
          : Result.fail(why)
      })

      // A commit costs far more than a row. Whoever comes while one is under way shares the next.
      const writeNext = Effect.gen(function* () {
        const [first, ...others] = yield* Queue.takeAll(accepted)
        const all = [first, ...others]
        const commit = Effect.gen(function* () {
          const ids = new Set(all.map(({ draft }) => draft.from))
          const senders = new Map<SessionId, Sender | undefined>()
          for (const id of ids) senders.set(id, yield* database.run((sql) => senderOf(sql, id)))
          const rows = yield* Effect.forEach(all, ({ draft }) => toWrite(senders.get(draft.from), draft))
          const [only] = rows
          return yield* only !== undefined && others.length === 0
            ? database.run((sql) => Effect.map(write(sql, only), (written) => [written]))
            : database.transaction((sql) => Effect.forEach(rows, (one) => write(sql, one)))
        })
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

      const glanceOf = (id: SessionId) => [
        id,
        clock.isoNow(-timing.messageLife),
        clock.isoNow(),
        clock.isoNow(-timing.lease)
      ]
      const glance = Effect.fnUntraced(function* (id: SessionId) {
        const rows = yield* database.run((sql) => sql.unsafe<GlanceRow>(glanceText, glanceOf(id)))
        return { waiting: rows[0]?.waiting === 1, present: rows[0]?.present === 1 }
      })
      const isQuiet = (id: SessionId) => {
        const row = database.peek<GlanceRow>(glanceText, glanceOf(id))
        return row?.waiting === 0 && row.present === 1
      }

      /** Which row came with which nonce, the latest last. */
      const taken = new Map<string, number>()
      const isCopy = ({ id, nonce }: MessageRow): boolean => {
        if (nonce === null) return false
        const before = taken.get(nonce)
        if (before !== undefined) return before !== id
        if (taken.size >= mostTaken) taken.delete(taken.keys().next().value ?? "")
        taken.set(nonce, id)
        return false
      }

      /** Reads what was taken. What claims a sender that nothing shows is made nobody's, on the bus too, and said once. */
      const received = Effect.fnUntraced(function* (me: SessionId, rows: ReadonlyArray<Checked>) {
        const all = rows.map(({ row, signed }) => ({
          row,
          proven: signed && (row.addressed === me || row.mail_to === row.receiver_name) && !isCopy(row)
        }))
        const again = all.filter(({ row }) => row.again === 1)
        const disowned = all.filter(({ proven, row }) => !proven && row.protocol !== null && row.again !== 1)
        const list = (some: typeof all) => some.map(({ row }) => row.id)
        if (again.length > 0)
          yield* Effect.logWarning(`messages ${list(again).join(", ")} were seen before, and not shown again`)
        if (disowned.length > 0) {
          yield* Effect.logWarning(
            `nothing shows who wrote the messages ${list(disowned).join(", ")}: they are delivered as nobody's`
          )
          // They are this server's by now: a bus that fails at this must not keep them from their session.
          yield* database
            .run((sql) => sql.unsafe(disownText, [JSON.stringify(list(disowned))]))
            .pipe(Effect.catch((error) => Effect.logWarning(error.message)))
        }
        return all.filter(({ row }) => row.again !== 1).map(({ proven, row }) => messageOf(row, proven))
      })

      // Looking first leaves the write lock to others where nothing waits, which most rings find.
      const take = Effect.fnUntraced(function* (id: SessionId) {
        const { now, oldest } = yield* times
        const rows = yield* database.run((sql) => sql.unsafe<WaitingRow>(selectWaiting, [id, oldest, now]))
        if (rows.length === 0) return []
        // Before they are claimed: what can't be checked now waits.
        const proven = yield* provenRows(proofs, rows)
        const checked = rows.map((row, index) => ({ row, signed: proven[index] === true }))
        // Whoever was given mail may have lost the name since, as with a restart: it waits for the name's next holder.
        const isAstray = ({ row, signed }: Checked) =>
          signed && row.mail_to !== null && row.mail_to !== row.receiver_name && row.addressed !== id
        const listed = (some: ReadonlyArray<Checked>) => JSON.stringify(some.map(({ row }) => row.id))
        const astray = checked.filter(isAstray)
        if (astray.length > 0) yield* database.run((sql) => sql.unsafe(putBackText, [id, listed(astray)]))
        const keptUntil = history === 0 ? null : yield* clock.iso(history)
        const ids = listed(checked.filter((one) => !isAstray(one)))
        const claimed = yield* database.run((sql) => sql.unsafe<{ id: number }>(claimText, [keptUntil, ids]))
        const mine = new Set(claimed.map((row) => row.id))
        return yield* received(
          id,
          checked.filter(({ row }) => mine.has(row.id))
        )
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
      // keeps has an hour more, in which that receiver gives it up by itself; so has what was given up just now, in which its
      // sender is told.
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
                  WHEN kept_until IS NOT NULL AND (state IN ('pushed', 'seen') OR told = 'ended' OR quiet = 1)
                    THEN kept_until <= ${now}
                  WHEN kept_until IS NOT NULL THEN kept_until <= ${anHourAgo}
                  WHEN state = 'seen' OR told = 'ended' THEN 1
                  ELSE NOT coalesce(sender_id IN live, 0) AND to_session NOT IN live END)`
            yield* sql`DELETE FROM receipts WHERE message_id NOT IN (SELECT id FROM messages)`
            yield* sql`DELETE FROM session_keys WHERE session_id NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)
              AND session_id NOT IN (SELECT session_id FROM conversations)
              AND NOT EXISTS (SELECT 1 FROM messages WHERE sender_id = session_id)`
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

      return Bus.of({ send, full, version: database.version, isQuiet, glance, take, retract, sweep, tidy })
    })
  ).pipe(Layer.provide(Pacing.layer))
}
