/**
 * Writes drafts in the order in which they came. A commit costs far more than a row, so the drafts that come while one is under way share
 * the next one, each with a statement and an outcome of its own.
 */
import { Array as Arr, Effect, Exit, Result, Schedule } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { BusUnavailable, type QueueFull, type TooFast } from "../../domain/Errors.ts"
import type { Copy, DeliveryOptions, MessageKind, Metadata } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { everybody } from "../../domain/Pace.ts"
import { signTogether } from "../../platform/SharedSignature.ts"
import { randomToken } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { makeBatcher } from "../engine/Batcher.ts"
import { BusClock } from "../engine/BusClock.ts"
import { sessionProtocol } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { statement } from "../engine/Statement.ts"
import { Proofs } from "../Proofs.ts"
import { type CopyRow, draftCopies, findCopies, type KnownSender, senderOf } from "./Copies.ts"
import type { Paced } from "./Limits.ts"
import { Pacing } from "./Pacing.ts"
import { groupsOf, writeSeveral } from "./SeveralCopies.ts"

/** What a sender asks to be written, to one receiver or to several. */
export interface Draft {
  readonly from: SessionId
  /** The sender as the bus has just shown it, so that it need not be looked for. */
  readonly sender?: KnownSender
  readonly to: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
  readonly options?: DeliveryOptions
  /** How long it waits to be taken, in milliseconds, and for which name, whichever session holds it then. */
  readonly mail?: { readonly life: number; readonly name: string | null }
  /** Ties the copies of a broadcast together. */
  readonly batch?: string
}

/** Why a message was not written although its receiver is there. */
export type TooMuch = TooFast | QueueFull

/** A draft in the queue, with a mark for each copy: it is found by these if it is not known whether it was written. */
interface QueuedDraft {
  readonly draft: Draft
  readonly nonces: ReadonlyArray<string>
}

const copiesOf = (rows: ReadonlyArray<CopyRow>) =>
  rows.map(({ gone, id, to_session }): Copy => {
    const copy = { messageId: id, to: to_session as SessionId }
    return gone === undefined ? copy : { ...copy, connected: !gone }
  })

/** How long a lost connection is waited for while a sender waits: some 10 s. */
const untilBack = Schedule.spaced("250 millis").pipe(Schedule.upTo({ duration: "10 seconds" }))

const selectOlder = statement(`SELECT 1 FROM sessions WHERE protocol < ${sessionProtocol} LIMIT 1`)

/** Whether every session that checks signatures knows those that several copies share. */
const allKnowShared = (sql: SqlClient.SqlClient) =>
  Effect.map(selectOlder.run(sql, {}), (rows) => rows.length === 0)

/** The copies that were written, or why none was. */
type Written = Result.Result<ReadonlyArray<Copy>, TooMuch>

/** What a sender is told. */
type Outcome = Exit.Exit<ReadonlyArray<Copy>, TooMuch | BusUnavailable>

const outcomeOf = (written: Written): Outcome =>
  Result.isSuccess(written) ? Exit.succeed(written.success) : Exit.fail(written.failure)

const settled = (writing: Effect.Effect<Written, BusUnavailable>) =>
  Effect.match(writing, { onFailure: (error): Outcome => Exit.fail(error), onSuccess: outcomeOf })

const isUncertain = ({ uncertain }: BusUnavailable) => uncertain === true

