/** Lets the state machine have its ticks: it says when it wants the next one. */
import { Clock, Effect, Option } from "effect"
import { makeSignal } from "../../platform/Signal.ts"
import { keepRunning } from "../Background.ts"

/** The least time between two ticks, in milliseconds: whatever time is asked for, nothing spins. */
export const leastBetweenTicks = 100

/** `changed`: the time that is asked for may be another one now. */
export interface Ticker {
  readonly changed: () => void
}

/**
 * Runs `tick` whenever the time that `next` gives has come, for as long as the scope is open.
 *
 * @param next in milliseconds; `undefined`: no tick is wanted
 */
export const makeTicker = Effect.fnUntraced(function* (
  next: () => number | undefined,
  tick: Effect.Effect<unknown>
) {
  const changes = makeSignal()
  let last = Number.NEGATIVE_INFINITY
  const once = Effect.gen(function* () {
    const wanted = next()
    if (wanted === undefined) return yield* changes.next
    const now = yield* Clock.currentTimeMillis
    // A clock that was set back says nothing of the last one.
    const rest = now >= last ? last + leastBetweenTicks - now : 0
    const wait = Math.max(wanted - now, rest)
    if (wait > 0 && Option.isSome(yield* Effect.timeoutOption(changes.next, wait))) return
    last = yield* Clock.currentTimeMillis
    yield* tick
  })
  yield* Effect.forkScoped(keepRunning("delivery", once))
  const ticker: Ticker = { changed: changes.give }
  return ticker
})
