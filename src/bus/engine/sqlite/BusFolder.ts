/**
 * The folder of the bus, `~/.cc-dm`: private to the user, or refused. Nothing is followed out of it, and
 * what is found too open (1.3.1 left its files readable by everybody) is closed.
 */
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statfsSync,
  unlinkSync,
  writeFileSync
} from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { BusUnavailable } from "../../../domain/Errors.ts"
import { quote, worded } from "../../../domain/Text.ts"
import { randomHex, runtimeFolders, sha256, userId } from "../../../platform/Platform.ts"

/** Where the parts of the bus are. */
export interface BusPaths {
  readonly folder: string
  readonly database: string
  readonly doorbells: string
  /** What the proofs of this bus are made with. */
  readonly secret: string
}

export const busPaths = (folder: string): BusPaths => ({
  folder,
  database: `${folder}/bus.db`,
  doorbells: `${folder}/doorbell`,
  secret: `${folder}/secret`
})

const status = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false })

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

/** `-journal` is there while another program writes without the log. */
const besides = (paths: BusPaths): ReadonlyArray<string> =>
  ["-wal", "-shm", "-journal"].map((suffix) => paths.database + suffix)

/** Which files SQLite keeps beside the database now. */
export const filesBeside = (paths: BusPaths): ReadonlyArray<string> => besides(paths).map(identityOf)

/** Which file is SQLite's log now; empty: none. */
export const logOf = (paths: BusPaths): string => identityOf(`${paths.database}-wal`)

/**
 * Removes what SQLite kept beside a database that stands there no more: it would take it for that of the next one, and
 * damage it. Only the files that are named are removed; whoever has them open goes on with them.
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

const refuse = (file: string, problem: string, advice: string) =>
  new BusUnavailable({ file, problem, advice })

/** What is wrong with a part of the bus, and what to do. */
export interface Fault {
  readonly problem: string
  readonly advice: string
}

const kindFault = (found: Stats, isRight: boolean, kind: string): Fault | undefined => {
  if (found.isSymbolicLink())
    return {
      problem: "is a link to elsewhere",
      advice: `Replace it with a ${kind} of your own, or remove it.`
    }
  return isRight ? undefined : { problem: `is not a ${kind}`, advice: "Move it away." }
}

const ownerFault = (found: Stats): Fault | undefined =>
  userId !== undefined && found.uid !== userId
    ? { problem: "belongs to another user", advice: "Move it away, or make it yours." }
    : undefined

/** A folder has to be entered, too. */
const readFault = (path: string, found: Stats): Fault | undefined => {
  const needed = constants.S_IRUSR | (found.isDirectory() ? constants.S_IXUSR : 0)
  return (found.mode & needed) === needed
    ? undefined
    : {
        problem: "can't be read",
        advice: `Make it yours to read and write: chmod u+rw${found.isDirectory() ? "x" : ""} ${worded(path)}`
      }
}

/** Why `path` can't be trusted with the words of the user's sessions. */
const faultOf = (path: string, found: Stats, isRight: boolean, kind: string): Fault | undefined => {
  const fault = kindFault(found, isRight, kind) ?? ownerFault(found)
  if (fault !== undefined) return fault
  const needed = found.isDirectory() ? constants.S_IRWXU : constants.S_IRUSR | constants.S_IWUSR
  if ((found.mode & needed) === needed) return undefined
  return (
    readFault(path, found) ?? {
      problem: "is read-only",
      advice: `Make it writable: chmod u+w ${worded(path)}`
    }
  )
}

/** Throws where `path` can't be trusted with the words of the user's sessions. */
const guard = (path: string, found: Stats, isRight: boolean, kind: string) => {
  const fault = faultOf(path, found, isRight, kind)
  if (fault !== undefined) throw refuse(path, fault.problem, fault.advice)
}

const privateFolder = (path: string) => {
  if (status(path) === undefined) mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  guard(path, found, found.isDirectory(), "folder")
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700)
}

const privateFile = (path: string): Stats | undefined => {
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
  EROFS: "It stands on a disk that nobody may write to: set HOME to a folder of yours that can be written.",
  EMFILE: "Close some programs, or raise the limit (ulimit -n).",
  ENFILE: "Close some programs: the whole system has too many files open.",
  EIO: "Check the disk."
}

const adviceFor = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return remedies[code] ?? "Check who owns it and its mode."
}

const secure = <A>(paths: BusPaths, prepare: () => A): Effect.Effect<A, BusUnavailable> =>
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

/**
 * Where doorbells may be: in the folder of the bus, and, where that can't hold a socket, in a folder that belongs to this bus alone. Whoever
 * rings looks into all of them, since its own environment may name others first.
 */
export const doorbellFolders = (paths: BusPaths): ReadonlyArray<string> => {
  try {
    const bus = sha256(realpathSync(paths.folder)).slice(0, 16)
    const name = `cc-dm-${userId ?? "user"}-${bus}`
    return [paths.doorbells, ...new Set(runtimeFolders.map((folder) => `${folder}/${name}`))]
  } catch {
    return [paths.doorbells]
  }
}

