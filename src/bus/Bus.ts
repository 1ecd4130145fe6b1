/**
 * The messages. Writing is one statement, whatever the number of receivers, and messages that are written at the
 * same time share one commit. Taking claims each row for one server, once. A message that nobody took before its
 * time is over is never delivered after that.
 */
import { Context, Deferred, Effect, Exit, Layer, Queue } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { Settings } from "../Config.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Message, MessageKind, Metadata, Sent } from "../domain/Message.ts"
import type { SessionId } from "../domain/Name.ts"
import { BusClock } from "./BusClock.ts"
import { Database } from "./Database.ts"
import { insertRows, type MessageRow, messageColumns, messageOf } from "./MessageRows.ts"

/** A message to write. */
export interface Draft {
  readonly from: SessionId
  readonly to: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
}

/** A message that was accepted and did not reach its receiver. */
export interface Lost {
  readonly messageId: number
  readonly kind: MessageKind
  /** The receiver's name, or its id where it is not on the roster any more. */
  readonly to: string
  readonly content: string
  /** `expired`: nobody took it in time. `left`: the server that had taken it is gone. */
  readonly why: "expired" | "left"
}

interface LostRow {
  readonly id: number
  readonly kind: MessageKind
  readonly to_name: string
  readonly content: string
  readonly delivered: number
}

interface Accepted {
  readonly draft: Draft
  readonly written: Deferred.Deferred<ReadonlyArray<Sent>, BusUnavailable>
}

/** What a session finds when it looks. */
export interface Glance {
  /** Whether a message waits for it. */
  readonly waiting: boolean
  /** Whether it is still on the roster. */
  readonly present: boolean
}

/** The most messages that are taken at once. */
export const batch = 100

// A constant text spares building the statement anew, which costs 0.2 ms on every message's way.
const takeText = `UPDATE messages SET delivered = 1 WHERE id IN (
    SELECT id FROM messages WHERE to_session = ? AND delivered IN (0, 2)
      AND CASE WHEN expires_at IS NULL THEN created_at > ? ELSE expires_at > ? END
    ORDER BY id LIMIT ${batch})
  RETURNING ${messageColumns}`

