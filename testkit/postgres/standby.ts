/** A second server that follows a first one by streaming, and takes its place where a test says so. */
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { eventually } from "../eventually.ts"
import { type Postgres, serve } from "./Postgres.ts"
import { asServerUser, programOf } from "./programs.ts"
import { serverFolder } from "./scratch.ts"

export interface Standby extends Postgres {
  /** Waits until it has all that was committed on the first server so far. */
  readonly caughtUp: Effect.Effect<void>
  /** Makes it a server that is written to. The first one must be down, or nobody must reach it any more. */
  readonly promote: Effect.Effect<void>
}

/**
 * Starts a standby of a server, with the same certificate. Where it is `synchronous`, the first server acknowledges
 * nothing that the standby does not have on its disk: then a fail-over loses nothing, and the loss of the standby stops
 * all that is written.
 */
export const startStandby = (
  first: Postgres,
  { synchronous = false }: { readonly synchronous?: boolean } = {}
): Effect.Effect<Standby, never, Scope.Scope> =>
  Effect.gen(function* () {
    const folder = yield* serverFolder
    yield* Effect.promise(async () => {
      const from = ["-h", first.socketFolder, "-p", String(first.port), "-U", first.superuser]
      // With a slot the first server keeps what the standby has not read yet.
      const slot = ["--create-slot", `--slot=standby_${randomBytes(4).toString("hex")}`]
      const how = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
      await mustRun(
        asServerUser(programOf("pg_basebackup"), ...from, "-D", join(folder, "data"), ...slot, ...how)
      )
      if (first.options.tls) await mustRun(asServerUser("cp", first.caFile, folder))
    })
    const server = yield* serve(folder, first.options)
    if (synchronous) {
      yield* first.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
      yield* first.sql("SELECT pg_reload_conf()")
      yield* eventually(
        first.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"),
        (count) => count === "1"
      )
    }
    return {
      ...server,
      caughtUp: Effect.gen(function* () {
        const goal = yield* first.sql("SELECT pg_current_wal_flush_lsn()")
        yield* eventually(
          server.sql(`SELECT pg_last_wal_replay_lsn() >= '${goal}'`),
          (isThere) => isThere === "t"
        )
      }),
      promote: Effect.asVoid(server.sql("SELECT pg_promote()"))
    }
  })
