/** The command line of the bench, and how much it measures. */
import { Effect } from "effect"
import { CliError, Flag } from "effect/cli"
import { optionalFlag, switchFlag } from "../testkit/CommandLine.ts"
import { full as fullScale, hour, quick as quickScale, type ScaleSizes } from "./ScaleSizes.ts"
import { bare, other, ours, oursOnPostgres, type Subject } from "./Subject.ts"

/** The names of what can be measured alone. */
export const measureNames = [
  "delivery",
  "burst",
  "broadcast",
  "hook",
  "wake",
  "start",
  "who",
  "pipes",
  "rest",
  "watch"
] as const

/** What `--scale` measures. */
export const scaleNames = ["crowd", "growth", "memory"] as const

export type MeasureName = (typeof measureNames)[number] | (typeof scaleNames)[number] | "client"

/** How much is measured. Times are in milliseconds. */
export interface Sizes {
  readonly deliveries: number
  readonly burst: number
  readonly bursts: number
  readonly receivers: number
  readonly broadcasts: number
  readonly hooks: number
  /** How many hooks are called in a session that has just started. */
  readonly firstHooks: number
  readonly wakes: number
  readonly sleepers: number
  readonly clientWakes: number
  readonly starts: number
  readonly idleSessions: number
  /** How long idle sessions are looked at, one stretch after the other. */
  readonly idle: { readonly early: number; readonly middle: number; readonly late: number }
  /** How long the live view is left alone before it is looked at. */
  readonly calming: number
  /** How long servers are left alone after their start. */
  readonly settling: number
  /** How long the live view is looked at. */
  readonly watched: number
  readonly scale: ScaleSizes
}

const full: Sizes = {
  deliveries: 300,
  burst: 1000,
  bursts: 7,
  receivers: 30,
  broadcasts: 10,
  hooks: 500,
  firstHooks: 25,
  wakes: 40,
  sleepers: 5,
  clientWakes: 15,
  starts: 20,
  idleSessions: 3,
  // Sessions of three subjects need some 7 s until all see each other.
  idle: { early: 11_000, middle: 30_000, late: 20_000 },
  calming: 20_000,
  settling: 1_500,
  watched: 30_000,
  scale: fullScale
}

const quick: Sizes = {
  deliveries: 20,
  burst: 1000,
  bursts: 1,
  receivers: 5,
  broadcasts: 3,
  hooks: 50,
  firstHooks: 5,
  wakes: 4,
  sleepers: 4,
  clientWakes: 3,
  starts: 4,
  idleSessions: 2,
  idle: { early: 500, middle: 500, late: 500 },
  calming: 0,
  settling: 200,
  watched: 1_000,
  scale: quickScale
}

export interface Options {
  readonly subjects: ReadonlyArray<Subject>
  readonly sizes: Sizes
  readonly json: boolean
  readonly measures: ReadonlyArray<MeasureName>
  /** The file into which the plot is drawn. */
  readonly plot: string | undefined
  /** The results of an earlier run, to be drawn. */
  readonly from: string | undefined
}

const alone = [...measureNames, ...scaleNames] as const
const isMeasure = (name: string): name is (typeof alone)[number] =>
  (alone as ReadonlyArray<string>).includes(name)

const wrong = (option: string, value: string, expected: string) =>
  new CliError.InvalidValue({ option, value, expected, kind: "flag" })

const onlyFlag = Flag.String("only").pipe(
  Flag.withMetavar("what,..."),
  Flag.withDescription(`Measures only these: ${alone.join(", ")}`),
  Flag.mapEffect((text) => {
    const names = text.split(",")
    return names.every(isMeasure)
      ? Effect.succeed(names)
      : Effect.fail(wrong("only", text, `some of ${alone.join(", ")}, separated by commas`))
  })
)

const countsFlag = Flag.String("counts").pipe(
  Flag.withMetavar("n,n,..."),
  Flag.withDescription("With so many sessions, in ascending order (default: 2,5,10,20,50,100)"),
  Flag.mapEffect((text) => {
    const counts = text.split(",").map(Number)
    return counts.every((count, index) => Number.isInteger(count) && count > (counts[index - 1] ?? 1))
      ? Effect.succeed(counts)
      : Effect.fail(wrong("counts", text, "whole numbers from 2 on, in ascending order, separated by commas"))
  })
)

/** The flags of the bench. */
export const flags = {
  against: optionalFlag(
    Flag.String("against").pipe(
      Flag.withMetavar("command"),
      Flag.withDescription("Measures another server with the same four tools beside it")
    )
  ),
  last: switchFlag("last", "Measures the plugin beside it as it was when its version was made"),
  client: switchFlag(
    "client",
    "Also wakes the real Claude Code (from npm, at a pinned version, with no login)"
  ),
  only: optionalFlag(onlyFlag),
  scale: switchFlag("scale", `Measures many sessions and many messages instead: ${scaleNames.join(", ")}`),
  postgres: switchFlag("postgres", "Measures the bus in PostgreSQL beside the file, on a server of its own"),
  counts: optionalFlag(countsFlag),
  hour: switchFlag(
    "hour",
    "Looks at the growth of the bus for an hour, instead of some minutes with a short history"
  ),
  plot: optionalFlag(
    Flag.String("plot").pipe(
      Flag.withMetavar("file"),
      Flag.withDescription("Also draws what --scale measured, as an SVG file")
    )
  ),
  from: optionalFlag(
    Flag.String("from").pipe(
      Flag.withMetavar("file"),
      Flag.withDescription("Measures nothing, and draws what an earlier --json has in it; needs --plot")
    )
  ),
  quick: switchFlag("quick", "Measures little: a smoke test of some seconds"),
  json: switchFlag("json", "Prints JSON")
}

/** What the flags of one run say. */
export interface Given {
  readonly against: string | undefined
  readonly last: boolean
  readonly client: boolean
  readonly only: ReadonlyArray<MeasureName> | undefined
  readonly scale: boolean
  readonly postgres: boolean
  readonly counts: ReadonlyArray<number> | undefined
  readonly hour: boolean
  readonly plot: string | undefined
  readonly from: string | undefined
  readonly quick: boolean
  readonly json: boolean
}

/** What is measured, and how much of it. `last`: the server of the last version, if it is to be measured. */
export const optionsOf = (given: Given, last: Subject | undefined): Options => {
  const chosen = given.only ?? (given.scale ? scaleNames : measureNames)
  const usual = given.quick ? quick : full
  return {
    measures: [...chosen, ...(given.client ? (["client"] as const) : [])],
    subjects: [
      ours,
      ...(given.postgres ? [oursOnPostgres] : []),
      ...(given.against === undefined ? [] : [other(given.against)]),
      ...(last === undefined ? [] : [last]),
      bare
    ],
    sizes: {
      ...usual,
      scale: {
        ...usual.scale,
        counts: given.counts ?? usual.scale.counts,
        traffic: given.hour ? hour : usual.scale.traffic
      }
    },
    json: given.json,
    plot: given.plot,
    from: given.from
  }
}
