/**
 * Names, roles and project tags. One function normalises all of them, wherever they come from: a tool
 * call, a variable, an entry of a list. So "Night Intern" and "night-intern" are the same name everywhere.
 */
import { Result, Schema } from "effect"
import { normalise } from "./Normalise.ts"
import { remembering } from "./Once.ts"
import { skeleton } from "./Skeleton.ts"
import { quote, spelledOut } from "./Text.ts"

export { normalise } from "./Normalise.ts"

/** The most characters (code points) that a name, a role or a project tag may have. */
export const maxNameLength = 64

/** So many names are kept as they were read: each message names its two ends several times. */
const mostKept = 500

/** Names that would be mistaken for the tool itself or for everybody. */
export const reservedNames: ReadonlyArray<string> = ["cc-dm", "all"]

/**
 * Names that would be mistaken for the user, for Claude Code or for cc-dm, with whatever stands between their letters. Versions
 * before 2.1.0 gave them away: a session that has one keeps it, and none takes one anew.
 */
const reservedAnew: ReadonlyArray<string> = ["cc-dm", "user", "system", "human"]

/**
 * The characters of a name. Some letters and marks show nothing, such as the Hangul fillers. A mark stands on a letter, as vowels do in many
 * scripts: on nothing else, not twice in a row, and no more than four that take no room of their own, as UTS #39 (5.4) has it.
 */
const tagPattern =
  /^(?!.*(\p{Mn})\1)(?!.*\p{Mn}{5})(?!.*\p{Default_Ignorable_Code_Point})(?:\p{L}[\p{Mn}\p{Mc}]*|[\p{Nd}\-_./])+$/u
const sessionIdPattern = /^session-[0-9a-f]{12}$/u

/** A normalised role or project tag: 1 to 64 letters and digits of any script, `-`, `_`, `.` and `/`. */
export const Tag = Schema.String.check(
  Schema.isPattern(tagPattern),
  Schema.isMaxCodePoints(maxNameLength),
  Schema.makeFilter((text) => text === normalise(text) || "must be normalised")
).pipe(Schema.brand("Tag"))
export type Tag = typeof Tag.Type

/**
 * A normalised session name: a {@link Tag} that is not reserved, and does not look as if it were. It may be one that only those
 * have who had it before it was reserved.
 */
export const Name = Tag.check(Schema.makeFilter<Tag>((tag) => whyReserved(tag) ?? true)).pipe(
  Schema.brand("Name")
)
export type Name = typeof Name.Type

/** The id of a session: `session-` and 12 hexadecimal digits. It routes messages; names are for people. */
export const SessionId = Schema.String.check(Schema.isPattern(sessionIdPattern)).pipe(
  Schema.brand("SessionId")
)
export type SessionId = typeof SessionId.Type
export const isSessionId = (text: unknown): text is SessionId =>
  typeof text === "string" && sessionIdPattern.test(text)

const isTagText = Schema.is(Tag)

/** The skeletons of the digits 0 and 1 are the letters that they look like. */
const sessionIdSkeleton = /^session-[ol2-9a-f]{12}$/

/** Why a name is kept from everybody; `undefined`: it is not. */
const whyReserved = (name: string): string | undefined => {
  if (reservedNames.includes(name) || sessionIdPattern.test(name))
    return `must not be ${quote(name)}, which is reserved`
  const shape = skeleton(name)
  const reserved = reservedNames.find((one) => skeleton(one) === shape)
  if (reserved === undefined && !sessionIdSkeleton.test(shape)) return undefined
  const what = reserved === undefined ? "the id of a session" : `${quote(reserved)}, which is reserved`
  return `must not look like ${what}, as ${spelledOut(name)} does`
}

const lettersOf = (name: string) => skeleton(name).replace(/[-_./]/g, "")

const reservedLetters = new Map(reservedAnew.map((name) => [lettersOf(name), name]))

/** Why nobody takes a name anew, though somebody may have it from before; `undefined`: anybody may take it. */
export const whyNotAnew: (name: Name) => string | undefined = remembering(mostKept, (name) => {
  const reserved = reservedLetters.get(lettersOf(name))
  if (reserved === undefined) return undefined
  return reserved === name
    ? `must not be ${quote(name)}, which is reserved`
    : `must not look like ${quote(reserved)}, which is reserved, as ${spelledOut(name)} does`
})

/**
 * Reads a role or a project tag.
 *
 * @returns the normalised tag, or a sentence that says what is wrong with it
 */
export const parseTag = remembering(mostKept, (raw): Result.Result<Tag, string> => {
  const text = normalise(raw)
  if (isTagText(text)) return Result.succeed(text)
  if (text === "") return Result.fail("must not be empty")
  if ([...text].length > maxNameLength) return Result.fail(`must have at most ${maxNameLength} characters`)
  return Result.fail(
    `may hold only letters with their marks, digits, "-", "_", "." and "/", and ${quote(raw)} holds something else`
  )
})

/**
 * Reads a name that a session may have, also one that only those have who had it before it was reserved.
 *
 * @returns the normalised name, or a sentence that says what is wrong with it
 */
export const parseHeldName = remembering(
  mostKept,
  (raw): Result.Result<Name, string> =>
    Result.flatMap(parseTag(raw), (tag) => {
      const why = whyReserved(tag)
      return why === undefined ? Result.succeed(Name.make(tag)) : Result.fail(why)
    })
)

/**
 * Reads a session name that is to be taken.
 *
 * @returns the normalised name, or a sentence that says what is wrong with it
 */
export const parseName = (raw: string): Result.Result<Name, string> =>
  Result.flatMap(parseHeldName(raw), (name) => {
    const why = whyNotAnew(name)
    return why === undefined ? Result.succeed(name) : Result.fail(why)
  })

const readable = (parse: (raw: string) => Result.Result<unknown, string>) =>
  Schema.makeFilter<string>((raw) => {
    const result = parse(raw)
    return Result.isSuccess(result) || result.failure
  })

/** A check of text that {@link parseHeldName} reads: a name in any spelling. */
export const readsAsName = readable(parseHeldName)

/** A check of text that {@link parseTag} reads: a role or a project tag in any spelling. */
export const readsAsTag = readable(parseTag)
