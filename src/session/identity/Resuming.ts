/** Which session this server goes on as: that of its conversation, or of the one that its conversation was forked from. */
import { Effect, Schedule } from "effect"
import { Conversations, type Resumption } from "../../bus/roster/Conversations.ts"
import { Settings } from "../../settings/Settings.ts"

/** Without a conversation, or if the bus can't tell, a server goes on as no other session. */
const served: Resumption = { _tag: "Served" }

/**
 * How long a bus may take to say who the conversation was, in milliseconds: longer than a lock, or a connection that is
 * silent, is waited for. One that can't be reached says so far sooner.
 */
const busTimeout = 12_000

/** So often is looked again, at the spacing of polls, if another server serves the origin of a fork: that one may be about to end. */
const looksForFork = 8

/** Takes up the session of the conversation, or of its origin, if no other server serves that. */
export const resume = Effect.gen(function* () {
  const { conversation, forkOf, isHealthCheck, timing } = yield* Settings
  const conversations = yield* Conversations

  const takeUp = (wanted: string) =>
    conversations.resume(wanted).pipe(
      Effect.timeout(busTimeout),
      Effect.orElseSucceed(() => served)
    )

  // The same conversation goes on as the same session, also after its server died or was started anew.
  const own = conversation === undefined || isHealthCheck ? served : yield* takeUp(conversation)
  if (own._tag !== "New" || forkOf === undefined) return own
  // So does one that was forked from it, as by /background, unless the other one goes on, too.
  const fork = yield* Effect.repeat(takeUp(forkOf), {
    schedule: Schedule.spaced(timing.poll),
    times: looksForFork,
    until: ({ _tag }) => _tag !== "Served"
  })
  return fork._tag === "Served" ? own : fork
})
