/**
 * Permission requests: who asks, who was asked, and the one answer that counts. The bus decides which answer
 * was first, in the transaction that also writes the verdict to the session that asked.
 *
 * What stands here is believed as far as it is signed: the request, with those who were asked, by the session that asks; the
 * verdict, which names that very request, by the one that answers. The rest only keeps a second answer out.
 */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable, TooLate } from "../../domain/Errors.ts"
import type { Message } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import type { Behavior, PermissionRequest, RequestId, Verdict } from "../../domain/Permission.ts"
import { shorten } from "../../domain/Text.ts"
import { randomToken } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { storable } from "../messages/SignedText.ts"
import { Proofs } from "../Proofs.ts"
import { answeredBy, makeAnswering, notInTime } from "./Answering.ts"
import {
  genuine,
  isAsked,
  type KnownRequest,
  type KnownRow,
  type OpenRequest,
  openOf,
  type SignedRequest,
  signedText
} from "./RequestRows.ts"
import {
  deleteAsked,
  deleteAskedOfNone,
  deleteEnded,
  deleteRequest,
  insertAsked,
  insertRequest,
  passOn,
  passOnAnswer,
  selectKnown,
  selectOldSessions,
  selectOne,
  selectOpen
} from "./Statements.ts"

export type { KnownRequest, OpenRequest } from "./RequestRows.ts"

/** How long an ended request is kept, in milliseconds, so that a late answer can be told why it is late. */
const memory = 3_600_000

/** How much of a tool's name is kept, in characters. */
const roomForTool = 200

/** Stands for the people at the command line among those who are asked. */
export const people = "@me"

/** An answer that the bus has accepted, to be passed on to Claude Code. */
export interface Answer {
  readonly behavior: Behavior
  readonly answeredBy: SessionId
}

