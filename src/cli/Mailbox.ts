/** What came for somebody at the command line. It has been seen once it was printed, not before. */
import { Effect } from "effect"
import { Bus, batch } from "../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../bus/messages/History.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import type { SessionId } from "../domain/Name.ts"
import { notAwaited } from "./Asking.ts"

/** So many are shown at once. */
export const most = 1_000

/** Takes all that waits for somebody. */
export const takeAll = Effect.fnUntraced(function* (me: SessionId) {
  const bus = yield* Bus
  let taken = yield* bus.take(me)
  while (taken.length === batch) taken = yield* bus.take(me)
})

/**
 * Takes what waits, and gives what was not seen yet, oldest first: also what was taken before and could not be printed. An answer that
 * another command waits for is left to that.
 */
export const collect = Effect.fnUntraced(function* (me: SessionId) {
  const history = yield* History
  yield* takeAll(me)
  const { messages, more } = yield* history.received(me, { unseen: true, limit: most })
  return { messages: yield* notAwaited(me, messages), more }
})

/** Prints messages and notes them as seen, whatever happens in between. What could not be printed was not seen. */
export const show = <E, R>(
  messages: ReadonlyArray<LoggedMessage>,
  print: (messages: ReadonlyArray<LoggedMessage>) => Effect.Effect<void, E, R>
) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const receipts = yield* Receipts
      yield* restore(print(messages))
      const unseen = messages.filter(({ state }) => state !== "seen")
      if (unseen.length > 0)
        yield* receipts.record(unseen.map(({ id }) => ({ messageId: id, state: "seen" }) as const))
    })
  )
