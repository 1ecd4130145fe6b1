/**
 * A glance at the bus file by a program that must start fast: one connection, no Effect, nothing made or repaired, and no file of SQLite's
 * left beside it. Whatever is out of the ordinary, such as a file of an older version, is for `SqliteDatabase`.
 */
import { constants, Database } from "bun:sqlite"
import type { Statement, Value } from "../Statement.ts"
import { type BusPaths, besides, isOpen, status } from "./BusPaths.ts"
import { kindFault, ownerFault } from "./PathFaults.ts"

/** Gives the rows of a statement. */
export type Read = <Names extends string, Row>(
  statement: Statement<Names, Row>,
  values: Readonly<Record<Names, Value>>
) => ReadonlyArray<Row>

/** How long a writer is waited for, in milliseconds. */
const busyTimeout = 20

const isFine = (path: string, kind: "folder" | "file"): boolean => {
  const found = status(path)
  if (found === undefined) return kind === "file"
  return (
    kindFault(found, kind === "folder" ? found.isDirectory() : found.isFile(), kind) === undefined &&
    ownerFault(found) === undefined
  )
}

/** What a file that nobody has open is opened as: SQLite then makes nothing beside it. */
const asStill = (file: string) =>
  new Database(
    `file:${encodeURI(file).replaceAll("?", "%3f").replaceAll("#", "%23")}?immutable=1`,
    constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI
  )

/**
 * Looks at the bus. Throws if it can't be looked at in this way.
 *
 * @returns `undefined` if there is none
 */
export const glance = <A>(paths: BusPaths, look: (read: Read) => A): A | undefined => {
  if (status(paths.folder) === undefined || status(paths.database) === undefined) return undefined
  if (
    !isFine(paths.folder, "folder") ||
    ![paths.database, ...besides(paths)].every((path) => isFine(path, "file"))
  )
    throw new Error("the files of the bus are not what they should be")
  const database = isOpen(paths) ? new Database(paths.database, { readonly: true }) : asStill(paths.database)
  try {
    database.run(`PRAGMA busy_timeout = ${busyTimeout}`)
    return look(
      <Names extends string, Row>(
        { parametersOf, text }: Statement<Names, Row>,
        values: Readonly<Record<Names, Value>>
      ) => database.prepare(text).all(...(parametersOf(values) as Array<string>)) as ReadonlyArray<Row>
    )
  } finally {
    database.close()
  }
}
