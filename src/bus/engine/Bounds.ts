/**
 * How much is read of what anybody may have written into a row: as much as cc-dm itself ever writes there. The rest is left in the file,
 * so that no row fills the memory of those who read it.
 */

/** The most rows of the roster, and of what waits or is open, that are read at once. */
export const mostRows = 1_000

/** How many bytes are read of a column; in PostgreSQL, characters. */
export const room = {
  /** Ids, times, marks, and what cc-dm has a list of. */
  id: 200,
  /** A name, a role, a project: 64 characters of at most 4 bytes. */
  name: 256,
  /** A key with its mark, sealed or not; labels of a message. */
  key: 2_000,
  path: 4_096,
  /** Why a message was refused; a tool's name. */
  reason: 2_000,
  /** 10,000 characters of at most 4 bytes. */
  content: 40_000,
  /** A list of ids of sessions. */
  list: 60_000
} as const

/**
 * SQL for the text in a column, as far as there is room; what was cut ends in a mark. PostgreSQL reads `BLOB` as text (`PostgresClient`).
 */
export const bounded = (column: string, bytes: number): string =>
  `CASE WHEN length(CAST(${column} AS BLOB)) <= ${bytes} THEN CAST(${column} AS TEXT)
    ELSE CAST(substr(CAST(${column} AS BLOB), 1, ${bytes}) AS TEXT) || '…' END`

/** The same for columns that keep their names. */
export const boundedAs = (bytes: number, ...columns: ReadonlyArray<string>): string =>
  columns.map((column) => `${bounded(column, bytes)} AS ${column}`).join(", ")

/** SQL for how long the text in a column is, in bytes; in PostgreSQL, in characters. */
export const sizeOf = (column: string): string => `length(CAST(${column} AS BLOB))`
