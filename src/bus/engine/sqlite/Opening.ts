/** How a bus file is opened: looked at first, brought up to date, or left as it is for those who only look. */
import { Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote } from "../../../domain/Text.ts"
import { isExposed, secureDatabase, secureFolders, secureToRead } from "./BusFolder.ts"
import { type BusPaths, filesBeside, identityOf, isOpen, logOf, sizeOf } from "./BusPaths.ts"
import { damaged, notThere, ourFault } from "./FileFaults.ts"
import fresh from "./fresh.sql" with { type: "text" }
import * as Migrations from "./Migrations.ts"
import { lacksNumbers, renumber } from "./Numbering.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** The largest file of an older version that is read without being brought up to date, in bytes: it is copied into memory. */
const copied = 256 * 1024 * 1024

/** Up to this size, in bytes, a file is checked for damage whenever it is opened (some 2 ms a MiB). */
const checkedSize = 16 * 1024 * 1024

/** An open bus file. */
export type OpenFile = SqliteClient.SqliteFile & {
  /** Which file it is, and which SQLite keeps beside it, if they may be written to. */
  readonly identity: string
  /** Which log it writes to or reads; absent: none. */
  readonly log?: string
  readonly beside?: ReadonlyArray<string>
  /** Whether it still shows what is there; absent: it always does. */
  readonly isCurrent?: () => boolean
}

/** Refuses a database that is sound, and of no use as a bus. */
export const checkTables = Effect.fnUntraced(function* (file: string, version: number) {
  const strange = yield* Migrations.findStrange(version)
  if (strange === undefined) return
  return yield* strange._tag === "Foreign"
    ? new BusUnavailable({
        file,
        problem: `seems to belong to another program (${quote(strange.what)})`,
        advice: "It is left as it is. Find out which program made it: cc-dm needs this place for its bus."
      })
    : new BusUnavailable({
        file,
        problem: `has lost its table ${strange.table}`,
        advice: damaged.advice
      })
})

/**
 * How a bus is written to. What VACUUM copies stays off other folders. A new file waits some 5 ms for the disk here. Without that, a power cut could
 * leave a file of zeros, which nobody can use until somebody has moved it away.
 */
const writing =
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY"

/**
 * Makes the bus of a file with nothing in it. All migrations one by one take 12 ms.
 *
 * @returns `false` if there is something in it by now: another process was faster
 */
const makeFresh = ({ script, sql }: SqliteClient.SqliteFile) =>
  Effect.andThen(
    script(writing),
    sql.withTransaction(
      Effect.flatMap(sql.unsafe("SELECT 1 FROM sqlite_schema LIMIT 1"), (found) =>
        found.length === 0 ? Effect.as(script(fresh), true) : Effect.succeed(false)
      )
    )
  )

/** Brings a file up to date. */
const migrate = (file: string) =>
  Effect.catchTag(Migrations.migrate, "MigrationError", (error) =>
    Effect.fail(
      isSqlError(error.cause) ? error.cause : ourFault(file, { code: error.kind, words: error.message })
    )
  )

/** Opens the bus to take part in it: makes it if there is none, and brings it up to date. */
export const openBus = Effect.fn("Database.open")(function* (paths: BusPaths) {
  const refuse = (problem: string, what: string) =>
    new BusUnavailable({ file: paths.database, problem, advice: what })
  yield* secureFolders(paths)
  const size = yield* secureDatabase(paths)
  if (isExposed(paths.folder))
    yield* Effect.logWarning(
      `other users of this machine can read ${paths.folder}, its messages and its secret: the file system does not support modes, so the folder can't be closed. Mount it for yourself alone (umask=077), or put your home folder elsewhere`
    )
  const identity = identityOf(paths.database)
  const file = yield* SqliteClient.open(paths.database)
  const { script, sql } = file
  return yield* Effect.gen(function* () {
    const opened = () => ({ ...file, identity, log: logOf(paths), beside: filesBeside(paths) })
    if (size === 0 && (yield* makeFresh(file))) return opened()
    if (size > 0 && size <= checkedSize) {
      const report = yield* sql.unsafe<{ quick_check: string }>("PRAGMA quick_check(1)")
      if (report[0]?.quick_check !== "ok") return yield* refuse(damaged.problem, damaged.advice)
    }
    const version = yield* Migrations.applied
    if (version > Migrations.latest)
      return yield* refuse(
        "was written by a newer version of cc-dm",
        "Update the plugin and restart the session: claude plugin update cc-dm@cc-dm-marketplace"
      )
    yield* checkTables(paths.database, version)
    yield* script(writing)
    // A file in which nothing stands need not be empty.
    if (version < Migrations.latest && !(version === 0 && (yield* makeFresh(file))))
      yield* migrate(paths.database)
    if (yield* lacksNumbers(sql)) yield* sql.withTransaction(renumber(sql))
    return opened()
  }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
})

/**
 * Opens the bus to look at it: creates nothing, repairs nothing, and refuses what it can't read. A file of an older version
 * is brought up to date in memory, and stays as it is.
 */
export const openToRead = Effect.fn("Database.openToRead")(function* (paths: BusPaths) {
  const refuse = (problem: string, what: string) =>
    new BusUnavailable({ file: paths.database, problem, advice: what })
  const sight = yield* secureToRead(paths)
  if (sight === "missing") return yield* notThere(paths)
  // If no process has it open, SQLite would make its log and its index beside it, and leave them.
  const still = sight === "still"
  const identity = identityOf(paths.database)
  const file = yield* SqliteClient.open(paths.database, still ? "still" : "read")
  const stillStands = () => !isOpen(paths)
  const isCurrent = still ? { isCurrent: stillStands } : {}
  return yield* Effect.gen(function* () {
    const version = yield* Migrations.applied
    if (version > Migrations.latest)
      return yield* refuse("was written by a newer version of cc-dm", "Update cc-dm.")
    yield* checkTables(paths.database, version)
    if (version === Migrations.latest)
      return { ...file, identity, ...(still ? isCurrent : { log: logOf(paths) }) }
    if (sizeOf(paths) > copied)
      return yield* refuse(
        "was written by an older version of cc-dm, and is too large to be read before it is brought up to date",
        "Start a session of this version: it brings the file up to date, and loses nothing."
      )
    const seen = file.version()
    const copy = yield* file.copy
    yield* Effect.provideService(migrate(paths.database), SqlClient.SqlClient, copy.sql)
    return { ...copy, identity, isCurrent: still ? stillStands : () => file.version() === seen }
  }).pipe(Effect.provideService(SqlClient.SqlClient, file.sql))
})

/** Opens the bus to take part in it, if there is one. */
export const openExisting = Effect.fn("Database.openExisting")(function* (paths: BusPaths) {
  if ((yield* secureToRead(paths)) === "missing") return yield* notThere(paths)
  return yield* openBus(paths)
})
