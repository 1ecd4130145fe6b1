/** The ticks of the state machine, under the test clock. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { leastBetweenTicks, makeTicker } from "../../../src/session/inbound/Ticker.ts"
import { it } from "../../support/it.ts"

/** A ticker, what it is asked for, and when it ticked. */
const ticking = Effect.fnUntraced(function* (
  wanted: number | undefined,
  after: (time: number) => number | undefined
) {
  let next = wanted
  const ticks: Array<number> = []
  const { changed } = yield* makeTicker(
    () => next,
    Effect.sync(() => {
      ticks.push(next ?? Number.NaN)
      next = after(next ?? Number.NaN)
    })
  )
  yield* Effect.yieldNow
  const ask = (time: number | undefined) =>
    Effect.sync(() => {
      next = time
      changed()
    })
  return { ask, ticks }
})

describe("a tick", () => {
  it.effect(
    "comes at the time that is asked for, and not again",
    Effect.gen(function* () {
      const { ticks } = yield* ticking(2_000, () => undefined)
      yield* TestClock.adjust(1_999)
      expect(ticks).toEqual([])
      yield* TestClock.adjust(1)
      expect(ticks).toEqual([2_000])
      yield* TestClock.adjust(60_000)
      expect(ticks).toHaveLength(1)
    })
  )

  it.effect(
    "comes at another time if that changes, and at none if none is wanted any more",
    Effect.gen(function* () {
      const { ask, ticks } = yield* ticking(undefined, () => undefined)
      yield* ask(5_000)
      yield* TestClock.adjust(1_000)
      yield* ask(3_000)
      yield* TestClock.adjust(2_000)
      expect(ticks).toEqual([3_000])
      yield* ask(9_000)
      yield* TestClock.adjust(1_000)
      yield* ask(undefined)
      yield* TestClock.adjust(60_000)
      expect(ticks).toEqual([3_000])
    })
  )

  it.effect(
    "of which nothing comes is not asked for without a pause, even if its time has passed",
    Effect.gen(function* () {
      const seconds = 10
      const { ask, ticks } = yield* ticking(0, (time) => time)
      yield* TestClock.adjust(seconds * 1_000)
      expect(ticks.length).toBeGreaterThan(1)
      expect(ticks.length).toBeLessThanOrEqual((seconds * 1_000) / leastBetweenTicks + 1)
      // It listens all the same.
      yield* ask(undefined)
      yield* TestClock.adjust(1_000)
      const { length } = ticks
      yield* TestClock.adjust(10_000)
      expect(ticks).toHaveLength(length)
    })
  )

  it.effect(
    "that asks for another time that has passed does not spin either",
    Effect.gen(function* () {
      let time = 0
      const { ticks } = yield* ticking(0, () => time++ - 1_000_000)
      yield* TestClock.adjust(10_000)
      expect(ticks.length).toBeLessThanOrEqual(10_000 / leastBetweenTicks + 1)
    })
  )
})
