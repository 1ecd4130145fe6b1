/**
 * The messages. Writing is one statement, whatever the number of receivers, and messages that are written at the
 * same time share one commit. Taking claims each row for one server, once. A message that nobody took before its
 * time is over is never delivered after that.
 */
import { Context, Deferred, Effect, Exit, Layer, Queue, Result, Schedule } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { BusUnavailable, type QueueFull, type TooFast } from "../../domain/Errors.ts"
import type { DeliveryOptions, Message, MessageKind, Metadata, Sent } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { everybody } from "../../domain/Pace.ts"
import { randomToken } from "../../platform/Platform.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { listed, numbersOf } from "../engine/Lists.ts"
import { lastSign } from "../engine/sqlite/Migrations.ts"
import { isNumbered } from "../engine/sqlite/Numbering.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Proofs } from "../Proofs.ts"
import { HeldMail } from "./HeldMail.ts"
import {
  findRows,
  insertRows,
  type MessageRow,
  messageColumns,
  messageOf,
  type Paced,
  prepare,
  provenRows,
  type Sender,
  senderOf,
  type WrittenRow
} from "./MessageRows.ts"
import { Pacing } from "./Pacing.ts"

/** A message to write. */
export interface Draft {
  readonly from: SessionId
  /** The sender as the bus has just shown it, so that it need not be looked for. */
  readonly sender?: Sender
  readonly to: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
  readonly options?: DeliveryOptions
  /** How long it waits to be taken, in milliseconds, and for which name, whoever holds it then. */
  readonly mail?: { readonly life: number; readonly name: string | null }
  /** Ties the copies of a broadcast together. */
  readonly batch?: string
}

/** Why a message was not written although its receiver is there. */
export type TooMuch = TooFast | QueueFull

interface Accepted {
  readonly draft: Draft
  readonly nonces: ReadonlyArray<string>
  readonly written: Deferred.Deferred<ReadonlyArray<Sent>, TooMuch | BusUnavailable>
}

const sentOf = (rows: ReadonlyArray<WrittenRow>) =>
  rows.map((row): Sent => ({ messageId: row.id, to: row.to_session as SessionId }))

/** How long a lost connection is waited for while a sender waits: some 10 s. */
const untilBack = Schedule.spaced("250 millis").pipe(Schedule.upTo({ duration: "10 seconds" }))

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
const waitingColumns = `${messageColumns},
    CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE message_id = messages.id AND state = 'seen') THEN 1 ELSE 0 END AS again`
const selectWaiting = `SELECT ${waitingColumns}
  FROM messages WHERE to_session = ? AND delivered IN (0, 2) AND ${isNumbered("id")}
    AND CASE WHEN expires_at IS NULL THEN created_at > ? ELSE expires_at > ? END
  ORDER BY id LIMIT ${batch}`
const selectClaimed = `SELECT ${waitingColumns}
  FROM messages WHERE to_session = ? AND delivered = 1 AND id IN ${listed("?")} ORDER BY id`
const glanceText = `SELECT
  CASE WHEN EXISTS (SELECT 1 FROM messages WHERE to_session = ?1 AND delivered IN (0, 2) AND ${isNumbered("id")}
    AND CASE WHEN expires_at IS NULL THEN created_at > ?2 ELSE expires_at > ?3 END) THEN 1 ELSE 0 END AS waiting,
  CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE id = ?1 AND ${lastSign} > ?4) THEN 1 ELSE 0 END AS present`
const claimText = `UPDATE messages SET delivered = 1,
    kept_until = CASE WHEN protocol IS NULL THEN ?1 WHEN kept_until < ?1 THEN kept_until
      WHEN kept_until IS NOT NULL THEN ?1 END
  WHERE delivered IN (0, 2) AND id IN ${listed("?2")} RETURNING id`
