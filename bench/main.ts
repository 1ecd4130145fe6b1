/** `bun run bench`: what is claimed about the speed and the cost of cc-dm, measured on this machine. */
import { Cause, Console, Effect } from "effect"
import { runMain } from "../src/platform/Platform.ts"
import { machine } from "./Machine.ts"
import { atRest } from "./measures/AtRest.ts"
import { broadcast } from "./measures/Broadcast.ts"
import { burst } from "./measures/Burst.ts"
import { delivery } from "./measures/Delivery.ts"
import { starting } from "./measures/Start.ts"
import { type Options, readOptions, usage } from "./Options.ts"
import { json, table } from "./Table.ts"

const measures = [
  { what: "delivery", measure: delivery },
  { what: "bursts", measure: burst },
  { what: "broadcasts", measure: broadcast },
  { what: "start", measure: starting },
  { what: "idle sessions", measure: atRest }
]

const bench = Effect.fnUntraced(
  function* ({ json: asJson, sizes, subjects }: Options) {
    const parts = yield* Effect.forEach(measures, ({ measure, what }) =>
      Effect.andThen(Console.error(`measuring ${what}`), measure(subjects, sizes))
    )
    yield* Console.log((asJson ? json : table)(parts.flat(), subjects, machine()))
  },
  Effect.onError((cause) =>
    Console.error(
      Cause.hasInterruptsOnly(cause)
        ? "stopped"
        : `the bench failed: ${Cause.prettyErrors(cause)[0]?.message}`
    )
  )
)

const args = process.argv.slice(2)
const options = readOptions(args)
if (args.includes("--help")) {
  process.stdout.write(usage)
} else if (options === undefined) {
  process.stderr.write(usage)
  process.exitCode = 2
} else {
  runMain(bench(options), { disableErrorReporting: true })
}
