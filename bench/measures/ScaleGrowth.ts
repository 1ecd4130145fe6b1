/**
 * Whether a bus stops growing while messages go on. What history keeps is bounded by time alone, so that a short history
 * shows in minutes, several times over, what a long one does in days; `--hour` waits for a real hour.
 */
import { Console, Effect, Random } from "effect"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import { call, type Session, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { emptyCrowd, grow } from "./ScaleCrowd.ts"
import { readOn, readOnce, waitForShown } from "./ScaleReader.ts"

/** Between two batches of tools of a session, in milliseconds. */
const batchTime = 1_000

const mebibyte = 1024 ** 2

/** Writes to one session on and on. */
const writeOn = Effect.fnUntraced(function* (
  from: Session,
  to: Session,
  rate: number,
  nextIndex: () => number
) {
  for (;;) {
    yield* Effect.sleep((yield* Random.nextBetween(500, 1500)) / rate)
    const index = nextIndex()
    yield* from.peer.write(call(1000 + index, "dm", { to: to.name, content: words(index) }))
  }
})

/** The sizes of data and log in MB, one for each look, and what went wrong. */
const measure = Effect.fnUntraced(
  function* (subject: Subject, sizes: Sizes) {
    const { duration, history, look, rate, sessions: count } = sizes.scale.traffic
    yield* Console.error(`  ${subject.name}, ${duration / 1000} s of traffic`)
    const place = yield* subject.place
    const env = { ...place.env, CC_DM_HISTORY: history }
    const crowd = yield* emptyCrowd({ ...subject, place: Effect.succeed({ ...place, env }) })
    yield* grow(crowd, count, sizes)
    const { nextIndex, sessions } = crowd
    yield* Effect.forEach(sessions, (session) => readOnce(session, 5), { concurrency: "unbounded" })
    const marks = yield* Effect.forEach(sessions, ({ peer }) => peer.mark)
    const written = sessions.map(() => 0)
    const traffic = Effect.forEach(
      sessions,
      (from, position) => {
        const next = (position + 1) % count
        return writeOn(from, sessions[next]!, rate / count, () => {
          written[next]! += 1
          return nextIndex()
        })
      },
      { concurrency: "unbounded", discard: true }
    )
    const data: Array<number> = []
    const log: Array<number> = []
    const looking = Effect.gen(function* () {
      const began = performance.now()
      for (let time = 0; time <= duration; time += look) {
        yield* Effect.sleep(Math.max(0, began + time - performance.now()))
        const size = yield* place.size
        data.push(size.data / mebibyte)
        log.push(size.log / mebibyte)
      }
    })
    const reading = Effect.forEach(sessions, (session) => readOn(session, batchTime), {
      concurrency: "unbounded",
      discard: true
    })
    const shown = yield* Effect.raceFirst(
      Effect.andThen(reading, Effect.never),
      Effect.andThen(
        Effect.raceFirst(Effect.andThen(traffic, Effect.never), looking),
        Effect.forEach(sessions, (session, index) => waitForShown(session, marks[index]!, written[index]!))
      )
    )
    const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)
    const [sent, came] = [sum(written), sum(shown)]
    const problem = sent === came ? {} : { problem: `${came} of ${sent} messages were shown` }
    return { data, log, problem }
  },
  Random.withSeed("cc-dm"),
  Effect.scoped
)

/** The largest of the last third by the largest of the third before it. */
const laterBySooner = (sizes: ReadonlyArray<number>): number => {
  const third = Math.floor(sizes.length / 3)
  return Math.max(...sizes.slice(-third)) / Math.max(...sizes.slice(-2 * third, -third))
}

export const growth = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const { duration, history, look, rate, sessions } = sizes.scale.traffic
  const measured = yield* Effect.forEach(
    subjects.filter(({ isServer }) => isServer),
    (subject) => Effect.map(measure(subject, sizes), (found) => ({ subject, ...found }))
  )
  const outcomes = (of: (found: (typeof measured)[number]) => ReadonlyArray<number>) =>
    Object.fromEntries(
      measured.map((found): [string, Outcome] => [
        found.subject.name,
        { samples: of(found), ...found.problem }
      ])
    )
  const at = Array.from({ length: Math.floor(duration / look) + 1 }, (_, index) => (index * look) / 1000)
  const what = `${rate} messages/s among ${sessions} for ${duration / 60_000} min, history ${history}`
  const data: Row = {
    what: `bus: ${what}`,
    unit: "MB",
    aim: {},
    course: { curve: "bus file", at },
    outcomes: outcomes(({ data }) => data)
  }
  const log: Row = {
    what: "its log, the while",
    unit: "MB",
    aim: {},
    course: { curve: "its log", at },
    outcomes: outcomes(({ log }) => log)
  }
  const late: Row = {
    what: "largest bus and log in the last third by the third before",
    unit: "times",
    aim: { median: 1.1 },
    outcomes: outcomes(({ data, log }) => [laterBySooner(data.map((size, index) => size + log[index]!))])
  }
  return [data, log, late]
})