const disownText = `UPDATE messages SET sender_id = NULL, signature = NULL, kind = 'chat'
  WHERE id IN ${listed("?")}`

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
    /**
     * Takes what waits for a session into the keeping of its server, oldest first, at most 100 messages. `without mail`: nothing, as
     * long as mail for its name is among it.
     */
    readonly take: (
      id: SessionId,
      what?: "all" | "without mail"
    ) => Effect.Effect<ReadonlyArray<Message>, BusUnavailable>
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
      const heldMail = yield* HeldMail
      const pacing = yield* Pacing
      const proofs = yield* Proofs
      const upkeep = yield* Upkeep
      const { history, queueLimit, timing } = yield* Settings

      // A row of a 1.3.1 server says when it was written, not when it ends.
      const times = Effect.all({ now: clock.iso(), oldest: clock.iso(-timing.messageLife) })

      const accepted = yield* Queue.unbounded<Accepted>()

      const toWrite = Effect.fnUntraced(function* (
        sender: Sender | undefined,
        { draft, nonces }: Pick<Accepted, "draft" | "nonces">
      ) {
        const { batch, content, from, to } = draft
        const receiver = batch === undefined ? (to[0] ?? draft.mail?.name ?? everybody) : everybody
        const pace = draft.kind === "chat" ? yield* pacing.of(from, receiver, content) : undefined
        const life = draft.mail?.life ?? (draft.kind === "chat" ? timing.messageLife : timing.permissionLife)
        const writing = {
          ...draft,
          nonces,
          now: yield* clock.iso(),
          freshSince: yield* clock.iso(-timing.lease),
          options: draft.options ?? {},
          expiresAt: yield* clock.iso(life),
          keptUntil: history === 0 ? null : yield* clock.iso(life + history),
          batch: draft.batch ?? null,
          mailTo: draft.mail?.name ?? null,
          queueLimit: draft.kind === "chat" ? queueLimit : undefined,
          pace
        }
        const prepared = prepare(database.engine, sender, proofs.keyOf(from), writing)
        return { draft, nonces, pace, prepared }
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
        { draft, nonces, pace, prepared }: ToWrite
      ): Effect.fn.Return<Written, SqlError> {
        const rows = yield* insertRows(sql, prepared)
        if (rows.length > 0) return Result.succeed(sentOf(rows))
        const why = draft.kind === "chat" ? yield* whyNot(sql, draft, pace) : undefined
        if (why !== undefined) return Result.fail(why)
        const { sender, ...unsigned } = draft
        if (sender === undefined) return Result.succeed([])
        // It may have taken another name meanwhile.
        const now = yield* senderOf(sql, draft.from)
        return yield* write(sql, yield* toWrite(now, { draft: unsigned, nonces }))
      })

      type ToWrite = Effect.Success<ReturnType<typeof toWrite>>

      /** Before anything is written nothing is in doubt: what failed is done again. */
      const surely = <A>(reading: Effect.Effect<A, BusUnavailable>) =>
        Effect.retry(reading, { schedule: untilBack, while: ({ uncertain }) => uncertain === true })

      /**
       * Writes what may have been written when the connection was lost, or finds it. Says so where it does not come back.
       */
      const writeSurely = (one: ToWrite) =>
        Effect.gen(function* () {
          const result = yield* database.run((sql) => write(sql, one))
          const standing = yield* database.run((sql) => findRows(sql, one.nonces))
          return standing.length === 0 ? result : Result.succeed(sentOf(standing))
        }).pipe(
          Effect.retry(untilBack),
          Effect.mapError(
            (error) =>
              new BusUnavailable({
                ...error,
                advice: `${error.advice} It was lost while this was sent, so it is not known whether it was: look before you send it again (inbox with sent).`
              })
          )
        )

      // A commit costs far more than a row. Whoever comes while one is under way shares the next.
      const writeNext = Effect.gen(function* () {
        const [first, ...others] = yield* Queue.takeAll(accepted)
        const all = [first, ...others]
        const commit = Effect.gen(function* () {
          const unknown = all.flatMap(({ draft }) => (draft.sender === undefined ? [draft.from] : []))
          const senders = new Map<SessionId, Sender | undefined>()
          for (const id of new Set(unknown))
            senders.set(id, yield* surely(database.run((sql) => senderOf(sql, id))))
          const rows = yield* Effect.forEach(all, (one) =>
            toWrite(one.draft.sender ?? senders.get(one.draft.from), one)
          )
          const [only] = rows
          const writing =
            only !== undefined && others.length === 0
              ? database.run((sql) => Effect.map(write(sql, only), (written) => [written]))
              : database.transaction((sql) => Effect.forEach(rows, (one) => write(sql, one)))
          return yield* Effect.catchIf(
            writing,
            ({ uncertain }) => uncertain === true,
            () => Effect.forEach(rows, writeSurely)
          )
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
          const nonces = Array.from({ length: Math.max(1, draft.to.length) }, randomToken)
          Queue.offerUnsafe(accepted, { draft, nonces, written })
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

      /** What was being claimed when the connection was lost: whether it was shows when it is back. */
      let doubtful: ReadonlyArray<number> = []

      // Looking first leaves the write lock to others where nothing waits, which most rings find.
      const take = Effect.fnUntraced(function* (id: SessionId, what: "all" | "without mail" = "all") {
        const { now, oldest } = yield* times
        const waiting = yield* database.run((sql) => sql.unsafe<WaitingRow>(selectWaiting, [id, oldest, now]))
        if (what === "without mail" && waiting.some((row) => row.mail_to !== null)) return []
        const before =
          doubtful.length === 0
            ? []
            : yield* database.run((sql) =>
                sql.unsafe<WaitingRow>(selectClaimed, [id, JSON.stringify(doubtful)])
              )
        const rows = [...before, ...waiting]
        doubtful = before.map((row) => row.id)
        if (rows.length === 0) return []
        // Before they are claimed: what can't be checked now waits.
        const proven = yield* provenRows(proofs, rows)
        const checked = rows.map((row, index) => ({ row, signed: proven[index] === true }))
        // Whoever was given mail may have lost the name since, as with a restart: it waits for the name's next holder.
        const isAstray = ({ row, signed }: Checked) =>
          signed && row.mail_to !== null && row.mail_to !== row.receiver_name && row.addressed !== id
        const astray = checked.filter(isAstray).map(({ row }) => row.id)
        if (astray.length > 0) yield* heldMail.putBack(astray, id)
        const keptUntil = history === 0 ? null : yield* clock.iso(history)
        const ids = waiting.map((row) => row.id).filter((one) => !astray.includes(one))
        const claimed = yield* database
          .run((sql) => sql.unsafe<{ id: number }>(claimText, [keptUntil, JSON.stringify(ids)]))
          .pipe(
            Effect.tapError(({ uncertain }) =>
              Effect.sync(() => {
                if (uncertain === true) doubtful = [...doubtful, ...ids]
              })
            )
          )
        doubtful = []
        const mine = new Set([...before, ...claimed].map((row) => row.id))
        return yield* received(
          id,
          checked.filter(({ row }) => mine.has(row.id))
        )
      })

      const retract = Effect.fn("Bus.retract")(function* (ids: ReadonlyArray<number>) {
        // What reached nobody does not count; a broadcast that lost a receiver does.
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* sql`DELETE FROM messages
              WHERE delivered IN (0, 2) AND to_session <> '' AND id IN ${numbersOf(sql, ids)}`
            yield* sql`DELETE FROM sendings WHERE receiver <> ${everybody}
              AND message_id IN ${numbersOf(sql, ids)} AND message_id NOT IN (SELECT id FROM messages)`
          })
        )
      })

      const sweep = Effect.gen(function* () {
        const now = yield* clock.iso()
        yield* database.run(
          (sql) => sql`INSERT INTO tidying (what, done_at) VALUES ('messages', ${now})
            ON CONFLICT (what) DO UPDATE SET done_at = excluded.done_at`
        )
        yield* upkeep.sweepMessages
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
