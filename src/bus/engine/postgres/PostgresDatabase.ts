/**
 * The one connection to a bus in PostgreSQL. It is made when it is first needed; where it is lost, the next call makes
 * another, at growing intervals, and goes on where it was. Until then every call says what is wrong.
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
import { quote } from "../../../domain/Text.ts"
import { Database, type Use } from "../Database.ts"
import type { BusAddress } from "./BusUrl.ts"
import { latest } from "./Migrations.ts"
import { connect, notEncrypted, patience } from "./PostgresClient.ts"

/**
 * How long nobody tries to connect again after a failure, in milliseconds: it doubles from the first to the last. Each
 * session takes up to half of it off by chance, so that a server that is back is not met by all of them at once.
 */
const pauses = { first: 100, last: 5_000 }

/** A clock that seems to have gone so far more or less than time has, in milliseconds, was set, or its machine slept. */
const leap = 1_000

/** A conflict with another session is over in moments. */
const whileInConflict = Schedule.exponential("5 millis").pipe(Schedule.jittered, Schedule.upTo({ times: 8 }))

interface Fault {
  readonly code: string
  readonly message: string
}

const faultOf = (error: SqlError): Fault => {
  const { cause } = error.reason
  const has = typeof cause === "object" && cause !== null
  const inner = has && "cause" in cause && typeof cause.cause === "object" ? cause.cause : undefined
  const code = [cause, inner].flatMap((one) =>
    typeof one === "object" && one !== null && "code" in one && typeof one.code === "string" ? [one.code] : []
  )
  return { code: code[0] ?? "", message: has && "message" in cause ? String(cause.message) : error.message }
}

const advice: ReadonlyArray<readonly [code: RegExp, problem: string, advice: string]> = [
  [
    new RegExp(`^${notEncrypted}$|^ERR_SSL|^EPROTO$`),
    "answers without encryption, so nothing that it says is believed",
    "Check the host and the port, and that the server has ssl = on; somebody else may answer in its place."
  ],
  [
    /^28P01|^28000/,
    "does not let this user in ($message)",
    "Check the user, the password (URL, PGPASSWORD or ~/.pgpass) and pg_hba.conf."
  ],
  [/^3D000/, "is no database there", "Make it with createdb, then run: cc-dm bus init"],
  [/^3F000|^42P01|^42883/, "has no bus in it", "Whoever owns the database runs once: cc-dm bus init"],
  [/^42501/, "does not give this user the rights it needs", "Grant them: cc-dm bus init says how."],
  [
    /^53300/,
    "has no connection left",
    "Raise max_connections, or end some sessions; cc-dm tries again by itself."
  ],
  [/^55P03/, "is held by another program", "Try again, or end the program that holds it."],
  [/^57P03|^57P0[12]/, "is starting up or shutting down", "cc-dm tries again by itself."],
  [/^55000/, "takes no connections now ($message)", "cc-dm tries again by itself."],
  [
    /ECONNREFUSED|ENOENT/,
    "does not answer",
    "Start the server, or check the address; cc-dm tries again by itself."
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    "can't be found",
    "Check the host's name and the network; cc-dm tries again by itself."
  ],
  [
    /ALTNAME/,
    "has a certificate for another name",
    "Check the host's name in the address; somebody else may answer in its place."
  ],
  [
    /CERT|SSL|TLS|VERIFY/,
    "has a certificate that nobody vouches for",
    "Give its authority's certificate with sslrootcert=FILE."
  ]
]

/** What is wrong with a bus that PostgreSQL does not give, and what to do. */
export const unavailable = (shown: string, error: SqlError): BusUnavailable => {
  const { code, message } = faultOf(error)
  // Where there is no password at all, it is not the server that says so.
  const known = code === "" && error.reason._tag === "AuthenticationError" ? "28P01" : code
  const [, problem, what] = advice.find(([pattern]) => pattern.test(known)) ?? [
    undefined,
    "can't be used ($message)",
    "cc-dm tries again by itself."
  ]
  return new BusUnavailable({
    file: shown,
    problem: problem.replace("$message", () => quote(message)),
    advice: what
  })
}

/** Whether nothing more comes over the connection on which this happened. */
const isLoss = (error: SqlError): boolean =>
  error.reason._tag === "ConnectionError" || /^57P0|^08|^25P02/.test(faultOf(error).code)

/** The same where the connection was lost after something was asked. */
const lost = (shown: string) =>
  new BusUnavailable({
    file: shown,
    problem: `is not reached: the connection was lost, or nothing was answered for ${patience / 1_000} s`,
    advice: "cc-dm tries again by itself.",
    uncertain: true
  })

/** What a session has beyond statements. */
export class PostgresLink extends Context.Service<
  PostgresLink,
  {
    /**
     * Rings that came for a session, for as long as the scope is open; over whichever connection there is. Does not wait for
     * one: whoever makes it listens before anything else is done with it.
     */
    readonly listen: (
      channel: string,
      lock: string,
      ring: () => void
    ) => Effect.Effect<void, never, Scope.Scope>
    /** How far this machine's clock is behind the server's, in milliseconds. */
    readonly offset: Effect.Effect<number>
    /** The same at once, as it was when it was last asked for. */
    readonly offsetNow: () => number
  }
>()("cc-dm/bus/postgres/PostgresLink") {}

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
          return yield* refuse("is a standby, which nobody can write to", "cc-dm tries again by itself.")
        if (found === undefined || found.version !== latest) {
          const isNewer = (found?.version ?? 0) > latest
          return yield* refuse(
            `has a bus of ${isNewer ? "a newer" : "an older"} version of cc-dm`,
            isNewer ? "Update cc-dm." : "Whoever owns the database runs once: cc-dm bus init"
          )
        }
        const heard = new Set<Listening>()
        const hear = Effect.fnUntraced(function* (listening: Listening) {
          const { channel, lock, ring } = listening
          heard.add(listening)
          yield* sql.unsafe("SELECT arrive(), pg_advisory_lock_shared(52237, hashtext(?))", [lock])
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
        // Whoever waits for a ring may have missed it meanwhile.
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
        // Who does not listen hears of nothing.
        version: () => (link === undefined || listenings.length === 0 ? undefined : version),
        peek: () => undefined
      })
    ).pipe(
      Context.add(PostgresLink, PostgresLink.of({ listen, offset, offsetNow: () => reading?.offset ?? 0 }))
    )
  })

/** Stands for a bus whose address nobody can read: another bus in its place would be worse than none. */
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
