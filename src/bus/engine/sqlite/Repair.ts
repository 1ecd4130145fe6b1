/** What `cc-dm doctor --fix` repairs on a bus in a file. Opening it alone makes it private and gives its messages numbers again. */
import { Effect } from "effect"
import { Database } from "../Database.ts"

/** Removes rows of the roster without a time that can be read, which would stay there for ever. Says how many there were. */
export const removeTimeless = Effect.gen(function* () {
  const database = yield* Database
  const removed = yield* database.run(
    (sql) => sql`DELETE FROM sessions
      WHERE julianday(coalesce(leased_until, last_seen)) IS NULL RETURNING 1`
  )
  return removed.length
})
