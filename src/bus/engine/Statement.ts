/**
 * Statements whose parameters have names: `$id` in the text, `{ id }` where it is run. Each text is a constant, and its names become
 * numbers (`?1`, which both clients read) once, when it is first run: building a statement each time would cost 0.2 ms a message, and reading
 * all of them at the start takes 5 ms of it.
 */
import type { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { once } from "../../domain/Once.ts"

/** What a parameter can be. */
export type Value = string | number | null

/** A statement with parameters of these names, and the rows that it gives. */
export interface Statement<Names extends string, Row> {
  /** As both engines' clients take it, with numbers for the names. */
  readonly text: string
  /** The values in the order of their numbers. Throws if one is missing, or if one is not a parameter of this statement. */
  readonly parametersOf: (values: Readonly<Record<Names, Value>>) => ReadonlyArray<Value>
  readonly run: (
    sql: SqlClient.SqlClient,
    values: Readonly<Record<Names, Value>>
  ) => Effect.Effect<ReadonlyArray<Row>, SqlError>
}

/** A name, and no path into JSON, which begins with `$.` */
const name = /\$([a-zA-Z]\w*)/g

/** Makes a statement of its text. Give its names as a type, so that a missing or a surplus value does not compile. */
export const statement = <Names extends string = never, Row = unknown>(
  named: string
): Statement<Names, Row> => {
  const read = once(() => {
    const names = [...new Set([...named.matchAll(name)].map(([, found = ""]) => found as Names))]
    return { names, text: named.replace(name, (_, found: Names) => `?${names.indexOf(found) + 1}`) }
  })
  const parametersOf = (values: Readonly<Record<Names, Value>>) => {
    const { names } = read()
    const parameters = names.map((one) => {
      const value = values[one]
      if (value === undefined) throw new Error(`nothing is given for $${one} in: ${named}`)
      return value
    })
    if (Object.keys(values).length !== names.length)
      throw new Error(`more is given than ${names.join(", ")} in: ${named}`)
    return parameters
  }
  return {
    get text() {
      return read().text
    },
    parametersOf,
    run: (sql, values) => sql.unsafe<Row & object>(read().text, parametersOf(values))
  }
}
