/**
 * What became of each message, with its times. A receipt has a row only from the first state past `queued` on, so
 * that sending costs nothing more. The receiver's server writes it; the sender's reads it, and tells its session once
 * what will not be seen.
 */
import { Context, Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { MessageKind } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { type DeliveryState, type Receipt, reasons } from "../../domain/Receipt.ts"
import { Settings } from "../../settings/Settings.ts"
import { boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { listed } from "../engine/Lists.ts"
import {
  insertNotice,
  type MessageRow,
  messageColumns,
  type Prepared,
  provenRows
} from "../messages/MessageRows.ts"
import { Proofs } from "../Proofs.ts"

/** What a receiver's server says of a message in its keeping. */
export type Mark =
  | { readonly state: Exclude<DeliveryState, "refused" | "expired" | "pushed"> }
  /** `wished`: the user started the session as a channel, so that this may well be all that is ever known. */
  | { readonly state: "pushed"; readonly wished: boolean }
  | { readonly state: "expired" | "refused"; readonly reason: string }
  /** It did not take the doorbell, so that the message waits for its next turn. */
  | { readonly state: "not taken" }
  /** It keeps the message for a session that nobody named: that it is never read is no news. */
  | { readonly state: "kept quietly" }
  /** The client has said that it drops what is pushed: the message waits as if it had never been. */
  | { readonly state: "dropped" }

/** A mark of one message. */
export type Note = Mark & { readonly messageId: number }

/** What a sender has to be told of a message. */
export interface Fate {
  readonly messageId: number
  readonly kind: MessageKind
  /** The receiver's name, or its id where it is not on the roster any more. */
  readonly to: string
  readonly content: string
  /** `waits`: the receiver did not take the doorbell. Else nobody will be shown it any more. */
  readonly what: "waits" | "expired" | "refused"
  readonly reason: string
}

interface FateRow extends MessageRow {
  readonly kind: MessageKind
  readonly state: DeliveryState
  readonly reason: string | null
  readonly quiet: number | null
  readonly fate: "ended" | "expired" | "left" | "waits"
}

/** SQL for the state of a message. A row by hand may say anything. */
export const knownState = `CASE WHEN state IN ('pushed', 'accepted', 'handed over', 'seen', 'expired', 'refused') THEN state
  ELSE 'queued' END`

const timeOf = {
  queued: undefined,
  pushed: "pushed_at",
  accepted: "accepted_at",
  "handed over": "handed_at",
  seen: "seen_at",
  expired: "ended_at",
  refused: "ended_at"
} as const

// Constant texts spare building the statements anew, which costs 0.2 ms each on every message's way.
const ids = listed("?")
const selectReceipts = `SELECT id, ${knownState} AS state, ${boundedAs(room.reason, "reason")}
  FROM messages LEFT JOIN receipts ON message_id = id WHERE id IN ${ids}`
const selectSenders = `SELECT DISTINCT sender_id AS id FROM messages
  WHERE sender_id IS NOT NULL AND sender_id <> to_session AND id IN ${ids}`
// What is settled stays as it is, with its time.
const unsettled = "receipts.state NOT IN ('seen', 'expired', 'refused')"
const upsertState = (time: string) => `INSERT INTO receipts (message_id, state, reason, quiet, ${time})
  SELECT id, ?, ?, ?, ? FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET state = excluded.state, reason = excluded.reason, ${time} = excluded.${time},
      quiet = CASE WHEN excluded.state IN ('accepted', 'handed over') THEN NULL
        ELSE coalesce(excluded.quiet, receipts.quiet) END
    WHERE ${unsettled}`
// The channel has no second event for what it had before.
const requeue = `INSERT INTO receipts (message_id, state) SELECT id, 'queued' FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET state = CASE WHEN receipts.pushed_at IS NULL THEN 'queued' ELSE 'pushed' END, reason = NULL
    WHERE ${unsettled}`
const unpush = `UPDATE receipts SET state = 'queued', pushed_at = NULL, quiet = NULL
  WHERE state = 'pushed' AND message_id IN ${ids}`
const keepAgain = `UPDATE messages SET delivered = 1
  WHERE delivered = 4 AND id IN ${ids} AND (SELECT state FROM receipts WHERE message_id = id) = 'queued'`
const upsertAside = (column: "not_taken_at" | "quiet") => `INSERT INTO receipts (message_id, state, ${column})
  SELECT id, 'queued', ? FROM messages WHERE id IN ${ids}
  ON CONFLICT(message_id) DO UPDATE SET ${column} = excluded.${column}`
// Only what came into the state: a message may have ended meanwhile.
const isIn = (state: string) => `(SELECT state FROM receipts WHERE message_id = id) = '${state}'`
const endText = (state: "expired" | "refused") =>
  `UPDATE messages SET delivered = 3 WHERE id IN ${ids} AND ${isIn(state)}`
const shownText = (state: "pushed" | "seen") =>
  `UPDATE messages SET delivered = 4 WHERE id IN ${ids} AND ${isIn(state)}`
const forgetText = `DELETE FROM messages WHERE kept_until IS NULL AND id IN ${ids} AND ${isIn("seen")}`

/** What writes one mark of some messages. Mostly one statement, which needs no transaction of its own. */
const statementsOf = (mark: Mark, list: string, now: string): ReadonlyArray<Prepared> => {
  const also = (text: string): Prepared => ({ text, parameters: [list] })
  if (mark.state === "not taken") return [{ text: upsertAside("not_taken_at"), parameters: [now, list] }]
  if (mark.state === "kept quietly") return [{ text: upsertAside("quiet"), parameters: [1, list] }]
  if (mark.state === "dropped") return [also(unpush), also(keepAgain)]
  const time = timeOf[mark.state]
  if (time === undefined) return [also(requeue)]
  const wished = mark.state === "pushed" && mark.wished
  const reason = "reason" in mark ? mark.reason : null
  return [
    { text: upsertState(time), parameters: [mark.state, reason, wished ? 1 : null, now, list] },
    ...(mark.state === "expired" || mark.state === "refused" ? [also(endText(mark.state))] : []),
    ...(wished ? [also(shownText("pushed"))] : []),
    ...(mark.state === "seen" ? [also(shownText("seen")), also(forgetText)] : [])
  ]
}

/** Notes that stand side by side and say the same, as one. The order between different ones is kept. */
const runs = (
  notes: ReadonlyArray<Note>
): ReadonlyArray<{ readonly mark: Mark; readonly ids: ReadonlyArray<number> }> => {
  const result: Array<{ readonly mark: Mark; readonly ids: Array<number> }> = []
  for (const { messageId, ...mark } of notes) {
    const last = result.at(-1)
    if (last !== undefined && JSON.stringify(last.mark) === JSON.stringify(mark)) last.ids.push(messageId)
    else result.push({ mark: mark as Mark, ids: [messageId] })
  }
  return result
}

export class Receipts extends Context.Service<
  Receipts,
  {
    /** Writes what a receiver's server knows, in order, and rings the senders who may be waiting for it. */
    readonly note: (notes: ReadonlyArray<Note>) => Effect.Effect<void, BusUnavailable>
    /** The receipts of messages; one that the bus holds no more is missing. */
    readonly of: (ids: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Receipt>, BusUnavailable>
    /** Writes words of cc-dm to the session of this server. */
    readonly tell: (session: SessionId, content: string) => Effect.Effect<void, BusUnavailable>
    /**
     * Ends what will not be seen any more, and writes to the sender itself, in the same transaction, the notice that
     * `compose` makes of all that it was not told yet. Each fate is told once. A broadcast waits until it is known of
     * all its copies whether they were taken.
     */
    readonly report: (
      sender: SessionId,
      compose: (fates: ReadonlyArray<Fate>) => string
    ) => Effect.Effect<ReadonlyArray<Fate>, BusUnavailable>
  }
>()("cc-dm/bus/Receipts") {
  static readonly layer = Layer.effect(
    Receipts,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const doorbell = yield* Doorbell
      const proofs = yield* Proofs
      const { history, patience, timing } = yield* Settings

      const note = Effect.fnUntraced(function* (notes: ReadonlyArray<Note>) {
        const now = yield* clock.iso()
        const statements = runs(notes).flatMap(({ ids, mark }) =>
          statementsOf(mark, JSON.stringify(ids), now)
        )
        const write = (sql: SqlClient.SqlClient) =>
          Effect.forEach(statements, ({ parameters, text }) => sql.unsafe(text, parameters), {
            discard: true
          })
        yield* statements.length === 1 ? database.run(write) : database.transaction(write)
        const news = notes.filter(({ state }) => state !== "seen" && state !== "kept quietly")
        if (news.length === 0) return
        const ids = JSON.stringify(news.map(({ messageId }) => messageId))
        const senders = yield* database.run((sql) => sql.unsafe<{ id: SessionId }>(selectSenders, [ids]))
        yield* Effect.forEach(senders, ({ id }) => doorbell.ring({ id, doorbell: true }), {
          concurrency: "unbounded",
          discard: true
        })
      })

      const of = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
        const rows = yield* database.run((sql) =>
          sql.unsafe<{ id: number; state: DeliveryState; reason: string | null }>(selectReceipts, [
            JSON.stringify(ids)
          ])
        )
        return rows.map(
          (row): Receipt => ({ messageId: row.id, state: row.state, reason: row.reason ?? undefined })
        )
      })

      const untold = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, sender: SessionId) {
        const now = yield* clock.iso()
        const leftBefore = yield* clock.iso(-timing.farewell)
        // By then it is known of each copy of a broadcast whether it was taken.
        const sentBefore = yield* clock.iso(-timing.messageLife - timing.messageSweep)
        return yield* sql<FateRow>`WITH
          mine AS (SELECT ${sql.literal(`${messageColumns}, ${boundedAs(room.reason, "reason")}, quiet, ${knownState} AS state`)},
            coalesce(told, '') AS told,
            CASE
              WHEN state IN ('expired', 'refused') THEN 'ended'
              WHEN delivered IN (0, 2) AND expires_at <= ${now} THEN 'expired'
              WHEN delivered = 1 AND to_session NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)
                AND coalesce(left_at, created_at) <= ${leftBefore} THEN 'left'
              WHEN delivered = 1 AND coalesce(state, 'queued') = 'queued' AND not_taken_at IS NOT NULL THEN 'waits'
              END AS fate
            FROM messages LEFT JOIN receipts ON message_id = id
            WHERE sender_id = ${sender} AND delivered IN (0, 1, 2, 3) AND protocol IS NOT NULL AND kind IN ('chat', 'permission_request'))
          SELECT * FROM mine WHERE fate IS NOT NULL AND told <> 'ended' AND (fate <> 'waits' OR told <> 'waits')
            AND (batch IS NULL OR created_at <= ${sentBefore}) ORDER BY id LIMIT ${sql.literal(String(mostRows))}`
      })

      const fateOf = (row: FateRow): Fate => {
        const common = { messageId: row.id, kind: row.kind, to: row.receiver_name, content: row.content }
        if (row.fate === "waits") return { ...common, what: "waits", reason: reasons.waits }
        if (row.fate === "ended")
          return {
            ...common,
            what: row.state === "refused" ? "refused" : "expired",
            reason: row.reason ?? reasons.notTaken
          }
        if (row.fate === "left" && row.state === "pushed")
          return { ...common, what: "expired", reason: reasons.leftPushed }
        return { ...common, what: "expired", reason: row.fate === "left" ? reasons.left : reasons.notTaken }
      }

      const settle = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        row: FateRow,
        { reason, what }: Fate,
        now: string
      ) {
        if (what === "waits") {
          yield* sql`UPDATE receipts SET told = 'waits' WHERE message_id = ${row.id}`
          return
        }
        yield* sql`UPDATE messages SET delivered = 3 WHERE id = ${row.id}`
        yield* sql`INSERT INTO receipts (message_id, state, reason, ended_at, told)
          VALUES (${row.id}, ${what}, ${reason}, ${now}, 'ended')
          ON CONFLICT(message_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            ended_at = coalesce(receipts.ended_at, excluded.ended_at), told = 'ended'`
      })

      const timesOfNotice = Effect.gen(function* () {
        return {
          now: yield* clock.iso(),
          expiresAt: yield* clock.iso(patience),
          keptUntil: history === 0 ? null : yield* clock.iso(history)
        }
      })

      const tell = Effect.fn("Receipts.tell")(function* (session: SessionId, content: string) {
        const times = yield* timesOfNotice
        yield* database.run((sql) =>
          insertNotice(database.engine, sql, proofs.keyOf(session), { to: session, content, ...times })
        )
      })

      const report = Effect.fn("Receipts.report")(function* (
        sender: SessionId,
        compose: (fates: ReadonlyArray<Fate>) => string
      ) {
        // Mostly there is nothing to say, and then nothing need be written.
        if ((yield* database.run((sql) => untold(sql, sender))).length === 0) return []
        const times = yield* timesOfNotice
        return yield* database.transaction((sql) =>
          Effect.gen(function* () {
            const rows = yield* untold(sql, sender)
            // What somebody else wrote in this session's name would come to it as cc-dm's own words.
            const mine = yield* provenRows(proofs, rows)
            yield* Effect.forEach(rows, (row) => settle(sql, row, fateOf(row), times.now), { discard: true })
            const fates = rows.filter((row, index) => row.quiet !== 1 && mine[index]).map(fateOf)
            const chat = fates.filter(({ kind }) => kind === "chat")
            if (chat.length > 0)
              yield* insertNotice(database.engine, sql, proofs.keyOf(sender), {
                to: sender,
                content: compose(chat),
                ...times
              })
            return fates
          })
        )
      })

      return Receipts.of({ note, of, tell, report })
    })
  )
}
