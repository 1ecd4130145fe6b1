/** `bun run fuzz`: generated input of every kind for real servers. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { runMain } from "../../src/platform/Platform.ts"
import { run } from "./Run.ts"

const usage = `Usage: bun run fuzz [--seed N] [--runs N] [--actions N]

Runs N runs (20) of N actions (200) each, with the seeds N, N+1 and so on (a random one), two at a time.
Exit code 1: a server ended, hung, wrote to stdout what is no JSON-RPC, or a secret to stderr.
`

const args = process.argv.slice(2)
const readNumber = (flag: string, usual: number): number => {
  const index = args.indexOf(flag)
  return index < 0 ? usual : Number(args[index + 1])
}
const seed = readNumber("--seed", randomInt(1_000_000))
const runs = readNumber("--runs", 20)
const actions = readNumber("--actions", 200)

const fuzz = Effect.gen(function* () {
  const seeds = Array.from({ length: runs }, (_, index) => seed + index)
  const outcomes = yield* Effect.forEach(
    seeds,
    (one) =>
      Effect.tap(run(one, actions), ({ violations }) =>
        violations.length === 0
          ? Effect.void
          : Console.log(violations.map((words) => `seed ${one}: ${words}`).join("\n"))
      ),
    { concurrency: 2 }
  )
  const total = outcomes.reduce((sum, outcome) => sum + outcome.actions, 0)
  const refused = outcomes.filter((outcome) => outcome.refused).length
  const wrong = outcomes.filter(({ violations }) => violations.length > 0).length
  yield* Console.log(
    `${runs} runs, seeds ${seed} to ${seed + runs - 1}: ${total} actions, ${refused} runs whose variables were refused; ${wrong} wrong`
  )
  process.exitCode = wrong === 0 ? 0 : 1
})

if (args.includes("--help") || [seed, runs, actions].some((value) => !Number.isSafeInteger(value))) {
  process.stderr.write(usage)
  process.exitCode = args.includes("--help") ? 0 : 2
} else {
  runMain(fuzz)
}
