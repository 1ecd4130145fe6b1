/** The command line of the bench, and how much it measures. */
import { parseArgs } from "node:util"
import { bare, other, ours, type Subject } from "./Subject.ts"

export const usage = `bun run bench: how fast cc-dm is, and what it costs

  --against "COMMAND"  measures another server with the same four tools beside it
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
  readonly starts: number
  readonly idleSessions: number
  readonly idle: number
  /** How long idle sessions are left alone before they are looked at again. */
  readonly calming: number
  /** How long servers are left alone after their start. */
  readonly settling: number
}

const full: Sizes = {
  deliveries: 300,
  burst: 1000,
  bursts: 7,
  receivers: 30,
  broadcasts: 10,
  starts: 20,
  idleSessions: 3,
  idle: 20_000,
  calming: 20_000,
  settling: 1_500
}

const quick: Sizes = {
  deliveries: 20,
  burst: 1000,
  bursts: 1,
  receivers: 5,
  broadcasts: 3,
  starts: 4,
  idleSessions: 2,
  idle: 1_000,
  calming: 0,
  settling: 200
}

export interface Options {
  readonly subjects: ReadonlyArray<Subject>
  readonly sizes: Sizes
  readonly json: boolean
}

/** Reads the arguments. `undefined`: they are not understood. */
export const readOptions = (args: ReadonlyArray<string>): Options | undefined => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        against: { type: "string" },
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false }
      }
    })
    return {
      subjects: [ours, ...(values.against === undefined ? [] : [other(values.against)]), bare],
      sizes: values.quick ? quick : full,
      json: values.json
    }
  } catch {
    return undefined
  }
}
