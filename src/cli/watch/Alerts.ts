/** `cc-dm watch --notify`: tells somebody who looks elsewhere what comes for them while the view is open. */
import { Effect } from "effect"
import { History } from "../../bus/messages/History.ts"
import type { SessionId } from "../../domain/Name.ts"
import { makeInTurn, newRequests, tellOfMessages, tellOfRequest } from "../Telling.ts"

/** More that nobody has read are not looked through. */
const most = 1_000

/**
 * Gives an effect that tells of what is new since the last time. What waits when this is made is not told: it is on the screen.
 *
 * @param me to whom messages are for this person
 */
export const makeAlerts = Effect.fnUntraced(function* (me: SessionId) {
  const history = yield* History
  const requests = yield* newRequests
  const told = yield* makeInTurn
  let last = 0
  const messages = Effect.map(history.unread(me, most), (found) => {
    const fresh = found.messages.filter(({ id }) => id > last)
    last = fresh.at(-1)?.id ?? last
    return fresh
  })
  yield* messages
  yield* requests
  return Effect.gen(function* () {
    yield* told.add(tellOfMessages(yield* messages))
    for (const request of yield* requests) yield* told.add(tellOfRequest(request))
  })
})
