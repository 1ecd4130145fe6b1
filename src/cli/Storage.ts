/** The bus, as a command takes it: to look at, or to write to. */
import { Effect, Layer } from "effect"
import { missing } from "../bus/engine/sqlite/FileFaults.ts"
import { SqliteDatabase } from "../bus/engine/sqlite/SqliteDatabase.ts"
import { storageOn } from "../bus/Storage.ts"
import { BusUnavailable } from "../domain/Errors.ts"
import { Courier } from "../session/Courier.ts"
import { Settings } from "../settings/Settings.ts"
import { note } from "./Output.ts"
import { Person } from "./Person.ts"

const on = (database: typeof SqliteDatabase.layer) =>
  storageOn(database).pipe(Layer.provideMerge(Settings.commandLine))

/** For looking: nothing is created, nothing is changed. */
export const ReadOnlyStorage = on(SqliteDatabase.readOnly)

const forPeople = (database: typeof SqliteDatabase.layer) =>
  Layer.mergeAll(Courier.layer, Person.layer).pipe(Layer.provideMerge(on(database)))

/** For sending and receiving, as a person. Makes the bus if there is none. */
export const WritingStorage = forPeople(SqliteDatabase.layer)

/** For looking as a person: nothing is changed. */
export const LookingStorage = forPeople(SqliteDatabase.readOnly)

/** For sending and receiving if there is a bus; if there is none, it is left at that. */
export const ExistingStorage = forPeople(SqliteDatabase.existing)

/** Does something else if there is no bus: for commands to which that only means that nobody is there. */
export const withoutBus =
  <B, E2, R2>(other: Effect.Effect<B, E2, R2>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A | B, E | E2, R | R2> =>
    Effect.catchIf(
      self,
      (error) => error instanceof BusUnavailable && error.problem === missing,
      () => other
    )

/** The same with an error of its own. */
export const whereNoBusIs = <Other>(other: () => Other) =>
  withoutBus(Effect.suspend(() => Effect.fail(other())))

/** What a command that only looks says before the first session: that is no failure. `json`: the document that holds nothing. */
export const nobodyYet = (json: Effect.Effect<void> | undefined) =>
  withoutBus(json ?? note("Nobody is here yet. Start a session: cc-dm launch NAME"))
