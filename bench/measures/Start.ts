/** How long a server takes to start, from its process to the answer to `initialize`: on a bus that exists, and in a home folder that is new. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import type { Place } from "../Place.ts"
import { settle, startSession } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { inTurns } from "./Rounds.ts"

const startOnce = Effect.fnUntraced(function* (subject: Subject, place: Place, name: string) {
  const { startTime } = yield* startSession(subject, place, name)
  return { samples: [startTime] }
}, Effect.scoped)

const startInNewHome = Effect.fnUntraced(function* (subject: Subject) {
  return yield* startOnce(subject, yield* subject.place, "first")
}, Effect.scoped)

export const starting = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const stages = yield* Effect.forEach(
    subjects,
    Effect.fnUntraced(function* (subject) {
      const place = yield* subject.place
      const first = yield* startSession(subject, place, "first")
      yield* settle(subject, [first], sizes)
      return { subject, place }
    })
  )
  const row: Row = {
    what: `start to the answer to initialize (${sizes.starts})`,
    unit: "ms",
    aim: { median: 70 },
    outcomes: yield* inTurns(stages, sizes.starts, ({ place, subject }, round) =>
      startOnce(subject, place, `session-${round}`)
    )
  }
  const inNewHome: Row = {
    what: `the same, each in a new home folder (${sizes.starts})`,
    unit: "ms",
    aim: {},
    outcomes: yield* inTurns(stages, sizes.starts, ({ subject }) => startInNewHome(subject))
  }
  return [row, inNewHome]
}, Effect.scoped)
