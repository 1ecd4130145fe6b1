/**
 * The one connection to the bus file. It opens when it is first needed and, where that failed, is tried again at
 * the next call: so the server stays up on a bus that can't be used, says why, and works once it is mended. Where the file
 * was removed or another one took its place, the next call goes on with what is there, and brings along what was under way.
 *
 * Services of this folder speak SQL through `run` (one statement, or reads) and `transaction`. Both wait for
 * locks asynchronously, and both fail with `BusUnavailable` alone.
 */
import { Context, Effect, Exit, Layer, Schedule, Scope, Semaphore } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../domain/Errors.ts"
import { quote } from "../../domain/Text.ts"
import { bun } from "../../platform/Programs.ts"
import { Settings } from "../../settings/Settings.ts"
import { version } from "../../version.ts"
import type { Statement, Value } from "./Statement.ts"
import {
  type BusPaths,
  busPaths,
  filesBeside,
  identityOf,
  isExposed,
  isOpen,
  logOf,
  removeBeside,
  secureDatabase,
  secureFolders,
  secureToRead,
  sizeOf
} from "./sqlite/BusFolder.ts"
import * as Migrations from "./sqlite/Migrations.ts"
import { lacksNumbers, mayLackNumbers, noNumber, renumber } from "./sqlite/Numbering.ts"
import { moveOver } from "./sqlite/ReplacedFile.ts"
import * as SqliteClient from "./sqlite/SqliteClient.ts"

/** What runs the statements. */
export type Engine = "sqlite" | "postgres"

export type Use = <A, E>(
  body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E | SqlError>
) => Effect.Effect<A, Exclude<E, SqlError> | BusUnavailable>

/** The largest file of an older version that is read without being brought up to date, in bytes: it is copied into memory. */
const copied = 256 * 1024 * 1024

const damaged = {
  problem: "is damaged",
  advice: "Move it away; cc-dm then starts a new bus. It is left as it is."
}

/** Up to this size, in bytes, a file is checked for damage whenever it is opened (some 2 ms a MiB). */
const checkedSize = 16 * 1024 * 1024

