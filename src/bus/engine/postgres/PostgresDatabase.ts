/**
 * The one connection to a bus in PostgreSQL. It is made when it is first needed; if it is lost, the next call makes
 * another, at growing intervals, and goes on as before. Until then every call says what is wrong.
 */
import {
  Clock,
  Context,
  Effect,
  Exit,
  Layer,
  Queue,
  Random,
  Result,
  Schedule,
  Scope,
  Semaphore
} from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { Database, type Use } from "../Database.ts"
import type { BusAddress } from "./BusUrl.ts"
import { latest } from "./Migrations.ts"
import { connect } from "./PostgresClient.ts"
import { PostgresLink } from "./PostgresLink.ts"
import { isLoss, lost, unavailable } from "./ServerFaults.ts"

/**
 * How long a session does not try to connect again after a failure, in milliseconds: it doubles from the first to the last. Each
 * session takes up to half of it off by chance, so that a server that is back is not met by all of them at once.
 */
const pauses = { first: 100, last: 5_000 }

/** A clock that seems to have gone so far more or less than time has, in milliseconds, was set, or its machine slept. */
const leap = 1_000

/** A conflict with another session is over in moments. */
const whileInConflict = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

interface Listening {
  readonly channel: string
  readonly lock: string
  readonly ring: () => void
}

interface Link {
  readonly sql: SqlClient.SqlClient
  readonly scope: Scope.Closeable
  /** What it listens for by now. */
  readonly heard: Set<Listening>
  readonly hear: (listening: Listening) => Effect.Effect<void, SqlError>
}

/** How far a clock is behind the server's, and how far it is ahead of the time that has passed. In milliseconds. */
interface Reading {
  readonly offset: number
  readonly lead: number
}

