/** `bun run fuzz`: generated input of every kind for real servers. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { countFlag, runTool } from "../CommandLine.ts"
import { run } from "./Run.ts"

const fuzz = Effect.fnUntraced(function* ({
  actions,
  runs,
  seed
}: {
  readonly actions: number
  readonly runs: number
  readonly seed: number
}) {
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

const command = Command.make(
  "fuzz",
  {
    seed: countFlag(
      "seed",
      "The seed of the first run; those after it have the next ones (default: a random one)"
    ).pipe(Flag.withDefault(Effect.sync(() => randomInt(1_000_000)))),
    runs: countFlag("runs", "How many runs, two at a time (default: 20)").pipe(Flag.withDefault(20)),
    actions: countFlag("actions", "How many actions in each run (default: 200)").pipe(Flag.withDefault(200))
  },
  fuzz
).pipe(
  Command.withDescription(
    "Gives real servers generated input of every kind. Exit code 1: a server ended, hung, wrote something to stdout that is not JSON-RPC, or a secret to stderr."
  )
)

runTool(command)
