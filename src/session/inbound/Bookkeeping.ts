/** Tells the bus what is known of messages and of the session, a moment after it is known: hooks are answered from memory. */
import { Effect } from "effect"
import { type ReceiptChange, Receipts } from "../../bus/receipts/Receipts.ts"
import type { Presence } from "../../domain/Receipt.ts"
import { makeSignal } from "../../platform/Signal.ts"
import { Settings } from "../../settings/Settings.ts"
import { keepRunning } from "../Background.ts"
import { Identity } from "../Identity.ts"

/** The least time between two writings, in milliseconds: a commit costs far more than a row. */
const spacing = 20

/** How long the last writing may take when the server ends. */
const lastWriting = "50 millis"

export interface Bookkeeping {
  /** A message has come so far. */
  readonly record: (change: ReceiptChange) => void
  /** The session may be another than the bus knows. */
  readonly changed: () => void
}

/**
 * Works for as long as the scope is open, and once more at its end.
 *
 * @param presence what the roster is to be told now
 */
export const makeBookkeeping = Effect.fnUntraced(function* (presence: () => Presence) {
  const identity = yield* Identity
  const receipts = yield* Receipts
  const { timing } = yield* Settings
  const news = makeSignal()
  let published = presence()
  /** What the bus was not told yet, oldest first. */
  const changes: Array<ReceiptChange> = []

  const isPublished = ({ doing, reach, since }: Presence) =>
    published.reach === reach && published.doing === doing && published.since === since

  // How the session can be reached is written before the receipt that shows it.
  const write = Effect.gen(function* () {
    const now = presence()
    if (!isPublished(now)) {
      yield* identity.present(now)
      published = now
    }
    const { length } = changes
    if (length === 0) return
    yield* receipts.record(changes.slice())
    changes.splice(0, length)
  })
  const tryAgain = Effect.andThen(Effect.sleep(timing.poll), Effect.sync(news.give))
  const writeNext = news.next.pipe(
    Effect.andThen(write),
    Effect.tapError(() => tryAgain)
  )
  yield* Effect.forkScoped(keepRunning("receipts", writeNext, spacing))
  yield* Effect.addFinalizer(() =>
    write.pipe(Effect.interruptible, Effect.timeout(lastWriting), Effect.ignore)
  )

  const bookkeeping: Bookkeeping = {
    record: (change) => {
      changes.push(change)
      news.give()
    },
    // What could not be written is tried again with whatever happens next.
    changed: () => {
      if (!isPublished(presence()) || changes.length > 0) news.give()
    }
  }
  return bookkeeping
})
