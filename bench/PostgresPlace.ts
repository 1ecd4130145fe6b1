/** A bus in PostgreSQL, on a server of the measurement's own: over TLS on loopback, as another machine would reach it. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { roles } from "../src/bus/engine/postgres/Schema.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { addRole, freshDatabase, makeBus } from "../testkit/postgres/databases.ts"
import { startPostgres } from "../testkit/postgres/Postgres.ts"
import { childrenOf } from "../testkit/postgres/processes.ts"
import type { NewPlace } from "./Place.ts"
import { processorTime } from "./Usage.ts"

/** A helper of the server may end at any moment. */
const timeOf = (pid: number): number => {
  try {
    return processorTime(pid)
  } catch {
    return 0
  }
}

/** More than the largest crowd. */
const mostConnections = 400

const user = "bench"

/** A server with one bus, and a role for all sessions. */
export const postgresBus: NewPlace = Effect.gen(function* () {
  const home = yield* temporaryHome
  const server = yield* startPostgres({
    tls: true,
    maxConnections: mostConnections,
    // As PostgreSQL has them where nobody chose others; tests have less.
    settings: { shared_buffers: "128MB", max_wal_size: "1GB" }
  })
  const database = yield* freshDatabase(server)
  yield* makeBus(database)
  yield* addRole(server, user, user, roles.member)
  const address = `${server.url(user, user, database.name)}?sslmode=verify-full&sslrootcert=${server.caFile}`
  const empty = Number(yield* database.sql("SELECT pg_database_size(current_database())"))
  return {
    home,
    env: { CC_DM_BUS_URL: address },
    serverTime: Effect.promise(async () => {
      const [first = ""] = readFileSync(join(server.socketFolder, "data/postmaster.pid"), "utf8").split("\n")
      const pids = [Number(first), ...(await childrenOf(Number(first)))]
      return pids.reduce((sum, pid) => sum + timeOf(pid), 0)
    }),
    size: Effect.map(database.sql("SELECT pg_database_size(current_database())"), (bytes) => ({
      data: Number(bytes) - empty,
      log: 0
    }))
  }
})
