/**
 * Buses in PostgreSQL for tests that come one after the other. To make a database takes a tenth of a second, to empty one some
 * milliseconds: each is used again and again.
 */
import { Effect, Scope } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { connect } from "../../src/bus/engine/postgres/PostgresClient.ts"
import { roles, schema } from "../../src/bus/engine/postgres/Schema.ts"
import { freshDatabase, makeBus } from "./databases.ts"

interface PooledBus extends LentBus {
  /** Whether all is gone that a test left behind, and the tables are as they were. */
  readonly isEmptied: Effect.Effect<boolean>
}

/** A bus that a test has for itself. */
export interface LentBus {
  /** For sessions, all of which are one user's. */
  readonly address: string
  /** A superuser's connection, on which no trigger of the bus gets in the way. */
  readonly sql: SqlClient.SqlClient
}

/** What sessions write belongs to their user, in a file as here: so does what the superuser writes in their place. */
const belongTo = (owner: string) =>
  [
    ...[
      "sessions",
      "session_keys",
      "permission_requests",
      "permission_asked",
      "conversations",
      "sendings"
    ].map((table) => `ALTER TABLE ${table} ALTER owner SET DEFAULT '${owner}'`),
    `ALTER TABLE messages ALTER from_owner SET DEFAULT '${owner}', ALTER to_owner SET DEFAULT '${owner}'`
  ].join("; ")

/** For some time after the server's start nobody is held for dead, and the one that tests share has just started. */
const withoutGrace = `CREATE OR REPLACE FUNCTION is_gone(session text) RETURNS boolean LANGUAGE sql VOLATILE
  AS $$ SELECT NOT is_connected(session) $$`

/** Ends whatever a test left behind. */
const emptying = `CREATE FUNCTION start_again() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
  DISCARD TEMP;
  FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' AND tablename NOT IN ('versions', 'migrations') LOOP
    EXECUTE format('DELETE FROM ${schema}.%I', one.tablename);
  END LOOP;
  PERFORM setval(pg_get_serial_sequence('${schema}.messages', 'id'), 1, false);
END $$`

const allTables = `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' ORDER BY tablename`

const make = Effect.gen(function* () {
  const database = yield* freshDatabase()
  yield* makeBus(database)
  yield* database.sql(
    `GRANT ${roles.member} TO "${database.owner}"; SET search_path = ${schema};
      ${belongTo(database.owner)}; ${withoutGrace}; ${emptying}`
  )
  const { port, socketFolder, superuser } = database.server
  const { sql } = yield* connect({
    host: socketFolder,
    port,
    username: superuser,
    database: database.name,
    ssl: false,
    startupParameters: { search_path: schema, session_replication_role: "replica" }
  })
  const tables = Effect.map(sql.unsafe(allTables), (rows) => JSON.stringify(rows))
  const asMade = yield* tables
  return {
    address: database.socketUrl,
    sql,
    isEmptied: Effect.andThen(
      sql.unsafe("SELECT start_again()"),
      Effect.map(tables, (now) => now === asMade)
    ).pipe(Effect.orElseSucceed(() => false))
  } satisfies PooledBus
})

const free: Array<PooledBus> = []

/** The connections live as long as this process, on a clock of their own. */
const makeForGood = Effect.promise(() =>
  Effect.runPromise(Effect.flatMap(Scope.make(), (scope) => Scope.provide(make, scope)))
)

/** An empty bus. One that can't be emptied after its use is left alone. */
export const lentBus: Effect.Effect<LentBus, never, Scope.Scope> = Effect.acquireRelease(
  Effect.suspend(() => {
    const bus = free.pop()
    return bus === undefined ? makeForGood : Effect.succeed(bus)
  }),
  (bus) =>
    Effect.map(bus.isEmptied, (isEmptied) => {
      if (isEmptied) free.push(bus)
    })
)
