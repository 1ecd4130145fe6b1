/**
 * Files that other programs read, replaced as a whole or not at all: a new file takes the old one's name. Links are followed, modes and
 * owners are kept, and what somebody else has written meanwhile is not lost.
 */
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync
} from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { Effect, Predicate, Schema } from "effect"
import { worded } from "../domain/Text.ts"
import { randomToken } from "./System.ts"

/** A file or a folder can't be read, written or removed. */
export class FileProblem extends Schema.TaggedError<FileProblem>()("FileProblem", {
  path: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${worded(this.path)} ${this.problem}`
  }
}

/** More than any file of settings has, in bytes. */
const largest = 8 * 1024 * 1024

const mostLinks = 40

/** A file as it was found. */
export interface FoundFile {
  readonly text: string
  /** Where it is, behind all links. */
  readonly target: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

const sentences: Readonly<Record<string, string>> = {
  EACCES: "can't be reached: you have no right to",
  EPERM: "can't be changed: you have no right to",
  ENOSPC: "can't be written: the disk is full",
  EDQUOT: "can't be written: the disk is full",
  EROFS: "stands on a disk that nobody may write to",
  ENOTDIR: "can't be there: a part of its path is no folder",
  ELOOP: "is a link that leads to itself"
}

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

const problemOf = (path: string, cause: unknown): FileProblem =>
  cause instanceof FileProblem
    ? cause
    : new FileProblem({ path, problem: sentences[codeOf(cause)] ?? `can't be used (${codeOf(cause)})` })

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, FileProblem> =>
  Effect.try({ try: run, catch: (cause) => problemOf(path, cause) })

const statusOf = (path: string) => lstatSync(path, { throwIfNoEntry: false })

/** Where a path leads, also where nothing is there yet: a link may be there before its file. */
const targetOf = (path: string): string => {
  let at = path
  for (let links = 0; statusOf(at)?.isSymbolicLink(); links++) {
    if (links === mostLinks) throw new FileProblem({ path, problem: sentences["ELOOP"] ?? "" })
    at = resolve(dirname(at), readlinkSync(at))
  }
  return at
}

const readNow = (path: string): FoundFile | undefined => {
  const target = targetOf(path)
  if (statusOf(target) === undefined) return undefined
  // A pipe of that name must not keep this process waiting.
  const file = openSync(target, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new FileProblem({ path, problem: "is not a file" })
    if (found.size > largest) throw new FileProblem({ path, problem: "is too large for a file of settings" })
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
    return { text, target, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid }
  } catch (cause) {
    throw cause instanceof TypeError
      ? new FileProblem({ path, problem: "holds bytes that are no UTF-8 text" })
      : cause
  } finally {
    closeSync(file)
  }
}

/** A file of text behind any links; `undefined`: there is none. */
export const readWhole = (path: string): Effect.Effect<FoundFile | undefined, FileProblem> =>
  attempt(path, () => readNow(path))

/** Fails if a file is not as it was found. */
const refuseIfChanged = (path: string, found: FoundFile | undefined) => {
  const now = readNow(path)
  if (now?.text !== found?.text || now?.target !== found?.target)
    throw new FileProblem({ path, problem: "was changed by another program just now: run this again" })
}

/** Fails if a file can't be written to. What is read-only is so on purpose, though its folder would let it be replaced. */
export const checkWritable = (path: string, found: FoundFile | undefined): Effect.Effect<void, FileProblem> =>
  attempt(path, () => {
    const target = found?.target ?? targetOf(path)
    if (found !== undefined && !mayWrite(target)) throw new FileProblem({ path, problem: "is read-only" })
    const folder = nearestFolder(dirname(target))
    if (!mayWrite(folder))
      throw new FileProblem({ path, problem: `can't be written: you may not write to ${worded(folder)}` })
  })

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The folder itself, or the first one above it that is there. */
const nearestFolder = (folder: string): string => {
  const found = statusOf(folder)
  return found !== undefined || folder === dirname(folder) ? folder : nearestFolder(dirname(folder))
}

/** The folders above a path that are missing, the outermost first. */
export const missingFolders = (path: string): Effect.Effect<ReadonlyArray<string>, FileProblem> =>
  attempt(path, () => {
    const missing: Array<string> = []
    for (let at = dirname(targetOf(path)); statusOf(at) === undefined; at = dirname(at)) missing.unshift(at)
    return missing
  })

/**
 * Replaces a file, or creates it with its folders, private to the user. Fails, and changes nothing, if it is not as it was found any
 * more.
 */
export const replaceFile = (
  path: string,
  text: string,
  found: FoundFile | undefined,
  mode = found?.mode ?? 0o600
): Effect.Effect<void, FileProblem> =>
  attempt(path, () => {
    const target = found?.target ?? targetOf(path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    const scratch = `${dirname(target)}/.${basename(target)}.${randomToken()}`
    const file = openSync(scratch, "wx", 0o600)
    try {
      try {
        writeFileSync(file, text)
        if (found !== undefined) keepOwner(file, found)
        fchmodSync(file, mode)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      refuseIfChanged(path, found)
      renameSync(scratch, target)
    } catch (cause) {
      unlinkSync(scratch)
      throw cause
    }
  })

const keepOwner = (file: number, { gid, uid }: FoundFile) => {
  const made = fstatSync(file)
  if (made.uid === uid && made.gid === gid) return
  try {
    fchownSync(file, uid, gid)
  } catch {
    // Only root may give files away; the new one is then the user's who asked for it.
  }
}

/** Removes a file that is still as it was found. A link to it stays. */
export const removeWhole = (path: string, found: FoundFile): Effect.Effect<void, FileProblem> =>
  attempt(path, () => {
    refuseIfChanged(path, found)
    unlinkSync(found.target)
  })

/** Removes those of some folders that are empty, the innermost first. */
export const removeEmptyFolders = (folders: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const folder of folders.toReversed())
      try {
        rmdirSync(folder)
      } catch {
        // Somebody has put something there, or it is gone.
      }
  })
