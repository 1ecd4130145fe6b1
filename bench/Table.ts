/** The figures as a table for people, and as JSON for scripts. */
import { describe, type Machine } from "./Machine.ts"
import { type Aim, median, type Outcome, p99, type Row } from "./Outcome.ts"
import { ours, type Subject } from "./Subject.ts"

const figure = (value: number): string => {
  if (Number.isNaN(value)) return "-"
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}

const figures = ({ samples }: Outcome): string => `${figure(median(samples))} / ${figure(p99(samples))}`

const isMet = (aim: Aim, { problem, samples }: Outcome): boolean =>
  problem === undefined &&
  median(samples) <= (aim.median ?? Number.POSITIVE_INFINITY) &&
  p99(samples) <= (aim.p99 ?? Number.POSITIVE_INFINITY)

const aimOf = ({ median, p99 }: Aim): string => {
  if (p99 === undefined) return median === undefined ? "" : `${median}`
  return `${median ?? "-"} / ${p99}`
}

const cell = (row: Row, subject: Subject): string => {
  const outcome = row.outcomes[subject.name]
  if (outcome === undefined) return ""
  if (subject !== ours || aimOf(row.aim) === "") return figures(outcome)
  return `${figures(outcome)} ${isMet(row.aim, outcome) ? "✓" : "✗"}`
}

const pad = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join("   ")
      .trimEnd()
  )
}

/** How the median of ours stands to another server's. */
const ratio = ({ outcomes }: Row, other: Subject): string => {
  const [mine, its] = [outcomes[ours.name], outcomes[other.name]]
  return mine === undefined || its === undefined ? "" : figure(median(mine.samples) / median(its.samples))
}

/** The table, what went wrong, and where it was measured. */
export const table = (
  rows: ReadonlyArray<Row>,
  subjects: ReadonlyArray<Subject>,
  machine: Machine
): string => {
  const other = subjects.find(
    (subject) => subject.isServer && subject.name !== ours.name && subject.place === ours.place
  )
  const head = [
    "median / 99th percentile",
    "aim",
    ...subjects.map(({ name }) => name),
    ...(other === undefined ? [] : ["ratio"])
  ]
  const body = rows.map((row) => [
    `${row.what}, ${row.unit}`,
    aimOf(row.aim),
    ...subjects.map((subject) => cell(row, subject)),
    ...(other === undefined ? [] : [ratio(row, other)])
  ])
  const problems = rows.flatMap(({ outcomes, what }) =>
    Object.entries(outcomes).flatMap(([name, { problem }]) =>
      problem === undefined ? [] : [`${name}, ${what}: ${problem}`]
    )
  )
  return [
    ...pad([head, ...body]),
    "",
    ...problems,
    ...(problems.length === 0 ? [] : [""]),
    "Of fewer than 100 samples, the 99th percentile is the largest. bare Bun: a process that",
    "echoes its input and looks into an SQLite file every 500 ms, the floor of this machine.",
    describe(machine)
  ].join("\n")
}

/** The same for scripts: every sample is in it. */
export const json = (
  rows: ReadonlyArray<Row>,
  subjects: ReadonlyArray<Subject>,
  machine: Machine
): string => {
  const measured = rows.map(({ outcomes, ...row }) => ({
    ...row,
    outcomes: Object.fromEntries(
      Object.entries(outcomes).map(([name, outcome]) => [
        name,
        { median: median(outcome.samples), p99: p99(outcome.samples), ...outcome }
      ])
    )
  }))
  const commands = Object.fromEntries(subjects.map(({ command, name }) => [name, command.join(" ")]))
  return JSON.stringify({ machine, commands, rows: measured }, null, 2)
}