/** Waits for a lock some 5 s in all: 2 ms at first, 100 ms at most, jittered so that waiters spread. */
const whileLocked = Schedule.min([Schedule.exponential("2 millis"), Schedule.spaced("100 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "5 seconds" })
)

/** What is wrong where it is not cc-dm's fault, and what to do. To move the file away is advised only where it is of no use. */
const advice: ReadonlyArray<readonly [code: RegExp, problem: string, advice: string]> = [
  [/NOTADB/, "is not an SQLite database", "Move it away; cc-dm then starts a new bus."],
  [/CORRUPT/, damaged.problem, damaged.advice],
  [
    /READONLY_(ROLLBACK|RECOVERY)/,
    "was left in the middle of a write",
    "The next session that starts puts it right. Nothing is lost."
  ],
  [/READONLY|PERM/, "is read-only", "Make the file and its folder writable for you."],
  [/FULL/, "has no room left on its disk", "Free some space; cc-dm then goes on by itself."],
  [/BUSY|LOCKED|PROTOCOL/, "is locked by another program", "Close the program that holds it, and try again."],
  [/CANTOPEN|IOERR/, "can't be read or written", "Check the disk, and who owns the file."],
  [/NOMEM/, "needs more memory than there is", "Close other programs, and try again."],
  [
    /CONSTRAINT_TRIGGER/,
    "has a trigger that refuses what cc-dm writes",
    "Remove that trigger: those of cc-dm refuse nothing."
  ]
]

/** What SQLite said: its code and its words. */
const causeOf = (error: SqlError): { readonly code: string; readonly words: string } => {
  const { cause } = error.reason
  if (!(cause instanceof Error)) return { code: "", words: error.message }
  return { code: "code" in cause ? String(cause.code) : "", words: cause.message }
}

/** What only a change of cc-dm mends. The file is not to blame, and nobody is told to part with it. */
const ourFault = (file: string, { code, words }: ReturnType<typeof causeOf>) =>
  new BusUnavailable({
    file,
    problem: `does not take what cc-dm asks of it (${code === "" ? "no code" : code}: ${quote(words)})`,
    advice: `This is a fault of cc-dm, not of the file: leave it where it is, nothing in it is lost. Please report this line, with: cc-dm ${version}, Bun ${bun.version}.`
  })

/** What is wrong with a file that SQLite refuses, and what to do. */
export const unavailable = (file: string, error: SqlError): BusUnavailable => {
  const cause = causeOf(error)
  if (cause.words.includes(noNumber))
    return new BusUnavailable({
      file,
      problem: "has no number left for another message, since somebody wrote to it by hand",
      advice: "cc-dm doctor --fix gives messages numbers again."
    })
  const known = advice.find(([pattern]) => pattern.test(cause.code))
  if (known === undefined) return ourFault(file, cause)
  const [, problem, what] = known
  return new BusUnavailable({ file, problem, advice: what })
}

/** Refuses a database that is sound, and of no use as a bus. */
export const checkTables = Effect.fnUntraced(function* (file: string, version: number) {
  const strange = yield* Migrations.findStrange(version)
  if (strange === undefined) return
  return yield* strange._tag === "Foreign"
    ? new BusUnavailable({
        file,
        problem: `belongs to another program, as it seems (${quote(strange.what)})`,
        advice: "It is left as it is. Find out which program made it: cc-dm needs this place for its bus."
      })
    : new BusUnavailable({
        file,
        problem: `has lost its table ${strange.table}`,
        advice: damaged.advice
      })
})

/** Brings a file up to date. */
const migrate = (file: string) =>
  Effect.catchTag(Migrations.migrate, "MigrationError", (error) =>
    Effect.fail(
      isSqlError(error.cause) ? error.cause : ourFault(file, { code: error.kind, words: error.message })
    )
  )

const openBus = Effect.fn("Database.open")(function* (paths: BusPaths) {
  const refuse = (problem: string, what: string) =>
    new BusUnavailable({ file: paths.database, problem, advice: what })
  yield* secureFolders(paths)
  const size = yield* secureDatabase(paths)
  if (isExposed(paths.folder))
    yield* Effect.logWarning(
      `other users of this machine can read ${paths.folder}, its messages and its secret: the file system keeps no modes, so the folder can't be closed. Mount it for you alone (umask=077), or have your home folder elsewhere`
    )
  const identity = identityOf(paths.database)
  const file = yield* SqliteClient.open(paths.database)
  const { sql } = file
  return yield* Effect.gen(function* () {
    if (size <= checkedSize) {
      const report = yield* sql<{ quick_check: string }>`PRAGMA quick_check(1)`
      if (report[0]?.quick_check !== "ok") return yield* refuse(damaged.problem, damaged.advice)
    }
    const version = yield* Migrations.applied
    if (version > Migrations.latest)
      return yield* refuse(
        "was written by a newer version of cc-dm",
        "Update the plugin and restart the session: claude plugin update cc-dm@cc-dm-marketplace"
      )
    yield* checkTables(paths.database, version)
    yield* sql`PRAGMA journal_mode = WAL`
    yield* sql`PRAGMA synchronous = NORMAL`
    yield* sql`PRAGMA secure_delete = ON`
    // What VACUUM copies stays off other folders.
    yield* sql`PRAGMA temp_store = MEMORY`
    if (version < Migrations.latest) yield* migrate(paths.database)
    if (yield* lacksNumbers(sql)) yield* sql.withTransaction(renumber(sql))
    return { ...file, identity, log: logOf(paths), beside: filesBeside(paths) }
  }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
})

/** What is wrong with a bus that nobody has made yet. */
export const missing = "is not there"

const notThere = (paths: BusPaths) =>
  new BusUnavailable({
    file: paths.database,
    problem: missing,
    advice: "Start a session with cc-dm first; it makes the bus."
  })

/**
 * Opens the bus to look at it: creates nothing, mends nothing, and refuses what it can't read. A file of an older version
 * is brought up to date in memory, and stays as it is.
 */
export const openToRead = Effect.fn("Database.openToRead")(function* (paths: BusPaths) {
  const refuse = (problem: string, what: string) =>
    new BusUnavailable({ file: paths.database, problem, advice: what })
  const sight = yield* secureToRead(paths)
  if (sight === "missing") return yield* notThere(paths)
  // Where nobody has it open, SQLite would make its log and its index beside it, and leave them.
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
        "was written by an older version of cc-dm, and is too large to be looked at as it is",
        "Start a session of this version: it brings the file up to date, and loses nothing."
      )
    const seen = file.version()
    const copy = yield* file.copy
    yield* Effect.provideService(migrate(paths.database), SqlClient.SqlClient, copy.sql)
    return { ...copy, identity, isCurrent: still ? stillStands : () => file.version() === seen }
  }).pipe(Effect.provideService(SqlClient.SqlClient, file.sql))
})

