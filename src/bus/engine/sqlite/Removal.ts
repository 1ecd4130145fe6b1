/**
 * What is removed has to be gone. `secure_delete` writes zeros over a row that is deleted, but its text may still be in two
 * places. One is the write-ahead log, until that is emptied. The other is the file: if SQLite moved the row earlier, a copy may be
 * left in the unused part of a page, until the whole file is rewritten. Triggers note in `removals` that this is due, whatever
 * program deleted the row.
 */
import { Effect } from "effect"
import type { BusUnavailable } from "../../../domain/Errors.ts"
import type { Database } from "../Database.ts"
import { statement } from "../Statement.ts"

/** The least time between two writings of the whole file, in milliseconds: no other process writes meanwhile. */
export const rewriting = 3_600_000

/** The largest file that is written anew, in bytes: 64 MiB take a third of a second. */
const rewritable = 64 * 1024 * 1024

/** SQL for what is to be done of that: in the log, and in a file that was not rewritten since `$rewrittenSince`. */
export const scrubbing = `SELECT what FROM removals WHERE what = 'log' OR NOT EXISTS (
  SELECT 1 FROM tidying WHERE tidying.what = 'file' AND done_at > $rewrittenSince AND done_at <= $now)`
const selectScrubbing = statement<"rewrittenSince" | "now", { readonly what: "log" | "file" }>(scrubbing)

/** If anything was removed: empties the log, and rewrites the file unless that was done a short time ago. */
export const scrub = Effect.fnUntraced(function* (
  database: Database["Service"],
  now: string,
  rewrittenSince: string
): Effect.fn.Return<void, BusUnavailable> {
  const due = yield* database.run((sql) => selectScrubbing.run(sql, { rewrittenSince, now }))
  if (due.length === 0) return
  // First the marks, so that what is deleted meanwhile is marked again.
  const isRewritten = due.some(({ what }) => what === "file")
  yield* database.transaction((sql) =>
    Effect.gen(function* () {
      yield* sql`DELETE FROM removals WHERE what = 'log' OR ${isRewritten ? 1 : 0}`
      if (isRewritten) yield* sql`INSERT OR REPLACE INTO tidying (what, done_at) VALUES ('file', ${now})`
    })
  )
  const mark = (what: "log" | "file") =>
    database.run((sql) => sql`INSERT OR IGNORE INTO removals (what) VALUES (${what})`)
  if (isRewritten) {
    const [size] = yield* database.run(
      (sql) => sql<{ bytes: number }>`SELECT page_count * page_size AS bytes
        FROM pragma_page_count, pragma_page_size`
    )
    if ((size?.bytes ?? 0) <= rewritable)
      yield* Effect.tapError(
        database.run((sql) => sql`VACUUM`),
        () => Effect.ignore(Effect.all([mark("log"), mark("file")]))
      )
  }
  const [result] = yield* database.run((sql) => sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`)
  // Somebody reads the log at this moment: the next sweep tries again.
  if (result?.busy !== 0) yield* mark("log")
})
