/** How long Claude Code waits for a hook that has nothing to say. It waits for one after each batch of tools. */
import { Effect, Random } from "effect"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import type { Place } from "../Place.ts"
import { answersHooks, callHook, type Session, settle, startSession } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { letter } from "./Pair.ts"
import { inTurns } from "./Rounds.ts"

/** Between one call and the next, in milliseconds. */
const gap = Random.nextBetween(5, 25)

const emptyAnswer = '"text":"{}"'

/** Calls the hook some times, each time when the last call has been answered. */
const callSome = Effect.fnUntraced(function* (session: Session, first: number, count: number) {
  const { peer } = session
  const samples: Array<number> = []
  for (let id = first; id < first + count; id++) {
    const since = yield* peer.mark
    const calledAt = yield* peer.write(callHook(session, id, "PostToolBatch"))
    const [answer] = yield* peer.lines(since, 1, `"id":${id}`)
    if (answer?.text.includes(emptyAnswer) !== true)
      return { samples, problem: `a hook was answered with ${answer?.text ?? "nothing"}` } satisfies Outcome
    samples.push(answer.at - calledAt)
    yield* Effect.sleep(yield* gap)
  }
  return { samples } satisfies Outcome
})

/** A session that is called, and two that write to each other. */
const startStage = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const place = yield* subject.place
  const hooked = yield* startSession(subject, place, "hooked")
  const sender = yield* startSession(subject, place, "sender")
  const receiver = yield* startSession(subject, place, "receiver")
  yield* settle(subject, [hooked, sender, receiver], sizes)
  return { subject, place, hooked, sender, hasHooks: yield* answersHooks(hooked) }
})

const callNew = Effect.fnUntraced(function* (subject: Subject, place: Place, name: string, count: number) {
  return yield* callSome(yield* startSession(subject, place, name), 1000, count)
}, Effect.scoped)

/** So many messages are written to somebody else while a hook is called, one after the other. */
const writeMeanwhile = Effect.fnUntraced(function* ({ peer }: Session) {
  for (let index = 0; ; index++) {
    yield* peer.write(letter(index))
    yield* Effect.sleep(yield* Random.nextBetween(5, 40))
  }
})

export const emptyHook = Effect.fnUntraced(
  function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
    const all = yield* Effect.forEach(
      subjects.filter(({ isServer }) => isServer),
      (subject) => startStage(subject, sizes)
    )
    const stages = all.filter(({ hasHooks }) => hasHooks)
    const rounds = 10
    const some = sizes.hooks / rounds
    const aim = { p99: 5 }
    const calm: Row = {
      what: `an empty hook (${sizes.hooks})`,
      unit: "ms",
      aim,
      outcomes: yield* inTurns(stages, rounds, ({ hooked }, round) =>
        callSome(hooked, 1000 + round * some, some)
      )
    }
    const busy: Row = {
      what: `an empty hook, while others write (${sizes.hooks})`,
      unit: "ms",
      aim,
      outcomes: yield* inTurns(stages, rounds, ({ hooked, sender }, round) =>
        Effect.raceFirst(callSome(hooked, 100_000 + round * some, some), writeMeanwhile(sender))
      )
    }
    const early: Row = {
      what: `the first ${sizes.firstHooks} empty hooks of a session (${sizes.starts} sessions)`,
      unit: "ms",
      aim,
      outcomes: yield* inTurns(stages, sizes.starts, ({ place, subject }, round) =>
        callNew(subject, place, `session-${round}`, sizes.firstHooks)
      )
    }
    return [calm, busy, early]
  },
  Random.withSeed("cc-dm"),
  Effect.scoped
)
