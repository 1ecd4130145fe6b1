/** A session at work: it calls the hook after each batch of tools, and is shown there what came for it. */
import { Effect, Schedule } from "effect"
import { callHook, type Session } from "../Session.ts"

/** Calls the hook once. From the first call on, messages come by hooks. */
export const readOnce = Effect.fnUntraced(function* (session: Session, id: number) {
  const since = yield* session.peer.mark
  yield* session.peer.write(callHook(session, id, "PostToolBatch"))
  yield* session.peer.lines(since, 1, `"id":${id}`)
})

/** Calls the hook on and on, so many milliseconds apart. The ids of its calls begin at a million. */
export const readOn = Effect.fnUntraced(function* (session: Session, apart: number) {
  for (let id = 1_000_000; ; id++) {
    yield* readOnce(session, id)
    yield* Effect.sleep(apart)
  }
})

/** How many different messages a session was shown behind a mark, whatever way. */
export const shownTo = ({ peer }: Session, since: number): Effect.Effect<number> =>
  Effect.map(peer.lines(since, 0, ""), (lines) => {
    const indices = lines.flatMap(({ text }) =>
      [...text.matchAll(/#(\d+) Please/g)].map(([, index]) => index)
    )
    return new Set(indices).size
  })

/** Waits until a session was shown so many messages behind a mark, some seconds at most. Says how many it were. */
export const waitForShown = (session: Session, since: number, count: number): Effect.Effect<number> =>
  shownTo(session, since).pipe(
    Effect.filterOrFail(
      (shown) => shown >= count,
      () => "not yet" as const
    ),
    Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.upTo({ duration: "10 seconds" }))),
    Effect.catch(() => shownTo(session, since))
  )
