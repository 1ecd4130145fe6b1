/** A short `bun run soak`, each time with another seed. */
import { expect, test } from "bun:test"
import { randomInt } from "node:crypto"
import { Effect } from "effect"
import { faults } from "../../testkit/soak/Faults.ts"
import { planOf } from "../../testkit/soak/Plan.ts"
import { type Options, run } from "../../testkit/soak/Run.ts"

/** How long a run may take here, in milliseconds: somebody may have to be told that a session is gone for good. */
const testTimeout = 300_000

const seed = randomInt(1_000_000)

const options = (more: Partial<Options>): Options => ({
  seed,
  sessions: 10,
  seconds: 12,
  rate: 10,
  history: 600,
  postgres: false,
  outages: false,
  answerWithin: 60,
  endWithin: 200,
  fault: undefined,
  onViolation: () => {},
  onProgress: () => Effect.void,
  ...more
})

test("the same seed makes the same decisions, and another seed others", () => {
  const decisions = (one: number) => [...planOf({ seed: one, sessions: 10, seconds: 30, rate: 10 })]
  expect(decisions(seed)).toEqual(decisions(seed))
  expect(decisions(seed)).not.toEqual(decisions(seed + 1))
})

test(
  "whatever sessions do, the bus is as the model says",
  async () => {
    // The seed of a failure is not to be lost.
    process.stderr.write(`soak: seed ${seed}\n`)
    const { totals, violations } = await Effect.runPromise(run(options({})))
    expect({ seed, violations }).toEqual({ seed, violations: [] })
    expect(totals.accepted).toBeGreaterThan(0)
    expect(totals.seen).toBeGreaterThan(0)
    expect(totals.looks).toBeGreaterThan(0)
  },
  testTimeout
)

test(
  "a message that is gone is missed",
  async () => {
    const fault = faults.find(({ name }) => name === "loss")
    const { planted, violations } = await Effect.runPromise(
      run(options({ fault, seconds: 60, answerWithin: 60, endWithin: 0 }))
    )
    expect(planted).toBeDefined()
    const words = violations.map(({ what }) => what)
    expect(words.some((what) => fault?.finds.test(what))).toBe(true)
  },
  testTimeout
)
