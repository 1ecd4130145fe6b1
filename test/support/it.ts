/**
 * A small harness: Effect programs and properties as tests of `bun test`, with the names that Effect's own harness has.
 *
 * - `it.effect` runs under the test clock: time stands still until `TestClock.adjust` moves it.
 * - `it.live` runs on the real clock.
 * - `it.prop` checks a property on generated input.
 * - `it.meanwhile` is an `it.live` that begins before the other tests of its file.
 */
import { beforeAll, test } from "bun:test"
import { Effect, Exit, type Scope } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { byClock, PollUntil } from "../../src/platform/PollUntil.ts"
import { steppingClock } from "./clock.ts"

/** The longest a test that starts processes may take, in milliseconds. */
const timeout = 60_000

/** The scope ends with the test, and with the scope every process that it started. */
const live = <A, E>(name: string, body: Effect.Effect<A, E, Scope.Scope>) =>
  test(name, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))), timeout)

const effect = <A, E>(name: string, body: Effect.Effect<A, E, Scope.Scope>) =>
  test(
    name,
    () =>
      Effect.runPromise(
        Effect.asVoid(Effect.scoped(body)).pipe(
          Effect.provideService(PollUntil, byClock),
          Effect.provide(steppingClock, { local: true })
        )
      ),
    timeout
  )

/** The same input each time, so that what failed fails again. With a seed of your own, or `random`, other input comes. */
const seed = process.env["CC_DM_TEST_SEED"] ?? "cc-dm"

/**
 * A property that must hold for whatever is generated. A failure prints the smallest input and how to replay it. Lists
 * grow with `size`.
 */
const prop = <A>(
  name: string,
  input: Arbitrary.Arbitrary<A>,
  holds: (value: A) => boolean | Effect.Effect<boolean>,
  runs = 500,
  size?: number
) =>
  test(name, async () => {
    const failure = Arbitrary.formatCheckFailure(
      await Effect.runPromise(
        Arbitrary.checkEffect(input, holds, {
          runs,
          size,
          ...(seed === "random" ? {} : { seed: `${seed} ${name}` })
        })
      )
    )
    if (failure !== undefined) throw new Error(failure)
  })

/**
 * A test on the real clock that mostly waits: it begins before the other tests of its file, goes on while they run, and
 * is judged in its own place, which is best the last.
 */
const meanwhile = <A, E>(name: string, body: Effect.Effect<A, E, Scope.Scope>) => {
  let outcome: Promise<Exit.Exit<void, E>> = Promise.resolve(Exit.void)
  beforeAll(() => {
    outcome = Effect.runPromiseExit(Effect.asVoid(Effect.scoped(body)))
  })
  test(name, () => Effect.runPromise(Effect.flatten(Effect.promise(() => outcome))), 3 * timeout)
}

export const it = { effect, live, prop, meanwhile }
