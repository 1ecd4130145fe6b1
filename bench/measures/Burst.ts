/** How long many messages take that are sent at once, from the first one's call to the last one's line. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import { carriesWords, indexOf } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { letter, type Pair, startPair } from "./Pair.ts"
import { inTurns } from "./Rounds.ts"

const judge = (indices: ReadonlyArray<number>, size: number): string | undefined => {
  const different = new Set(indices).size
  if (different < size) return `${different} of ${size} messages arrived`
  if (indices.length > size) return `${indices.length - size} messages arrived twice`
  return indices.every((index, position) => index === position) ? undefined : "messages arrived out of order"
}

const measure = Effect.fnUntraced(function* ({ receiver, sender }: Pair, size: number) {
  const since = yield* receiver.peer.mark
  const letters = Array.from({ length: size }, (_, index) => letter(index)).join("")
  const sentAt = yield* sender.peer.write(letters)
  const lines = yield* receiver.peer.lines(since, size, carriesWords)
  // Whatever comes twice comes with the next poll.
  yield* Effect.sleep("600 millis")
  const all = yield* receiver.peer.lines(since, size, carriesWords)
  const problem = judge(
    all.map(({ text }) => indexOf(text)),
    size
  )
  const last = lines.at(-1)
  const outcome: Outcome = {
    samples: last === undefined ? [] : [last.at - sentAt],
    ...(problem === undefined ? {} : { problem })
  }
  return outcome
})

const measureFresh = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  return yield* measure(yield* startPair(subject, sizes), sizes.burst)
}, Effect.scoped)

export const burst = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const servers = subjects.filter(({ isServer }) => isServer)
  const count = sizes.burst.toLocaleString("en")
  const first: Row = {
    what: `${count} messages at once, just started (${sizes.bursts})`,
    unit: "ms",
    aim: { median: 180 },
    outcomes: yield* inTurns(
      servers.map((subject) => ({ subject })),
      sizes.bursts,
      ({ subject }) => measureFresh(subject, sizes)
    )
  }
  const pairs = yield* Effect.forEach(servers, (subject) => startPair(subject, sizes))
  const later: Row = {
    what: `${count} messages at once, again (${sizes.bursts})`,
    unit: "ms",
    aim: { median: 120 },
    outcomes: yield* inTurns(pairs, sizes.bursts, (pair) => measure(pair, sizes.burst))
  }
  return [first, later]
}, Effect.scoped)
