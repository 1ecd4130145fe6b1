/**
 * Whether a session's memory grows with the messages that it sends and receives. Two receive, since messages take two
 * ways: one session is pushed all that comes, and never shows that it saw it; the other is at work, and is shown it by hooks.
 */
import { Console, Effect } from "effect"
import type { Sizes } from "../Options.ts"
import { median, type Outcome, type Row } from "../Outcome.ts"
import type { ScaleSizes } from "../ScaleSizes.ts"
import { call, type Session, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { residentMemory } from "../Usage.ts"
import { type Crowd, emptyCrowd, grow } from "./ScaleCrowd.ts"
import { readOn, readOnce, waitForShown } from "./ScaleReader.ts"

/** So many messages are written at once, so many milliseconds apart: a hundred a second. */
const some = 10
const apart = 100

const roles = ["sender", "receiver, pushed to", "receiver, by hooks"] as const

/** Writes so many messages, and waits until they were shown. Says what went wrong. */
const send = Effect.fnUntraced(function* (crowd: Crowd, from: Session, to: Session, count: number) {
  const since = yield* to.peer.mark
  for (let sent = 0; sent < count; sent += some) {
    const lines = Array.from({ length: Math.min(some, count - sent) }, () => {
      const index = crowd.nextIndex()
      return call(1000 + index, "dm", { to: to.name, content: words(index) })
    })
    yield* from.peer.write(lines.join(""))
    yield* Effect.sleep(apart)
  }
  const shown = yield* waitForShown(to, since, count)
  return shown === count ? undefined : `${shown} of ${count} messages were shown`
})

const lookAt = (sessions: ReadonlyArray<Session>, { pause }: ScaleSizes) =>
  Effect.andThen(
    Effect.sleep(pause),
    Effect.sync(() => sessions.map(({ peer }) => residentMemory(peer.pid)))
  )

/** The memory of each role in MB, before the first message and after each step. */
const measure = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const { step, steps } = sizes.scale
  yield* Console.error(`  ${subject.name}, ${step * steps} messages`)
  const crowd = yield* emptyCrowd(subject)
  yield* grow(crowd, 4, sizes)
  const [sender, pushed, other, hooked] = crowd.sessions as [Session, Session, Session, Session]
  yield* readOnce(hooked, 5)
  const watched = [sender, pushed, hooked]
  const memory = [yield* lookAt(watched, sizes.scale)]
  let problem: string | undefined
  const sending = Effect.gen(function* () {
    for (let done = 0; done < steps; done++) {
      const problems = yield* Effect.all(
        [send(crowd, sender, pushed, step), send(crowd, other, hooked, step)],
        { concurrency: "unbounded" }
      )
      problem ??= problems.find((one) => one !== undefined)
      memory.push(yield* lookAt(watched, sizes.scale))
    }
  })
  yield* Effect.raceFirst(sending, readOn(hooked, apart))
  return roles.map(
    (_, role): Outcome => ({
      samples: memory.map((sizes) => sizes[role]!),
      ...(problem === undefined ? {} : { problem })
    })
  )
}, Effect.scoped)

/** How much more the last third has than the third before: garbage comes and goes, so that single looks say little. */
const growthOf = ({ samples, ...rest }: Outcome): Outcome => {
  const third = Math.floor(samples.length / 3)
  return { ...rest, samples: [median(samples.slice(-third)) - median(samples.slice(-2 * third, -third))] }
}

export const memory = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const { step, steps } = sizes.scale
  const measured = yield* Effect.forEach(
    subjects.filter(({ isServer }) => isServer),
    (subject) => Effect.map(measure(subject, sizes), (outcomes) => ({ subject, outcomes }))
  )
  const at = Array.from({ length: steps + 1 }, (_, done) => done * step)
  const count = (step * steps).toLocaleString("en")
  return roles.flatMap((name, role): ReadonlyArray<Row> => {
    const outcomes = measured.map(({ outcomes, subject }) => [subject.name, outcomes[role]!] as const)
    return [
      {
        what: `memory of a ${name}, of ${count} messages`,
        unit: "MB",
        aim: {},
        course: { curve: name, at },
        outcomes: Object.fromEntries(outcomes)
      },
      {
        what: "  how much it grew in the last third of them",
        unit: "MB",
        aim: { median: 3 },
        outcomes: Object.fromEntries(outcomes.map(([subject, outcome]) => [subject, growthOf(outcome)]))
      }
    ]
  })
})
