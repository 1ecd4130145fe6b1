/**
 * What a name looks like. Names that look alike have the same skeleton, as Unicode defines it in UTS #39, section 4
 * (https://www.unicode.org/reports/tr39/#Confusable_Detection), with two things added: compatibility characters, such as
 * full-width letters, count as what they are made of, and upper case as lower case, so that 0 looks like o.
 */
import { confusables } from "./confusables.ts"

const invisible = /\p{Default_Ignorable_Code_Point}/gu

/** The rows of the table that concern plain names. The whole table is read only if a name needs it. */
const ascii: Readonly<Record<string, string>> = { "0": "o", "1": "l", m: "rn" }

/** Reads the table: each prototype, in code points, with the distances between the characters that look like it. */
const readTable = (): ReadonlyMap<string, string> => {
  const number = (digits: string) => Number.parseInt(digits, 36)
  const table = new Map<string, string>()
  for (const row of confusables.split(";")) {
    const [prototype = "", distances = ""] = row.split("=")
    const text = String.fromCodePoint(...prototype.split(".").map(number))
    let point = 0
    for (const distance of distances.split(",")) {
      point += number(distance)
      table.set(String.fromCodePoint(point), text)
    }
  }
  return table
}

let table: ReadonlyMap<string, string> | undefined

const prototypeOf = (character: string): string => {
  table ??= readTable()
  const prototype = table.get(character)
  if (prototype !== undefined) return prototype
  const parts = character.normalize("NFKD").toLowerCase()
  return parts === character ? character : prototypes(parts)
}

const prototypes = (text: string): string =>
  Array.from(text, (character) =>
    character <= "\u007f" ? (ascii[character] ?? character) : prototypeOf(character)
  ).join("")

/** Those of the names that were asked for last: each message asks for those of its sender and of its receiver several times. */
const known = new Map<string, string>()
const mostKnown = 500

/** The skeleton of a normalised name, for comparing alone. Total and idempotent. */
export const skeleton = (name: string): string => {
  const before = known.get(name)
  if (before !== undefined) return before
  const made = prototypes(name.normalize("NFD").replace(invisible, "")).normalize("NFD")
  if (known.size >= mostKnown) known.clear()
  known.set(name, made)
  return made
}

/** Whether two normalised names are the same to somebody who reads them. */
export const lookAlike = (name: string, other: string): boolean => skeleton(name) === skeleton(other)
