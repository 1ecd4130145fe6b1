/** How long a broadcast takes, from the call of the tool to the line of the last receiver. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import { merge, type Outcome, type Row } from "../Outcome.ts"
import { call, carriesWords, indexOf, type Session, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { inTurns } from "./Rounds.ts"

/** Broadcasts message number `index`, and waits for the line of the last receiver. */
export const measureBroadcast = Effect.fnUntraced(function* (
  sender: Session,
  receivers: ReadonlyArray<Session>,
  index: number
) {
  const marks = yield* Effect.forEach(receivers, ({ peer }) => peer.mark)
  const sentAt = yield* sender.peer.write(call(1000 + index, "broadcast", { content: words(index) }))
  const lines = yield* Effect.forEach(
    receivers,
    ({ peer }, position) => peer.lines(marks[position]!, 1, carriesWords),
    { concurrency: "unbounded" }
  )
  const arrivals = lines.flatMap(([line]) =>
    line !== undefined && indexOf(line.text) === index ? [line.at] : []
  )
  const outcome: Outcome =
    arrivals.length === receivers.length
      ? { samples: [Math.max(...arrivals) - sentAt] }
      : { samples: [], problem: `reached ${arrivals.length} of ${receivers.length} sessions` }
  yield* Effect.sleep("200 millis")
  return outcome
})

const measureGroup = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const place = yield* subject.place
  const sender = yield* startSession(subject, place, "sender")
  const receivers = yield* Effect.forEach(Array.from({ length: sizes.receivers }), (_, index) =>
    startSession(subject, place, `receiver-${index}`)
  )
  yield* settle(subject, [sender, ...receivers], sizes)
  const outcomes = yield* Effect.forEach(Array.from({ length: sizes.broadcasts }), (_, index) =>
    measureBroadcast(sender, receivers, index)
  )
  return merge(outcomes)
}, Effect.scoped)

export const broadcast = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  // One group at a time: so many idle sessions of another server are a load of their own.
  const stages = subjects.filter(({ isServer }) => isServer).map((subject) => ({ subject }))
  const rounds = stages.length > 1 ? 2 : 1
  const row: Row = {
    what: `a broadcast to ${sizes.receivers} sessions (${sizes.broadcasts * rounds})`,
    unit: "ms",
    aim: {},
    outcomes: yield* inTurns(stages, rounds, ({ subject }) => measureGroup(subject, sizes))
  }
  return [row]
})
