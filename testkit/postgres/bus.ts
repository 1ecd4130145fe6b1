/** A bus in PostgreSQL with some users, and real servers on it. */
import { Cause, Effect, Exit, type Scope } from "effect"
import { roles } from "../../src/bus/engine/postgres/Schema.ts"
import { type ClaudeCode, flooding, named, startReady } from "../host/ClaudeCode.ts"
import { temporaryHome } from "../host/TemporaryHome.ts"
import { addRole, type FreshDatabase, freshDatabase, makeBus } from "./databases.ts"
import { type Postgres, psql } from "./Postgres.ts"

/** A role of a bus, and its ways in. */
export interface User {
  readonly name: string
  readonly password: string
  /** By the Unix socket, and over TCP. */
  readonly url: string
  readonly tcpUrl: string
  /** Runs SQL as this user in the bus's schema, and gives what psql prints, or what the server refused. */
  readonly sql: (text: string) => Effect.Effect<string>
}

export interface PostgresBus extends FreshDatabase {
  readonly users: Readonly<Record<string, User>>
}

const inSchema = (url: string) => `${url}${url.includes("?") ? "&" : "?"}options=-csearch_path%3Dcc_dm`

/** What an effect gives, or what it died of. */
export const outcomeOf = (effect: Effect.Effect<string>): Effect.Effect<string> =>
  Effect.map(Effect.exit(effect), (exit) =>
    Exit.isSuccess(exit) ? exit.value : String(Cause.squash(exit.cause))
  )

/** Makes a bus in a new database; roles belong to the whole server, so their names are made of the database's. */
export const postgresBus = <const Name extends string>(
  names: ReadonlyArray<Name>,
  { server, watchers = [] }: { readonly server?: Postgres; readonly watchers?: ReadonlyArray<Name> } = {}
): Effect.Effect<Omit<PostgresBus, "users"> & { readonly users: Record<Name, User> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const database = yield* freshDatabase(server)
    const on = database.server
    yield* makeBus(database)
    const users = {} as Record<Name, User>
    for (const name of names) {
      const role = `${name}_${database.name}`
      const password = `secret-of-${role}`
      yield* Effect.acquireRelease(
        addRole(on, role, password, watchers.includes(name) ? roles.watcher : roles.member),
        () => (server === undefined ? Effect.ignore(Effect.exit(on.sql(`DROP ROLE "${role}"`))) : Effect.void)
      )
      const url = on.socketUrl(role, password, database.name)
      users[name] = {
        name: role,
        password,
        url,
        tcpUrl: on.url(role, password, database.name),
        sql: (text) => outcomeOf(psql(inSchema(url), text))
      }
    }
    return { ...database, users }
  })

/** A session's server on a bus in PostgreSQL, with a home of its own: its own machine, as far as files go. */
export const sessionOn = (
  url: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
  command?: ReadonlyArray<string>
): Effect.Effect<ClaudeCode, never, Scope.Scope> =>
  Effect.flatMap(temporaryHome, (home) =>
    startReady({
      home,
      env: named(name, { ...flooding, CC_DM_BUS_URL: url, ...env }),
      ...(command === undefined ? {} : { command })
    })
  )
