/** Folders of files of ours: compared, copied for the user alone, and removed. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync
} from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { randomToken } from "./System.ts"
import { FileProblem } from "./WholeFiles.ts"

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, FileProblem> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      new FileProblem({
        path,
        problem: `can't be made or changed (${cause instanceof Error ? cause.message : ""})`
      })
  })

/** The files below those of these names that are there, by their paths within the folder. */
const filesIn = (folder: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names
    .filter((name) => existsSync(join(folder, name)))
    .flatMap((name) =>
      statSync(join(folder, name)).isDirectory()
        ? filesIn(
            folder,
            readdirSync(join(folder, name)).map((inner) => join(name, inner))
          )
        : [name]
    )
    .toSorted()

/** Whether the files of these names, and in folders of these names, are the same in both folders. */
export const sameFiles = (
  folder: string,
  other: string,
  names: ReadonlyArray<string>
): Effect.Effect<boolean, FileProblem> =>
  attempt(folder, () => {
    const files = filesIn(folder, names)
    return (
      files.join("\0") === filesIn(other, names).join("\0") &&
      files.every((file) => readFileSync(join(folder, file)).equals(readFileSync(join(other, file))))
    )
  })

/** Copies files into a folder that takes the place of one that may be there, all at once. */
export const copyFiles = (
  from: string,
  to: string,
  names: ReadonlyArray<string>
): Effect.Effect<void, FileProblem> =>
  attempt(to, () => {
    const scratch = `${dirname(to)}/.new-${randomToken()}`
    try {
      for (const file of filesIn(from, names)) {
        const target = join(scratch, file)
        mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
        copyFileSync(join(from, file), target)
        chmodSync(target, (statSync(join(from, file)).mode & 0o100) === 0 ? 0o600 : 0o700)
      }
      if (existsSync(to)) {
        const old = `${dirname(to)}/.old-${randomToken()}`
        renameSync(to, old)
        renameSync(scratch, to)
        rmSync(old, { recursive: true, force: true })
      } else renameSync(scratch, to)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })

/** Lets a link lead to a place, from one moment to the next. */
export const pointTo = (link: string, target: string): Effect.Effect<void, FileProblem> =>
  attempt(link, () => {
    const scratch = `${link}.${randomToken()}`
    symlinkSync(target, scratch)
    renameSync(scratch, link)
  })

/** What is in a folder; nothing if it is not there. */
export const namesIn = (folder: string): Effect.Effect<ReadonlyArray<string>, FileProblem> =>
  attempt(folder, () => (existsSync(folder) ? readdirSync(folder) : []))

/** Removes what is there, with all that is in it. */
export const removeAll = (path: string): Effect.Effect<void, FileProblem> =>
  attempt(path, () => rmSync(path, { recursive: true, force: true }))

/** Whether something is there. */
export const isThere = (path: string): Effect.Effect<boolean> => Effect.sync(() => existsSync(path))
