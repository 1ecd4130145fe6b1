/** How a request is answered: the first answer counts, and is written to the session that asked in the same transaction. */
import { Effect } from "effect"
import { TooLate } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"
import type { Verdict } from "../../domain/Permission.ts"
import { quote } from "../../domain/Text.ts"
import { randomToken } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { draftCopies, senderOf } from "../messages/Copies.ts"
import { Proofs } from "../Proofs.ts"
import type { OpenRequest } from "./RequestRows.ts"
import { selectFirstAnswer, selectToAnswer, selectToAnswerAs, takeAnswer } from "./Statements.ts"

/** Why an answer is too late: another one was given. */
export const answeredBy = (name: string | null) =>
  `was already answered by ${quote(name ?? "another session")}`
/** Why an answer is too late: the time is over. */
export const notInTime = "was not answered within 5 minutes"

/** `Requests.answer`, and of the request that was `shown`, `Requests.answerAsPerson`. */
export const makeAnswering = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  const proofs = yield* Proofs
  const { timing } = yield* Settings

  return Effect.fnUntraced(function* (
    answerer: SessionId,
    asker: string,
    { behavior, requestId }: Verdict,
    content: string,
    shown?: OpenRequest
  ) {
    const key = { asker, requestId }
    const now = yield* clock.iso()
    const freshSince = yield* clock.iso(-timing.lease)
    const expiresAt = yield* clock.iso(timing.permissionLife)
    return yield* database.transaction((sql) =>
      Effect.gen(function* () {
        const requests =
          shown === undefined
            ? yield* selectToAnswerAs.run(sql, { ...key, answerer })
            : yield* selectToAnswer.run(sql, key)
        const request = requests[0]
        if (request === undefined) return false
        if (shown !== undefined && request.nonce !== shown.nonce)
          return yield* new TooLate({ requestId, why: "is not the one that was shown any more" })
        if (request.answered_at !== null)
          return yield* new TooLate({ requestId, why: answeredBy(request.answered_by_name) })
        const taken = yield* takeAnswer.run(sql, { ...key, behavior, answerer, now })
        if (taken.length === 0) {
          // In PostgreSQL somebody may have answered since it was looked for.
          const [first] = yield* selectFirstAnswer.run(sql, key)
          return yield* new TooLate({
            requestId,
            why: first === undefined ? notInTime : answeredBy(first.answered_by_name)
          })
        }
        const dated = {
          from: answerer,
          to: [asker],
          nonces: [randomToken()],
          kind: "permission_verdict",
          content,
          metadata: {},
          options: {},
          ...(request.nonce === null ? {} : { request: request.nonce }),
          now,
          freshSince,
          expiresAt,
          keptUntil: null,
          batch: null,
          mailTo: null
        } as const
        const sender = yield* senderOf(sql, answerer)
        const own = proofs.keyOf(answerer)
        const copies = draftCopies(database.engine, sender, own, dated)?.signedBy(own.sign)
        const sent = copies === undefined ? [] : yield* copies.write(sql)
        if (sent.length === 0)
          return yield* new TooLate({ requestId, why: "was asked by a session that is gone" })
        return true
      })
    )
  })
})
