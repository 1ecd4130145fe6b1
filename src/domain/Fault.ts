/** What is said about an error that nobody expected: whose fault it is, in one sentence. */
import { inline } from "./Text.ts"

/** The most of an error's own words, in characters. */
const room = 300

const wordsOf = (error: unknown): string => {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const line = inline(words.split("\n", 1)[0] ?? "")
  return line.length > room ? `${line.slice(0, room)}…` : line
}

const field = (error: unknown, key: "code" | "name"): string => {
  const value = typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined
  return typeof value === "string" ? value : ""
}

/** Bun's own names for a file that is not there, or can't be read as a program. */
const unreadable = ["ResolveMessage", "BuildMessage", "SyntaxError"]

const isUnreadable = (error: unknown): boolean =>
  unreadable.includes(field(error, "name")) ||
  (error instanceof AggregateError && error.errors.some(isUnreadable))

/** A program file that could not be loaded. */
const incomplete = "this installation is incomplete or damaged. Reinstall cc-dm"

/**
 * @param program what runs this, for a report: versions of cc-dm and Bun, and the system
 */
export const faultSentence = (error: unknown, program: string): string => {
  if (isUnreadable(error)) return `${incomplete} (${wordsOf(error)})`
  // What the system refuses is no fault of cc-dm: a full disk, too many open files, a folder that can't be entered.
  if (/^E[A-Z0-9]+$/.test(field(error, "code")))
    return `the system refuses what cc-dm needs: ${wordsOf(error)}`
  return `this is a bug in cc-dm; please report it, and say what you did: ${wordsOf(error)} (${program})`
}
