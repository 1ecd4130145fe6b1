/** A bus in PostgreSQL for the soak, on a server of its own. Its servers come in over TLS, as from other machines. */
import { Effect, Schedule } from "effect"
import { connect } from "../../src/bus/engine/postgres/PostgresClient.ts"
import { roles, schema } from "../../src/bus/engine/postgres/Schema.ts"
import { putBusAddress } from "../host/BusAddress.ts"
import { addRole, freshDatabase, makeBus } from "../postgres/databases.ts"
import { startPostgres } from "../postgres/Postgres.ts"
import { type RealBus, readBy } from "./RealBus.ts"

const user = "soak"

/** The bus of whatever is started in a home folder. */
export const postgresBus = Effect.fnUntraced(function* (home: string) {
  const server = yield* startPostgres({ tls: true, maxConnections: 200 })
  const database = yield* freshDatabase(server)
  yield* makeBus(database)
  yield* addRole(server, user, user, roles.member)
  const address = `${server.url(user, user, database.name)}?sslmode=verify-full&sslrootcert=${server.caFile}`
  yield* Effect.acquireRelease(
    Effect.sync(() => putBusAddress(home, address)),
    (takeBack) => Effect.sync(takeBack)
  )
  const { sql } = yield* connect({
    host: server.socketFolder,
    port: server.port,
    username: server.superuser,
    database: database.name,
    ssl: false,
    startupParameters: { search_path: schema, session_replication_role: "replica" }
  })
  const all = <A>(statement: string, ...values: ReadonlyArray<string | number | null>) =>
    Effect.orDie(Effect.map(sql.unsafe(statement, values), (rows) => rows as ReadonlyArray<A>))
  // Until then a session that was killed counts as one that may come back.
  yield* all<{ readonly isSettled: boolean }>('SELECT is_settled() AS "isSettled"').pipe(
    Effect.repeat({ schedule: Schedule.spaced("1 second"), while: ([found]) => found?.isSettled !== true })
  )
  const bus: RealBus = {
    ...readBy(all),
    // Its own checks are PostgreSQL's.
    damage: Effect.succeed(""),
    size: Effect.map(database.sql("SELECT pg_database_size(current_database())"), Number),
    spoil: Effect.void,
    outages: [
      // All connections are lost at once.
      Effect.asVoid(
        database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${user}'`)
      ),
      // The network, or the server, is silent.
      Effect.acquireUseRelease(
        server.pauseAll,
        () => Effect.sleep("3 seconds"),
        () => server.resumeAll
      )
    ]
  }
  return bus
}, Effect.orDie)
