/** The bus in PostgreSQL: what the file's services do there in their own way. */
import { Clock, Effect, Exit, Layer, type Result, Schedule } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { isSessionId, type SessionId } from "../../../domain/Name.ts"
import { window } from "../../../domain/Pace.ts"
import { makeSignal } from "../../../platform/Signal.ts"
import { Settings } from "../../../settings/Settings.ts"
import { Proofs } from "../../Proofs.ts"
import { makeBatcher } from "../Batcher.ts"
import { BusClock } from "../BusClock.ts"
import { Database } from "../Database.ts"
import { type Bell, Doorbell, type Ring } from "../Doorbell.ts"
import { HeldMail } from "../HeldMail.ts"
import { statement } from "../Statement.ts"
import { Upkeep } from "../Upkeep.ts"
import type { BusAddress } from "./BusUrl.ts"
import { postgresDatabase } from "./PostgresDatabase.ts"
import { PostgresLink } from "./PostgresLink.ts"

/** The server's clock serves all machines: this one's own only measures how much time has passed since it was read. */
export const ServerClock = Layer.effect(
  BusClock,
  Effect.gen(function* () {
    const link = yield* PostgresLink
    const clock = yield* Clock.Clock
    const isoNow = (more = 0) =>
      new Date(clock.currentTimeMillisUnsafe() + link.offsetNow() + more).toISOString()
    return BusClock.of({
      iso: (more) => Effect.map(link.offset, () => isoNow(more)),
      isoNow
    })
  })
)

const channelOf = (id: SessionId) => `cc_dm_${id.slice("session-".length)}`

interface FoundSession {
  readonly id: string
  readonly gone: boolean
}

const list = "json_each(CAST($ids AS TEXT))"
const look = statement<"ids", FoundSession>(`SELECT value AS id, is_gone(value) AS gone FROM ${list}`)
const notify = statement<"ids", FoundSession>(
  `SELECT value AS id, is_gone(value) AS gone, pg_notify(channel_of(value), '') AS rung FROM ${list}`
)

/** A session that is not connected may be about to connect again, and is looked for so often, and so far apart, before it is dead. */
const looksAgain = { times: 6, schedule: Schedule.spaced("250 millis") } as const

/** Whatever the clock of a test says: a connection takes the time that it takes. */
const onRealClock = Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())

/**
 * `NOTIFY` rings; a lock that each session holds as long as it is connected tells whether it is there. Rings that
 * come together, as those of a broadcast do, are one statement.
 */
const PostgresDoorbell = Layer.effect(
  Doorbell,
  Effect.gen(function* () {
    const database = yield* Database
    const link = yield* PostgresLink

    /** The sessions of this process. Their own lock tells them nothing. */
    const mine = new Map<string, () => void>()

    const listen = Effect.fn("Doorbell.listen")(function* (id: SessionId) {
      const { give: ring, next: nextRing } = makeSignal()
      yield* Effect.acquireRelease(
        Effect.sync(() => mine.set(id, ring)),
        () => Effect.sync(() => mine.delete(id))
      )
      yield* link.listen(channelOf(id), id, ring)
      return { nextRing, works: true, knock: ring, repair: Effect.void, space: () => undefined }
    })

    /** What a statement finds of each session, `dead` for one that is gone. What can't be asked is not known. */
    const asking = (asked: typeof look) =>
      makeBatcher((ids: ReadonlyArray<SessionId>) =>
        database
          .run((sql) => asked.run(sql, { ids: JSON.stringify([...new Set(ids)]) }))
          .pipe(
            Effect.orElseSucceed((): ReadonlyArray<FoundSession> => []),
            Effect.map((found) =>
              ids.map((id) => {
                const gone = found.find((one) => one.id === id)?.gone
                if (gone === undefined) return Exit.succeed<Ring>("unknown")
                return Exit.succeed<Ring>(gone ? "dead" : "rung")
              })
            )
          )
      )

    const through =
      (ask: (id: SessionId) => Effect.Effect<Ring>) =>
      ({ doorbell, id }: Bell) =>
        Effect.suspend(() => {
          if (!doorbell || !isSessionId(id)) return Effect.succeed<Ring>("unknown")
          const own = mine.get(id)
          return own === undefined ? ask(id) : Effect.as(Effect.sync(own), "rung" as const)
        })

    const ringNow = yield* asking(notify)
    const lookNow = yield* asking(look)
    const ring = through((id) => Effect.flatten(ringNow(id)))
    // The commit that wrote the message has rung.
    const reach = through((id) =>
      Effect.flatten(lookNow(id)).pipe(
        Effect.repeat({ ...looksAgain, while: (found) => found === "dead" }),
        onRealClock
      )
    )

    return Doorbell.of({ listen, ring, reach, clear: () => Effect.void })
  })
)

