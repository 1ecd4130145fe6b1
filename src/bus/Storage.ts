/** The bus as one layer. The server and the command line both have it from here: they only open the file in different ways. */
import { Layer } from "effect"
import { engine, fileEngine } from "./engine/Engine.ts"
import type { SqliteDatabase } from "./engine/sqlite/SqliteDatabase.ts"
import { Bus } from "./messages/Bus.ts"
import { History } from "./messages/History.ts"
import { Pacing } from "./messages/Pacing.ts"
import { Receipts } from "./receipts/Receipts.ts"
import { Requests } from "./requests/Requests.ts"
import { Conversations } from "./roster/Conversations.ts"
import { Registry } from "./roster/Registry.ts"

/** What stands on the bus, whatever engine it has. */
export const BusServices = Layer.mergeAll(
  Bus.layer,
  Conversations.layer,
  History.layer,
  Receipts.layer,
  Registry.layer,
  Requests.layer
).pipe(Layer.provideMerge(Pacing.layer))

/** All of the bus: in PostgreSQL if the settings name an address, else in the file, opened as the layer says. */
export const storageOn = (database: typeof SqliteDatabase.layer) =>
  BusServices.pipe(Layer.provideMerge(engine(fileEngine(database))))
