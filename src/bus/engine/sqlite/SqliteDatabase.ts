/**
 * `Database` over the bus file. If the file was removed or another one took its place, the next call goes on with what is there, and
 * brings along what was under way.
 */
import { Effect, Exit, Layer, Schedule, Scope, Semaphore } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { BusUnavailable } from "../../../domain/Errors.ts"
import { Settings } from "../../../settings/Settings.ts"
import { Database, type Use } from "../Database.ts"
import type { Statement, Value } from "../Statement.ts"
import { busPaths, identityOf, logOf, removeBeside } from "./BusPaths.ts"
import { unavailable } from "./FileFaults.ts"
import { mayLackNumbers, renumber } from "./Numbering.ts"
import { type OpenFile, openBus, openExisting, openToRead } from "./Opening.ts"
import { moveOver } from "./ReplacedFile.ts"

/** Waits for a lock some 5 s in all: 2 ms at first, 100 ms at most, jittered so that waiters spread. */
const whileLocked = Schedule.min([Schedule.exponential("2 millis"), Schedule.spaced("100 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: "5 seconds" })
)

interface Connection {
  readonly file: OpenFile
  readonly scope: Scope.Closeable
}

/** What was found out since something was awaited. At the next wait another moment begins. */
interface Moment {
  /** The connection whose file was found in its place. */
  inPlace: Connection | undefined
  /** What was read, and how much was written from here before it. */
  readonly answers: Map<string, { readonly written: number | undefined; readonly answer: unknown }>
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

    let now: Moment | undefined
    const thisMoment = (): Moment => {
      if (now !== undefined) return now
      queueMicrotask(() => {
        now = undefined
      })
      now = { inPlace: undefined, answers: new Map() }
      return now
    }

    const isSameFile = ({ file }: Connection) => file.identity === identityOf(paths.database)
    // SQLite looks at neither again once they are open. With another log than the others have, a file comes to harm.
    const hasItsLog = ({ file }: Connection) => file.log === undefined || file.log === logOf(paths)
    const isInPlace = (one: Connection) => isSameFile(one) && hasItsLog(one)

    const removeFilesOf = ({ file }: Connection) =>
      Effect.ignore(Effect.try(() => removeBeside(paths, file.beside ?? [])))

    /** The log was removed alone: what is only in there goes into the file, unless the file has got another one since. */
    const saveLog = ({ file }: Connection) =>
      Effect.suspend(() =>
        logOf(paths) === "" ? Effect.ignore(file.sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)")) : Effect.void
      )

    const open = Effect.uninterruptible(
      Effect.gen(function* () {
        yield* Effect.forEach(left, removeFilesOf, { discard: true })
        const scope = yield* Scope.fork(layerScope)
        const file = yield* Effect.gen(function* () {
          const opened: OpenFile = yield* openFile(paths)
          for (const old of left)
            if (old.file.beside !== undefined && opened.beside !== undefined)
              yield* moveOver(old.file.sql, opened.sql)
          return opened
        }).pipe(
          Scope.provide(scope),
          Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
        )
        connection = { file, scope }
        now = undefined
        opened += 1
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
      const end = Scope.close(closing.scope, Exit.void)
      return hasItsLog(closing)
        ? end
        : Effect.andThen(Effect.andThen(saveLog(closing), removeFilesOf(closing)), end)
    })
    const isUsable = () => {
      if (connection === undefined) return undefined
      const moment = thisMoment()
      if (connection === moment.inPlace) return connection
      if (!isInPlace(connection) || connection.file.isCurrent?.() === false) return undefined
      moment.inPlace = connection
      return connection
    }
    const atOnce = <A>(question: string, read: Effect.Effect<A, BusUnavailable>) =>
      Effect.suspend(() => {
        const { answers } = thisMoment()
        // Of before the reading: what is written meanwhile is not in the answer.
        const written = connection?.file.written()
        const known = answers.get(question)
        return known !== undefined && known.written === written
          ? Effect.succeed(known.answer as A)
          : Effect.map(read, (answer) => {
              answers.set(question, { written, answer })
              return answer
            })
      })
    const reopened = opening.withPermit(
      Effect.suspend(() => {
        const opened = isUsable()
        return opened === undefined ? Effect.andThen(close, open) : Effect.succeed(opened.file.sql)
      })
    )
    const withClient = <A, E>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
      Effect.suspend(() => {
        const usable = isUsable()
        return usable === undefined ? Effect.flatMap(reopened, body) : body(usable.file.sql)
      })

    const explain = (error: SqlError) =>
      Effect.andThen(error.isRetryable ? Effect.void : close, Effect.fail(unavailable(paths.database, error)))

    /** If there was no number for a message, there is one now. */
    const whereNumbersLack = <A, E>(attempt: Effect.Effect<A, E | SqlError>) =>
      Effect.catch(attempt, (error): Effect.Effect<A, E | SqlError | BusUnavailable> => {
        if (!isSqlError(error) || !mayLackNumbers(error)) return Effect.fail(error)
        const repair = withClient((sql) => sql.withTransaction(renumber(sql)))
        return Effect.flatMap(repair, (isRepaired) => (isRepaired ? attempt : Effect.fail(error)))
      })

    /** What is done about an attempt that has failed: locks are waited for, and what can't be mended is explained. */
    const persist = <A, E>(attempt: Effect.Effect<A, E | SqlError>) =>
      whereNumbersLack(attempt).pipe(
        Effect.retry({ schedule: whileLocked, while: (error) => isSqlError(error) && error.isRetryable }),
        Effect.catch((error) =>
          isSqlError(error) ? explain(error) : Effect.fail(error as BusUnavailable | Exclude<E, SqlError>)
        )
      )

    const use =
      (
        wrap: <A, E>(sql: SqlClient.SqlClient, body: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
      ): Use =>
      <A, E>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E | SqlError>) => {
        const attempt = withClient((sql) => wrap(sql, body(sql)))
        // Mostly all goes well, and to be ready for more takes as long as a statement.
        return Effect.catch(attempt, (error) => {
          const mayGoWell = isSqlError(error) && (error.isRetryable || mayLackNumbers(error))
          return persist(mayGoWell ? attempt : Effect.fail(error))
        })
      }

    return Database.of({
      engine: "sqlite",
      run: use((_, body) => body),
      transaction: use((sql, body) => sql.withTransaction(body)),
      atOnce,
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
          // An effect that asks then is told what is wrong.
          return undefined
        }
      }
    })
  })

/** The bus file, by what it is opened for. */
export const SqliteDatabase = {
  /** To take part: makes the bus if there is none, and brings it up to date. */
  layer: Layer.effect(Database, make(openBus)),
  /** For looking only: what would write fails. */
  readOnly: Layer.effect(Database, make(openToRead)),
  /** As `layer`, but if there is no bus it makes none. */
  existing: Layer.effect(Database, make(openExisting))
}
