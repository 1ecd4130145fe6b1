/** What an idle session costs: processor time and memory, after it has sent a message and received one. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import { call, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { privateMemory, processorTime, residentMemory } from "../Usage.ts"
import { inTurns } from "./Rounds.ts"

const startSessions = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const count = sizes.idleSessions
  const place = yield* subject.place
  const sessions = yield* Effect.forEach(Array.from({ length: count }), (_, index) =>
    startSession(subject, place, `idle-${index}`)
  )
  yield* settle(subject, sessions, sizes)
  for (const [index, { peer }] of sessions.entries())
    yield* peer.write(call(1000, "dm", { to: `idle-${(index + 1) % count}`, content: words(index) }))
  return { subject, pids: sessions.map(({ peer }) => peer.pid) }
})

type Stage = Effect.Success<ReturnType<typeof startSessions>>

/** The processor time of each session over a while, in milliseconds a second. */
const measureProcessor = Effect.fnUntraced(function* (stages: ReadonlyArray<Stage>, duration: number) {
  const read = () => stages.map(({ pids }) => pids.map(processorTime))
  const before = read()
  const began = performance.now()
  yield* Effect.sleep(duration)
  const after = read()
  const seconds = (performance.now() - began) / 1000
  return Object.fromEntries(
    stages.map(({ subject }, stage) => [
      subject.name,
      { samples: before[stage]!.map((time, session) => (after[stage]![session]! - time) / seconds) }
    ])
  )
})

/** Idle together, all subjects live through the same seconds. */
export const atRest = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const stages = yield* Effect.forEach(subjects, (subject) => startSessions(subject, sizes))
  yield* Effect.sleep("2 seconds")
  // Bun collects garbage every second, and every 30 s once the heap has not changed for half a minute.
  const stretches = [
    { when: "at first", duration: sizes.idle.early, aim: {} },
    { when: "about the 20th to the 50th second", duration: sizes.idle.middle, aim: { median: 0.8 } },
    { when: "later", duration: sizes.idle.late, aim: {} }
  ]
  const processor = yield* Effect.forEach(stretches, ({ aim, duration, when }) =>
    Effect.map(
      measureProcessor(stages, duration),
      (outcomes): Row => ({
        what: `idle processor time a second, ${when} (${Math.round(duration / 1000)} s)`,
        unit: "ms",
        aim,
        outcomes
      })
    )
  )
  const memory = Effect.fnUntraced(function* (kind: string, median: number, read: (pid: number) => number) {
    const row: Row = {
      what: `${kind} memory of an idle session (${sizes.idleSessions})`,
      unit: "MB",
      aim: { median },
      outcomes: yield* inTurns(stages, 1, ({ pids }) => Effect.sync(() => ({ samples: pids.map(read) })))
    }
    return row
  })
  return [
    ...processor,
    yield* memory("resident", 50, residentMemory),
    yield* memory("private", 13, privateMemory)
  ]
}, Effect.scoped)
