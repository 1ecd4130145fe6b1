/**
 * Sessions by name or id, for all who look at the same time: in PostgreSQL each statement is a way there and back. There no session can
 * be called by another one's id, and a name stands once.
 */
import { Effect, Exit } from "effect"
import { Settings } from "../../settings/Settings.ts"
import { makeBatcher } from "../engine/Batcher.ts"
import { BusClock } from "../engine/BusClock.ts"
import { isFresh } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { statement } from "../engine/Statement.ts"
import { columns, type SessionRow } from "./SessionRows.ts"

interface FoundRow extends SessionRow {
  /** 1: its heartbeat is fresh. */
  readonly there: number
}

const calledBy = (
  column: "id" | "name"
) => `SELECT ${columns}, CASE WHEN ${isFresh} THEN 1 ELSE 0 END AS there
  FROM (SELECT DISTINCT value FROM json_each(CAST($called AS TEXT))) AS called JOIN sessions ON sessions.${column} = called.value`
const selectAllCalled = statement<"called" | "freshSince", FoundRow>(
  `${calledBy("id")} UNION ALL ${calledBy("name")}`
)

/** Gives a function that finds the sessions that have one of these names or ids. */
export const makeLookUp = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  const { timing } = yield* Settings
  const ask = yield* makeBatcher((asked: ReadonlyArray<ReadonlyArray<string>>) =>
    Effect.gen(function* () {
      const freshSince = yield* clock.iso(-timing.lease)
      const called = JSON.stringify(asked.flat())
      const rows = yield* database.run((sql) => selectAllCalled.run(sql, { called, freshSince }))
      return asked.map((names) =>
        Exit.succeed(rows.filter(({ id, name }) => names.includes(id) || names.includes(name)))
      )
    })
  )
  return (...called: ReadonlyArray<string>) => Effect.flatten(ask(called))
})

/** Who goes by a name or an id, and is there. */
export const calledIn = (rows: ReadonlyArray<FoundRow>, nameOrId: string): SessionRow | undefined =>
  rows.find((row) => row.there === 1 && (row.id === nameOrId || row.name === nameOrId))
