/** `~/.cc-dm/config.json`: what holds for all sessions of a user. It may hold a password, and so must be theirs alone. */
import { readFileSync, type Stats, statSync } from "node:fs"
import { Predicate, Result } from "effect"
import { worded } from "../domain/Text.ts"

/** The name of the address of the bus in it. */
const key = "bus_url"

/** If the folder itself can't be entered, there is no file to see, and no bus in a file either: opening that says so. */
const statusOf = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/**
 * The address of the bus: what the variable says, else what the file says. A file that can't be trusted is an error, for another
 * bus in its place would be worse than none.
 *
 * @returns `undefined` if neither says anything; else the address, or a sentence that says what is wrong with the file
 */
export const configuredBusUrl = (
  variable: string | undefined,
  home: string
): Result.Result<string, string> | undefined => {
  if (variable !== undefined && variable.trim() !== "") return Result.succeed(variable.trim())
  const path = `${home}/.cc-dm/config.json`
  const file = worded(path)
  const stat = statusOf(path)
  if (stat === undefined) return undefined
  // Reading anything else, a pipe for example, may never end.
  if (!stat.isFile()) return Result.fail(`${file} is not a file`)
  if ((stat.mode & 0o077) !== 0) return Result.fail(`${file} can be read by others: chmod 600 ${file}`)
  try {
    const content: unknown = JSON.parse(readFileSync(path, "utf8"))
    if (!Predicate.hasProperty(content, key)) return undefined
    return typeof content[key] === "string"
      ? Result.succeed(content[key])
      : Result.fail(`${file}: ${key} is not a string`)
  } catch {
    return Result.fail(`${file} is not JSON, or can't be read`)
  }
}
