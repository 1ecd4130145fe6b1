/** A file that is written for the user, whole or not at all, and private: nothing is written over that was not meant to be. */
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync
} from "node:fs"
import { basename, dirname, resolve } from "node:path"
import { Effect, Exit, Predicate } from "effect"
import { randomToken } from "./System.ts"
import { FileProblem } from "./WholeFiles.ts"

const sentences: Readonly<Record<string, string>> = {
  EACCES: "can't be written: you have no right to",
  EPERM: "can't be written: you have no right to",
  EEXIST: "is there already: choose another name, or replace it with --force",
  EISDIR: "is a folder: name a file in it",
  ENOENT: "can't be written: its folder is not there",
  ENOTDIR: "can't be there: a part of its path is no folder",
  ENOSPC: "can't be written: the disk is full",
  EROFS: "stands on a disk that nobody may write to"
}

const problemOf = (path: string, cause: unknown): FileProblem => {
  if (cause instanceof FileProblem) return cause
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""
  return new FileProblem({ path, problem: sentences[code] ?? `can't be written (${code})` })
}

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, FileProblem> =>
  Effect.try({ try: run, catch: (cause) => problemOf(path, cause) })

/** Where the text is written: what is replaced stays until the new one is whole. */
const open = (path: string, replace: boolean) => {
  const target = resolve(path)
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory())
    throw new FileProblem({ path, problem: sentences["EISDIR"] ?? "" })
  const written = replace ? `${dirname(target)}/.${basename(target)}.${randomToken()}` : target
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  return { file: openSync(written, flags, 0o600), target, written }
}

/**
 * Writes a file that only the user can read, piece by piece. If the writing fails, nothing of it is left.
 *
 * @param replace whether a file of that name may be replaced
 */
export const writeNewFile = <A, E, R>(
  path: string,
  replace: boolean,
  body: (write: (text: string) => Effect.Effect<void, FileProblem>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | FileProblem, R> =>
  Effect.acquireUseRelease(
    attempt(path, () => open(path, replace)),
    ({ file, target, written }) =>
      Effect.tap(
        body((text) =>
          attempt(path, () => {
            const bytes = Buffer.from(text)
            for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
          })
        ),
        () =>
          attempt(path, () => {
            fsyncSync(file)
            if (replace) renameSync(written, target)
          })
      ),
    ({ file, written }, exit) =>
      Effect.sync(() => {
        closeSync(file)
        if (Exit.isSuccess(exit)) return
        try {
          unlinkSync(written)
        } catch {
          // It is gone, or took the other one's place.
        }
      })
  )
