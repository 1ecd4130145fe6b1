/**
 * What the bus stands on: a file that the sessions of one machine share, with sockets that wake them, or PostgreSQL, which is
 * loaded only if it is asked for.
 */
import { Effect, Layer, Redacted, Result } from "effect"
import { Settings } from "../../settings/Settings.ts"
import { Proofs } from "../Proofs.ts"
import { BusClock } from "./BusClock.ts"
import { SocketDoorbell } from "./sqlite/SocketDoorbell.ts"
import type { SqliteDatabase } from "./sqlite/SqliteDatabase.ts"
import { SqliteHeldMail } from "./sqlite/SqliteHeldMail.ts"
import { SqliteUpkeep } from "./sqlite/SqliteUpkeep.ts"

/** The file, opened as the layer says. */
export const fileEngine = (database: typeof SqliteDatabase.layer) =>
  Layer.mergeAll(SqliteHeldMail, SqliteUpkeep).pipe(
    Layer.provideMerge(Layer.mergeAll(database, BusClock.layer, SocketDoorbell, Proofs.layer))
  )

/** PostgreSQL if the settings name an address, else `file`. */
export const engine = (file: ReturnType<typeof fileEngine>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { busUrl } = yield* Settings
      if (busUrl === undefined) return file
      const { readBusUrl } = yield* Effect.promise(() => import("./postgres/BusUrl.ts"))
      const { postgresEngine } = yield* Effect.promise(() => import("./postgres/PostgresEngine.ts"))
      return postgresEngine(Result.flatMap(busUrl, (url) => readBusUrl(Redacted.value(url))))
    })
  )
