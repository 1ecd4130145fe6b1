/** `bun run chaos`: kills servers and hosts in the middle of everything, and looks what becomes of the messages. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { runMain } from "../../src/platform/Platform.ts"
import { type Outcome, run, type Totals } from "./Run.ts"

const usage = `Usage: bun run chaos [--seed N] [--runs N] [--seconds S] [--all-return]

Runs N runs (1) of S seconds (20) each, with the seeds N, N+1 and so on (a random one), six at a time.
--all-return: whoever is killed comes back, which spares the minutes after which a dead session is given up.
Exit code 1: a message was lost, shown twice for no reason, or called seen when it was not.
`

/** Runs at a time. */
const atOnce = 6

const readNumber = (args: ReadonlyArray<string>, flag: string, usual: number): number => {
  const index = args.indexOf(flag)
  return index < 0 ? usual : Number(args[index + 1])
}

const line = ({ accepted, kills, pushed, seen, shownAgain, told, waiting, written }: Totals) =>
  `${written} written, ${accepted} accepted: ${seen} seen, ${pushed} pushed, ${waiting} waiting, ${told} told; ${shownAgain} shown again, ${kills} kills`

const sum = (outcomes: ReadonlyArray<Outcome>): Totals => {
  const total = (key: keyof Totals) => outcomes.reduce((all, { totals }) => all + totals[key], 0)
  return {
    written: total("written"),
    accepted: total("accepted"),
    seen: total("seen"),
    pushed: total("pushed"),
    waiting: total("waiting"),
    told: total("told"),
    shownAgain: total("shownAgain"),
    kills: total("kills")
  }
}

const report = ({ seed, totals, violations }: Outcome) =>
  Console.log(
    [`seed ${seed}: ${line(totals)}`, ...violations.map((violation) => `  seed ${seed}: ${violation}`)].join(
      "\n"
    )
  )

const args = process.argv.slice(2)
const seed = readNumber(args, "--seed", randomInt(1_000_000))
const runs = readNumber(args, "--runs", 1)
const seconds = readNumber(args, "--seconds", 20)

const chaos = Effect.gen(function* () {
  const seeds = Array.from({ length: runs }, (_, index) => seed + index)
  const outcomes = yield* Effect.forEach(
    seeds,
    (one) => Effect.tap(run({ seed: one, seconds, allReturn: args.includes("--all-return") }), report),
    { concurrency: atOnce }
  )
  const wrong = outcomes.flatMap(({ violations }) => violations).length
  yield* Console.log(
    `${runs} runs of ${seconds} s, seeds ${seed} to ${seed + runs - 1}: ${line(sum(outcomes))}; ${wrong} wrong`
  )
  if (wrong > 0) process.exitCode = 1
})

if (
  args.includes("--help") ||
  ![seed, runs, seconds].every((value) => Number.isInteger(value) && value >= 0)
) {
  process.stderr.write(usage)
  process.exitCode = args.includes("--help") ? 0 : 2
} else {
  runMain(chaos)
}
