/** A bus for each test, on the engine that the tests run on. */
import { Context, Effect, Layer, Redacted, Result, type Scope } from "effect"
import { BusClock } from "../../src/bus/engine/BusClock.ts"
import { Database } from "../../src/bus/engine/Database.ts"
import { fileEngine } from "../../src/bus/engine/Engine.ts"
import { readBusUrl } from "../../src/bus/engine/postgres/BusUrl.ts"
import { postgresDatabase } from "../../src/bus/engine/postgres/PostgresDatabase.ts"
import { postgresEngine } from "../../src/bus/engine/postgres/PostgresEngine.ts"
import { SqliteDatabase } from "../../src/bus/engine/sqlite/SqliteDatabase.ts"
import { BusServices } from "../../src/bus/Storage.ts"
import type { Settings } from "../../src/settings/Settings.ts"
import { busAddressOf, putBusAddress } from "../../testkit/host/BusAddress.ts"
import { type LentBus, lentBus } from "../../testkit/postgres/buses.ts"
import { watched } from "./clock.ts"
import { engineUnderTest } from "./underTest.ts"

/** The buses in PostgreSQL, by the folder that stands for each. */
const lent = new Map<string, LentBus>()

/** Where the bus under `home` is, as settings say it. */
export const busUrlOf = (home: string): Settings["Service"]["busUrl"] => {
  const address = busAddressOf(home)
  return address === undefined ? undefined : Result.succeed(Redacted.make(address))
}

/** The bus in PostgreSQL that a folder stands for. */
export const lentBusOf = (home: string): LentBus | undefined => lent.get(home)

/** Gives a folder a bus in PostgreSQL, where that is the engine. What is started there finds it. */
export const prepareBus = (home: string): Effect.Effect<void, never, Scope.Scope> =>
  engineUnderTest === "sqlite"
    ? Effect.void
    : Effect.gen(function* () {
        const bus = yield* lentBus
        yield* Effect.acquireRelease(
          Effect.sync(() => {
            lent.set(home, bus)
            return putBusAddress(home, bus.address)
          }),
          (takeBack) =>
            Effect.sync(() => {
              lent.delete(home)
              takeBack()
            })
        )
      })

/** What a test puts in the place of the database, with the database at hand. */
export type Instead = (database: Database["Service"]) => Database["Service"]

const replaced = <Services, Failure, Needs>(
  layer: Layer.Layer<Database | Services, Failure, Needs>,
  instead: Instead
) =>
  Layer.effectContext(
    Effect.map(Layer.build(layer), (context) =>
      Context.add(context, Database, instead(Context.get(context, Database)))
    )
  )

/** The bus under `home`. Its clock is the test's. */
export const storageAt = (home: string, instead: Instead = (database) => database) => {
  const url = busAddressOf(home)
  if (url === undefined)
    return BusServices.pipe(Layer.provideMerge(fileEngine(replaced(SqliteDatabase.layer, instead))))
  const address = readBusUrl(url)
  return BusServices.pipe(
    Layer.provideMerge(
      postgresEngine(address, BusClock.layer, replaced(watched(postgresDatabase(address)), instead))
    )
  )
}
