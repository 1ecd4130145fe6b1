/** What came for somebody at the command line. It has been seen once it was printed, not before. */
import { Effect } from "effect"
import { Bus, batch } from "../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../bus/messages/History.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import type { SessionId } from "../domain/Name.ts"
import { mayBeAwaited, notAwaited } from "./Asking.ts"

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
  const unseen = history.received(me, { unseen: true, limit: most })
  const { messages, more } = yield* unseen
  const free = yield* notAwaited(me, messages)
  if (!free.some(mayBeAwaited)) return { messages: free, more }
  // A command that waited for one of them may have had it since they were read: it notes that before its doorbell falls silent.
  const still = new Set((yield* unseen).messages.map(({ id }) => id))
  return { messages: free.filter(({ id }) => still.has(id)), more }
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
