/** What is asked for while a batch is under way makes the next one. */
import { describe, expect } from "bun:test"
import { Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeBatcher } from "../../src/bus/engine/Batcher.ts"
import { it } from "../support/it.ts"

describe("a batcher", () => {
  it.effect(
    "answers each in a batch with those that came with it, in their order",
    Effect.gen(function* () {
      const batches: Array<ReadonlyArray<number>> = []
      const ask = yield* makeBatcher((inputs: readonly [number, ...Array<number>]) =>
        Effect.sync(() => batches.push(inputs)).pipe(
          Effect.andThen(Effect.sleep(10)),
          Effect.as(inputs.map((input) => Exit.succeed(input * 2)))
        )
      )
      const first = yield* Effect.forkChild(Effect.flatten(ask(1)))
      yield* TestClock.adjust(1)
      const rest = [yield* ask(2), yield* ask(3)]
      const second = yield* Effect.forkChild(Effect.all(rest))
      yield* TestClock.adjust(30)
      expect(yield* Fiber.join(first)).toBe(2)
      expect(yield* Fiber.join(second)).toEqual([4, 6])
      expect(batches).toEqual([[1], [2, 3]])
    })
  )

  it.effect(
    "fails one alone, or all of a batch, and goes on",
    Effect.gen(function* () {
      const ask = yield* makeBatcher((inputs: readonly [string, ...Array<string>]) =>
        inputs.includes("all")
          ? Effect.fail("all of them")
          : Effect.succeed(inputs.map((input) => (input === "one" ? Exit.fail("one") : Exit.succeed(input))))
      )
      const exits = (inputs: ReadonlyArray<string>) =>
        Effect.flatMap(Effect.forEach(inputs, ask), (waiting) =>
          Effect.forEach(waiting, (one) => Effect.exit(one), { concurrency: "unbounded" })
        )
      expect(yield* exits(["one", "two"])).toEqual([Exit.fail("one"), Exit.succeed("two")])
      expect(yield* exits(["two", "all"])).toEqual([Exit.fail("all of them"), Exit.fail("all of them")])
      expect(yield* exits(["three"])).toEqual([Exit.succeed("three")])
    })
  )

  it.effect(
    "does not leave one without an answer",
    Effect.gen(function* () {
      const ask = yield* makeBatcher((_: readonly [number, ...Array<number>]) => Effect.succeed([]))
      expect(Exit.hasDies(yield* Effect.exit(Effect.flatten(ask(1))))).toBe(true)
    })
  )
})
