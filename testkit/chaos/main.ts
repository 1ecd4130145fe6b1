/** `bun run chaos`: kills servers and hosts in the middle of everything, and looks at what becomes of the messages. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { countFlag, runTool, switchFlag } from "../CommandLine.ts"
import { type Outcome, run, type Totals } from "./Run.ts"

/** Runs at a time. */
const atOnce = 6

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

interface Options {
  readonly seed: number
  readonly runs: number
  readonly seconds: number
  readonly allReturn: boolean
}

const chaos = Effect.fnUntraced(function* ({ allReturn, runs, seconds, seed }: Options) {
  const seeds = Array.from({ length: runs }, (_, index) => seed + index)
  const outcomes = yield* Effect.forEach(
    seeds,
    (one) => Effect.tap(run({ seed: one, seconds, allReturn }), report),
    { concurrency: atOnce }
  )
  const wrong = outcomes.flatMap(({ violations }) => violations).length
  yield* Console.log(
    `${runs} runs of ${seconds} s, seeds ${seed} to ${seed + runs - 1}: ${line(sum(outcomes))}; ${wrong} wrong`
  )
  if (wrong > 0) process.exitCode = 1
})

const command = Command.make(
  "chaos",
  {
    seed: countFlag(
      "seed",
      "The seed of the first run; those after it have the next ones (default: a random one)"
    ).pipe(Flag.withDefault(Effect.sync(() => randomInt(1_000_000)))),
    runs: countFlag("runs", `How many runs, ${atOnce} at a time (default: 1)`).pipe(Flag.withDefault(1)),
    seconds: countFlag("seconds", "How long each run takes, in seconds (default: 20)").pipe(
      Flag.withDefault(20)
    ),
    allReturn: switchFlag(
      "all-return",
      "Every process that is killed comes back, which spares the minutes after which a dead session is given up"
    )
  },
  chaos
).pipe(
  Command.withDescription(
    "Kills servers and hosts in the middle of everything, and looks at what becomes of the messages. Exit code 1: a message was lost, shown twice for no reason, or called seen when it was not."
  )
)

runTool(command)
