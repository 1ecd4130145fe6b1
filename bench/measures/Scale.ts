/** How cost and speed change with the number of sessions on one bus. */
import { Console, Effect } from "effect"
import type { Sizes } from "../Options.ts"
import { type Aim, merge, type Outcome, type Row } from "../Outcome.ts"
import type { Subject } from "../Subject.ts"
import { measureBroadcast } from "./Broadcast.ts"
import { type Crowd, emptyCrowd, grow, processorTimeOf, withServer } from "./ScaleCrowd.ts"
import { pairAmongWriters, pairInCrowd, writersOf } from "./ScaleDelivery.ts"
import { idleCrowd } from "./ScaleIdle.ts"

/** The figures, and the one of the bus's own server meanwhile where it has one. */
interface Measured extends Outcome {
  readonly server?: number | undefined
}

/** One thing that is measured at each number of sessions. */
interface Part {
  readonly curve: string
  readonly what: (count: number, sizes: Sizes) => string
  readonly unit: string
  readonly aim: (count: number) => Aim
  /** Whether it can be measured on sessions that only echo. */
  readonly ofBare: boolean
  readonly least: number
  readonly measure: (crowd: Crowd, sizes: Sizes) => Effect.Effect<Measured>
  /** The row of the server's figure; absent: it is not looked at. */
  readonly server?: Pick<Part, "curve" | "what" | "unit">
}

const broadcasts = Effect.fnUntraced(function* ({ nextIndex, sessions }: Crowd, times: number) {
  const [sender, ...receivers] = sessions
  return merge(
    yield* Effect.forEach(Array.from({ length: times }), () =>
      measureBroadcast(sender!, receivers, nextIndex())
    )
  )
})

/** The mean processor time of all sessions from one broadcast to the next: a busy machine does not change it much. */
const costOfBroadcasts = Effect.fnUntraced(function* (crowd: Crowd, times: number) {
  const before = processorTimeOf(crowd)
  const { result, server } = yield* withServer(crowd, broadcasts(crowd, times))
  const samples = [(processorTimeOf(crowd) - before) / times]
  return { ...result, samples, server: server === undefined ? undefined : server / times }
})

const deliveriesAmongWriters = Effect.fnUntraced(function* (crowd: Crowd, sizes: Sizes) {
  const { elapsed, result, server } = yield* withServer(crowd, pairAmongWriters(crowd, sizes.scale))
  return { ...result, server: server === undefined ? undefined : (100 * server) / elapsed }
})

const parts: ReadonlyArray<Part> = [
  {
    curve: "idle",
    what: (count) => `${count} idle sessions together`,
    unit: "% of a core",
    // 100 sessions are to cost less than a tenth of a core.
    aim: (count) => ({ median: count / 10 }),
    ofBare: true,
    least: 1,
    measure: (crowd, { scale }) => idleCrowd(crowd, scale),
    server: {
      curve: "server, all idle",
      what: (count) => `the server meanwhile, of ${count} idle sessions`,
      unit: "% of a core"
    }
  },
  {
    curve: "others idle",
    what: (count, { scale }) => `delivery among ${count}, others idle (${scale.deliveries})`,
    unit: "ms",
    aim: () => ({}),
    ofBare: false,
    least: 2,
    measure: (crowd, { scale }) => pairInCrowd(crowd, scale)
  },
  {
    curve: "others write",
    what: (count, { scale }) =>
      `delivery among ${count}, ${writersOf(count, scale)} write ${scale.rate}/s each (${scale.deliveries})`,
    unit: "ms",
    aim: () => ({ median: 10 }),
    ofBare: false,
    least: 4,
    measure: deliveriesAmongWriters,
    server: {
      curve: "server, others write",
      what: (count, { scale }) =>
        `the server meanwhile, of ${count}, ${writersOf(count, scale)} of which write`,
      unit: "% of a core"
    }
  },
  {
    curve: "broadcast",
    what: (count, { scale }) => `a broadcast to ${count - 1}, last line (${scale.broadcasts})`,
    unit: "ms",
    aim: () => ({}),
    ofBare: false,
    least: 2,
    measure: (crowd, { scale }) => broadcasts(crowd, scale.broadcasts)
  },
  {
    curve: "processor time of a broadcast",
    what: (count) => `its processor time, all ${count} sessions together`,
    unit: "ms",
    aim: () => ({}),
    ofBare: false,
    least: 2,
    measure: (crowd, { scale }) => costOfBroadcasts(crowd, scale.broadcasts),
    server: {
      curve: "server, a broadcast",
      what: (count) => `the same of the server, for ${count} sessions`,
      unit: "ms"
    }
  }
]

const measureSubject = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const crowd = yield* emptyCrowd(subject)
  const found: Array<{ readonly count: number; readonly part: Part; readonly outcome: Measured }> = []
  for (const count of sizes.scale.counts) {
    yield* Console.error(`  ${subject.name}, ${count} sessions`)
    yield* grow(crowd, count, sizes)
    for (const part of parts)
      if (count >= part.least && (subject.isServer || part.ofBare))
        found.push({ count, part, outcome: yield* part.measure(crowd, sizes) })
  }
  return found
}, Effect.scoped)

const rowsOf = (
  part: Part,
  sizes: Sizes,
  found: ReadonlyArray<{ readonly subject: Subject; readonly count: number; readonly outcome: Measured }>
): ReadonlyArray<Row> => {
  const counts = sizes.scale.counts.filter((count) => count >= part.least)
  const row = (
    count: number,
    { curve, unit, what }: Pick<Part, "curve" | "what" | "unit">,
    aim: Aim,
    of: (outcome: Measured) => Outcome | undefined
  ): Row => {
    const outcomes = found.flatMap(({ outcome, subject, ...one }) => {
      const own = one.count === count ? of(outcome) : undefined
      return own === undefined ? [] : [[subject.name, own] as const]
    })
    return {
      what: what(count, sizes),
      unit,
      aim,
      course: { curve, at: [count] },
      outcomes: Object.fromEntries(outcomes)
    }
  }
  const ofServer = ({ server }: Measured) => (server === undefined ? undefined : { samples: [server] })
  const { server } = part
  return [
    ...counts.map((count) => row(count, part, part.aim(count), ({ server: _, ...outcome }) => outcome)),
    ...(server === undefined || !found.some(({ outcome }) => outcome.server !== undefined)
      ? []
      : counts.map((count) => row(count, server, {}, ofServer)))
  ]
}

export const scale = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const found = yield* Effect.forEach(subjects, (subject) =>
    Effect.map(measureSubject(subject, sizes), (all) => all.map((one) => ({ ...one, subject })))
  )
  return parts.flatMap((part) =>
    rowsOf(
      part,
      sizes,
      found.flat().filter((one) => one.part === part)
    )
  )
})
