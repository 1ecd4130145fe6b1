/** Lists as one parameter, so that a statement's text does not change with their length. */
import type * as SqlClient from "effect/sql/SqlClient"

const before = "(SELECT DISTINCT CAST(value AS BIGINT) FROM json_each(CAST("
const behind = " AS TEXT)))"

/**
 * The numbers of a JSON array. Both engines know `json_each`: see `postgres/Schema.ts`. `DISTINCT` has PostgreSQL make them first:
 * whatever it does not know to be harmless it keeps away from an index of rows that not everybody may see.
 */
export const listed = (parameter: string) => `${before}${parameter}${behind}`

/** The same as a part of a statement. */
export const numbersOf = (sql: SqlClient.SqlClient, numbers: ReadonlyArray<number>) =>
  sql`${sql.literal(before)}${JSON.stringify(numbers)}${sql.literal(behind)}`