/** Makes sure that one of {@link doorbellFolders} is there, and the user's alone. */
export const secureDoorbells = (paths: BusPaths, folder: string): Effect.Effect<void, BusUnavailable> =>
  folder === paths.doorbells
    ? secureFolders(paths)
    : secure(paths, () => {
        // What is above it is not ours to make.
        if (status(folder) === undefined) mkdirSync(folder, { mode: 0o700 })
        privateFolder(folder)
      })

/** Whether a folder is there, and the user's alone. */
export const isPrivateFolder = (path: string): boolean => {
  try {
    const found = lstatSync(path)
    return found.isDirectory() && found.uid === (userId ?? found.uid) && (found.mode & 0o077) === 0
  } catch {
    return false
  }
}

/**
 * Makes sure that the database and what SQLite keeps beside it belong to the user alone. Creates an empty file where
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
 * Nothing is mended. Whether somebody has it open comes from the same look.
 */
export const secureToRead = (paths: BusPaths): Effect.Effect<Sight, BusUnavailable> =>
  secure(paths, () => {
    const look = (path: string, kind: "folder" | "file"): boolean => {
      const found = status(path)
      if (found === undefined) return false
      const isRight = kind === "folder" ? found.isDirectory() : found.isFile()
      const fault = kindFault(found, isRight, kind) ?? ownerFault(found) ?? readFault(path, found)
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
  // Nobody gets past a folder above it that lets nobody else in.
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above))
    if ((lstatSync(above).mode & 0o011) === 0) return false
  return true
}

/** A part of the bus, as somebody finds it who only looks. */
export interface Part {
  readonly path: string
  readonly size: number
  readonly fault: Fault | undefined
}

/** Looks at one part; `undefined` where there is none. Nothing is followed and nothing is mended. */
const lookAt = (path: string, kind: "folder" | "file"): Part | undefined => {
  const found = status(path)
  if (found === undefined) return undefined
  const isRight = kind === "folder" ? found.isDirectory() : found.isFile()
  const right = kind === "folder" ? "700" : "600"
  const open =
    (found.mode & 0o077) === 0
      ? undefined
      : {
          problem: `is open to other users (mode ${(found.mode & 0o777).toString(8)})`,
          advice: `chmod ${right} ${worded(path)} (the next session that starts does it, too). Where it stays open its file system keeps no modes: mount that for you alone (umask=077), or have your home folder elsewhere.`
        }
  return { path, size: found.size, fault: faultOf(path, found, isRight, kind) ?? open }
}

/** The parts of the bus that are there, as far as its folder can be entered. */
export const lookAtParts = (paths: BusPaths): ReadonlyArray<Part> => {
  const parts: ReadonlyArray<readonly [string, "folder" | "file"]> = [
    [paths.folder, "folder"],
    [paths.doorbells, "folder"],
    [paths.database, "file"],
    ...besides(paths).map((path) => [path, "file"] as const),
    [paths.secret, "file"]
  ]
  const found: Array<Part> = []
  for (const [path, kind] of parts)
    try {
      const part = lookAt(path, kind)
      if (part !== undefined) found.push(part)
    } catch (cause) {
      // What is wrong with the folder says it all.
      if (found.some(({ fault }) => fault !== undefined)) continue
      const fault = {
        problem: `can't be looked at (${quote(String(cause), 300)})`,
        advice: "Check who owns the folder, and its mode."
      }
      found.push({ path, size: 0, fault })
    }
  return found
}

/** Whether the folder of the bus can be made where there is none. */
export const canBeMade = (paths: BusPaths): boolean => {
  try {
    accessSync(dirname(paths.folder), constants.W_OK | constants.X_OK)
    return true
  } catch {
    // A home that is not there is made, too.
    return identityOf(dirname(paths.folder)) === ""
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

/** The room that is left on the disk of the bus, or of the nearest folder above it that is there, in bytes. */
export const freeSpace = (paths: BusPaths): number | undefined => {
  for (const path of [paths.folder, dirname(paths.folder)])
    try {
      const { bavail, bsize } = statfsSync(path)
      return bavail * bsize
    } catch {
      // It is not there.
    }
  return undefined
}

const secretForm = /^[0-9a-f]{64}$/

/** The secret of the bus; `undefined`: it has none yet. */
export const readSecret = (paths: BusPaths): Effect.Effect<string | undefined, BusUnavailable> =>
  secure(paths, () => {
    if (privateFile(paths.secret) === undefined) return undefined
    const text = readFileSync(paths.secret, "utf8").trim()
    if (secretForm.test(text)) return text
    throw refuse(paths.secret, "is damaged", "Remove it; cc-dm then makes a new one.")
  })

/** The secret of the bus, which is made where there is none. Of servers that start together, all get the same. */
export const secretOf = Effect.fnUntraced(function* (paths: BusPaths) {
  const found = yield* readSecret(paths)
  if (found !== undefined) return found
  yield* secureFolders(paths)
  const draft = `${paths.secret}.${yield* randomHex(6)}`
  const text = yield* randomHex(32)
  yield* secure(paths, () => {
    try {
      writeFileSync(draft, `${text}\n`, { flag: "wx", mode: 0o600 })
      // A link appears with all that is in it, and never takes the place of another server's.
      linkSync(draft, paths.secret)
    } catch (cause) {
      if (status(paths.secret) === undefined) throw cause
    } finally {
      rmSync(draft, { force: true })
    }
  })
  return (yield* readSecret(paths)) ?? text
})
