/**
 * Effect's `SqlClient` over one connection to PostgreSQL, which also listens: a session needs no second one. Statements
 * are written for both engines, with SQLite's placeholders; here they get PostgreSQL's.
 */
import { createConnection } from "node:net"
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { Deferred, Effect, Exit, type Queue, Result, type Scope, Semaphore, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import { answerTimer } from "../../../platform/AnswerTimer.ts"

/** A server that answers nothing for so long, in milliseconds, while it is asked something, is taken for lost. */
export const answerTimeout = 10_000

/** After so much silence, in milliseconds, the machine at the other end is asked whether it is still there. */
export const keepAliveAfter = 10_000

/** An open connection. */
export interface PostgresConnection {
  readonly sql: SqlClient.SqlClient
  /** What comes over a channel for as long as the scope is open; it fails when the connection is lost. */
  readonly listen: (
    channel: string
  ) => Effect.Effect<Queue.Dequeue<PgConnection.Notification, SqlError>, SqlError, Scope.Scope>
  /** Waits until the server does not answer any more. Whatever waits for it then goes on waiting until the scope is closed. */
  readonly stalled: Effect.Effect<void>
}

/** Counts and numbers of messages stay far below what a JavaScript number holds. */
const types = PgTypes.makeRegistry()
types.register(PgTypes.OID.int8, {
  decode: (bytes) =>
    Result.succeed(Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigInt64(0))),
  encode: (value: number | bigint) => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigInt64(0, BigInt(value))
    return Result.succeed(bytes)
  }
})

/**
 * `?` and `?2` as PostgreSQL writes them: no text of ours holds a question mark otherwise. SQLite counts the bytes of a `BLOB`, of which
 * a zero ends none; here text will do.
 */
const numbered = (text: string): string => {
  let last = 0
  return text
    .replaceAll(" AS BLOB)", " AS TEXT)")
    .replace(/\?(\d*)/g, (_, number: string) => `$${number === "" ? ++last : number}`)
}

/** Says "yes" to a client that asks for encryption. */
const yes = 0x53

/** The code of an error that stands for whatever came in place of encryption. */
export const notEncrypted = "NOT_ENCRYPTED"

const refused = () => {
  const message = "data that comes before the connection is encrypted is not trusted"
  return new SqlError({
    reason: new ConnectionError({
      cause: Object.assign(new Error(message), { code: notEncrypted }),
      message,
      operation: "connect"
    })
  })
}

/**
 * Makes a connection. Until it is encrypted anybody on the way may be the one who answers: all that counts then is one byte, the
 * server's "yes". Whatever else comes, however long, is neither read nor told.
 */
const open = (config: PgConnection.Config) => {
  if (typeof config.ssl !== "object") return PgConnection.make(config)
  let isRefused = false
  const stream = () => {
    const socket = createConnection({
      host: config.host ?? "localhost",
      port: config.port ?? 5432,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveAfter
    })
    // Before the driver, which would read an error there.
    socket.once("data", (bytes: Uint8Array) => {
      isRefused = bytes.length !== 1 || bytes[0] !== yes
      if (isRefused) socket.destroy()
    })
    return socket
  }
  return Effect.mapError(PgConnection.make({ ...config, stream }), (error) => (isRefused ? refused() : error))
}

/** Connects, and closes the connection with the scope. */
export const connect = Effect.fnUntraced(function* (
  config: PgConnection.Config
): Effect.fn.Return<PostgresConnection, SqlError, Scope.Scope> {
  const session = yield* open({ ...config, types })
  // Listening takes the connection for good; what holds it may still be asked anything.
  const connection = yield* session.pin
  const stalled = Deferred.makeUnsafe<void>()
  const watch = yield* Effect.acquireRelease(
    Effect.sync(() => answerTimer(answerTimeout, () => void Deferred.doneUnsafe(stalled, Exit.void))),
    ({ stop }) => Effect.sync(stop)
  )
  const watched = <A, R>(answer: Effect.Effect<A, SqlError, R>) =>
    Effect.suspend(() => {
      watch.begins()
      return Effect.ensuring(answer, Effect.sync(watch.ends))
    })
  const texts = new Map<string, string>()
  const textOf = (text: string) => {
    const known = texts.get(text)
    if (known !== undefined) return known
    const made = numbered(text)
    texts.set(text, made)
    return made
  }
  const rows = (text: string, parameters: ReadonlyArray<unknown>) =>
    Effect.map(watched(connection.query(textOf(text), parameters)), (result) => result.rows)
  const values = (text: string, parameters: ReadonlyArray<unknown>) =>
    watched(connection.queryValues(textOf(text), parameters))
  const shared: Connection = {
    execute: rows,
    executeRaw: rows,
    executeValues: values,
    executeValuesUnprepared: values,
    executeUnprepared: rows,
    executeStream: () => Stream.die("streams are not supported")
  }
  const sql = yield* SqlClient.make({
    ...SqlClient.makeSqliteAcquirers({
      connection: Effect.succeed(shared),
      semaphore: Semaphore.makeUnsafe(1)
    }),
    compiler: Statement.makeCompilerSqlite(),
    driver: "postgres",
    spanAttributes: [],
    beginTransaction: "BEGIN"
  }).pipe(Effect.provide(Reactivity.layer))
  return {
    sql,
    listen: (channel) => watched(connection.listen(channel)),
    stalled: Deferred.await(stalled)
  }
})
