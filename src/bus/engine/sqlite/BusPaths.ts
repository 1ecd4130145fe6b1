/** Where the parts of the bus are, and which files stand there. */
import { lstatSync, readdirSync, realpathSync, type Stats, unlinkSync } from "node:fs"
import { runtimeFoldersFor } from "../../../platform/System.ts"

/** Where the parts of the bus are. */
export interface BusPaths {
  readonly folder: string
  readonly database: string
  readonly doorbells: string
  /** What the proofs of this bus are made with. */
  readonly secret: string
}

/** The parts of the bus in a folder. */
export const busPaths = (folder: string): BusPaths => ({
  folder,
  database: `${folder}/bus.db`,
  doorbells: `${folder}/doorbell`,
  secret: `${folder}/secret`
})

/** What stands at a path, links not followed; `undefined`: nothing. */
export const status = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false })

/** Which file stands at a path, whatever its name is later; empty: none. */
export const identityOf = (path: string): string => {
  try {
    const found = status(path)
    return found === undefined ? "" : `${found.dev}:${found.ino}`
  } catch {
    return ""
  }
}

/** Whether there is a bus, as far as its folder can be entered. */
export const isThere = (paths: BusPaths): boolean => identityOf(paths.database) !== ""

/** What SQLite keeps beside the database. `-journal` is there while another program writes without the log. */
export const besides = (paths: BusPaths): ReadonlyArray<string> =>
  ["-wal", "-shm", "-journal"].map((suffix) => paths.database + suffix)

/** Which files SQLite keeps beside the database now. */
export const filesBeside = (paths: BusPaths): ReadonlyArray<string> => besides(paths).map(identityOf)

/** Which file is SQLite's log now; empty: none. */
export const logOf = (paths: BusPaths): string => identityOf(`${paths.database}-wal`)

/**
 * Removes what SQLite kept beside a database that stands there no more: it would take it for that of the next one, and
 * damage it. Only the files that are named are removed; a server that has them open goes on with them.
 */
export const removeBeside = (paths: BusPaths, files: ReadonlyArray<string>): void => {
  for (const path of besides(paths)) {
    const found = identityOf(path)
    if (found !== "" && files.includes(found)) unlinkSync(path)
  }
}

/**
 * Whether anybody has the bus open, or left it without closing it: SQLite's log is there for as long, or its journal, in a file
 * that no version 2 server has had yet.
 */
export const isOpen = (paths: BusPaths): boolean =>
  logOf(paths) !== "" || identityOf(`${paths.database}-journal`) !== ""

/** How much there is to read, in bytes. */
export const sizeOf = (paths: BusPaths): number =>
  [paths.database, `${paths.database}-wal`].reduce((sum, path) => sum + (status(path)?.size ?? 0), 0)

/**
 * Where doorbells may be: in the folder of the bus, and, if that can't hold a socket, in a folder that belongs to this bus alone. All of
 * them are looked into to ring, since the ringer's own environment may name others first.
 */
export const doorbellFolders = (paths: BusPaths): ReadonlyArray<string> => {
  try {
    return [paths.doorbells, ...runtimeFoldersFor("cc-dm", realpathSync(paths.folder))]
  } catch {
    return [paths.doorbells]
  }
}

/** The sockets of doorbells, and whose they are. */
export const doorbellsIn = (
  paths: BusPaths
): ReadonlyArray<{ readonly id: string; readonly folder: string; readonly path: string }> =>
  doorbellFolders(paths).flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((file) => file.endsWith(".sock"))
        .map((file) => ({ id: file.slice(0, -".sock".length), folder, path: `${folder}/${file}` }))
    } catch {
      return []
    }
  })
