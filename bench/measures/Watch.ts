/** What `cc-dm watch` costs while nothing is said: on a screen of 80 x 24, beside some sessions whose heartbeats go on. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { hasTmux, openScreen } from "../../scripts/support/Tmux.ts"
import type { Sizes } from "../Options.ts"
import type { Row } from "../Outcome.ts"
import { call, callHook, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { processorTime, residentMemory } from "../Usage.ts"

const sessionCount = 5
const messageCount = 300

/** The command line of the live view of a server: the same one with another command at its end. */
const watchOf = ({ command }: Subject): string =>
  command.map((part) => `'${part.replace(/\bserve$/, "watch")}'`).join(" ")

/** A bus with sessions and messages, and somebody who watches it. */
const startWatching = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const place = yield* subject.place
  const sessions = yield* Effect.forEach(Array.from({ length: sessionCount }), (_, index) =>
    startSession(subject, place, `w-${index}`)
  )
  yield* settle(subject, sessions, sizes)
  const each = messageCount / sessionCount
  for (const [index, { peer }] of sessions.entries()) {
    const since = yield* peer.mark
    for (let n = 0; n < each; n++)
      yield* peer.write(call(1000 + n, "dm", { to: `w-${(index + 1) % sessionCount}`, content: words(n) }))
    yield* peer.lines(since, each, '"id":1')
  }
  // What somebody does is shown with its age.
  for (const session of sessions) yield* session.peer.write(callHook(session, 900, "UserPromptSubmit"))
  const screen = yield* Effect.acquireRelease(
    Effect.sync(() =>
      openScreen({
        cwd: place.home,
        columns: 80,
        rows: 24,
        env: { PATH: process.env["PATH"] ?? "", HOME: place.home, USER: "bench", ...place.env }
      })
    ),
    ({ close }) => Effect.sync(close)
  )
  yield* Effect.promise(async () => {
    screen.type(`sh -c 'echo $$ > pid; exec "$@"' sh ${watchOf(subject)}`)
    screen.press("Enter")
    await screen.shows(`w-${sessionCount - 1}`)
    await screen.shows(`#${each - 1} `)
  })
  return { subject, screen, pid: Number(readFileSync(join(place.home, "pid"), "utf8")) }
})

export const watching = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const shown = hasTmux ? subjects.filter(({ isServer }) => isServer) : []
  const stages = yield* Effect.forEach(shown, (subject) => startWatching(subject, sizes))
  yield* Effect.sleep(sizes.calming)
  const read = () => stages.map(({ pid, screen }) => [processorTime(pid), screen.raw().length] as const)
  const before = read()
  const began = performance.now()
  yield* Effect.sleep(sizes.watched)
  const after = read()
  const seconds = (performance.now() - began) / 1000
  const row = (
    what: string,
    unit: string,
    aim: number | undefined,
    value: (stage: number) => number
  ): Row => ({
    what,
    unit,
    aim: aim === undefined ? {} : { median: aim },
    outcomes: Object.fromEntries(
      stages.map(({ subject }, stage) => [subject.name, { samples: [value(stage)] }])
    )
  })
  const passed = (stage: number, which: 0 | 1) => (after[stage]![which] - before[stage]![which]) / seconds
  const over = `${Math.round(seconds)} s, ${sessionCount} sessions, ${messageCount} messages`
  return [
    row(`cc-dm watch at rest, processor time a second (${over})`, "ms", 10, (stage) => passed(stage, 0)),
    row(`cc-dm watch at rest, what it draws a second (${over})`, "bytes", undefined, (stage) =>
      passed(stage, 1)
    ),
    row("resident memory of cc-dm watch", "MB", undefined, (stage) => residentMemory(stages[stage]!.pid))
  ]
}, Effect.scoped)
