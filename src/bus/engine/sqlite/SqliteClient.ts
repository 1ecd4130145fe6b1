/**
 * Effect's `SqlClient` over `bun:sqlite`: one connection behind a semaphore. Its `withTransaction` is
 * `BEGIN IMMEDIATE`, so a transaction that read first can't fail later for want of the write lock.
 */
import { constants, Database } from "bun:sqlite"
import { Context, Effect, Exit, type Scope, Semaphore, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import type { Value } from "../Statement.ts"

/**
 * A busy wait inside SQLite blocks the event loop, so it is short, in milliseconds; callers that are still
 * locked out wait asynchronously and try again.
 */
const busyTimeout = 20

const errorOf = (operation: string, cause: unknown): SqlError =>
  new SqlError({ reason: classifySqliteError(cause, { operation }) })

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: run, catch: (cause) => errorOf(operation, cause) })

/**
 * The text with each parameter as an expression, `(+?1)`, which is the same value. A parameter that stands by itself may decide the plan, and
 * then SQLite makes a new plan whenever it is bound (https://sqlite.org/c3ref/prepare.html): 60 us for a long statement, 300 us for
 * one that is seldom run. Each message ran three such. All the plans here are the same for any value.
 */
const plannedOnce = (sql: string): string => sql.replaceAll(/\?\d+/g, "(+$&)")

const connect = (database: Database) => {
  // The statements of this program are few and constant; bun:sqlite's own cache holds only 20.
  const prepared = new Map<string, ReturnType<Database["prepare"]>>()
  let written = 0
  const prepare = (sql: string) => {
    if (!sql.startsWith("SELECT")) written += 1
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(plannedOnce(sql))
    prepared.set(sql, statement)
    return statement
  }
  const allNow = (
    sql: string,
    params: ReadonlyArray<unknown>
  ): Exit.Exit<ReadonlyArray<unknown>, SqlError> => {
    try {
      return Exit.succeed(prepare(sql).all(...(params as Array<string>)))
    } catch (cause) {
      return Exit.fail(errorOf("execute", cause))
    }
  }
  const all = (sql: string, params: ReadonlyArray<unknown>) => Effect.suspend(() => allNow(sql, params))
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    attempt("execute", () => prepare(sql).values(...(params as Array<string>)))
  const finalize = () => {
    for (const statement of prepared.values()) statement.finalize()
    prepared.clear()
  }
  return {
    database,
    prepare,
    finalize,
    written: () => written,
    executeNow: allNow,
    execute: all,
    executeRaw: all,
    executeValues: values,
    executeValuesUnprepared: values,
    executeUnprepared: all,
    executeStream: () => Stream.die("streams are not supported")
  } satisfies Connection & Readonly<Record<string, unknown>>
}

/** An open file. */
export interface SqliteFile {
  readonly sql: SqlClient.SqlClient
  /** Changes whenever another connection has committed. Costs some microseconds, and no lock. */
  readonly version: () => number
  /** Changes whenever a statement of this connection may have written. */
  readonly written: () => number
  /** Reads at once. Throws what SQLite says; `undefined`: a transaction is under way on this connection. */
  readonly peek: (text: string, parameters: ReadonlyArray<Value>) => ReadonlyArray<unknown> | undefined
  /** Runs several statements, one after the other. */
  readonly script: (text: string) => Effect.Effect<void, SqlError>
  /** All that is in it now, in memory. What is written there never comes into the file. */
  readonly copy: Effect.Effect<SqliteFile, SqlError, Scope.Scope>
}

/**
 * How a file is opened. `still`: to be read while nobody else has it open. SQLite then makes no files beside it, as it
 * does for other readers, and sees nothing of what is written later.
 */
export type Mode = "write" | "read" | "still"

const connectionTo = (file: string, mode: Mode): Database => {
  if (mode === "write") return new Database(file, { readwrite: true, create: false })
  if (mode === "read") return new Database(file, { readonly: true })
  // A path in a URI has its own special characters.
  const uri = `file:${encodeURI(file).replaceAll("?", "%3f").replaceAll("#", "%23")}?immutable=1`
  return new Database(uri, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI)
}

const closing = (open: Effect.Effect<Database, SqlError>) =>
  Effect.acquireRelease(open, (database) => Effect.sync(() => database.close()))

/** The bytes of a header that say how a database is written to. In memory there is no log beside it. */
const withoutLog = (bytes: Uint8Array) => bytes.fill(1, 18, 20)

/** Whoever makes the file has not written its header yet. */
const copyOf = (database: Database): Database => {
  const bytes = database.serialize()
  return bytes.length === 0 ? new Database(":memory:") : Database.deserialize(withoutLog(bytes))
}

const fileOf = Effect.fnUntraced(function* (
  database: Database
): Effect.fn.Return<SqliteFile, SqlError, Scope.Scope> {
  yield* attempt("configure", () => database.run(`PRAGMA busy_timeout = ${busyTimeout}`))
  const connection = connect(database)
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: Semaphore.makeUnsafe(1),
    isTransaction: ({ database }) => database.inTransaction
  })
  const sql = yield* SqlClient.make({
    ...acquirers,
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite-bun",
    spanAttributes: [],
    beginTransaction: "BEGIN IMMEDIATE",
    prepareTransactionControls: true
  }).pipe(Effect.provide(Reactivity.layer))
  // Effect's own way to a statement takes as long as the statement itself. It is needed where another one's transaction has to be waited for.
  const { unsafe } = sql
  const direct = (text: string, parameters: ReadonlyArray<unknown> = []) =>
    Effect.withFiber(({ context }) =>
      database.inTransaction && Context.getOrUndefined(context, sql.transactionService) === undefined
        ? unsafe(text, parameters)
        : connection.executeNow(text, parameters)
    )
  Object.assign(sql, { unsafe: direct })
  const dataVersion = database.prepare<{ readonly data_version: number }, []>("PRAGMA data_version")
  // A file stays open for as long as there are statements of it, even if it is closed.
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      connection.finalize()
      dataVersion.finalize()
    })
  )
  return {
    sql,
    written: connection.written,
    version: () => dataVersion.get()?.data_version ?? 0,
    peek: (text, parameters) =>
      database.inTransaction ? undefined : connection.prepare(text).all(...parameters),
    script: (text) => attempt("script", () => void database.run(text)),
    copy: closing(attempt("copy", () => copyOf(database))).pipe(Effect.flatMap(fileOf))
  }
})

/** Opens an SQLite file that exists, and closes it with the scope. Opening alone writes nothing. */
export const open = (file: string, mode: Mode = "write"): Effect.Effect<SqliteFile, SqlError, Scope.Scope> =>
  Effect.flatMap(closing(attempt("open", () => connectionTo(file, mode))), fileOf)
