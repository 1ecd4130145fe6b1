/** A short run of `bun run fuzz`, each time with another seed. */
import { expect } from "bun:test"
import { randomInt } from "node:crypto"
import { Effect } from "effect"
import { run } from "../../testkit/fuzz/Run.ts"
import { it } from "../support/it.ts"

const seed = randomInt(1_000_000)

it.live(
  "whatever comes in, a server stays up, answers, and says only JSON-RPC",
  Effect.gen(function* () {
    // The seed of a failure is not to be lost.
    process.stderr.write(`fuzz: seeds ${seed} to ${seed + 2}\n`)
    for (const one of [seed, seed + 1, seed + 2]) {
      const { violations } = yield* run(one, 150)
      expect({ seed: one, violations }).toEqual({ seed: one, violations: [] })
    }
  })
)
