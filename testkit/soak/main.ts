/** `bun run soak`: many sessions for long, and a model beside them that says what must not be. */
import { randomInt } from "node:crypto"
import { Console, Effect } from "effect"
import { runMain } from "../../src/platform/Platform.ts"
import type { Violation } from "./Book.ts"
import { faults } from "./Faults.ts"
import { run, totalsLine } from "./Run.ts"

const usage = `Usage: bun run soak [--seed N] [--sessions 40] [--minutes 30 | --seconds S] [--rate N] [--history S] [--postgres [--outages]]
       bun run soak --fault KIND [--seed N]

Lets sessions write, rename, restart, die and stand still, and holds the bus against a model of it all the while. A random
seed where none is given; --rate: decisions in a second; --history: how long messages are kept, in seconds (600);
--postgres: on a bus in PostgreSQL; --outages: to which the way is interrupted every 30 s.
Exit code 1: something was wrong. It is printed with the seed and the history of its message.

--fault plants a fault in a short run with 12 sessions. Exit code 0: it was found. Kinds:
${faults.map(({ about, name }) => `  ${name.padEnd(12)} ${about}`).join("\n")}
`

/** So many violations are printed; the rest is counted. */
const mostPrinted = 20

const args = process.argv.slice(2)
const textOf = (flag: string): string | undefined => {
  const index = args.indexOf(flag)
  return index < 0 ? undefined : (args[index + 1] ?? "")
}
const readNumber = (flag: string, usual: number): number => {
  const value = textOf(flag)
  return value === undefined ? usual : value === "" ? Number.NaN : Number(value)
}

const wanted = textOf("--fault")
const fault = faults.find(({ name }) => name === wanted)
const seed = readNumber("--seed", randomInt(1_000_000))
const sessions = readNumber("--sessions", fault === undefined ? 40 : 12)
const minutes = readNumber("--minutes", fault === undefined ? 30 : fault.spoils === true ? 0.2 : 2)
const seconds = readNumber("--seconds", minutes * 60)
const rate = readNumber("--rate", 12)
const history = readNumber("--history", 600)

let printed = 0
const print = ({ history: lines, what }: Violation) => {
  printed += 1
  if (printed === mostPrinted + 1) console.log("  (more is counted, and not printed)")
  if (printed > mostPrinted) return
  console.log([`seed ${seed}: WRONG: ${what}`, ...lines].join("\n    "))
}

const soak = Effect.gen(function* () {
  yield* Console.log(`soak: seed ${seed}, ${sessions} sessions, ${seconds} s, ${rate} decisions a second`)
  const outcome = yield* run({
    seed,
    sessions,
    seconds,
    rate,
    history,
    postgres: args.includes("--postgres"),
    outages: args.includes("--outages"),
    patience: fault === undefined ? { answer: 60, end: 260 } : { answer: 20, end: 0 },
    fault,
    onViolation: print,
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

const numbers = [seed, sessions, seconds, rate, history]
if (
  args.includes("--help") ||
  (wanted !== undefined && fault === undefined) ||
  !numbers.every((value) => Number.isFinite(value) && value >= 0) ||
  sessions < 3
) {
  process.stderr.write(usage)
  process.exitCode = args.includes("--help") ? 0 : 2
} else {
  runMain(soak)
}
