/** The bus, as a command takes it that only looks. `PersonStorage.ts` has what takes part. */
import { Effect, Layer } from "effect"
import { missing } from "../bus/engine/sqlite/FileFaults.ts"
import { SqliteDatabase } from "../bus/engine/sqlite/SqliteDatabase.ts"
import { storageOn } from "../bus/Storage.ts"
import { BusUnavailable } from "../domain/Errors.ts"
import { Settings } from "../settings/Settings.ts"
import { note } from "./Output.ts"

/** The file opened as the layer says, or PostgreSQL. */
export const storageFor = (database: typeof SqliteDatabase.layer) =>
  storageOn(database).pipe(Layer.provideMerge(Settings.commandLine))

/** For looking: nothing is created, nothing is changed. */
export const ReadOnlyStorage = storageFor(SqliteDatabase.readOnly)

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
