/** What waits for something must neither miss it, nor go on looking, nor end the process. */
import { describe, expect } from "bun:test"
import { Effect, Fiber } from "effect"
import { byClock, PollUntil } from "../../src/platform/PollUntil.ts"
import { it } from "../support/it.ts"

const apart = 5
const ways = [
  { name: "by a timer", way: PollUntil },
  { name: "by the clock", way: Effect.succeed(byClock) }
]

for (const { name, way } of ways)
  describe(`looking out ${name}`, () => {
    it.live(
      "goes on until something is there, and then ends",
      Effect.gen(function* () {
        let looks = 0
        yield* (yield* way)(() => ++looks === 3, apart)
        expect(looks).toBe(3)
        yield* Effect.sleep(4 * apart)
        expect(looks).toBe(3)
      })
    )

    it.live(
      "ends where it can't be looked",
      Effect.gen(function* () {
        yield* (yield* way)(() => {
          throw new Error("no")
        }, apart)
      })
    )

    it.live(
      "ends when it is interrupted",
      Effect.gen(function* () {
        let looks = 0
        const fiber = yield* Effect.forkChild((yield* way)(() => ++looks < 0, apart))
        yield* Effect.sleep(4 * apart)
        yield* Fiber.interrupt(fiber)
        const before = looks
        yield* Effect.sleep(4 * apart)
        expect(before).toBeGreaterThan(0)
        expect(looks).toBe(before)
      })
    )
  })
