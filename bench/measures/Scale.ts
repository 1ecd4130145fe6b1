/** How cost and speed change with the number of sessions on one bus. */
import { Console, Effect } from "effect"
import type { Sizes } from "../Options.ts"
import { type Aim, merge, type Outcome, type Row } from "../Outcome.ts"
import type { Subject } from "../Subject.ts"
import { measureBroadcast } from "./Broadcast.ts"
import { type Crowd, emptyCrowd, grow, processorTimeOf } from "./ScaleCrowd.ts"
import { pairAmongWriters, pairInCrowd, writersOf } from "./ScaleDelivery.ts"
import { idleCrowd } from "./ScaleIdle.ts"

/** One thing that is measured at each number of sessions. */
interface Part {
  readonly curve: string
  readonly what: (count: number, sizes: Sizes) => string
  readonly unit: string
  readonly aim: (count: number) => Aim
  /** Whether it can be measured on sessions that only echo. */
  readonly ofBare: boolean
  readonly least: number
  readonly measure: (crowd: Crowd, sizes: Sizes) => Effect.Effect<Outcome>
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
  const outcome = yield* broadcasts(crowd, times)
  return { ...outcome, samples: [(processorTimeOf(crowd) - before) / times] }
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
    measure: (crowd, { scale }) => idleCrowd(crowd, scale)
  },
  {
    curve: "delivery, others idle",
    what: (count, { scale }) => `delivery among ${count}, others idle (${scale.deliveries})`,
    unit: "ms",
    aim: () => ({}),
    ofBare: false,
    least: 2,
    measure: (crowd, { scale }) => pairInCrowd(crowd, scale)
  },
  {
    curve: "delivery, others write",
    what: (count, { scale }) =>
      `delivery among ${count}, ${writersOf(count, scale)} write ${scale.rate}/s each (${scale.deliveries})`,
    unit: "ms",
    aim: () => ({ median: 10 }),
    ofBare: false,
    least: 4,
    measure: (crowd, { scale }) => pairAmongWriters(crowd, scale)
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
    measure: (crowd, { scale }) => costOfBroadcasts(crowd, scale.broadcasts)
  }
]

const measureSubject = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const crowd = yield* emptyCrowd(subject)
  const found: Array<{ readonly count: number; readonly part: Part; readonly outcome: Outcome }> = []
  for (const count of sizes.scale.counts) {
    yield* Console.error(`  ${subject.name}, ${count} sessions`)
    yield* grow(crowd, count, sizes)
    for (const part of parts)
      if (count >= part.least && (subject.isServer || part.ofBare))
        found.push({ count, part, outcome: yield* part.measure(crowd, sizes) })
  }
  return found
}, Effect.scoped)

export const scale = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const found = yield* Effect.forEach(subjects, (subject) =>
    Effect.map(measureSubject(subject, sizes), (all) => all.map((one) => ({ ...one, subject })))
  )
  return parts.flatMap((part) =>
    sizes.scale.counts
      .filter((count) => count >= part.least)
      .map((count): Row => {
        const same = found.flat().filter((one) => one.part === part && one.count === count)
        return {
          what: part.what(count, sizes),
          unit: part.unit,
          aim: part.aim(count),
          course: { curve: part.curve, at: [count] },
          outcomes: Object.fromEntries(same.map(({ outcome, subject }) => [subject.name, outcome]))
        }
      })
  )
})
