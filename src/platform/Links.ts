/** Links in folders of the user's: looked at, made and removed. What is no link is never touched. */
import { lstatSync, mkdirSync, readlinkSync, symlinkSync, unlinkSync } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { FileProblem } from "./WholeFiles.ts"

/** What stands at a path: a link and where it leads, something else, or nothing. */
export type FoundLink = { readonly leadsTo: string } | "something else" | undefined

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, FileProblem> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      cause instanceof FileProblem
        ? cause
        : new FileProblem({
            path,
            problem: `can't be made or changed (${cause instanceof Error ? cause.message : ""})`
          })
  })

const lookAt = (path: string): FoundLink => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  return found.isSymbolicLink() ? { leadsTo: readlinkSync(path) } : "something else"
}

/** What stands at a path. */
export const linkAt = (path: string): Effect.Effect<FoundLink, FileProblem> =>
  attempt(path, () => lookAt(path))

/** Makes a link, and the folders above it. Fails if anything stands there. */
export const makeLink = (path: string, target: string): Effect.Effect<void, FileProblem> =>
  attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path)
  })

/** Removes a link, if it still leads there. */
export const removeLink = (path: string, target: string): Effect.Effect<void, FileProblem> =>
  attempt(path, () => {
    const found = lookAt(path)
    if (typeof found === "object" && found.leadsTo === target) unlinkSync(path)
  })
