/** What becomes of the messages that this session sends: a tool that has just sent one can wait a moment for its first receipt. */
import { Clock, Context, Deferred, Effect, Exit, Layer } from "effect"
import { Receipts } from "../bus/receipts/Receipts.ts"
import type { Receipt } from "../domain/Receipt.ts"
import { makeSignal } from "../platform/Signal.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"

/** How long one waits before it asks how far a message has come, and the most between two questions, in milliseconds. */
const pauses = { first: 4, most: 16 }

/** A message of which somebody waits for news. */
interface Awaited {
  /** Nobody waits for it any more. */
  readonly end: () => void
  /** When the waiting ends, in milliseconds since 1970. */
  readonly until: number
  /** How far it had come at the last look; `undefined`: the bus holds it no more. */
  receipt: Receipt | undefined
}

export class ReceiptWait extends Context.Service<
  ReceiptWait,
  {
    /**
     * Waits until every message is past `queued`, at most 200 ms, and says how far each has come. One that is missing is
     * on the bus no more.
     */
    readonly first: (messageIds: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Receipt>>
    /** The bus has changed: looks for those who wait. Costs nothing if nobody does. */
    readonly look: () => void
  }
>()("cc-dm/session/ReceiptWait") {
  static readonly layer = Layer.effect(
    ReceiptWait,
    Effect.gen(function* () {
      const receipts = yield* Receipts
      const { timing } = yield* Settings
      /** By the message's id. All wait equally long, so the first one is the first whose time is over. */
      const awaited = new Map<number, Awaited>()
      const due = makeSignal()

      // What can't be read is read at the next change, and else `first` goes by its time.
      const read = (ids: ReadonlyArray<number>) => Effect.orElseSucceed(receipts.of(ids), () => undefined)

      /** One look serves all who wait: a burst of messages would else read as often as it has messages. */
      const lookFor = Effect.fnUntraced(function* (
        asked: ReadonlyArray<readonly [number, Awaited]>,
        isOver: boolean
      ) {
        const found = yield* read(asked.map(([id]) => id))
        const receiptOf = new Map(found?.map((receipt) => [receipt.messageId, receipt]))
        for (const [id, one] of asked) {
          if (found !== undefined) one.receipt = receiptOf.get(id)
          if (!isOver && one.receipt?.state === "queued") continue
          awaited.delete(id)
          one.end()
        }
      })
      const look = Effect.gen(function* () {
        yield* due.next
        if (awaited.size > 0) yield* lookFor([...awaited], false)
      })
      yield* Effect.forkScoped(keepRunning("news", look))
      const lookSoon = () => {
        if (awaited.size > 0) due.give()
      }

      // One fiber ends the time of all who wait.
      const waits = makeSignal()
      const end = Effect.gen(function* () {
        yield* waits.next
        for (let [next] = awaited.values(); next !== undefined; [next] = awaited.values()) {
          const now = yield* Clock.currentTimeMillis
          if (next.until > now) yield* Effect.sleep(next.until - now)
          else
            yield* lookFor(
              [...awaited].filter(([, { until }]) => until <= now),
              true
            )
        }
      })
      yield* Effect.forkScoped(keepRunning("news", end))

      // One fiber asks for all who wait.
      const begun = makeSignal()
      let pause = pauses.first
      const ask = Effect.gen(function* () {
        yield* begun.next
        while (awaited.size > 0) {
          yield* Effect.sleep(pause)
          pause = Math.min(2 * pause, pauses.most)
          lookSoon()
        }
      })
      if (receipts.wantAsking) yield* Effect.forkScoped(keepRunning("news", ask))
      const begin = () => {
        pause = pauses.first
        begun.give()
      }

      const first = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
        if (ids.length === 0) return []
        const until = (yield* Clock.currentTimeMillis) + timing.firstNews
        const news = Deferred.makeUnsafe<void>()
        let left = ids.length
        const end = () => {
          left -= 1
          if (left === 0) Deferred.doneUnsafe(news, Exit.void)
        }
        const mine = ids.map((messageId): Awaited => {
          const one = { end, until, receipt: { messageId, state: "queued", reason: undefined } as const }
          awaited.set(messageId, one)
          return one
        })
        waits.give()
        // The receipt may have come before anybody waited for it. Where one has to ask, it has hardly come at once.
        if (receipts.wantAsking) begin()
        else lookSoon()
        yield* Effect.onInterrupt(Deferred.await(news), () =>
          Effect.sync(() => ids.forEach((id) => void awaited.delete(id)))
        )
        return mine.flatMap(({ receipt }) => receipt ?? [])
      })

      return ReceiptWait.of({ first, look: lookSoon })
    })
  )
}