const elapsed = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const make = (address: BusAddress) =>
  Effect.gen(function* () {
    const layerScope = yield* Effect.scope
    const opening = Semaphore.makeUnsafe(1)
    let link: Link | undefined
    let listenings: ReadonlyArray<Listening> = []
    /** Of the last connection too: while there is none, no other time is better. */
    let reading: Reading | undefined
    /** What another process may have written: grows with each ring, and with each new connection. */
    let version = 0
    let failure:
      | { readonly error: BusUnavailable; readonly until: number; readonly pause: number }
      | undefined

    const drop = (scope: Scope.Closeable) =>
      Effect.suspend(() => {
        if (link?.scope === scope) link = undefined
        return Scope.close(scope, Exit.void)
      })

    const lead = Effect.zipWith(Clock.currentTimeMillis, elapsed, (now, passed) => now - passed)

    const readClock = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
      const before = yield* Clock.currentTimeMillis
      const [found] = yield* sql.unsafe<{ version: number; standby: boolean; now: number }>(
        `SELECT max(version) AS version, pg_is_in_recovery() AS standby,
          CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now FROM versions`
      )
      const after = yield* Clock.currentTimeMillis
      if (found !== undefined) reading = { offset: found.now - (before + after) / 2, lead: yield* lead }
      return found
    })

    const open = Effect.gen(function* () {
      const scope = yield* Scope.fork(layerScope)
      return yield* Effect.gen(function* () {
        const { listen, sql, stalled } = yield* connect(address.config)
        // By another fiber than one that ends with the scope.
        const giveUp = Effect.forkIn(drop(scope), layerScope)
        yield* Effect.forkIn(Effect.andThen(stalled, giveUp), scope)
        const found = yield* readClock(sql)
        const refuse = (problem: string, what: string) =>
          new BusUnavailable({ file: address.shown, problem, advice: what })
        if (found?.standby === true)
          return yield* refuse("is a standby, which is read-only", "cc-dm tries again by itself.")
        if (found === undefined || found.version !== latest) {
          const isNewer = (found?.version ?? 0) > latest
          return yield* refuse(
            `has a bus of ${isNewer ? "a newer" : "an older"} version of cc-dm`,
            isNewer ? "Update cc-dm." : "Ask the owner of the database to run this once: cc-dm bus init"
          )
        }
        const heard = new Set<Listening>()
        const hear = Effect.fnUntraced(function* (listening: Listening) {
          const { channel, lock, ring } = listening
          heard.add(listening)
          yield* sql`SELECT arrive(), pg_advisory_lock_shared(52237, hashtext(${lock}))`
          // The channel is left with the connection: to take leave of a server that is silent would wait for it.
          const queue = yield* Scope.provide(listen(channel), yield* Scope.make())
          yield* Queue.take(queue).pipe(
            Effect.tap(() =>
              Effect.sync(() => {
                version += 1
                ring()
              })
            ),
            Effect.forever,
            // Here it is first known that the connection is gone.
            Effect.catch(() => drop(scope)),
            Effect.forkIn(layerScope)
          )
        })
        return { sql, scope, heard, hear } satisfies Link
      }).pipe(
        Scope.provide(scope),
        Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
      )
    })

    /** Takes a connection into use when it listens for all that is wanted: also for what was asked for meanwhile. */
    const settle = (made: Link): Effect.Effect<Link, SqlError> =>
      Effect.suspend(() => {
        const next = listenings.find((one) => !made.heard.has(one))
        if (next !== undefined) return Effect.andThen(made.hear(next), settle(made))
        failure = undefined
        link = made
        version += 1
        // A session that waits for a ring may have missed it meanwhile.
        for (const { ring } of listenings) ring()
        return Effect.succeed(made)
      })

    const explain = (error: SqlError | BusUnavailable) =>
      isSqlError(error) ? unavailable(address.shown, error) : error

    const client: Effect.Effect<Link, BusUnavailable> = Effect.suspend(() => {
      if (link !== undefined) return Effect.succeed(link)
      return opening.withPermit(
        Effect.gen(function* () {
          if (link !== undefined) return link
          if (failure !== undefined && (yield* elapsed) < failure.until) return yield* failure.error
          const pause = Math.min(pauses.last, 2 * (failure?.pause ?? pauses.first / 2))
          return yield* Effect.flatMap(open, (made) =>
            Effect.tapError(settle(made), () => drop(made.scope))
          ).pipe(
            Effect.mapError(explain),
            Effect.tapError((error) =>
              Effect.gen(function* () {
                const until = (yield* elapsed) + pause * (0.5 + (yield* Random.next) / 2)
                failure = { error, until, pause }
              })
            )
          )
        })
      )
    })

    const offset = Effect.gen(function* () {
      const before = reading
      if (before !== undefined && Math.abs((yield* lead) - before.lead) < leap) return before.offset
      const { sql } = yield* client
      // A connection that has just been made has read it.
      if (reading === before) yield* readClock(sql)
      return reading?.offset ?? 0
    }).pipe(Effect.orElseSucceed(() => reading?.offset ?? 0))

    const use =
      (
        wrap: <A, E>(sql: SqlClient.SqlClient, body: Effect.Effect<A, E>) => Effect.Effect<A, E | SqlError>
      ): Use =>
      <A, E>(body: (sql: SqlClient.SqlClient) => Effect.Effect<A, E | SqlError>) =>
        Effect.flatMap(client, (current) =>
          Effect.tapError(wrap(current.sql, body(current.sql)), (error) =>
            isSqlError(error) && isLoss(error) ? drop(current.scope) : Effect.void
          )
        ).pipe(
          Effect.retry({
            schedule: whileInConflict,
            while: (error) => isSqlError(error) && error.isRetryable && !isLoss(error)
          }),
          Effect.catch((error) =>
            isSqlError(error)
              ? Effect.fail(isLoss(error) ? lost(address.shown) : unavailable(address.shown, error))
              : Effect.fail(error as BusUnavailable | Exclude<E, SqlError>)
          )
        )

    const listen = (channel: string, lock: string, ring: () => void) =>
      Effect.gen(function* () {
        const mine: Listening = { channel, lock, ring }
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            listenings = [...listenings, mine]
          }),
          () =>
            Effect.sync(() => {
              listenings = listenings.filter((one) => one !== mine)
            })
        )
        const current = link
        if (current !== undefined) yield* Effect.catch(current.hear(mine), () => drop(current.scope))
      })

    return Context.make(
      Database,
      Database.of({
        engine: "postgres",
        run: use((_, body) => body),
        transaction: use((sql, body) => sql.withTransaction(body)),
        // Nothing is read without a wait.
        atOnce: (_, read) => read,
        // A process that does not listen hears of nothing.
        version: () => (link === undefined || listenings.length === 0 ? undefined : version),
        peek: () => undefined
      })
    ).pipe(
      Context.add(PostgresLink, PostgresLink.of({ listen, offset, offsetNow: () => reading?.offset ?? 0 }))
    )
  })

/** Stands for a bus whose address can't be read: another bus in its place would be worse than none. */
const unreadable = (problem: string) => {
  const fails = Effect.fail(
    new BusUnavailable({
      file: "CC_DM_BUS_URL",
      problem,
      advice: "Correct it, and restart the session."
    })
  )
  return Context.make(
    Database,
    Database.of({
      engine: "postgres",
      run: () => fails,
      transaction: () => fails,
      atOnce: (_, read) => read,
      version: () => undefined,
      peek: () => undefined
    })
  ).pipe(
    Context.add(
      PostgresLink,
      PostgresLink.of({ listen: () => Effect.void, offset: Effect.succeed(0), offsetNow: () => 0 })
    )
  )
}

/** The database, and what else its connection gives. */
export const postgresDatabase = (
  address: Result.Result<BusAddress, string>
): Layer.Layer<Database | PostgresLink> =>
  Layer.effectContext(
    Result.isSuccess(address) ? make(address.success) : Effect.succeed(unreadable(address.failure))
  )
