/** The command line of the bench, and how much it measures. */
import { parseArgs } from "node:util"
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
  "rest"
] as const

/** What `--scale` measures. */
export const scaleNames = ["crowd", "growth", "memory"] as const

export type MeasureName = (typeof measureNames)[number] | (typeof scaleNames)[number] | "client"

export const usage = `bun run bench: how fast cc-dm is, and what it costs

  --against "COMMAND"  measures another server with the same four tools beside it
  --client             also wakes the real Claude Code (from npm, at a pinned version, with no login)
  --only WHAT,...      measures only these: ${measureNames.join(", ")}
  --scale              measures many sessions and many messages instead: ${scaleNames.join(", ")}
  --postgres           measures the bus in PostgreSQL beside the file, on a server of its own
  --counts N,N,...     with so many sessions, in ascending order, instead of 2, 5, 10, 20, 50 and 100
  --hour               looks at the growth of the bus for an hour, instead of some minutes with a short history
  --plot FILE          also draws what --scale measured, as an SVG file
  --from FILE          measures nothing, and draws what an earlier --json has in it
  --quick              measures little: a smoke test of some seconds
  --json               prints JSON
`

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
  readonly idle: number
  /** How long idle sessions are left alone before they are looked at again. */
  readonly calming: number
  /** How long servers are left alone after their start. */
  readonly settling: number
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
  idle: 20_000,
  calming: 20_000,
  settling: 1_500,
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
  idle: 1_000,
  calming: 0,
  settling: 200,
  scale: quickScale
}

export interface Options {
  readonly subjects: ReadonlyArray<Subject>
  readonly sizes: Sizes
  readonly json: boolean
  readonly measures: ReadonlyArray<MeasureName>
  /** Where the plot is drawn. */
  readonly plot: string | undefined
  /** The results of an earlier run, to be drawn. */
  readonly from: string | undefined
}

const alone = [...measureNames, ...scaleNames] as const
const isMeasure = (name: string): name is (typeof alone)[number] =>
  (alone as ReadonlyArray<string>).includes(name)

/** Reads the arguments. `undefined`: they are not understood. */
export const readOptions = (args: ReadonlyArray<string>): Options | undefined => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        against: { type: "string" },
        client: { type: "boolean", default: false },
        only: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        scale: { type: "boolean", default: false },
        counts: { type: "string" },
        hour: { type: "boolean", default: false },
        postgres: { type: "boolean", default: false },
        plot: { type: "string" },
        from: { type: "string" }
      }
    })
    const chosen = values.only?.split(",") ?? (values.scale ? scaleNames : measureNames)
    if (!chosen.every(isMeasure)) return undefined
    if (values.from !== undefined && values.plot === undefined) return undefined
    const usual = values.quick ? quick : full
    const counts = values.counts?.split(",").map(Number) ?? usual.scale.counts
    if (!counts.every((count, index) => Number.isInteger(count) && count > (counts[index - 1] ?? 1)))
      return undefined
    const sizes = { ...usual, scale: { ...usual.scale, counts } }
    return {
      measures: [...chosen, ...(values.client ? (["client"] as const) : [])],
      subjects: [
        ours,
        ...(values.postgres ? [oursOnPostgres] : []),
        ...(values.against === undefined ? [] : [other(values.against)]),
        bare
      ],
      sizes: values.hour ? { ...sizes, scale: { ...sizes.scale, traffic: hour } } : sizes,
      json: values.json,
      plot: values.plot,
      from: values.from
    }
  } catch {
    return undefined
  }
}
