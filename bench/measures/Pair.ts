/** Two sessions on a bus of their own: one writes, the other receives. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import { call, type Session, settle, startSession, words } from "../Session.ts"
import type { Subject } from "../Subject.ts"

export interface Pair {
  readonly subject: Subject
  readonly sender: Session
  readonly receiver: Session
}

/** Starts a pair. The bare process has nobody to write to, and receives its own echo. */
export const startPair = Effect.fnUntraced(function* (subject: Subject, sizes: Sizes) {
  const place = yield* subject.place
  const sender = yield* startSession(subject, place, "sender")
  const receiver = subject.isServer ? yield* startSession(subject, place, "receiver") : sender
  yield* settle(subject, [sender, receiver], sizes)
  const pair: Pair = { subject, sender, receiver }
  return pair
})

/** The line that sends message number `index` to the receiver. */
export const letter = (index: number): string =>
  call(1000 + index, "dm", { to: "receiver", content: words(index) })
