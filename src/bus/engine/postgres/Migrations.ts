/**
 * How a bus in PostgreSQL is made and brought up to date: numbered files of SQL, each of which is one step. Sessions look at
 * `versions`, and go on only with the number that they know; `migrations` is what the Migrator keeps. A file that was released is
 * never changed: add one. It finds the two roles, and no question mark may stand in it.
 *
 * Sessions of the version before are connected while it runs, and go on with what it leaves: a step keeps the columns, functions
 * and rights that their statements need.
 */
import { Effect } from "effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import schemaOf200 from "./0001_schema_of_2_0_0.sql" with { type: "text" }
import ownersOfIds from "./0002_owners_of_ids.sql" with { type: "text" }
import processes from "./0003_processes.sql" with { type: "text" }
import agents from "./0004_agents.sql" with { type: "text" }
import fewerRoundTrips from "./0005_fewer_round_trips.sql" with { type: "text" }
import { roles, schema } from "./Schema.ts"

const files = {
  "0001_schema_of_2_0_0": schemaOf200,
  "0002_owners_of_ids": ownersOfIds,
  "0003_processes": processes,
  "0004_agents": agents,
  "0005_fewer_round_trips": fewerRoundTrips
}

/** The number of the schema that this version knows. */
export const latest = Object.keys(files).length

/** How long a migration waits for another one, or for a session that holds a table, before it gives up. */
const lockTimeout = "30s"

/** Migrations of one database are run one after the other. */
const lock = 52239

/** Splits a file into its statements. A body between dollar signs is part of one statement. */
export const statementsOf = (text: string): ReadonlyArray<string> => {
  const statements: Array<string> = []
  let statement = ""
  for (const line of text.split("\n")) {
    statement += `${line}\n`
    const isOpen = statement.split("$$").length % 2 === 0
    if (!isOpen && line.trimEnd().endsWith(";")) {
      statements.push(statement)
      statement = ""
    }
  }
  return statements
}

const step = (text: string, version: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    for (const statement of statementsOf(text)) yield* sql.unsafe(statement)
    yield* sql`INSERT INTO versions (version) VALUES (${version})`
  })

const run = Migrator.make({})({
  loader: Migrator.fromRecord(
    Object.fromEntries(Object.entries(files).map(([name, text], index) => [name, step(text, index + 1)]))
  ),
  table: "migrations"
})

const makeRole = (role: string) => `DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$`

/** What stands in a database before it is migrated. */
export interface Standing {
  /** Whose the schema is; `undefined`: there is none. */
  readonly owner: string | undefined
  /** Whether the user of this connection may do what its owner may. */
  readonly isMine: boolean
  /** The numbers of the migrations that it has had. */
  readonly versions: ReadonlyArray<number>
}

/**
 * What stands in the database, with all others kept from changing it until the end of the transaction. From here on it is the
 * schema's owner who acts: what somebody else put there runs with no more rights than that one has.
 */
const look = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql.unsafe(`SET LOCAL lock_timeout = '${lockTimeout}'`)
  yield* sql.unsafe(`SELECT pg_advisory_xact_lock(${lock})`)
  const [found] = yield* sql.unsafe<{ owner: string; is_mine: boolean }>(
    `SELECT CAST(rolname AS TEXT) AS owner, pg_has_role(session_user, nspowner, 'USAGE') AS is_mine
      FROM pg_namespace JOIN pg_roles ON pg_roles.oid = nspowner WHERE nspname = '${schema}'`
  )
  if (found === undefined || !found.is_mine)
    return { owner: found?.owner, isMine: found === undefined, versions: [] }
  yield* sql.unsafe(`SET LOCAL ROLE "${found.owner.replaceAll('"', '""')}"`)
  const [kept] = yield* sql.unsafe<{ there: boolean }>(
    `SELECT to_regclass('${schema}.versions') IS NOT NULL AS there`
  )
  const rows =
    kept?.there === true
      ? yield* sql.unsafe<{ version: number }>("SELECT version FROM versions ORDER BY version")
      : []
  return { owner: found.owner, isMine: true, versions: rows.map(({ version }) => version) }
})

/** The steps that are still to be done. 2.0.0 kept no list of its own. */
const bringUpToDate = Effect.fnUntraced(function* ({ owner }: Standing) {
  const sql = yield* SqlClient.SqlClient
  if (owner === undefined) {
    yield* sql.unsafe(makeRole(roles.member))
    yield* sql.unsafe(makeRole(roles.watcher))
    yield* sql.unsafe(`CREATE SCHEMA ${schema}`)
  }
  yield* sql.unsafe(`SET LOCAL search_path = ${schema}`)
  yield* sql.unsafe(`CREATE TABLE IF NOT EXISTS migrations (
    migration_id INTEGER PRIMARY KEY, created_at TIMESTAMPTZ NOT NULL DEFAULT now(), name TEXT NOT NULL)`)
  if (owner !== undefined)
    yield* sql.unsafe(`INSERT INTO migrations (migration_id, created_at, name)
      SELECT version, applied_at, 'schema_of_2_0_0' FROM versions WHERE version = 1 ON CONFLICT DO NOTHING`)
  yield* run
})

/** Makes a bus, or brings it up to date, in one transaction. `mayGoOn` looks at what stands there first, and fails if it must not. */
export const migrate = <E>(
  sql: SqlClient.SqlClient,
  mayGoOn: (standing: Standing) => Effect.Effect<void, E>
) =>
  sql.withTransaction(
    Effect.gen(function* () {
      const standing: Standing = yield* look
      yield* mayGoOn(standing)
      if (standing.versions.length < latest) yield* bringUpToDate(standing)
      return standing.versions.length
    }).pipe(Effect.provideService(SqlClient.SqlClient, sql))
  )
