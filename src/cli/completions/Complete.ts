/** What may stand at the end of a command line: worked out from the commands as they are, and from what is on the bus. */
import { Effect } from "effect"
import type { Completions } from "effect/cli"

type CommandDescriptor = Completions.CommandDescriptor
type ValueType = Completions.FlagType | Completions.ArgumentType

/** What can be typed, and what it is. */
export interface Candidate {
  readonly value: string
  readonly about: string
}

/** What is on the bus, by kind. */
export type Kind = "names" | "people" | "projects" | "numbers" | "requests"

/** Gives those of a kind. */
export type Known = (kind: Kind) => Effect.Effect<ReadonlyArray<Candidate>>

/** The values of flags, whichever command they are of. */
const kindsOfFlags: Readonly<Record<string, Kind>> = {
  approver: "names",
  from: "people",
  name: "people",
  project: "projects",
  with: "names"
}

/** The values of arguments. A name that is given to a new session is none that is there. */
const kindOfArgument = (path: ReadonlyArray<string>, argument: string): Kind | undefined => {
  if (path[0] === "launch") return undefined
  if (argument === "name") return "names"
  if (argument === "number") return "numbers"
  return argument === "id" && /^(approve|deny)$/.test(path[0] ?? "") ? "requests" : undefined
}

/** Where a command line has come to before its last word. */
interface Place {
  readonly path: ReadonlyArray<string>
  readonly command: CommandDescriptor
  /** The words that are arguments. */
  readonly given: ReadonlyArray<string>
  /** The flag whose value comes next. */
  readonly flag: Completions.FlagDescriptor | undefined
  /** All that follows are arguments. */
  readonly isBehindEnd: boolean
}

const below = (command: CommandDescriptor, name: string) =>
  command.subcommands.find((one) => one.name === name)

const flagCalled = ({ flags }: CommandDescriptor, word: string) =>
  flags.find(({ aliases, name }) => word === `--${name}` || aliases.some((alias) => word === `-${alias}`))

const takesNextWord = ({ optionalValue, type }: Completions.FlagDescriptor) =>
  type._tag !== "Boolean" && optionalValue !== true

const placeOf = (root: CommandDescriptor, words: ReadonlyArray<string>): Place => {
  let place: Place = { path: [], command: root, given: [], flag: undefined, isBehindEnd: false }
  for (const word of words) {
    const { command, flag, given, isBehindEnd, path } = place
    if (flag !== undefined) place = { ...place, flag: undefined }
    else if (isBehindEnd) place = { ...place, given: [...given, word] }
    else if (word === "--") place = { ...place, isBehindEnd: true }
    else if (word.startsWith("-")) {
      const found = flagCalled(command, word)
      if (found !== undefined && takesNextWord(found)) place = { ...place, flag: found }
    } else {
      const next = given.length === 0 ? below(command, word) : undefined
      place =
        next === undefined
          ? { ...place, given: [...given, word] }
          : { ...place, path: [...path, word], command: next }
    }
  }
  return place
}

const plain = (values: ReadonlyArray<string>) => values.map((value) => ({ value, about: "" }))

const valuesOf = (type: ValueType, kind: Kind | undefined, known: Known) =>
  type._tag === "Choice"
    ? Effect.succeed(plain(type.values))
    : kind === undefined
      ? Effect.succeed([])
      : known(kind)

const subcommandsOf = ({ subcommands }: CommandDescriptor): ReadonlyArray<Candidate> =>
  subcommands.map(({ description = "", name }) => ({ value: name, about: description }))

/** What `help` can be asked about, behind the words that stand there. */
const helpOn = (root: CommandDescriptor, given: ReadonlyArray<string>): ReadonlyArray<Candidate> => {
  let at: CommandDescriptor | undefined = root
  for (const word of given) at = at && below(at, word)
  return at === undefined ? [] : subcommandsOf(at)
}

const flagsOf = ({ flags }: CommandDescriptor): ReadonlyArray<Candidate> =>
  flags.map(({ description = "", name }) => ({ value: `--${name}`, about: description }))

const argumentsAt = (root: CommandDescriptor, { command, given, path }: Place, known: Known) => {
  if (path[0] === "help") return Effect.succeed(helpOn(root, given))
  if (given.length === 0 && command.subcommands.length > 0) return Effect.succeed(subcommandsOf(command))
  const last = command.arguments.at(-1)
  const argument = command.arguments[given.length] ?? (last?.variadic === true ? last : undefined)
  return argument === undefined
    ? Effect.succeed([])
    : valuesOf(argument.type, kindOfArgument(path, argument.name), known)
}

/** All that may stand in place of the last word. */
const candidatesAt = (root: CommandDescriptor, place: Place, word: string, known: Known) => {
  const { command, flag, isBehindEnd } = place
  if (flag !== undefined) return valuesOf(flag.type, kindsOfFlags[flag.name], known)
  return word.startsWith("-") && !isBehindEnd
    ? Effect.succeed(flagsOf(command))
    : argumentsAt(root, place, known)
}

/** bash takes a word apart at `=`. */
const joined = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const line: Array<string> = []
  for (const [index, word] of words.entries()) {
    const isRest = word === "=" || words[index - 1] === "="
    if (isRest && line.at(-1)?.startsWith("--") === true) line.push(`${line.pop()}${word}`)
    else line.push(word)
  }
  return line
}

/**
 * The candidates for the last word of a line.
 *
 * @param words those behind `cc-dm`; the last one is being typed, and may be empty
 * @param keepsFlag whether a value behind `--flag=` is given with the flag, as all shells but bash want it
 */
export const complete = Effect.fnUntraced(function* (
  root: CommandDescriptor,
  words: ReadonlyArray<string>,
  keepsFlag: boolean,
  known: Known
) {
  const line = joined(words)
  const word = line.at(-1) ?? ""
  const place = placeOf(root, line.slice(0, -1))
  const [, flagWord = "", value = ""] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
  const attached =
    place.isBehindEnd || place.flag !== undefined ? undefined : flagCalled(place.command, flagWord)
  if (attached !== undefined) {
    const values = yield* valuesOf(attached.type, kindsOfFlags[attached.name], known)
    const fitting = values.filter((one) => one.value.startsWith(value))
    return keepsFlag ? fitting.map((one) => ({ ...one, value: `${flagWord}=${one.value}` })) : fitting
  }
  const all = yield* candidatesAt(root, place, word, known)
  return all.filter((one) => one.value.startsWith(word))
})
