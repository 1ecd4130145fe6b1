/** `bun run bench`: what is claimed about the speed and the cost of cc-dm, measured on this machine. */
import { writeFileSync } from "node:fs"
import { Console, Effect } from "effect"
import { CliError, Command } from "effect/cli"
import { installClient } from "../scripts/support/ClaudeClient.ts"
import { isOffline, runOffline } from "../scripts/support/Offline.ts"
import { runTool } from "../testkit/CommandLine.ts"
import { lastVersion } from "./LastVersion.ts"
import { type Machine, machine } from "./Machine.ts"
import { atRest } from "./measures/AtRest.ts"
import { broadcast } from "./measures/Broadcast.ts"
import { burst } from "./measures/Burst.ts"
import { commandLine } from "./measures/CommandLine.ts"
import { delivery } from "./measures/Delivery.ts"
import { emptyHook } from "./measures/Hook.ts"
import { pipes } from "./measures/Pipes.ts"
import { scale } from "./measures/Scale.ts"
import { growth } from "./measures/ScaleGrowth.ts"
import { memory } from "./measures/ScaleMemory.ts"
import { starting } from "./measures/Start.ts"
import { waking } from "./measures/Wake.ts"
import { wakingClient } from "./measures/WakeClient.ts"
import { watching } from "./measures/Watch.ts"
import { flags, type MeasureName, type Options, optionsOf } from "./Options.ts"
import type { Row } from "./Outcome.ts"
import { plot } from "./Plot.ts"
import { readResult } from "./Result.ts"
import { json, table } from "./Table.ts"

const measures = [
  { name: "delivery", what: "delivery", measure: delivery },
  { name: "burst", what: "bursts", measure: burst },
  { name: "broadcast", what: "broadcasts", measure: broadcast },
  { name: "hook", what: "empty hooks", measure: emptyHook },
  { name: "wake", what: "waking", measure: waking },
  { name: "client", what: "waking the real client", measure: wakingClient },
  { name: "start", what: "start", measure: starting },
  { name: "who", what: "the command line", measure: commandLine },
  { name: "pipes", what: "long lines into a pipe", measure: pipes },
  { name: "rest", what: "idle sessions", measure: atRest },
  { name: "watch", what: "the live view", measure: watching },
  { name: "crowd", what: "crowds", measure: scale },
  { name: "growth", what: "the growth of the bus", measure: growth },
  { name: "memory", what: "the memory of sessions", measure: memory }
] as const satisfies ReadonlyArray<{
  readonly name: MeasureName
  readonly what: string
  readonly measure: unknown
}>

const bench = Effect.fnUntraced(function* ({
  from,
  json: asJson,
  measures: chosen,
  plot: picture,
  sizes,
  subjects
}: Options) {
  const draw = (rows: ReadonlyArray<Row>, where: Machine) =>
    Effect.sync(() => {
      if (picture !== undefined) writeFileSync(picture, plot(rows, where))
    })
  if (from !== undefined) {
    const { machine, rows } = yield* readResult(from)
    return yield* draw(rows, machine)
  }
  const some = measures.filter(({ name }) => chosen.includes(name))
  const parts = yield* Effect.forEach(some, ({ measure, what }) =>
    Effect.andThen(Console.error(`measuring ${what}`), measure(subjects, sizes))
  )
  const rows: ReadonlyArray<Row> = parts.flat()
  const here = machine()
  yield* draw(rows, here)
  yield* Console.log((asJson ? json : table)(rows, subjects, here))
})

/** The real client is measured without network if this machine can do that: then all of this runs again there. */
const runElsewhere = ({ measures }: Options) =>
  Effect.promise(async () => {
    if (isOffline || !measures.includes("client")) return undefined
    await installClient()
    return await runOffline(import.meta.path)
  })

const command = Command.make("bench", flags, (given) =>
  Effect.gen(function* () {
    if (given.from !== undefined && given.plot === undefined)
      return yield* new CliError.ShowHelp({
        commandPath: ["bench"],
        errors: [new CliError.MissingOption({ option: "plot" })]
      })
    const last = given.last ? yield* lastVersion : undefined
    if (given.last && last === undefined)
      yield* Console.error(
        "the history of this checkout does not go back to its version, so that is left out"
      )
    const options = optionsOf(given, last)
    const code = yield* runElsewhere(options)
    if (code === undefined) yield* bench(options)
    else process.exitCode = code
  }).pipe(Effect.scoped)
).pipe(Command.withDescription("How fast cc-dm is, and what it costs, measured on this machine."))

runTool(command)
