/** Who waits for a receipt, and how often the bus is asked for it. */
import { describe, expect } from "bun:test"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Receipts } from "../../src/bus/receipts/Receipts.ts"
import type { Receipt } from "../../src/domain/Receipt.ts"
import { ReceiptWait } from "../../src/session/ReceiptWait.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { settingsOf } from "../support/bus.ts"
import { it } from "../support/it.ts"

const waiting = (
  body: (
    wait: ReceiptWait["Service"],
    bus: { state: Receipt["state"]; asked: number }
  ) => Effect.Effect<void>,
  wantAsking = true
) => {
  const bus: { state: Receipt["state"]; asked: number } = { state: "queued", asked: 0 }
  const receipts = Layer.succeed(
    Receipts,
    Receipts.of({
      wantAsking,
      record: () => Effect.void,
      tell: () => Effect.void,
      report: () => Effect.succeed([]),
      of: (ids) =>
        Effect.sync(() => {
          bus.asked += 1
          return ids.map((messageId) => ({ messageId, state: bus.state, reason: undefined }))
        })
    })
  )
  return Effect.flatMap(ReceiptWait, (wait) => body(wait, bus)).pipe(
    Effect.provide(
      ReceiptWait.layer.pipe(
        Layer.provide([receipts, Layer.succeed(Settings, settingsOf("/home/of/nobody"))])
      )
    )
  )
}

describe("who waits for a receipt where nobody rings", () => {
  it.effect(
    "asks, and knows within some milliseconds",
    waiting((wait, bus) =>
      Effect.gen(function* () {
        const first = yield* Effect.forkChild(wait.first([7]))
        yield* TestClock.adjust("5 millis")
        expect(bus.asked).toBe(1)
        bus.state = "pushed"
        yield* TestClock.adjust("20 millis")
        expect(yield* Fiber.join(first)).toMatchObject([{ messageId: 7, state: "pushed" }])
      })
    )
  )

  it.effect(
    "asks no more when its time is over, and nobody else does",
    waiting((wait, bus) =>
      Effect.gen(function* () {
        const first = yield* Effect.forkChild(wait.first([7]))
        yield* TestClock.adjust("1 seconds")
        expect(yield* Fiber.join(first)).toMatchObject([{ state: "queued" }])
        const { asked } = bus
        yield* TestClock.adjust("1 minutes")
        expect(bus.asked).toBe(asked)
      })
    )
  )
})

describe("many who wait for receipts at the same time", () => {
  it.effect(
    "are read for together at the end of their time, which each has for itself",
    waiting(
      (wait, bus) =>
        Effect.gen(function* () {
          const wants = Array.from({ length: 100 }, (_, index) => Effect.forkChild(wait.first([index])))
          const early = yield* Effect.all(wants)
          yield* TestClock.adjust("100 millis")
          const late = yield* Effect.forkChild(wait.first([100, 101]))
          yield* TestClock.adjust("99 millis")
          const before = bus.asked
          expect(early.every((one) => one.pollUnsafe() === undefined)).toBe(true)
          bus.state = "pushed"
          yield* TestClock.adjust("1 millis")
          const known = yield* Effect.forEach(early, Fiber.join)
          expect(known.map(([receipt]) => receipt?.state)).toEqual(Array(100).fill("pushed"))
          expect(bus.asked).toBe(before + 1)
          expect(late.pollUnsafe()).toBeUndefined()
          yield* TestClock.adjust("100 millis")
          expect(yield* Fiber.join(late)).toMatchObject([{ messageId: 100 }, { messageId: 101 }])
          expect(bus.asked).toBe(before + 2)
        }),
      false
    )
  )
})
