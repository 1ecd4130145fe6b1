/** `bun run soak`: many sessions for long, and a model beside them that says what must not be. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { amountFlag, countFlag, optionalFlag, runTool, switchFlag } from "../CommandLine.ts"
import type { Violation } from "./Book.ts"
import { type Fault, faults } from "./Faults.ts"
import { lacking } from "./Places.ts"
import { run, totalsLine } from "./Run.ts"

/** So many violations are printed; the rest is counted. */
const mostPrinted = 20

/** Prints violations as they come, with the seed of the run. */
const makePrinter = (seed: number) => {
  let printed = 0
  return ({ history, what }: Violation) => {
    printed += 1
    if (printed === mostPrinted + 1) console.log("  (more is counted, and not printed)")
    if (printed > mostPrinted) return
    console.log([`seed ${seed}: WRONG: ${what}`, ...history].join("\n    "))
  }
}

interface Options {
  readonly seed: number
  readonly sessions: number | undefined
  readonly minutes: number | undefined
  readonly seconds: number | undefined
  readonly rate: number
  readonly history: number
  readonly postgres: boolean
  readonly outages: boolean
  readonly fault: Fault | undefined
}

/** How long a run takes if no flag says so, in minutes. */
const usualMinutes = (fault: Fault | undefined) =>
  fault === undefined ? 30 : fault.spoils === true ? 0.2 : 2

const soak = Effect.fnUntraced(function* (options: Options) {
  const { fault, history, outages, postgres, rate, seed } = options
  const sessions = options.sessions ?? (fault === undefined ? 40 : 12)
  const seconds = options.seconds ?? (options.minutes ?? usualMinutes(fault)) * 60
  const cast = [`${sessions} sessions`, ...lacking].join(", ")
  yield* Console.log(`soak: seed ${seed}, ${cast}, ${seconds} s, ${rate} decisions a second`)
  const outcome = yield* run({
    seed,
    sessions,
    seconds,
    rate,
    history,
    postgres,
    outages,
    answerWithin: fault === undefined ? 60 : 20,
    endWithin: fault === undefined ? 260 : 0,
    fault,
    onViolation: makePrinter(seed),
    onProgress: (line) => Console.log(line)
  })
  const { planted, violations } = outcome
  yield* Console.log(`seed ${seed}: ${totalsLine(outcome)}`)
  if (fault === undefined) {
    if (violations.length > 0) process.exitCode = 1
    return
  }
  const found = violations.find(({ what }) => fault.finds.test(what))
  const before = violations.slice(0, planted?.before ?? 0)
  yield* Console.log(
    `fault "${fault.name}": planted: ${planted?.what ?? "nothing, since there was nothing to do it to"}`
  )
  yield* Console.log(
    found === undefined
      ? `fault "${fault.name}": NOT FOUND`
      : `fault "${fault.name}": found by: ${found.what}`
  )
  if (found === undefined || planted === undefined || before.length > 0) process.exitCode = 1
})

const kinds = faults.map(({ about, name }) => `    ${name.padEnd(12)} ${about}`).join("\n")

const command = Command.make(
  "soak",
  {
    seed: countFlag("seed", "The seed of the run (default: a random one)").pipe(
      Flag.withDefault(Effect.sync(() => randomInt(1_000_000)))
    ),
    sessions: optionalFlag(countFlag("sessions", "How many sessions (default: 40, or 12 with --fault)", 3)),
    minutes: optionalFlag(
      amountFlag("minutes", "How long the run takes (default: 30, or at most 2 with --fault)")
    ),
    seconds: optionalFlag(amountFlag("seconds", "The same in seconds")),
    rate: amountFlag("rate", "How many decisions are made in a second (default: 12)").pipe(
      Flag.withDefault(12)
    ),
    history: amountFlag("history", "How long messages are kept, in seconds (default: 600)").pipe(
      Flag.withDefault(600)
    ),
    postgres: switchFlag("postgres", "On a bus in PostgreSQL"),
    outages: switchFlag("outages", "Interrupts the connection to PostgreSQL every 30 s"),
    fault: optionalFlag(
      Flag.ChoiceWithValue(
        "fault",
        faults.map((fault) => [fault.name, fault] as const)
      ).pipe(Flag.withDescription("Plants a fault in a short run. Exit code 0: it was found"))
    )
  },
  soak
).pipe(
  Command.withDescription(`Lets sessions write, rename, restart, die and stand still, and compares the bus with a model of it all the while.
  Exit code 1: something was wrong. It is printed with the seed and the history of its message.

  Kinds of faults:
${kinds}`)
)

runTool(command)
