/** The bus, as a command takes it that speaks as a person. Commands that only look need not load this. */
import { Layer } from "effect"
import { SqliteDatabase } from "../bus/engine/sqlite/SqliteDatabase.ts"
import { Courier } from "../session/Courier.ts"
import { Person } from "./Person.ts"
import { storageFor } from "./Storage.ts"

const forPeople = (database: typeof SqliteDatabase.layer) =>
  Layer.mergeAll(Courier.layer, Person.layer).pipe(Layer.provideMerge(storageFor(database)))

/** For sending and receiving, as a person. Makes the bus if there is none. */
export const WritingStorage = forPeople(SqliteDatabase.layer)

/** For looking as a person: nothing is changed. */
export const LookingStorage = forPeople(SqliteDatabase.readOnly)

/** For sending and receiving if there is a bus; if there is none, it is left at that. */
export const ExistingStorage = forPeople(SqliteDatabase.existing)