/** `Bus.send`: it puts a draft into the queue, and gives an effect that waits for its commit. */
export const makeSend = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  const pacing = yield* Pacing
  const proofs = yield* Proofs
  const { history, queueLimit, timing } = yield* Settings

  /** Dates a draft, and writes out its copies. */
  const prepare = (sender: KnownSender | undefined, { draft, nonces }: QueuedDraft) => {
    const { batch, content, from, options, to } = draft
    const receiver = batch === undefined ? (to[0] ?? draft.mail?.name ?? everybody) : everybody
    const pace = draft.kind === "chat" ? pacing.of(from, receiver, content, options?.replyTo) : undefined
    const life = draft.mail?.life ?? (draft.kind === "chat" ? timing.messageLife : timing.permissionLife)
    const dated = {
      ...draft,
      nonces,
      now: clock.isoNow(),
      freshSince: clock.isoNow(-timing.lease),
      options: draft.options ?? {},
      expiresAt: clock.isoNow(life),
      keptUntil: history === 0 ? null : clock.isoNow(life + history),
      batch: draft.batch ?? null,
      mailTo: draft.mail?.name ?? null,
      queueLimit: draft.kind === "chat" ? queueLimit : undefined,
      pace
    }
    return { draft, nonces, pace, unsigned: draftCopies(database.engine, sender, proofs.keyOf(from), dated) }
  }
  type PreparedDraft = ReturnType<typeof prepare>

  const signAlone = ({ unsigned, ...one }: PreparedDraft) => ({
    ...one,
    copies: unsigned?.signedBy(proofs.keyOf(one.draft.from).sign)
  })
  type SignedDraft = ReturnType<typeof signAlone>

  /** Signs what goes to sessions with few signatures, one for several copies of a sender. */
  const signShared = (drafts: ReadonlyArray<PreparedDraft>): ReadonlyArray<SignedDraft> => {
    const senders = new Set(drafts.map(({ draft }) => draft.from))
    const signatures = new Map(
      [...senders].flatMap((sender) => {
        const texts = drafts.flatMap(({ draft: { from, to }, unsigned }) =>
          from === sender && to.length > 0 ? (unsigned?.texts ?? []) : []
        )
        return Arr.zip(texts, signTogether(proofs.keyOf(sender).sign, texts))
      })
    )
    // Who will read what waits for a name is not known: it may be an older session.
    return drafts.map(({ unsigned, ...one }) => {
      const { sign } = proofs.keyOf(one.draft.from)
      return { ...one, copies: unsigned?.signedBy((text) => signatures.get(text) ?? sign(text)) }
    })
  }

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

  const write = (sql: SqlClient.SqlClient, one: SignedDraft): Effect.Effect<Written, SqlError> =>
    one.copies === undefined
      ? notWritten(sql, one)
      : Effect.flatMap(one.copies.write(sql), (rows) =>
          rows.length > 0 ? Effect.succeed(Result.succeed(copiesOf(rows))) : notWritten(sql, one)
        )

  /** Says why nothing was written, or writes it under the name that its sender has now. */
  const notWritten = Effect.fnUntraced(function* (
    sql: SqlClient.SqlClient,
    { draft, nonces, pace }: SignedDraft
  ): Effect.fn.Return<Written, SqlError> {
    const why = draft.kind === "chat" ? yield* whyNot(sql, draft, pace) : undefined
    if (why !== undefined) return Result.fail(why)
    const { sender, ...unsigned } = draft
    if (sender === undefined) return Result.succeed([])
    // It may have taken another name meanwhile.
    const now = yield* senderOf(sql, draft.from)
    return yield* write(sql, signAlone(prepare(now, { draft: unsigned, nonces })))
  })

  /** Before anything is written nothing is in doubt: what failed is done again. */
  const surely = <A>(reading: Effect.Effect<A, BusUnavailable>) =>
    Effect.retry(reading, { schedule: untilBack, while: isUncertain })

  /**
   * Writes what may have been written when the connection was lost, or finds it. Says so if it does not come back.
   */
  const writeSurely = (one: SignedDraft) =>
    Effect.gen(function* () {
      const result = yield* database.run((sql) => write(sql, one))
      const standing = yield* database.run((sql) => findCopies(sql, one.nonces))
      return standing.length === 0 ? result : Result.succeed(copiesOf(standing))
    }).pipe(
      Effect.retry(untilBack),
      Effect.mapError(
        (error) =>
          new BusUnavailable({
            ...error,
            advice: `${error.advice} The connection was lost while this was being sent, so it may or may not have been sent: look before you send it again (inbox with sent).`
          })
      )
    )

  /** One draft by itself. */
  const writeAlone = (one: SignedDraft) =>
    settled(
      Effect.catchIf(
        database.run((sql) => write(sql, one)),
        isUncertain,
        () => writeSurely(one)
      )
    )

  /** Writes drafts that one statement can write. What it leaves out is looked at one by one. */
  const writeGroup = (group: ReadonlyArray<SignedDraft>): Effect.Effect<ReadonlyArray<Outcome>> =>
    group.length === 1
      ? Effect.forEach(group, writeAlone)
      : Effect.matchEffect(
          database.run((sql) =>
            writeSeveral(
              sql,
              group.flatMap(({ copies }) => copies ?? [])
            )
          ),
          {
            onSuccess: (rows) =>
              Effect.forEach(group, (one) => {
                const row = rows.get(one.nonces[0] ?? "")
                return row === undefined ? writeAlone(one) : Effect.succeed(Exit.succeed(copiesOf([row])))
              }),
            onFailure: (error) =>
              Effect.forEach(group, (one) =>
                isUncertain(error) ? settled(writeSurely(one)) : Effect.succeed(Exit.fail(error))
              )
          }
        )

  /** All of them in one commit. */
  const writeTogether = (signed: ReadonlyArray<SignedDraft>) =>
    Effect.catchIf(
      database.transaction((sql) => Effect.forEach(signed, (one) => write(sql, one))),
      isUncertain,
      () => Effect.forEach(signed, writeSurely)
    )

  /** What became of some drafts. */
  const writeAll = Effect.fnUntraced(function* (queued: readonly [QueuedDraft, ...Array<QueuedDraft>]) {
    const unknown = queued.flatMap(({ draft }) => (draft.sender === undefined ? [draft.from] : []))
    const senders = new Map<SessionId, KnownSender | undefined>()
    for (const id of new Set(unknown))
      senders.set(id, yield* surely(database.run((sql) => senderOf(sql, id))))
    const prepared = queued.map((one) => prepare(one.draft.sender ?? senders.get(one.draft.from), one))
    // To ask PostgreSQL who knows shared signatures takes longer than to make one for each.
    if (database.engine === "postgres")
      return (yield* Effect.forEach(groupsOf(prepared.map(signAlone)), writeGroup)).flat()
    const areSeveral = prepared.length > 1 || (prepared[0]?.nonces.length ?? 0) > 1
    const isShared = areSeveral && (yield* surely(database.run(allKnowShared)))
    const signed = isShared ? signShared(prepared) : prepared.map(signAlone)
    const [only, ...others] = signed
    if (only !== undefined && others.length === 0) return [yield* writeAlone(only)]
    return (yield* writeTogether(signed)).map(outcomeOf)
  })
  const enqueue = yield* makeBatcher(writeAll)

  return (draft: Draft) =>
    // Each run of the effect is a sending of its own, with marks of its own.
    Effect.suspend(() => {
      if (draft.to.length === 0 && draft.mail === undefined) return Effect.succeed(Effect.succeed([]))
      const nonces = Array.from({ length: Math.max(1, draft.to.length) }, randomToken)
      return enqueue({ draft, nonces })
    })
})
