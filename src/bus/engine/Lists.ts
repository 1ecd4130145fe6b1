/**
 * SQL for the numbers of a JSON array: a list is one parameter, so that a statement's text does not change with its length. Both engines
 * know `json_each`: see `postgres/Schema.ts`. `DISTINCT` has PostgreSQL make them first: what it does not know to be harmless it keeps
 * away from an index of rows that not every user may see.
 */
export const listed = (parameter: string) =>
  `(SELECT DISTINCT CAST(value AS BIGINT) FROM json_each(CAST(${parameter} AS TEXT)))`