/** Opens the bus to take part in it, where there is one. */
const openExisting = Effect.fn("Database.openExisting")(function* (paths: BusPaths) {
  if ((yield* secureToRead(paths)) === "missing") return yield* notThere(paths)
  return yield* openBus(paths)
})

export class Database extends Context.Service<
  Database,
  {
    readonly engine: Engine
    /** Runs single statements, each its own commit. */
    readonly run: Use
    /** Runs statements as one `BEGIN IMMEDIATE` transaction; a failure rolls it back. Await nothing but SQL in it. */
    readonly transaction: Use
    /** A number that changes whenever another process has written to the bus; `undefined`: it can't be told. */
    readonly version: () => number | undefined
    /** Reads one row at once, without an effect; `undefined`: there is none, or the bus can't be read just now. */
    readonly peek: <Names extends string, Row>(
      statement: Statement<Names, Row>,
      values: Readonly<Record<Names, Value>>
    ) => Row | undefined
  }
>()("cc-dm/bus/Database") {
  /** Makes the bus where there is none, and brings it up to date. */
  static readonly layer = Layer.effect(
    Database,
    Effect.suspend(() => make(openBus))
  )

  /** For looking only: whatever would write fails. */
  static readonly readOnly = Layer.effect(
    Database,
    Effect.suspend(() => make(openToRead))
  )

  /** As `layer`, but where there is no bus it makes none. */
  static readonly existing = Layer.effect(
    Database,
    Effect.suspend(() => make(openExisting))
  )
}

type Opened = SqliteClient.SqliteFile & {
  /** Which file it is, and which SQLite keeps beside it, where they may be written to. */
  readonly identity: string
  /** Which log it writes to or reads; absent: none. */
  readonly log?: string
  readonly beside?: ReadonlyArray<string>
  /** Whether it still shows what is there; absent: it always does. */
  readonly isCurrent?: () => boolean
}

interface Connection {
  readonly file: Opened
  readonly scope: Scope.Closeable
}

/** More than any file's own version: SQLite counts it in 32 bits. */
const versionsOfAFile = 2 ** 32

