/** The bus, as a command takes it: to look at, or to write to. */
import { Effect, Layer } from "effect"
import { missing } from "../bus/engine/sqlite/FileFaults.ts"
import { SqliteDatabase } from "../bus/engine/sqlite/SqliteDatabase.ts"
import { storageOn } from "../bus/Storage.ts"
import { BusUnavailable } from "../domain/Errors.ts"
import { Courier } from "../session/Courier.ts"
import { Settings } from "../settings/Settings.ts"
import { Person } from "./Person.ts"

const on = (database: typeof SqliteDatabase.layer) =>
  storageOn(database).pipe(Layer.provideMerge(Settings.commandLine))

/** For looking: nothing is created, nothing is changed. */
export const ReadOnlyStorage = on(SqliteDatabase.readOnly)

const forPeople = (database: typeof SqliteDatabase.layer) =>
  Layer.mergeAll(Courier.layer, Person.layer).pipe(Layer.provideMerge(on(database)))

/** For sending and receiving, as a person. Makes the bus if there is none. */
export const WritingStorage = forPeople(SqliteDatabase.layer)

/** The same if there is a bus; if there is none, it is left at that. */
export const ExistingStorage = forPeople(SqliteDatabase.existing)

/** Says something else than that there is no bus: for commands to which that only means that nobody is there. */
export const whereNoBusIs =
  <Other>(other: () => Other) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | Other, R> =>
    Effect.catchIf(
      self,
      (error) => error instanceof BusUnavailable && error.problem === missing,
      () => Effect.fail(other())
    )
