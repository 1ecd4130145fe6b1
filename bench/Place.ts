/**
 * Where the sessions of a measurement meet. What is measured on the bus file can be measured on another kind of bus: it
 * takes a place that leads servers there, and says how large that bus is.
 */
import { statSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"

/** How large a bus is, in bytes. */
export interface BusSize {
  /** What it holds, with the room that is free in it. */
  readonly data: number
  /** What was written and not brought into the data yet. */
  readonly log: number
}

export interface Place {
  /** The home folder of all its servers. */
  readonly home: string
  /** What leads a server to this bus, as variables. */
  readonly env: Readonly<Record<string, string>>
  readonly size: Effect.Effect<BusSize>
  /** The processor time of the bus's own server so far, in milliseconds; absent: it has none. */
  readonly serverTime?: Effect.Effect<number>
}

/** Makes an empty place, and removes it at the end of the scope. */
export type NewPlace = Effect.Effect<Place, never, Scope.Scope>

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** The bus in a home folder: an SQLite file with its log. */
export const fileBus: NewPlace = Effect.map(temporaryHome, (home) => {
  const file = join(home, ".cc-dm/bus.db")
  return {
    home,
    env: {},
    size: Effect.sync(() => ({ data: sizeOf(file), log: sizeOf(`${file}-wal`) }))
  }
})
