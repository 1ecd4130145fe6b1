/** A bus that more and more sessions come to. */
import { Effect } from "effect"
import type { Sizes } from "../Options.ts"
import type { Place } from "../Place.ts"
import { type Session, settle, startSession } from "../Session.ts"
import type { Subject } from "../Subject.ts"
import { processorTime } from "../Usage.ts"

export interface Crowd {
  readonly subject: Subject
  readonly place: Place
  readonly sessions: Array<Session>
  /** A number that no message of this crowd had before. */
  readonly nextIndex: () => number
}

/** An empty bus. */
export const emptyCrowd = Effect.fnUntraced(function* (subject: Subject) {
  let last = 0
  const crowd: Crowd = { subject, place: yield* subject.place, sessions: [], nextIndex: () => ++last }
  return crowd
})

/** Starts sessions, one after the other, until there are so many, and waits until all see each other. */
export const grow = Effect.fnUntraced(function* (crowd: Crowd, count: number, sizes: Sizes) {
  const { place, sessions, subject } = crowd
  while (sessions.length < count)
    sessions.push(yield* startSession(subject, place, `session-${sessions.length}`))
  yield* settle(subject, sessions, sizes)
})

/** Also measures the processor time of the bus's own server meanwhile, in milliseconds; `undefined`: it has none. */
export const withServer = Effect.fnUntraced(function* <A>({ place }: Crowd, body: Effect.Effect<A>) {
  const serverTime: Effect.Effect<number | undefined> = place.serverTime ?? Effect.undefined
  const before = yield* serverTime
  const began = performance.now()
  const result = yield* body
  const elapsed = performance.now() - began
  const after = yield* serverTime
  const server = before === undefined || after === undefined ? undefined : after - before
  return { result, elapsed, server }
})

/** The processor time of all its sessions so far, in milliseconds. */
export const processorTimeOf = ({ sessions }: Crowd): number =>
  sessions.reduce((sum, { peer }) => sum + processorTime(peer.pid), 0)