const PostgresUpkeep = Layer.effect(
  Upkeep,
  Effect.gen(function* () {
    const clock = yield* BusClock
    const database = yield* Database
    const { timing } = yield* Settings
    const freshSince = clock.iso(-timing.lease)

    const freeName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: string) {
      yield* sql`SELECT free_name(${name}, ${id}, ${yield* freshSince}, ${yield* clock.iso()})`
    })
    const remove = Effect.fnUntraced(function* (id: string) {
      const now = yield* clock.iso()
      yield* database.run((sql) => sql`SELECT remove_session(${id}, ${now})`)
    })
    const sweepSessions = Effect.gen(function* () {
      const since = yield* freshSince
      const now = yield* clock.iso()
      yield* database.run((sql) => sql`SELECT sweep_sessions(${since}, ${now})`)
      return []
    })
    const sweepMessages = Effect.gen(function* () {
      const now = yield* clock.iso()
      const since = yield* freshSince
      const anHourAgo = yield* clock.iso(-3_600_000)
      const aMinuteAgo = yield* clock.iso(-window)
      yield* database.run((sql) => sql`SELECT sweep_messages(${now}, ${since}, ${anHourAgo}, ${aMinuteAgo})`)
    })
    return Upkeep.of({ freeName, remove, sweepSessions, sweepMessages })
  })
)

const PostgresHeldMail = Layer.effect(
  HeldMail,
  Effect.gen(function* () {
    const clock = yield* BusClock
    const database = yield* Database
    const { timing } = yield* Settings

    const find = Effect.fn("HeldMail.find")(function* (name: string, holder: SessionId) {
      const now = yield* clock.iso()
      const freshSince = yield* clock.iso(-timing.lease)
      const rows = yield* database.run(
        (sql) => sql<{ id: number; from_project: string | null }>`SELECT id, from_project
          FROM mail_for(${name}, ${holder}, ${now}, ${freshSince})`
      )
      return rows.map((row) => ({ messageId: row.id, fromProject: row.from_project }))
    })
    const give = Effect.fn("HeldMail.give")(function* (ids: ReadonlyArray<number>, holder: SessionId) {
      const freshSince = yield* clock.iso(-timing.lease)
      yield* database.run((sql) => sql`SELECT give_mail(${JSON.stringify(ids)}, ${holder}, ${freshSince})`)
    })
    const putBack = Effect.fn("HeldMail.putBack")(function* (ids: ReadonlyArray<number>, holder: SessionId) {
      yield* database.run((sql) => sql`SELECT put_mail_back(${JSON.stringify(ids)}, ${holder})`)
    })
    return HeldMail.of({ find, give, putBack })
  })
)

/** All of it. `clock`: whose time it is. */
export const postgresEngine = (
  address: Result.Result<BusAddress, string>,
  clock: Layer.Layer<BusClock, never, PostgresLink> = ServerClock,
  database = postgresDatabase(address)
) =>
  Layer.mergeAll(PostgresHeldMail, PostgresUpkeep).pipe(
    Layer.provideMerge(Layer.mergeAll(clock, PostgresDoorbell, Proofs.layerOfOwners)),
    Layer.provideMerge(database)
  )