export class Bus extends Context.Service<
  Bus,
  {
    /**
     * Accepts a message for writing, after those that were accepted before. The effect that it gives waits for the
     * commit, and says to which of the receivers, those on the roster, it was written. All or none.
     */
    readonly send: (draft: Draft) => Effect.Effect<Effect.Effect<ReadonlyArray<Sent>, BusUnavailable>>
    /** Changes whenever another session has written; `undefined`: it can't be told. Far cheaper than a glance. */
    readonly version: Effect.Effect<number | undefined>
    /** Looks whether there is anything to take, without writing. */
    readonly glance: (id: SessionId) => Effect.Effect<Glance, BusUnavailable>
    /** Takes what waits for a session into the keeping of its server, oldest first, at most 100 messages. */
    readonly take: (id: SessionId) => Effect.Effect<ReadonlyArray<Message>, BusUnavailable>
    /** Removes messages that were handed on to Claude Code. */
    readonly done: (ids: ReadonlyArray<number>) => Effect.Effect<void, BusUnavailable>
    /** Takes back what was written and not taken yet. */
    readonly retract: (ids: ReadonlyArray<number>) => Effect.Effect<void, BusUnavailable>
    /** Removes what this session sent and nobody will see any more, and gives it back, once: its sender has to know. */
    readonly lost: (sender: SessionId) => Effect.Effect<ReadonlyArray<Lost>, BusUnavailable>
    /** Removes what has expired or was taken by a server that is gone, where no sender is left to be told. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Bus") {
  static readonly layer = Layer.effect(
    Bus,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const { timing } = yield* Settings

      // A row of a 1.3.1 server says when it was written, not when it ends.
      const times = Effect.all({ now: clock.iso(), oldest: clock.iso(-timing.messageLife) })

      const accepted = yield* Queue.unbounded<Accepted>()

      const insert = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, draft: Draft) {
        const rows = yield* insertRows(sql, {
          ...draft,
          now: yield* clock.iso(),
          freshSince: yield* clock.iso(-timing.lease),
          expiresAt: yield* clock.iso(draft.kind === "chat" ? timing.messageLife : timing.permissionLife)
        })
        return rows.map((row): Sent => ({ messageId: row.id, to: row.to_session as SessionId }))
      })

      // A commit costs far more than a row. Whoever comes while one is under way shares the next.
      const writeNext = Effect.gen(function* () {
        const [first, ...others] = yield* Queue.takeAll(accepted)
        const all = [first, ...others]
        const commit =
          others.length === 0
            ? database.run((sql) => Effect.map(insert(sql, first.draft), (sent) => [sent]))
            : database.transaction((sql) => Effect.forEach(all, ({ draft }) => insert(sql, draft)))
        const exit = yield* Effect.exit(commit)
        for (const [index, { written }] of all.entries())
          Deferred.doneUnsafe(
            written,
            Exit.map(exit, (sent) => sent[index] ?? [])
          )
      })
      yield* Effect.forkScoped(Effect.forever(writeNext))

      const send = (draft: Draft) =>
        Effect.sync((): Effect.Effect<ReadonlyArray<Sent>, BusUnavailable> => {
          if (draft.to.length === 0) return Effect.succeed([])
          const written = Deferred.makeUnsafe<ReadonlyArray<Sent>, BusUnavailable>()
          Queue.offerUnsafe(accepted, { draft, written })
          return Deferred.await(written)
        })

      const glance = Effect.fnUntraced(function* (id: SessionId) {
        const { now, oldest } = yield* times
        const rows = yield* database.run(
          (sql) => sql<{ waiting: number; present: number }>`SELECT
            EXISTS (SELECT 1 FROM messages WHERE to_session = ${id} AND delivered IN (0, 2)
              AND CASE WHEN expires_at IS NULL THEN created_at > ${oldest} ELSE expires_at > ${now} END) AS waiting,
            EXISTS (SELECT 1 FROM sessions WHERE id = ${id}) AS present`
        )
        return { waiting: rows[0]?.waiting === 1, present: rows[0]?.present === 1 }
      })

      const take = Effect.fnUntraced(function* (id: SessionId) {
        const { now, oldest } = yield* times
        const rows = yield* database.run((sql) => sql.unsafe<MessageRow>(takeText, [id, oldest, now]))
        return rows.map(messageOf).sort((a, b) => a.id - b.id)
      })

      const done = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
        yield* database.run(
          (sql) => sql`DELETE FROM messages WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
        )
      })

      const retract = Effect.fn("Bus.retract")(function* (ids: ReadonlyArray<number>) {
        yield* database.run(
          (sql) => sql`DELETE FROM messages
            WHERE delivered IN (0, 2) AND id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
        )
      })

      const lost = Effect.fn("Bus.lost")(function* (sender: SessionId) {
        const now = yield* clock.iso()
        const freshSince = yield* clock.iso(-timing.lease)
        const rows = yield* database.run(
          (sql) => sql<LostRow>`DELETE FROM messages WHERE sender_id = ${sender} AND protocol IS NOT NULL
            AND CASE
              WHEN delivered IN (0, 2) THEN expires_at <= ${now}
              ELSE delivered = 3 OR to_session NOT IN (SELECT id FROM sessions WHERE last_seen > ${freshSince}) END
            RETURNING id, kind, content, delivered,
              coalesce((SELECT name FROM sessions WHERE sessions.id = to_session), to_session) AS to_name`
        )
        return rows
          .map(
            (row): Lost => ({
              messageId: row.id,
              kind: row.kind,
              to: row.to_name,
              content: row.content,
              why: row.delivered === 1 || row.delivered === 3 ? "left" : "expired"
            })
          )
          .sort((one, other) => one.messageId - other.messageId)
      })

      const sweep = Effect.gen(function* () {
        const { now, oldest } = yield* times
        const freshSince = yield* clock.iso(-timing.lease)
        yield* database.run(
          (sql) => sql`DELETE FROM messages
            WHERE CASE
              WHEN delivered NOT IN (0, 2)
                THEN delivered = 3 OR to_session NOT IN (SELECT id FROM sessions WHERE last_seen > ${freshSince})
              WHEN expires_at IS NULL THEN created_at <= ${oldest}
              ELSE expires_at <= ${now} END
            AND (sender_id IS NULL OR sender_id NOT IN (SELECT id FROM sessions WHERE last_seen > ${freshSince}))`
        )
      }).pipe(Effect.withSpan("Bus.sweep"))

      return Bus.of({ send, version: database.version, glance, take, done, retract, lost, sweep })
    })
  )
}
