/** Looks at the rows of a bus, and writes them, past everything that cc-dm has: as people do, and servers of 1.3.1. */
import { Effect, type Scope } from "effect"
import { sqlite } from "./bus.ts"
import { watchedStatement } from "./clock.ts"
import { lentBusOf } from "./engine.ts"
import { asKept } from "./underTest.ts"

type Value = string | number | null | Uint8Array

/** Statements are such that both engines read them. One that is refused is a defect. */
export interface Outsider {
  readonly all: <Row extends object = Readonly<Record<string, unknown>>>(
    text: string,
    ...values: ReadonlyArray<Value>
  ) => Effect.Effect<ReadonlyArray<Row>>
  readonly run: (text: string, ...values: ReadonlyArray<Value>) => Effect.Effect<void>
}

const inFile = (home: string): Effect.Effect<Outsider, never, Scope.Scope> =>
  Effect.map(sqlite(home), (database) => ({
    all: <Row>(text: string, ...values: ReadonlyArray<Value>) =>
      Effect.sync(() => database.query<Row, Array<Value>>(text).all(...values)),
    // Another process never writes in the very moment in which a session reads.
    run: (text, ...values) => Effect.promise(async () => void database.query(text).run(...values))
  }))

const kept = (value: Value) => (typeof value === "string" ? asKept(value) : value)

/** In a file every session sees that another has written. Here each is rung, before and after it was on the roster. */
const ringAll = "SELECT pg_notify(channel_of(id), '') FROM sessions"

/** The bus under `home`, which has to be there. */
export const outsider = (home: string): Effect.Effect<Outsider, never, Scope.Scope> => {
  const bus = lentBusOf(home)
  if (bus === undefined) return inFile(home)
  const { sql } = bus
  return Effect.succeed({
    all: <Row extends object>(text: string, ...values: ReadonlyArray<Value>) =>
      Effect.orDie(sql.unsafe<Row>(text, values)),
    run: (text, ...values) =>
      Effect.all([sql.unsafe(ringAll), sql.unsafe(text, values.map(kept)), sql.unsafe(ringAll)], {
        discard: true
      }).pipe(sql.withTransaction, watchedStatement, Effect.orDie)
  })
}
