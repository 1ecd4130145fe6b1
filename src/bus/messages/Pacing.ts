/**
 * How fast each session, and each person, has been writing, on the bus, so that a restart of its server does not make it faster. The
 * statement that writes a message decides and counts (`Limits`, and a trigger); here is what it needs for that, and why it wrote nothing.
 */
import { Context, Effect, Layer } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { QueueFull, TooFast } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"
import { pauseBefore, repeatWindow, type Sending, skew, window } from "../../domain/Pace.ts"
import { sha256 } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { nameOf } from "../engine/Columns.ts"
import { Database, type Engine } from "../engine/Database.ts"
import { statement } from "../engine/Statement.ts"
import { Proofs } from "../Proofs.ts"
import { type Paced, sentBySame, waitingFor } from "./Limits.ts"

const fullSessionsIn = (engine: Engine) =>
  statement<"ids" | "now" | "queueLimit", { readonly id: string; readonly name: string }>(
    `SELECT id, ${bounded(nameOf(), room.name)} AS name FROM sessions
  WHERE id IN (SELECT value FROM json_each(CAST($ids AS TEXT))) AND ${waitingFor[engine].session("sessions.id")} >= $queueLimit`
  )
const fullNameIn = (engine: Engine) =>
  statement<"name" | "now" | "queueLimit">(
    `SELECT 1 AS is_full WHERE ${waitingFor[engine].name("$name")} >= $queueLimit`
  )
const fullSessions = { sqlite: fullSessionsIn("sqlite"), postgres: fullSessionsIn("postgres") }
const fullName = { sqlite: fullNameIn("sqlite"), postgres: fullNameIn("postgres") }

interface SendingRow {
  readonly receiver: string
  readonly words: string
  readonly sent_at: string
}

const selectSendings = statement<"from" | "fromKind" | "aMinuteAgo", SendingRow>(
  `SELECT ${boundedAs(room.name, "receiver", "words", "sent_at")} FROM sendings
  WHERE ${sentBySame} AND sendings.sent_at > $aMinuteAgo ORDER BY sendings.sent_at DESC LIMIT ${2 * mostRows}`
)

export class Pacing extends Context.Service<
  Pacing,
  {
    /**
     * What is looked at before a message is written; `undefined`: limits are off.
     *
     * @param to see {@link Paced}
     * @param replyTo the message that it answers: the same words may answer another one
     */
    readonly of: (
      from: SessionId,
      to: string,
      content: string,
      replyTo: number | undefined
    ) => Paced | undefined
    /** Whether a message that was not written was one too many. */
    readonly tooFast: (
      sql: SqlClient.SqlClient,
      from: SessionId,
      pace: Paced
    ) => Effect.Effect<TooFast | undefined, SqlError>
    /** Whether too much waits for a session, or for a name that no session holds. */
    readonly queueFull: (
      sql: SqlClient.SqlClient,
      receiver: { readonly id: string } | { readonly name: string }
    ) => Effect.Effect<QueueFull | undefined, SqlError>
    /** Of some sessions those for whom no more messages are taken, by id and name. */
    readonly full: (
      sql: SqlClient.SqlClient,
      ids: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<{ readonly id: string; readonly name: string }>, SqlError>
  }
>()("cc-dm/bus/Pacing") {
  static readonly layer = Layer.effect(
    Pacing,
    Effect.gen(function* () {
      const clock = yield* BusClock
      const { engine } = yield* Database
      const proofs = yield* Proofs
      const { queueLimit, rateLimit } = yield* Settings

      /** One person is one sender, under whatever name. */
      const senderOf = (id: SessionId) => {
        const { kind } = proofs.keyOf(id)
        return kind === "session" ? id : kind
      }

      const of = (
        from: SessionId,
        to: string,
        content: string,
        replyTo: number | undefined
      ): Paced | undefined => {
        if (rateLimit === undefined) return undefined
        return {
          limit: rateLimit,
          to,
          // With both ends in it, a hash says of no other pair that the same was written there.
          words: sha256(
            JSON.stringify([senderOf(from), to, content, ...(replyTo === undefined ? [] : [replyTo])])
          ).slice(0, 32),
          aMinuteAgo: clock.isoNow(-window),
          repeatedSince: clock.isoNow(-repeatWindow),
          soon: clock.isoNow(skew)
        }
      }

      const tooFast = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        from: SessionId,
        { aMinuteAgo, limit, to, words }: Paced
      ) {
        const rows = yield* selectSendings.run(sql, {
          from,
          fromKind: proofs.keyOf(from).kind,
          aMinuteAgo
        })
        const sendings = rows.map((row): Sending => {
          return { to: row.receiver, words: row.words, at: new Date(row.sent_at).getTime() }
        })
        const at = new Date(aMinuteAgo).getTime() + window
        const pause = pauseBefore(limit, { to, words, at }, sendings)
        return pause && new TooFast(pause)
      })

      const full = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, ids: ReadonlyArray<string>) {
        if (queueLimit === undefined || ids.length === 0) return []
        return yield* fullSessions[engine].run(sql, {
          ids: JSON.stringify(ids),
          now: yield* clock.iso(),
          queueLimit
        })
      })

      const queueFull = Effect.fnUntraced(function* (
        sql: SqlClient.SqlClient,
        receiver: { readonly id: string } | { readonly name: string }
      ) {
        if (queueLimit === undefined) return undefined
        if ("id" in receiver) {
          const [found] = yield* full(sql, [receiver.id])
          return found && new QueueFull({ to: found.name, limit: queueLimit })
        }
        const rows = yield* fullName[engine].run(sql, {
          name: receiver.name,
          now: yield* clock.iso(),
          queueLimit
        })
        return rows.length === 0 ? undefined : new QueueFull({ to: receiver.name, limit: queueLimit })
      })

      return Pacing.of({ of, tooFast, queueFull, full })
    })
  )
}
