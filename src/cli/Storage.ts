/** The bus, as a command takes it: to look at, or to write to. */
import { Layer } from "effect"
import { Bus } from "../bus/Bus.ts"
import { BusClock } from "../bus/BusClock.ts"
import { Database } from "../bus/Database.ts"
import { Doorbell } from "../bus/Doorbell.ts"
import { HeldMail } from "../bus/HeldMail.ts"
import { History } from "../bus/History.ts"
import { Overview } from "../bus/Overview.ts"
import { Proofs } from "../bus/Proofs.ts"
import { Receipts } from "../bus/Receipts.ts"
import { Registry } from "../bus/Registry.ts"
import { Requests } from "../bus/Requests.ts"
import { Settings } from "../Config.ts"
import { Courier } from "../session/Courier.ts"
import { Person } from "./Person.ts"

const services = Layer.mergeAll(
  Bus.layer,
  HeldMail.layer,
  History.layer,
  Overview.layer,
  Receipts.layer,
  Registry.layer,
  Requests.layer
)

const on = (database: typeof Database.layer) =>
  services.pipe(
    Layer.provideMerge(Layer.mergeAll(database, BusClock.layer, Doorbell.layer, Proofs.layer)),
    Layer.provideMerge(Settings.commandLine)
  )

/** For looking: nothing is created, nothing is changed. */
export const ReadOnlyStorage = on(Database.readOnly)

/** For sending and receiving, as a person. */
export const WritingStorage = Layer.mergeAll(Courier.layer, Person.layer).pipe(
  Layer.provideMerge(on(Database.layer))
)
