/** How long a message takes: from the call of the tool to the line on the receiver's stdout. */
import { Effect, Random } from "effect"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import { carriesWords, indexOf } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { letter, type Pair, startPair } from "./Pair.ts"
import { inTurns } from "./Rounds.ts"

/** Between one message and the next, in milliseconds: moments that no poll and no timer is in step with. */
const gap = Random.nextBetween(5, 40)

const outcomeOf = Effect.fnUntraced(function* (
  { receiver }: Pair,
  since: number,
  sentAt: ReadonlyArray<number>
) {
  const lines = yield* receiver.peer.lines(since, sentAt.length, carriesWords)
  const arrivals = new Map(lines.map(({ at, text }) => [indexOf(text), at]))
  const samples = sentAt.flatMap((sent, index) => {
    const at = arrivals.get(index)
    return at === undefined ? [] : [at - sent]
  })
  const outcome: Outcome =
    samples.length === sentAt.length
      ? { samples }
      : { samples, problem: `${samples.length} of ${sentAt.length} messages arrived` }
  return outcome
})

export const delivery = Effect.fnUntraced(
  function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
    const stages = yield* Effect.forEach(
      subjects,
      Effect.fnUntraced(function* (subject) {
        const pair = yield* startPair(subject, sizes)
        return { subject, pair, since: yield* pair.receiver.peer.mark, sentAt: [] as number[] }
      })
    )
    yield* inTurns(stages, sizes.deliveries, ({ pair, sentAt }, index) =>
      Effect.gen(function* () {
        sentAt.push(yield* pair.sender.peer.write(letter(index)))
        yield* Effect.sleep(yield* gap)
        return { samples: [] }
      })
    )
    const row: Row = {
      what: `delivery of a message (${sizes.deliveries})`,
      unit: "ms",
      aim: { median: 1.5, p99: 5 },
      outcomes: yield* inTurns(stages, 1, ({ pair, sentAt, since }) => outcomeOf(pair, since, sentAt))
    }
    return [row]
  },
  Random.withSeed("cc-dm"),
  Effect.scoped
)
