/** What any server may do for all of the bus, and one of them does: it notes when, and the others leave it. */
import { Effect } from "effect"
import { BusClock } from "./BusClock.ts"
import { Database } from "./Database.ts"
import { statement } from "./Statement.ts"

const noteDone = statement<"what" | "now">(`INSERT INTO tidying (what, done_at) VALUES ($what, $now)
  ON CONFLICT (what) DO UPDATE SET done_at = excluded.done_at`)
// What has a time in the future was noted before the clock was set back. It does not count.
const selectDone = statement<"what" | "doneSince" | "now">(
  "SELECT 1 FROM tidying WHERE what = $what AND done_at > $doneSince AND done_at <= $now"
)

/** What there is to tidy. */
export type Room = "messages" | "roster"

/** Gives a way to run a task every so many milliseconds in only one of all servers that run it as often. */
export const makeTidying = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  return <E, R>(room: Room, apart: number, task: Effect.Effect<void, E, R>) =>
    Effect.gen(function* () {
      const now = yield* clock.iso()
      // The servers' timers do not run alike.
      const doneSince = yield* clock.iso(-0.9 * apart)
      const done = yield* database.run((sql) => selectDone.run(sql, { what: room, doneSince, now }))
      if (done.length > 0) return
      yield* database.run((sql) => noteDone.run(sql, { what: room, now }))
      yield* task
    })
})
