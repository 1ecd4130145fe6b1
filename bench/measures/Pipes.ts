/**
 * How long `log`, `inbox` and `listen` take to write long lines into a pipe, from start to end. A tenth of the length is measured beside
 * it: what is read once takes little longer for ten times as much. Only ours has these commands.
 */
import { join } from "node:path"
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import { ours, type Subject } from "../Subject.ts"

const program = join(import.meta.dir, "../../plugin/bin/cc-dm")

const lines = 20
const lengths = [1_000, 10_000]

/** Runs a command, gives its time, and throws if it did not print so many characters. */
const timeOf = (home: string, args: ReadonlyArray<string>, least: number) =>
  Effect.promise(async () => {
    const begun = performance.now()
    const child = Bun.spawn(["sh", program, ...args], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      env: { PATH: process.env["PATH"] ?? "", HOME: home }
    })
    const [text, problem] = await Promise.all([child.stdout.text(), child.stderr.text()])
    await child.exited
    const time = performance.now() - begun
    if (text.length < least)
      throw new Error(`cc-dm ${args[0]} printed ${text.length} characters only: ${problem}`)
    return time
  })

/** The commands, and how much each has to print. `listen` has to be given something each time, and ends after the first. */
const commands = (length: number) => [
  { what: "log", args: ["log"], least: lines * length },
  { what: "inbox --all", args: ["inbox", "--name", "reader", "--all"], least: lines * length },
  { what: "listen --once", args: ["listen", "--name", "reader", "--once"], least: length }
]

const measure = Effect.fnUntraced(function* (length: number, rounds: number) {
  const { home } = yield* ours.place
  let sent = 0
  // The same text twice within some seconds is not sent.
  const send = Effect.suspend(() => {
    const text = `#${sent++} ${"many words ".repeat(length)}`.slice(0, length - 1)
    return timeOf(home, ["send", "reader", `${text}x`, "--from", "writer", "--expires", "1h"], 1)
  })
  yield* Effect.repeat(send, { times: lines - 1 })
  const rows: Array<Row> = []
  for (const { args, least, what } of commands(length)) {
    const samples: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      if (what.startsWith("listen")) yield* send
      samples.push(yield* timeOf(home, args, least))
    }
    const size = `${what.startsWith("listen") ? 1 : lines} x ${length} characters`
    rows.push({
      what: `cc-dm ${what} into a pipe, ${size}`,
      unit: "ms",
      aim: { median: 250 },
      outcomes: { [ours.name]: { samples } }
    })
  }
  return rows
}, Effect.scoped)

export const pipes = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  if (!subjects.includes(ours)) return []
  const rows = yield* Effect.forEach(lengths, (length) => measure(length, sizes.starts))
  return rows.flat()
})
