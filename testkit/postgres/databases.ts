/** Databases and roles of a test's own, most of them on one server that the tests of a process share. */
import { randomBytes } from "node:crypto"
import { Effect, Result, Scope } from "effect"
import { readBusUrl } from "../../src/bus/engine/postgres/BusUrl.ts"
import { initialise } from "../../src/bus/engine/postgres/Setup.ts"
import { type Postgres, startPostgres } from "./Postgres.ts"

let shared: Promise<Postgres> | undefined

/** The server that tests share, which must neither be stopped nor paused. It starts at its first use and ends with the process. */
export const sharedPostgres: Effect.Effect<Postgres> = Effect.promise(() => {
  shared ??= Effect.runPromise(
    Effect.flatMap(Scope.make(), (scope) =>
      Scope.provide(startPostgres({ tls: true, plain: true, maxConnections: 300 }), scope)
    )
  )
  return shared
})

/** Makes a role that may log in. */
export const addRole = (server: Postgres, name: string, password: string, memberOf?: string) =>
  Effect.asVoid(
    server.sql(
      `CREATE ROLE "${name}" LOGIN PASSWORD '${password}'${memberOf === undefined ? "" : ` IN ROLE "${memberOf}"`}`
    )
  )

/** Makes a bus as `cc-dm bus init` does, so that the superuser owns it. */
export const makeBus = ({ name, server }: Pick<FreshDatabase, "name" | "server">): Effect.Effect<void> =>
  Effect.suspend(() => {
    const url = server.socketUrl(server.superuser, undefined, name)
    return Effect.asVoid(Effect.orDie(initialise(Result.getOrThrow(readBusUrl(url)))))
  })

export interface FreshDatabase {
  readonly server: Postgres
  readonly name: string
  /** The role that owns it, which may do nothing else. */
  readonly owner: string
  readonly password: string
  /** The owner's way in over TCP, and by the Unix socket. */
  readonly url: string
  readonly socketUrl: string
  /** Runs SQL in it as the superuser. */
  readonly sql: (text: string) => Effect.Effect<string>
}

/** A new, empty database with an owner of its own, by default on the server that tests share. The scope removes both. */
export const freshDatabase = (server?: Postgres): Effect.Effect<FreshDatabase, never, Scope.Scope> =>
  Effect.gen(function* () {
    const on = server ?? (yield* sharedPostgres)
    const name = `t${randomBytes(6).toString("hex")}`
    const password = randomBytes(9).toString("base64url")
    yield* Effect.acquireRelease(
      Effect.andThen(addRole(on, name, password), on.sql(`CREATE DATABASE "${name}" OWNER "${name}"`)),
      // A server of the test's own may be down by now, and its databases go with it.
      () =>
        server === undefined
          ? Effect.andThen(on.sql(`DROP DATABASE "${name}" WITH (FORCE)`), on.sql(`DROP ROLE "${name}"`))
          : Effect.void
    )
    return {
      server: on,
      name,
      owner: name,
      password,
      url: on.url(name, password, name),
      socketUrl: on.socketUrl(name, password, name),
      sql: (text) => on.sql(text, name)
    }
  })
