/** How long a message takes between two sessions of a crowd, while the others are idle, and while some of them write. */
import { Effect, Random } from "effect"
import type { Outcome } from "../Outcome.ts"
import type { ScaleSizes } from "../ScaleSizes.ts"
import { call, carriesWords, indexOf, type Session, words } from "../Session.ts"
import type { Crowd } from "./ScaleCrowd.ts"

/** Between one message of the pair and the next, in milliseconds: a tenth of a second in the mean. */
const gap = Random.nextBetween(50, 150)

/** How many sessions write while a pair is measured: not the pair, and half of a small crowd. */
export const writersOf = (count: number, { writers }: ScaleSizes): number =>
  Math.min(writers, Math.floor(count / 2), count - 2)

const write = (crowd: Crowd, from: Session, to: Session) => {
  const index = crowd.nextIndex()
  const line = call(1000 + index, "dm", { to: to.name, content: words(index) })
  return Effect.map(from.peer.write(line), (sentAt) => ({ index, sentAt }))
}

/** Writes between the first two sessions, and says how long each message took. */
export const pairInCrowd = Effect.fnUntraced(function* (crowd: Crowd, { deliveries }: ScaleSizes) {
  const [sender, receiver] = crowd.sessions as [Session, Session]
  const since = yield* receiver.peer.mark
  const sent: Array<{ readonly index: number; readonly sentAt: number }> = []
  while (sent.length < deliveries) {
    yield* Effect.sleep(yield* gap)
    sent.push(yield* write(crowd, sender, receiver))
  }
  const lines = yield* receiver.peer.lines(since, deliveries, carriesWords)
  const arrivals = new Map(lines.map(({ at, text }) => [indexOf(text), at]))
  const samples = sent.flatMap(({ index, sentAt }) => {
    const at = arrivals.get(index)
    return at === undefined ? [] : [at - sentAt]
  })
  const outcome: Outcome =
    samples.length === deliveries
      ? { samples }
      : { samples, problem: `${samples.length} of ${deliveries} messages arrived` }
  return outcome
}, Random.withSeed("cc-dm"))

/** With less than this share of the rate, others did not write as is said; few messages vary by some. */
const leastOfRate = 0.75

/** Writes on and on, at moments that no poll is in step with. Counts what it has written. */
const writeOn = Effect.fnUntraced(function* (
  crowd: Crowd,
  from: Session,
  to: Session,
  rate: number,
  count: () => void
) {
  for (;;) {
    yield* Effect.sleep((yield* Random.nextBetween(500, 1500)) / rate)
    yield* write(crowd, from, to)
    count()
  }
})

/** The same as `pairInCrowd` while others write, to each other in a ring. */
export const pairAmongWriters = Effect.fnUntraced(function* (crowd: Crowd, sizes: ScaleSizes) {
  const { rate } = sizes
  const writers = crowd.sessions.slice(2, 2 + writersOf(crowd.sessions.length, sizes))
  const receivers = crowd.sessions.slice(2)
  const marks = yield* Effect.forEach(receivers, ({ peer }) => peer.mark)
  const written = receivers.map(() => 0)
  const began = performance.now()
  const writing = Effect.forEach(
    writers,
    (from, index) => {
      const to = (index + 1) % receivers.length
      return writeOn(crowd, from, receivers[to]!, rate, () => {
        written[to]! += 1
      })
    },
    { concurrency: "unbounded", discard: true }
  )
  const outcome = yield* Effect.raceFirst(pairInCrowd(crowd, sizes), Effect.andThen(writing, Effect.never))
  const seconds = (performance.now() - began) / 1000
  const arrived = yield* Effect.forEach(
    receivers,
    ({ peer }, index) =>
      Effect.map(peer.lines(marks[index]!, written[index]!, carriesWords), ({ length }) => length),
    { concurrency: "unbounded" }
  )
  const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)
  const actual = sum(written) / seconds / Math.max(1, writers.length)
  if (writers.length > 0 && actual < leastOfRate * rate)
    return { ...outcome, problem: `the writers came to ${actual.toFixed(1)} messages a second each` }
  if (sum(arrived) !== sum(written))
    return { ...outcome, problem: `${sum(arrived)} of the writers' ${sum(written)} messages arrived` }
  return outcome
})
