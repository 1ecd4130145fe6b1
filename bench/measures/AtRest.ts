/** What an idle session costs: processor time and memory, after it has sent a message and received one. */
import { Effect } from "effect"
import { temporaryHome } from "../../test/host/TemporaryHome.ts"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import { call, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { processorTime, residentMemory } from "../Usage.ts"
import { inTurns } from "./Rounds.ts"

const startSessions = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const count = sizes.idleSessions
  const home = yield* temporaryHome
  const sessions = yield* Effect.forEach(Array.from({ length: count }), (_, index) =>
    startSession(subject, home, `idle-${index}`)
  )
  yield* settle(subject, sessions, sizes)
  for (const [index, { peer }] of sessions.entries())
    yield* peer.write(call(1000, "dm", { to: `idle-${(index + 1) % count}`, content: words(index) }))
  return { subject, pids: sessions.map(({ peer }) => peer.pid) }
})

/** Idle together, all subjects live through the same seconds. */
export const atRest = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const stages = yield* Effect.forEach(subjects, (subject) => startSessions(subject, sizes))
  const usages = yield* Effect.sync(() =>
    stages.map((stage) => ({ ...stage, before: stage.pids.map(processorTime) }))
  ).pipe(Effect.delay("2 seconds"))
  const began = performance.now()
  yield* Effect.sleep(sizes.idle)
  const after = usages.map(({ pids }) => pids.map(processorTime))
  const seconds = (performance.now() - began) / 1000

  const processor: Row = {
    what: `idle processor time a second (${sizes.idleSessions} sessions, ${Math.round(sizes.idle / 1000)} s)`,
    unit: "ms",
    aim: { median: 1 },
    outcomes: Object.fromEntries(
      usages.map(({ before, subject }, stage) => [
        subject.name,
        { samples: before.map((time, session) => (after[stage]![session]! - time) / seconds) }
      ])
    )
  }
  const memory: Row = {
    what: `resident memory (${sizes.idleSessions} sessions)`,
    unit: "MB",
    aim: { median: 50 },
    outcomes: yield* inTurns(stages, 1, ({ pids }) =>
      Effect.sync(() => ({ samples: pids.map(residentMemory) }))
    )
  }
  return [processor, memory]
}, Effect.scoped)
