/**
 * What became of each message, with its times. A receipt has a row only from the first state past `queued` on, so
 * that sending costs nothing more. The receiver's server writes it; the sender's reads it, and tells its session once
 * what will not be seen.
 */
import { Context, Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"
import type { DeliveryState, Receipt } from "../../domain/Receipt.ts"
import { Settings } from "../../settings/Settings.ts"
import { boundedAs, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { knownState } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { listed } from "../engine/Lists.ts"
import { statement } from "../engine/Statement.ts"
import { provenRows } from "../messages/MessageRows.ts"
import { writeNotice } from "../messages/Notices.ts"
import { Proofs } from "../Proofs.ts"
import { type ReceiptChange, writesOfAll } from "./Changes.ts"
import { type Outcome, outcomeOf, selectUntold, settle } from "./Outcomes.ts"

export type { Change, ReceiptChange } from "./Changes.ts"
export type { Outcome } from "./Outcomes.ts"

interface ReceiptRow {
  readonly id: number
  readonly state: DeliveryState
  readonly reason: string | null
}

const ids = listed("$ids")
const selectReceipts = statement<
  "ids",
  ReceiptRow
>(`SELECT id, ${knownState} AS state, ${boundedAs(room.reason, "reason")}
  FROM messages LEFT JOIN receipts ON message_id = id WHERE id IN ${ids}`)
const selectSenders = statement<
  "ids",
  { readonly id: SessionId }
>(`SELECT DISTINCT sender_id AS id FROM messages
  WHERE sender_id IS NOT NULL AND sender_id <> to_session AND id IN ${ids}`)

/** What the sender's server has to hear of by itself, since it tells its session. */
const isBadNews = ({ state }: ReceiptChange) =>
  state === "expired" || state === "refused" || state === "not taken"

const isNews = ({ state }: ReceiptChange) => state !== "seen" && state !== "kept quietly"

export class Receipts extends Context.Service<
  Receipts,
  {
    /**
     * Whether a sender who waits for good news has to ask. In PostgreSQL a ring costs a commit and wakes every session of the bus, so
     * there it brings bad news alone.
     */
    readonly wantAsking: boolean
    /** Writes what a receiver's server knows, in order, and rings the senders who have to hear of it. */
    readonly record: (changes: ReadonlyArray<ReceiptChange>) => Effect.Effect<void, BusUnavailable>
    /** The receipts of messages; one that the bus holds no more is missing. */
    readonly of: (ids: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Receipt>, BusUnavailable>
    /** Writes words of cc-dm to the session of this server. */
    readonly tell: (session: SessionId, content: string) => Effect.Effect<void, BusUnavailable>
    /**
     * Ends the messages that will not be seen any more. In the same transaction it writes a notice to the sender, which
     * `compose` makes of all outcomes that the sender was not told yet. Each outcome is told once. A broadcast is told when it is
     * known of all its copies whether they were taken.
     */
    readonly report: (
      sender: SessionId,
      compose: (outcomes: ReadonlyArray<Outcome>) => string
    ) => Effect.Effect<ReadonlyArray<Outcome>, BusUnavailable>
  }
>()("cc-dm/bus/Receipts") {
  static readonly layer = Layer.effect(
    Receipts,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const doorbell = yield* Doorbell
      const proofs = yield* Proofs
      const { history, holdFor, timing } = yield* Settings
      const wantAsking = database.engine === "postgres"

      const record = Effect.fnUntraced(function* (changes: ReadonlyArray<ReceiptChange>) {
        const now = yield* clock.iso()
        const writes = writesOfAll(changes, now)
        const write = (sql: SqlClient.SqlClient) =>
          Effect.forEach(writes, (one) => one(sql), { discard: true })
        yield* writes.length === 1 ? database.run(write) : database.transaction(write)
        const news = changes.filter(wantAsking ? isBadNews : isNews)
        if (news.length === 0) return
        const ids = JSON.stringify(news.map(({ messageId }) => messageId))
        const senders = yield* database.run((sql) => selectSenders.run(sql, { ids }))
        yield* Effect.forEach(senders, ({ id }) => doorbell.ring({ id, doorbell: true }), {
          concurrency: "unbounded",
          discard: true
        })
      })

      const of = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
        const rows = yield* database.run((sql) => selectReceipts.run(sql, { ids: JSON.stringify(ids) }))
        return rows.map(
          (row): Receipt => ({ messageId: row.id, state: row.state, reason: row.reason ?? undefined })
        )
      })

      const untold = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, sender: SessionId) {
        return yield* selectUntold.run(sql, {
          sender,
          now: yield* clock.iso(),
          leftBefore: yield* clock.iso(-timing.farewell),
          // By then each copy of a broadcast was taken, or will never be.
          sentBefore: yield* clock.iso(-timing.messageLife - timing.messageSweep)
        })
      })

      const timesOfNotice = Effect.gen(function* () {
        return {
          now: yield* clock.iso(),
          expiresAt: yield* clock.iso(holdFor),
          keptUntil: history === 0 ? null : yield* clock.iso(history)
        }
      })

      const tell = Effect.fn("Receipts.tell")(function* (session: SessionId, content: string) {
        const times = yield* timesOfNotice
        yield* database.run((sql) =>
          writeNotice(database.engine, sql, proofs.keyOf(session), { to: session, content, ...times })
        )
      })

      const report = Effect.fn("Receipts.report")(function* (
        sender: SessionId,
        compose: (outcomes: ReadonlyArray<Outcome>) => string
      ) {
        // Mostly there is nothing to say, and then nothing need be written.
        if ((yield* database.run((sql) => untold(sql, sender))).length === 0) return []
        const times = yield* timesOfNotice
        return yield* database.transaction((sql) =>
          Effect.gen(function* () {
            const rows = yield* untold(sql, sender)
            // Else words that somebody wrote in this session's name would come back to it as cc-dm's own.
            const mine = yield* provenRows(proofs, rows)
            yield* Effect.forEach(rows, (row) => settle(sql, outcomeOf(row), times.now), { discard: true })
            const outcomes = rows.filter((row, index) => row.quiet !== 1 && mine[index]).map(outcomeOf)
            const chat = outcomes.filter(({ kind }) => kind === "chat")
            if (chat.length > 0)
              yield* writeNotice(database.engine, sql, proofs.keyOf(sender), {
                to: sender,
                content: compose(chat),
                ...times
              })
            return outcomes
          })
        )
      })

      return Receipts.of({ wantAsking, record, of, tell, report })
    })
  )
}
