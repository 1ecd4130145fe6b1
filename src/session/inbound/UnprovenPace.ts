/**
 * Messages that nothing proves to be written by their senders, as those of 1.3.1 or by hand: what comes faster than any sender may
 * write stays where it is, taken, on the bus, to be read in the inbox.
 */
import { Clock, Effect } from "effect"
import type { Message } from "../../domain/Message.ts"
import { type Arrival, defaultRateLimit, isShownUnproven } from "../../domain/Pace.ts"

/** So many messages that were left in the inbox are counted. */
const mostLeft = 10_000

export interface UnprovenPace {
  /** Those of the messages that may be shown by themselves. */
  readonly admit: (messages: ReadonlyArray<Message>) => Effect.Effect<ReadonlyArray<Message>>
  /** How many are left in the inbox. */
  readonly left: () => number
  /** The inbox has shown a message. Gives whether it was one of these. */
  readonly fetched: (messageId: number) => boolean
}

export const makeUnprovenPace = (): UnprovenPace => {
  /** What was shown lately. */
  let shown: ReadonlyArray<Arrival> = []
  const left = new Set<number>()
  const isAdmitted = ({ from, id, proof }: Message, at: number): boolean => {
    if (proof === "signed") return true
    const next = { from, at }
    if (!isShownUnproven(next, shown)) {
      if (left.size < mostLeft) left.add(id)
      return false
    }
    shown = [...shown, next].slice(-defaultRateLimit.inAll)
    return true
  }
  const admitSome = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
    const at = yield* Clock.currentTimeMillis
    const admitted = messages.filter((message) => isAdmitted(message, at))
    const count = messages.length - admitted.length
    if (count > 0)
      yield* Effect.logWarning(
        `${count} messages without proof of who wrote them came too fast, and are not shown: inbox has them`
      )
    return admitted
  })
  return {
    admit: (messages) =>
      messages.every(({ proof }) => proof === "signed") ? Effect.succeed(messages) : admitSome(messages),
    left: () => left.size,
    fetched: (messageId) => left.delete(messageId)
  }
}
