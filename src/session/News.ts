/** What becomes of the messages that this session sends: whoever has just sent one can wait a moment for the first news of it. */
import { Context, Deferred, Effect, Exit, Layer } from "effect"
import { Receipts } from "../bus/Receipts.ts"
import { Settings } from "../Config.ts"
import type { Receipt } from "../domain/Receipt.ts"

export class News extends Context.Service<
  News,
  {
    /**
     * Waits until every message is past `queued`, at most 200 ms, and says how far each has come. One that is missing is
     * on the bus no more.
     */
    readonly first: (messageIds: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<Receipt>>
    /** The bus has changed: looks for those who wait. Costs nothing where nobody does. */
    readonly look: Effect.Effect<void>
  }
>()("cc-dm/session/News") {
  static readonly layer = Layer.effect(
    News,
    Effect.gen(function* () {
      const receipts = yield* Receipts
      const { timing } = yield* Settings
      const awaited = new Map<number, Deferred.Deferred<void>>()

      // What can't be read is read at the next change, and else `first` goes by its time.
      const read = (ids: ReadonlyArray<number>) => Effect.orElseSucceed(receipts.of(ids), () => undefined)

      const look = Effect.gen(function* () {
        if (awaited.size === 0) return
        const ids = [...awaited.keys()]
        const found = yield* read(ids)
        if (found === undefined) return
        const queued = new Set(
          found.flatMap(({ messageId, state }) => (state === "queued" ? [messageId] : []))
        )
        for (const id of ids) {
          // Whoever waited for it may have given up meanwhile.
          const waiting = awaited.get(id)
          if (waiting !== undefined && !queued.has(id)) Deferred.doneUnsafe(waiting, Exit.void)
        }
      })

      const first = Effect.fnUntraced(function* (ids: ReadonlyArray<number>) {
        if (ids.length === 0) return []
        const mine = ids.map((id) => {
          const news = Deferred.makeUnsafe<void>()
          awaited.set(id, news)
          return news
        })
        yield* look.pipe(
          Effect.andThen(Effect.forEach(mine, Deferred.await, { discard: true })),
          Effect.timeoutOption(timing.firstNews),
          Effect.ensuring(Effect.sync(() => ids.forEach((id) => void awaited.delete(id))))
        )
        return (
          (yield* read(ids)) ??
          ids.map((messageId): Receipt => ({ messageId, state: "queued", reason: undefined }))
        )
      })

      return News.of({ first, look })
    })
  )
}
