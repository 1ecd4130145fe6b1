/**
 * The numbers of messages. SQLite gives each the next one after the highest that there ever was, so a row by hand with the
 * largest of all would end all writing for good. No row may have a number that JavaScript could not tell from its neighbours; triggers see
 * to that, and if somebody got past them, the rows are given numbers again, and the triggers are put back.
 */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"

/** The highest number that a message may have: 15 digits. */
export const highest = 999_999_999_999_999

/** What the triggers say. */
export const noNumber = "no number of a message"

/** How far new numbers begin above all that stand on the bus: servers remember those of messages that are gone. */
const distance = 1_000_000

const isOutside = (column: string) => `${column} NOT BETWEEN 1 AND ${highest}`

/** SQL for whether a row has a number that its message can be told by. */
export const isNumbered = (column: string) => `${column} BETWEEN 1 AND ${highest}`

/** What keeps such numbers out, also if somebody writes by hand. Part of a migration: it never changes. */
export const numberingTriggers: ReadonlyArray<string> = [
  `CREATE TRIGGER messages_numbered AFTER INSERT ON messages WHEN NEW.id NOT BETWEEN 1 AND 999999999999999 BEGIN
    SELECT RAISE(ABORT, '${noNumber}');
  END`,
  `CREATE TRIGGER messages_renumbered BEFORE UPDATE OF id ON messages WHEN NEW.id NOT BETWEEN 1 AND 999999999999999 BEGIN
    SELECT RAISE(ABORT, '${noNumber}');
  END`
]

/** Whether what was not written may have found no number. SQLite says the same of a disk that is full. */
export const mayLackNumbers = ({ reason: { cause } }: SqlError): boolean =>
  typeof cause === "object" &&
  cause !== null &&
  (("code" in cause && String(cause.code).includes("FULL")) ||
    ("message" in cause && String(cause.message).includes(noNumber)))

/** SQL for whether the next message would find no number, or a row has one that can't be told from others. */
export const isUsedUp = `EXISTS (SELECT 1 FROM messages WHERE ${isOutside("id")})
  OR EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'messages' AND (typeof(seq) <> 'integer' OR seq >= ${highest}))`

/** Whether messages have to be given numbers again. */
export const lacksNumbers = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql.unsafe<{ is: number }>(`SELECT CASE WHEN ${isUsedUp} THEN 1 ELSE 0 END AS "is"`),
    ([row]) => row?.is === 1
  )

const highestOf = (column: string, table: string) =>
  `coalesce((SELECT max(${column}) FROM ${table} WHERE ${isNumbered(column)}), 0)`

const renewed = (column: string) =>
  `(SELECT renewed FROM renumbered WHERE renumbered.number = ${column}) WHERE ${column} IN (SELECT number FROM renumbered)`

/**
 * Gives messages whose numbers can't be used the next ones in their order, with what stands of them elsewhere, and lets the numbers go on
 * behind. Nothing is lost. `false`: there was nothing to repair. For a transaction.
 */
export const renumber = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  if (!(yield* lacksNumbers(sql))) return false
  yield* sql.unsafe("CREATE TEMP TABLE renumbered (number INTEGER PRIMARY KEY, renewed INTEGER NOT NULL)")
  yield* sql.unsafe(`INSERT INTO renumbered
    SELECT id, ${distance} + max(${highestOf("id", "messages")}, ${highestOf("message_id", "receipts")},
      ${highestOf("message_id", "sendings")}) + row_number() OVER (ORDER BY id)
    FROM messages WHERE ${isOutside("id")}`)
  yield* sql.unsafe(`UPDATE OR REPLACE receipts SET message_id = ${renewed("message_id")}`)
  yield* sql.unsafe(`UPDATE sendings SET message_id = ${renewed("message_id")}`)
  yield* sql.unsafe(`UPDATE messages SET id = ${renewed("id")}`)
  yield* sql.unsafe("DELETE FROM sqlite_sequence WHERE name = 'messages'")
  yield* sql.unsafe(`INSERT INTO sqlite_sequence (name, seq) SELECT 'messages',
    coalesce((SELECT max(renewed) FROM renumbered), ${distance} + max(${highestOf("id", "messages")},
      ${highestOf("message_id", "receipts")}, ${highestOf("message_id", "sendings")}))`)
  yield* sql.unsafe("DROP TABLE renumbered")
  for (const trigger of numberingTriggers)
    yield* sql.unsafe(trigger.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"))
  yield* Effect.logWarning(
    "somebody wrote to the bus by hand, so there was no number left for a message: messages were renumbered"
  )
  return true
})
