/** Making a bus in a database, and looking at one from outside: what `cc-dm bus` and `cc-dm doctor` do. */
import { Clock, Effect, type Scope } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote } from "../../../domain/Text.ts"
import type { BusAddress } from "./BusUrl.ts"
import { latest, migrate, type Standing } from "./Migrations.ts"
import { connect, type PostgresConnection } from "./PostgresClient.ts"
import { schema as busSchema, roles } from "./Schema.ts"
import { unavailable } from "./ServerFaults.ts"

/** What a database and its server say of themselves. */
export interface BusReport {
  /** The number of the bus's schema; `undefined`: there is none. */
  readonly schema: number | undefined
  readonly latest: number
  readonly serverVersion: string
  /** As whom this connection came in. */
  readonly user: string
  readonly encrypted: boolean
  readonly isMember: boolean
  readonly isWatcher: boolean
  /** How far this machine's clock is ahead of the server's, in milliseconds. */
  readonly ahead: number
  readonly connections: { readonly used: number; readonly most: number }
  readonly sessions: number
  readonly messages: number
}

interface ServerRow {
  readonly schema_there: boolean
  readonly server_version: string
  readonly user: string
  readonly encrypted: boolean
  readonly is_member: boolean
  readonly is_watcher: boolean
  readonly now: number
  readonly used: number
  readonly most: number
}

const hasRole = (role: string) =>
  `EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${role}' AND pg_has_role(session_user, oid, 'USAGE'))`

// Of a schema that is not there no right can be asked for, and without it nothing in the schema.
const askServer = `SELECT CASE WHEN to_regnamespace('${busSchema}') IS NULL THEN false
      WHEN NOT has_schema_privilege('${busSchema}', 'USAGE') THEN false
      ELSE to_regclass('${busSchema}.versions') IS NOT NULL END AS schema_there,
    current_setting('server_version') AS server_version, CAST(session_user AS TEXT) AS user,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
    ${hasRole(roles.member)} AS is_member, ${hasRole(roles.watcher)} AS is_watcher,
    CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) AS now,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
    CAST(current_setting('max_connections') AS INTEGER)
      - CAST(current_setting('superuser_reserved_connections') AS INTEGER) AS most`

const explained = <A>(
  address: BusAddress,
  effect: Effect.Effect<A, SqlError | BusUnavailable, Scope.Scope>
) =>
  Effect.mapError(Effect.scoped(effect), (error) =>
    isSqlError(error) ? unavailable(address.shown, error) : error
  )

const read = Effect.fnUntraced(function* ({ sql }: PostgresConnection) {
  const before = yield* Clock.currentTimeMillis
  const [server] = yield* sql.unsafe<ServerRow>(askServer)
  const after = yield* Clock.currentTimeMillis
  const counts =
    server?.schema_there === true
      ? yield* sql.unsafe<{ schema: number; sessions: number; messages: number }>(
          "SELECT (SELECT max(version) FROM versions) AS schema, (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM messages) AS messages"
        )
      : []
  return {
    schema: counts[0]?.schema,
    latest,
    serverVersion: /^[\d.]+/.exec(server?.server_version ?? "")?.[0] ?? "",
    user: server?.user ?? "",
    encrypted: server?.encrypted === true,
    isMember: server?.is_member === true,
    isWatcher: server?.is_watcher === true,
    ahead: (before + after) / 2 - (server?.now ?? before),
    connections: { used: server?.used ?? 0, most: server?.most ?? 0 },
    sessions: counts[0]?.sessions ?? 0,
    messages: counts[0]?.messages ?? 0
  } satisfies BusReport
})

/** Looks at a bus, and changes nothing. Fails if the server can't be reached. */
export const inspect = (address: BusAddress): Effect.Effect<BusReport, BusUnavailable> =>
  explained(address, Effect.flatMap(connect(address.config), read))

/** What `initialise` found to do. */
export type Initialised = "made" | "brought up to date" | "there already"

/** Why what stands in the database is left as it is. */
const checkStanding = Effect.fnUntraced(function* (address: BusAddress, standing: Standing) {
  const { isMine, owner, versions } = standing
  const refuse = (problem: string, advice: string) =>
    new BusUnavailable({ file: address.shown, problem, advice })
  if (owner === undefined) return
  if (!isMine)
    return yield* refuse(
      `has a bus that belongs to the user ${quote(owner)}, and only that user can bring it up to date`,
      "Run cc-dm bus init as that user."
    )
  if (versions.length === 0)
    return yield* refuse(
      `has a schema ${busSchema} that is not a bus`,
      "Use another database, or drop that schema if nobody needs it."
    )
  const last = Math.max(...versions)
  if (last > latest)
    return yield* refuse(
      `has a bus of a newer version of cc-dm (${last}, and this one knows ${latest})`,
      "Update cc-dm."
    )
  if (versions.some((version, index) => version !== index + 1))
    return yield* refuse(
      `has a bus that lacks a migration (it has ${versions.join(", ")})`,
      "Somebody changed it by hand: bring back the rows of its table versions, or restore a backup."
    )
})

/**
 * Makes the schema and the roles of a bus, or brings an older one up to date, in one transaction. To make it wants a user who may
 * make both, and to whom the schema then belongs; to bring it up to date, that user.
 */
export const initialise = (address: BusAddress): Effect.Effect<Initialised, BusUnavailable> =>
  explained(
    address,
    Effect.gen(function* () {
      const { sql } = yield* connect(address.config)
      const before = yield* migrate(sql, (standing) => checkStanding(address, standing))
      if (before === 0) return "made"
      return before < latest ? "brought up to date" : "there already"
    }).pipe(
      Effect.catchTag(
        "MigrationError",
        (error): Effect.Effect<never, SqlError | BusUnavailable> =>
          Effect.fail(
            isSqlError(error.cause)
              ? error.cause
              : new BusUnavailable({
                  file: address.shown,
                  problem: `can't be brought up to date (${quote(error.message)})`,
                  advice: "This is a bug in cc-dm: please report it."
                })
          )
      ),
      Effect.catchIf(
        (error) => isSqlError(error) && error.reason._tag === "AuthorizationError",
        () =>
          new BusUnavailable({
            file: address.shown,
            problem: "does not give this user the rights it needs",
            advice: "Run cc-dm bus init as a user who may make schemas and roles there."
          })
      )
    )
  )

/** What the owner of the database runs for each user: to take part, and only to look. */
export const grantsFor = (user: string): string => `GRANT ${roles.member} TO "${user.replaceAll('"', '""')}";`
export const watcherRole = roles.watcher
