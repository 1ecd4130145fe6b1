/** What somebody meant to type who left out quotes or gave `--wait` something else than a time: the whole command line, put right. */
import { Result } from "effect"
import { parseSpan } from "../domain/Span.ts"
import { inline, shorten } from "../domain/Text.ts"

/** Commands that take a text, and how many arguments stand before it. */
const takesText: Readonly<Record<string, number>> = { send: 1, ask: 1, reply: 1, broadcast: 0 }

/** As a shell reads it. */
const inShell = (word: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return /["$`\\!]/.test(word) ? `'${word.replaceAll("'", `'\\''`)}'` : `"${word}"`
}

const commandLine = (args: ReadonlyArray<string>): string =>
  inline(shorten(["cc-dm", ...args].map(inShell).join(" "), 400))

/** Where some words stand side by side, the last time. */
const placeOf = (args: ReadonlyArray<string>, words: ReadonlyArray<string>): number =>
  args.findLastIndex((_, at) => words.every((word, index) => args[at + index] === word))

const isSpan = (word: string) => Result.isSuccess(parseSpan(word, Number.POSITIVE_INFINITY))

/** The argument behind `--wait`, if it was meant for it and is no span of time: a text in quotes stands elsewhere then. */
const badWait = (args: ReadonlyArray<string>): number | undefined => {
  const at = args.indexOf("--wait") + 1
  const value = args[at]
  if (at === 0 || value === undefined || value.startsWith("-") || isSpan(value)) return undefined
  const hasText = args.some((arg, index) => index !== at && /\s/.test(arg))
  return /^\d/.test(value) || hasText ? at : undefined
}

/** What to say of arguments that were too many; `undefined`: nothing better than that they were. `args`: all that was typed. */
export const explainTooMany = (
  args: ReadonlyArray<string>,
  command: string | undefined,
  tooMany: ReadonlyArray<string>
): string | undefined => {
  const before = Object.hasOwn(takesText, command ?? "") ? takesText[command ?? ""] : undefined
  if (command === undefined || before === undefined) return undefined
  const wait = badWait(args)
  if (wait !== undefined)
    return `--wait takes a span of time, such as 30s: ${commandLine(args.with(wait, "30s"))}`
  // The first word of the text was taken for all of it.
  const first = placeOf(args, tooMany) - 1
  const isValue = /^--(?!json$|split$|wait$)[^=]*$/.test(args[first - 1] ?? "")
  if (isValue || first < args.indexOf(command) + 1 + before)
    return `the text has to be in quotes: ${commandLine([command, ...["NAME"].slice(0, before), "the text"])}`
  const words = args.slice(first, first + 1 + tooMany.length).join(" ")
  const rest = args.slice(first + 1 + tooMany.length)
  return `the text has to be in quotes: ${commandLine([...args.slice(0, first), words, ...rest])}`
}

/** The command line with a `--wait` that can be read, behind a bad one. */
export const explainBadWait = (args: ReadonlyArray<string>): string =>
  `, such as: ${commandLine(args.map((arg) => (arg.startsWith("--wait=") ? "--wait=30s" : arg)))}`
