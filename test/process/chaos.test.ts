/** A short run of `bun run chaos`, each time with another seed. */
import { expect } from "bun:test"
import { randomInt } from "node:crypto"
import { Effect } from "effect"
import { planOf } from "../../testkit/chaos/Plan.ts"
import { run } from "../../testkit/chaos/Run.ts"
import { it } from "../support/it.ts"
import { onFile } from "../support/underTest.ts"

const seed = randomInt(1_000_000)

it.live(
  "the same seed makes the same decisions, and another seed others",
  Effect.sync(() => {
    expect(planOf(seed, 10, true)).toEqual(planOf(seed, 10, true))
    expect(planOf(seed, 10, true)).not.toEqual(planOf(seed + 1, 10, true))
  })
)

onFile("kills have a run of their own", it.live)(
  "whoever is killed, each accepted message is seen, waits for a session that lives, or is told to be lost",
  Effect.gen(function* () {
    // The seed of a failure is not to be lost.
    process.stderr.write(`chaos: seed ${seed}\n`)
    const { totals, violations } = yield* run({ seed, seconds: 10, allReturn: true })
    expect({ seed, violations }).toEqual({ seed, violations: [] })
    expect(totals.accepted).toBeGreaterThan(0)
    expect(totals.seen).toBeGreaterThan(0)
  })
)