export class Requests extends Context.Service<
  Requests,
  {
    /** Writes down that a session asks others; their answers count from now on, for 5 minutes. */
    readonly ask: (
      asker: SessionId,
      request: PermissionRequest,
      asked: ReadonlyArray<string>,
      content: string
    ) => Effect.Effect<void, BusUnavailable>
    /** The requests that wait for an answer, oldest first. */
    readonly open: Effect.Effect<ReadonlyArray<OpenRequest>, BusUnavailable>
    /** What is remembered of a request, for each session that asked under this id: an id is unique for its asker alone. */
    readonly known: (requestId: string) => Effect.Effect<ReadonlyArray<KnownRequest>, BusUnavailable>
    /**
     * Answers a request of `asker`, and writes the verdict to it. `false`: this session was not asked, and
     * nothing was written. Fails with `TooLate` if the request has been answered or its time is over.
     */
    readonly answer: (
      answerer: SessionId,
      asker: string,
      verdict: Verdict,
      content: string
    ) => Effect.Effect<boolean, TooLate | BusUnavailable>
    /**
     * The same for a person at the command line, who may answer whatever a session asks of others, and answers the request that
     * was shown: fails with `TooLate` if another one stands in its place. `false`: there is no such request.
     */
    readonly answerAsPerson: (
      person: SessionId,
      shown: OpenRequest,
      behavior: Behavior
    ) => Effect.Effect<boolean, TooLate | BusUnavailable>
    /**
     * The answer that a message gives to a request of this session, if it is the accepted one, once: a second call finds
     * none. The message has to prove who gave it.
     */
    readonly collect: (
      asker: SessionId,
      verdict: Verdict,
      message: Message
    ) => Effect.Effect<Answer | undefined, BusUnavailable>
    /**
     * The same for the words of a 1.3.1 session, which prove nothing: they count as those of the session that was asked and
     * has the name that they give.
     */
    readonly collectUnproven: (
      asker: SessionId,
      verdict: Verdict,
      from: string
    ) => Effect.Effect<Answer | undefined, BusUnavailable>
    /** Forgets requests that ended an hour ago. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Requests") {
  static readonly layer = Layer.effect(
    Requests,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const proofs = yield* Proofs
      const settle = yield* makeAnswering
      const { timing } = yield* Settings

      const ask = Effect.fn("Requests.ask")(function* (
        asker: SessionId,
        request: PermissionRequest,
        asked: ReadonlyArray<string>,
        content: string
      ) {
        const now = yield* clock.iso()
        const expiresAt = yield* clock.iso(timing.permissionLife)
        const signed: SignedRequest = {
          nonce: randomToken(),
          asker_id: asker,
          request_id: request.request_id,
          tool_name: storable(database.engine, shorten(request.tool_name, roomForTool)),
          content: storable(database.engine, content),
          created_at: now,
          expires_at: expiresAt,
          asked: JSON.stringify(asked)
        }
        const signature = proofs.keyOf(asker).sign(signedText(signed))
        const key = { asker, requestId: request.request_id }
        const { asked: askedText, content: kept, nonce, tool_name: tool } = signed
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* deleteAsked.run(sql, key)
            yield* deleteRequest.run(sql, key)
            yield* insertRequest.run(sql, {
              ...key,
              tool,
              now,
              expiresAt,
              content: kept,
              nonce,
              asked: askedText,
              signature
            })
            yield* insertAsked.run(sql, { ...key, asked: askedText })
          })
        )
      })

      const open = Effect.gen(function* () {
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) => selectOpen.run(sql, { now }))
        return (yield* genuine(proofs, rows.toReversed())).map(openOf)
      }).pipe(Effect.withSpan("Requests.open"))

      const known = Effect.fn("Requests.known")(function* (requestId: string) {
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) => selectKnown.run(sql, { requestId }))
        const endedOf = (row: KnownRow) => {
          if (row.answered_at !== null) return answeredBy(row.answered_by_name)
          return row.expires_at <= now ? notInTime : undefined
        }
        return (yield* genuine(proofs, rows.toReversed())).map(
          (row): KnownRequest => ({
            ...openOf(row),
            ended: endedOf(row),
            passedOn: row.passed_on_at !== null
          })
        )
      })

      const answer = Effect.fn("Requests.answer")(
        (answerer: SessionId, asker: string, verdict: Verdict, content: string) =>
          settle(answerer, asker, verdict, content)
      )
      const answerAsPerson = Effect.fn("Requests.answerAsPerson")(
        (person: SessionId, shown: OpenRequest, behavior: Behavior) => {
          const { asker, requestId } = shown
          const words = `${behavior === "allow" ? "yes" : "no"} ${requestId}`
          return settle(person, asker, { requestId, behavior }, words, shown)
        }
      )

      const requestOf = Effect.fnUntraced(function* (asker: SessionId, requestId: RequestId) {
        const rows = yield* database.run((sql) => selectOne.run(sql, { asker, requestId }))
        return (yield* genuine(proofs, rows))[0]
      })

      const collect = Effect.fn("Requests.collect")(function* (
        asker: SessionId,
        { behavior, requestId }: Verdict,
        { fromId, fromKind, kind, request: answers }: Message
      ) {
        if (fromId === undefined || kind !== "permission_verdict") return undefined
        const request = yield* requestOf(asker, requestId)
        // An answer to an earlier request with the same five letters answers that one only.
        if (request === undefined || request.nonce === null || answers !== request.nonce) return undefined
        // What runs within a session is no person.
        if (fromKind !== "command line" && !isAsked(request.asked, fromId)) return undefined
        const now = yield* clock.iso()
        const rows = yield* database.run((sql) =>
          passOn.run(sql, { asker, requestId, nonce: answers, answerer: fromId, now })
        )
        return rows.length === 0 ? undefined : { behavior, answeredBy: fromId }
      })

      const collectUnproven = Effect.fn("Requests.collectUnproven")(function* (
        asker: SessionId,
        { behavior, requestId }: Verdict,
        from: string
      ) {
        const request = yield* requestOf(asker, requestId)
        if (request === undefined) return undefined
        const now = yield* clock.iso()
        const named = yield* database.run((sql) => selectOldSessions.run(sql, { from }))
        const answerer = named.find(({ id }) => isAsked(request.asked, id))?.id
        if (answerer === undefined || request.expires_at <= now) return undefined
        const rows = yield* database.run((sql) =>
          passOnAnswer.run(sql, { asker, requestId, nonce: request.nonce, answerer, behavior, now })
        )
        return rows.length === 0 ? undefined : { behavior, answeredBy: answerer }
      })

      const sweep = Effect.gen(function* () {
        const before = yield* clock.iso(-memory)
        yield* database.run((sql) => deleteEnded.run(sql, { before }))
        yield* database.run((sql) => deleteAskedOfNone.run(sql, {}))
      }).pipe(Effect.withSpan("Requests.sweep"))

      return Requests.of({ ask, open, known, answer, answerAsPerson, collect, collectUnproven, sweep })
    })
  )
}
