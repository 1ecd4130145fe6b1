/**
 * Comma-separated lists of names or roles. Entries are read by the same functions as names are, so a list
 * and a name can't differ in spelling alone.
 */
import { Result } from "effect"
import { type Name, parseHeldName, parseTag, type Tag } from "./Name.ts"

/**
 * A list as read. `entries` is `undefined` if nothing was listed, which means no limit. A list whose
 * entries were all wrong is an empty set: as an allow list it lets nobody in.
 */
export interface NameList<Entry extends string> {
  readonly entries: ReadonlySet<Entry> | undefined
  /** What was wrong with the entries that are left out, one sentence each. */
  readonly problems: ReadonlyArray<string>
}

const parseList = <Entry extends string>(
  raw: string,
  parse: (entry: string) => Result.Result<Entry, string>
): NameList<Entry> => {
  const parts = raw.split(",").filter((part) => part.trim() !== "")
  if (parts.length === 0) return { entries: undefined, problems: [] }
  const read = parts.map(parse)
  return {
    entries: new Set(read.filter(Result.isSuccess).map((entry) => entry.success)),
    problems: read.filter(Result.isFailure).map((entry) => `an entry ${entry.failure}`)
  }
}

/** Reads a comma-separated list of session names. Total: what is wrong with an entry is said in `problems`. */
export const parseNameList = (raw: string): NameList<Name> => parseList(raw, parseHeldName)

/** Stands in a list of projects for those who have none; no project can be called so. */
export const noProject = "@none"

/** Reads a comma-separated list of projects, and `@none`. Total: what is wrong with an entry is said in `problems`. */
export const parseProjectList = (raw: string): NameList<Tag | typeof noProject> =>
  parseList<Tag | typeof noProject>(raw, (entry) =>
    entry.trim().toLowerCase() === noProject ? Result.succeed(noProject) : parseTag(entry)
  )

/** Reads a comma-separated list of roles. Total: what is wrong with an entry is said in `problems`. */
export const parseRoleList = (raw: string): NameList<Tag> => parseList(raw, parseTag)
