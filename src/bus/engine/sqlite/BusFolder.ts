/**
 * The folder of the bus, `~/.cc-dm`: private to the user, or refused. Nothing is followed out of it, and
 * what is found too open (1.3.1 left its files readable by everybody) is closed.
 */
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, type Stats } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote } from "../../../domain/Text.ts"
import { type BusPaths, besides, filesBeside, isOpen, removeBeside, status } from "./BusPaths.ts"
import { faultOf, kindFault, ownerFault, readFault } from "./PathFaults.ts"

const refuse = (file: string, problem: string, advice: string) =>
  new BusUnavailable({ file, problem, advice })

/** Throws if `path` can't be trusted with the words of the user's sessions. */
const guard = (path: string, found: Stats, isExpectedKind: boolean, kind: string) => {
  const fault = faultOf(path, found, isExpectedKind, kind)
  if (fault !== undefined) throw refuse(path, fault.problem, fault.advice)
}

const privateFolder = (path: string) => {
  if (status(path) === undefined) mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  guard(path, found, found.isDirectory(), "folder")
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700)
}

/** A file of the bus, closed to others; `undefined`: it is not there. Throws if it can't be trusted. */
export const privateFile = (path: string): Stats | undefined => {
  const found = status(path)
  if (found === undefined) return undefined
  guard(path, found, found.isFile(), "file")
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o600)
  return found
}

/** What to do about what the system refused. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space; cc-dm then goes on by itself.",
  EDQUOT: "Free some space; cc-dm then goes on by itself.",
  EROFS: "It is on a read-only disk: set HOME to a folder that you can write to.",
  EMFILE: "Close some programs, or raise the limit (ulimit -n).",
  ENFILE: "Close some programs: the whole system has too many files open.",
  EIO: "Check the disk."
}

const adviceFor = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return remedies[code] ?? "Check who owns it and its mode."
}

/** Does something with files of the bus. What it throws is a `BusUnavailable`, or becomes one. */
export const secure = <A>(paths: BusPaths, prepare: () => A): Effect.Effect<A, BusUnavailable> =>
  Effect.try({
    try: prepare,
    catch: (cause) =>
      cause instanceof BusUnavailable
        ? cause
        : refuse(paths.folder, `can't be used (${quote(String(cause), 300)})`, adviceFor(cause))
  })

/** Makes sure that the folders of the bus belong to the user alone. Creates what is missing, with mode 0700. */
export const secureFolders = (paths: BusPaths): Effect.Effect<void, BusUnavailable> =>
  secure(paths, () => {
    privateFolder(paths.folder)
    privateFolder(paths.doorbells)
  })

/** Makes sure that a folder within that of the bus is there, and both are the user's alone. */
export const secureFolder = (paths: BusPaths, folder: string): Effect.Effect<void, BusUnavailable> =>
  secure(paths, () => {
    privateFolder(paths.folder)
    privateFolder(folder)
  })

/** Makes sure that one of {@link doorbellFolders} is there, and the user's alone. */
export const secureDoorbells = (paths: BusPaths, folder: string): Effect.Effect<void, BusUnavailable> =>
  folder === paths.doorbells
    ? secureFolders(paths)
    : secure(paths, () => {
        // What is above it is not ours to make.
        if (status(folder) === undefined) mkdirSync(folder, { mode: 0o700 })
        privateFolder(folder)
      })

/**
 * Makes sure that the database and what SQLite keeps beside it belong to the user alone. Creates an empty file if
 * there is none, with mode 0600, which SQLite gives to the files beside it too.
 *
 * @returns the size of the file, in bytes
 */
export const secureDatabase = (paths: BusPaths): Effect.Effect<number, BusUnavailable> =>
  secure(paths, () => {
    // What is there before a file is found missing belongs to one that was removed.
    const beside = filesBeside(paths)
    if (status(paths.database) === undefined) {
      removeBeside(paths, beside)
      closeSync(openSync(paths.database, "a", 0o600))
    }
    for (const path of besides(paths)) privateFile(path)
    return privateFile(paths.database)?.size ?? 0
  })

/** How the bus stands for somebody who only looks. */
export type Sight = "missing" | "still" | "open"

/**
 * Makes sure that looking at the bus follows no link and opens nothing that is no file: SQLite would wait for ever at a pipe.
 * Nothing is repaired. Whether somebody has it open comes from the same look.
 */
export const secureToRead = (paths: BusPaths): Effect.Effect<Sight, BusUnavailable> =>
  secure(paths, () => {
    const look = (path: string, kind: "folder" | "file"): boolean => {
      const found = status(path)
      if (found === undefined) return false
      const isExpectedKind = kind === "folder" ? found.isDirectory() : found.isFile()
      const fault = kindFault(found, isExpectedKind, kind) ?? ownerFault(found) ?? readFault(path, found)
      if (fault !== undefined) throw refuse(path, fault.problem, fault.advice)
      return true
    }
    if (!look(paths.folder, "folder") || !look(paths.database, "file")) return "missing"
    for (const path of besides(paths)) look(path, "file")
    return isOpen(paths) ? "open" : "still"
  })

/** Whether other users may get at a folder that was closed to them: its file system may keep no modes. */
export const isExposed = (folder: string): boolean => {
  if ((lstatSync(folder).mode & 0o077) === 0) return false
  // Other users get past no folder above it that is closed to them.
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above))
    if ((lstatSync(above).mode & 0o011) === 0) return false
  return true
}
