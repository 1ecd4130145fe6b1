/** Waits for the answer to a question, and looks meanwhile what becomes of the question. */
import { Clock, Effect } from "effect"
import { Bus } from "../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../bus/messages/History.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import type { DeliveryState } from "../domain/Receipt.ts"
import { Settings } from "../settings/Settings.ts"
import { isAnswer, type Question } from "./Asking.ts"

/** How it ended. `state` and `reason`: how far the question came. */
export interface Waited {
  readonly answer: LoggedMessage | undefined
  readonly state: DeliveryState
  readonly reason: string | undefined
}

/** How often the bus is asked whether anything was written, in milliseconds. */
const spacing = 50

/** So many messages are read at once. */
const page = 1_000

/**
 * Looks until there is an answer, until the question will not be seen any more, or until `limit` milliseconds are over. `rings`: each
 * ends when somebody says that there may be an answer.
 */
export const awaitAnswer = Effect.fnUntraced(function* (
  question: Question,
  rings: ReadonlyArray<Effect.Effect<void>>,
  limit: number
) {
  const bus = yield* Bus
  const history = yield* History
  const receipts = yield* Receipts
  const { timing } = yield* Settings

  const answerers = new Set<string>(question.receiver === undefined ? [] : [question.receiver.id])
  let after = question.id

  const isAlone = Effect.gen(function* () {
    if (question.isOwnThread) return true
    const { messages } = yield* history.overview({
      threadId: question.thread,
      other: question.asker,
      limit: page
    })
    return !messages.some(({ fromId, id }) => fromId === question.asker && id !== question.id)
  })

  const findAnswer = Effect.gen(function* () {
    const alone = yield* isAlone
    while (true) {
      const messages = yield* history.page({ after, other: question.asker, limit: page })
      const answer = messages.find((message) => isAnswer(question, alone, answerers, message))
      if (answer !== undefined || messages.length < page) return answer
      after = messages.at(-1)?.id ?? after
    }
  })

  const look = Effect.gen(function* () {
    const [asked] = (yield* history.overview({ ids: [question.id], limit: 1 })).messages
    if (asked !== undefined) answerers.add(asked.toId)
    const answer = yield* findAnswer
    // A row that is gone was seen by a session that keeps nothing.
    return { answer, state: asked?.state ?? "seen", reason: asked?.reason } satisfies Waited
  })

  const end = (yield* Clock.currentTimeMillis) + limit
  while (true) {
    // What is written from here on is seen by the next look.
    const version = bus.version()
    const found = yield* look
    if (found.answer !== undefined) return found
    if (found.state === "expired" || found.state === "refused") {
      // The asker is told here, and need not be told again in its inbox.
      yield* receipts.record([{ messageId: question.id, state: "kept quietly" }])
      return found
    }
    const now = yield* Clock.currentTimeMillis
    if (now >= end) return found
    const change = Effect.sleep(spacing).pipe(
      Effect.repeat({ until: () => version === undefined || bus.version() !== version })
    )
    yield* Effect.raceAll([change, ...rings]).pipe(Effect.timeoutOption(Math.min(timing.poll, end - now)))
  }
})
