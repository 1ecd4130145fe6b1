/**
 * How long it takes until the model of an idle session reads a message, where the session is no channel: from the call of
 * the sender's tool to the answer to the hook of the turn that the doorbell began. Here the bench is the host, and begins
 * the turn at once; WakeClient.ts has the real one.
 */
import { Deferred, Effect } from "effect"
import { openInbox } from "../../testkit/host/InboxSocket.ts"
import type { Sizes } from "../Options.ts"
import type { Outcome, Row } from "../Outcome.ts"
import type { Place } from "../Place.ts"
import { answersHooks, call, callHook, conversation, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { inTurns } from "./Rounds.ts"

/** The least time between two doorbells of one session, and some more, in milliseconds. */
export const doorbellSpacing = 2_200

/** Sessions that are written to in turn, so that the time between two doorbells is not waited for each time. */
const startSleeper = Effect.fnUntraced(function* (subject: Subject, place: Place, name: string) {
  const woken: Array<Deferred.Deferred<string>> = []
  const inbox = yield* openInbox({
    folder: place.home,
    inbound: "accept",
    sessionId: () => conversation(name),
    take: (line) => {
      const waiting = woken.shift()
      if (waiting !== undefined) Deferred.doneUnsafe(waiting, Effect.succeed(line))
    }
  })
  const session = yield* startSession(subject, place, name, {
    CLAUDE_CODE_MESSAGING_SOCKET: inbox.path,
    CLAUDE_CODE_MESSAGING_TOKEN: inbox.token
  })
  const nextLine = Effect.sync(() => {
    const line = Deferred.makeUnsafe<string>()
    woken.push(line)
    return Deferred.await(line)
  })
  return { ...session, nextLine }
})

const startStage = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const place = yield* subject.place
  const sender = yield* startSession(subject, place, "sender")
  const sleepers = yield* Effect.forEach(Array.from({ length: sizes.sleepers }), (_, index) =>
    startSleeper(subject, place, `sleeper-${index}`)
  )
  yield* settle(subject, [sender, ...sleepers], sizes)
  return { subject, sender, sleepers, hasHooks: yield* answersHooks(sender) }
})

type Stage = Effect.Success<ReturnType<typeof startStage>>

/** Writes to one sleeper, begins its turn, and ends it. */
const wake = Effect.fnUntraced(function* ({ sender, sleepers }: Stage, index: number) {
  const sleeper = sleepers[index % sleepers.length]!
  const { name, nextLine, peer } = sleeper
  const first = 1000 + 2 * index
  const since = yield* peer.mark
  const line = yield* nextLine
  const sentAt = yield* sender.peer.write(call(1000 + index, "dm", { to: name, content: words(index) }))
  const prompt = yield* Effect.timeoutOption(line, "3 seconds")
  if (prompt._tag === "None") return { samples: [], problem: "a doorbell was not rung" } satisfies Outcome
  yield* peer.write(callHook(sleeper, first, "UserPromptSubmit", { prompt: prompt.value }))
  const [answer] = yield* peer.lines(since, 1, `"id":${first}`)
  yield* peer.write(callHook(sleeper, first + 1, "Stop"))
  yield* peer.lines(since, 1, `"id":${first + 1}`)
  yield* Effect.sleep(doorbellSpacing / sleepers.length)
  const outcome: Outcome =
    answer?.text.includes(`#${index} `) === true
      ? { samples: [answer.at - sentAt] }
      : { samples: [], problem: `a doorbell's turn was shown ${answer?.text ?? "nothing"}` }
  return outcome
})

export const waking = Effect.fnUntraced(function* (subjects: ReadonlyArray<Subject>, sizes: Sizes) {
  const stages = yield* Effect.forEach(
    subjects.filter(({ isServer }) => isServer),
    (subject) => startStage(subject, sizes)
  )
  const row: Row = {
    what: `a message wakes an idle session (${sizes.wakes})`,
    unit: "ms",
    aim: { median: 200 },
    outcomes: yield* inTurns(
      stages.filter(({ hasHooks }) => hasHooks),
      sizes.wakes,
      wake
    )
  }
  return [row]
}, Effect.scoped)