const make = (openFile: typeof openBus | typeof openToRead | typeof openExisting) =>
  Effect.gen(function* () {
    const settings = yield* Settings
    const paths = busPaths(settings.folder)
    const layerScope = yield* Effect.scope
    const opening = Semaphore.makeUnsafe(1)
    let connection: Connection | undefined
    /** Files that were open when others took their place; what is under way in them is to be moved over. */
    let left: ReadonlyArray<Connection> = []
    /** How many files were opened so far. */
    let opened = 0

    const isSameFile = ({ file }: Connection) => file.identity === identityOf(paths.database)
    // SQLite looks at neither again once they are open. With another log than the others have, a file comes to harm.
    const hasItsLog = ({ file }: Connection) => file.log === undefined || file.log === logOf(paths)
    const isInPlace = (one: Connection) => isSameFile(one) && hasItsLog(one)

    /** The log was removed alone: what is only in there goes into the file, unless the file has got another one since. */
    const saveLog = ({ file }: Connection) =>
      Effect.suspend(() =>
        logOf(paths) === "" ? Effect.ignore(file.sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)")) : Effect.void
      ).pipe(Effect.andThen(Effect.ignore(Effect.try(() => removeBeside(paths, file.beside ?? [])))))

    const open = Effect.uninterruptible(
      Effect.gen(function* () {
        for (const { file } of left)
          if (file.beside !== undefined)
            yield* Effect.ignore(Effect.try(() => removeBeside(paths, file.beside ?? [])))
        const scope = yield* Scope.fork(layerScope)
        const file = yield* Effect.gen(function* () {
          const opened: Opened = yield* openFile(paths)
          for (const old of left)
            if (old.file.beside !== undefined && opened.beside !== undefined)
              yield* moveOver(old.file.sql, opened.sql)
          return opened
        }).pipe(
          Scope.provide(scope),
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        const present = { file, scope }
        connection = present
        opened += 1
        yield* Scope.addFinalizer(
          scope,
          Effect.sync(() => isInPlace(present) || file.leaveFilesBeside())
        )
        const done = left
        left = []
        yield* Effect.forEach(done, (old) => Scope.close(old.scope, Exit.void), { discard: true })
        return file.sql
      })
    )
    // A file that has gone bad is opened anew at the next call, which then says what is wrong with it.
    const close = Effect.suspend(() => {
      const closing = connection
      connection = undefined
      if (closing === undefined) return Effect.void
      if (!isSameFile(closing) && closing.file.isCurrent === undefined) {
        left = [...left, closing]
        return Effect.void
      }
      // Two connections of one process to one file share an index of the log: this one goes before another one comes.
      return Effect.andThen(
        hasItsLog(closing) ? Effect.void : saveLog(closing),
        Scope.close(closing.scope, Exit.void)
      )
    })
    const isUsable = () =>
      connection !== undefined && isInPlace(connection) && connection.file.isCurrent?.() !== false
        ? connection
        : undefined
    const client = Effect.suspend(() => {
      const usable = isUsable()
      if (usable !== undefined) return Effect.succeed(usable.file.sql)
      return opening.withPermit(
        Effect.suspend(() => {
          const opened = isUsable()
          return opened === undefined ? Effect.andThen(close, open) : Effect.succeed(opened.file.sql)
        })
      )
    })

    const explain = (error: SqlError) =>
      Effect.andThen(error.isRetryable ? Effect.void : close, Effect.fail(unavailable(paths.database, error)))

    /** Where there was no number for a message, there is one now. */
    const whereNumbersLack = <A, E>(attempt: Effect.Effect<A, E | SqlError>) =>
      Effect.catch(attempt, (error): Effect.Effect<A, E | SqlError | BusUnavailable> => {
        if (!isSqlError(error) || !mayLackNumbers(error)) return Effect.fail(error)
        const mend = Effect.flatMap(client, (sql) => sql.withTransaction(renumber(sql)))
        return Effect.flatMap(mend, (isMended) => (isMended ? attempt : Effect.fail(error)))
      })

    const use =
      (
        wrap: <A, E>(sql: SqlClient.SqlClient, body: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
      ): Use =>
      <A, E>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E | SqlError>) =>
        whereNumbersLack(Effect.flatMap(client, (sql) => wrap(sql, body(sql)))).pipe(
          Effect.retry({ schedule: whileLocked, while: (error) => isSqlError(error) && error.isRetryable }),
          Effect.catch((error) =>
            isSqlError(error) ? explain(error) : Effect.fail(error as BusUnavailable | Exclude<E, SqlError>)
          )
        )

    return Database.of({
      engine: "sqlite",
      run: use((_, body) => body),
      transaction: use((sql, body) => sql.withTransaction(body)),
      version: () => {
        const usable = isUsable()
        if (usable === undefined || usable.file.isCurrent !== undefined) return undefined
        // Each connection counts from the beginning: of another file the same number says something else.
        return opened * versionsOfAFile + usable.file.version()
      },
      peek: <Names extends string, Row>(
        { parametersOf, text }: Statement<Names, Row>,
        values: Readonly<Record<Names, Value>>
      ) => {
        const parameters = parametersOf(values)
        try {
          return isUsable()?.file.peek(text, parameters)?.[0] as Row | undefined
        } catch {
          // Whoever then asks by an effect is told what is wrong.
          return undefined
        }
      }
    })
  })
