/**
 * Foreign text inside a text of ours, and before those who read it. What nobody sees, but a terminal obeys or a model takes
 * in, is shown as code points.
 */

/** Runs of what shows nothing: controls, and what Unicode calls default ignorable. Line ends and tabs are none. */
const unseen = /(?:(?!\r?\n|\t)[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb])+/gu

/** Characters that a terminal obeys, leaves out or draws as it likes. */
const undrawn = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const isShown = (character: string) => /^[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]$/u.test(character)
const isForeign = (character: string) => character > "\u007f"

/** The flags of England, Scotland and Wales are a black flag and one of these in tag characters. */
const flags = ["gbeng", "gbsct", "gbwls"].map((region) =>
  Array.from(`${region}\u007f`, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("")
)

/**
 * Whether a run that shows nothing is part of how the text around it is written: a mark of direction, a variant of the
 * character before it, or what joins and parts emoji, or letters of scripts that need it. One character, so that
 * no words fit in.
 */
const isInPlace = (run: string, before: string, after: string): boolean => {
  if (before === "\u{1f3f4}" && flags.includes(run)) return true
  if (/^[\u200e\u200f\u061c]$/.test(run)) return true
  if (!isShown(before)) return false
  if (/^[\ufe00-\ufe0f]$/.test(run)) return true
  if (/^[\u{e0100}-\u{e01ef}]$/u.test(run)) return /\p{Script=Han}/u.test(before)
  if (/^[\u180b-\u180f]$/.test(run)) return /\p{Script=Mongolian}/u.test(before)
  if (!/^[\ufe0e\ufe0f]?[\u200b-\u200d]$/.test(run)) return false
  return isShown(after) && (isForeign(before) || isForeign(after))
}

const asPoint = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`

const asJson = (character: string) =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("")

/** Shows what is unseen and not in its place. */
const revealed = (text: string, show: (character: string) => string): string =>
  text.replace(unseen, (run: string, at: number) => {
    const before = Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? ""
    const after = String.fromCodePoint(text.codePointAt(at + run.length) ?? 0)
    return isInPlace(run, before, after) ? run : Array.from(run, show).join("")
  })

/** What Claude Code puts around the words that it hands to a model. Its own spelling of such a tag in words of others. */
const tags = /<(?=\s*\/?\s*(?:channel|system-reminder)\b)/gi

/**
 * Foreign text for a model, as plain words: what would hide in it is shown as code points, and what imitates the tags of
 * Claude Code around it gets a backslash. All else stays as it is.
 */
export const plainWords = (text: string): string =>
  revealed(text.toWellFormed(), asPoint).replace(tags, "<\\")

/** The same for foreign text within JSON, in JSON's own escapes: who parses it gets what was there. */
export const plainJson = (json: string): string => revealed(json, asJson).replace(tags, "\\u003c")

/** JSON for a terminal: what would drive it, or hides or reorders text, stands in JSON's own escapes. */
export const visibleJson = (json: string): string =>
  json.replace(undrawn, (character) => (character === "\n" ? character : asJson(character)))

/** Quotes foreign text for a message: as JSON, so that what nobody sees shows and no tag ends, and cut to 80 characters. */
export const quote = (text: string): string => {
  const points = [...text]
  const cut = points.length <= 80 ? text : `${points.slice(0, 79).join("")}…`
  return visibleJson(JSON.stringify(cut)).replace(tags, "\\u003c")
}

/** Quotes a name, and says which of its characters are not what they may look like. */
export const spelledOut = (name: string): string => {
  const foreign = [...new Set(name)].filter((character) => /^[^\0-\u007f]$/u.test(character))
  if (foreign.length === 0) return quote(name)
  const points = foreign.map(
    (character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`
  )
  return `${quote(name)} (with ${points.slice(0, 3).join(", ")}${points.length > 3 ? " and others" : ""})`
}

/** Marks each line as quoted, so that no foreign text can pass for the words around it. */
export const quoteLines = (text: string): string =>
  text
    .split(/\r\n|[\r\n\v\f\u0085\u2028\u2029]/)
    .map((line) => `| ${line}`)
    .join("\n")

/** Cuts a text to some characters (code points), and says how many are missing. */
export const shorten = (text: string, room: number): string => {
  const points = [...text.toWellFormed()]
  if (points.length <= room) return points.join("")
  return `${points.slice(0, room).join("")}… [shortened: ${points.length - room} more characters]`
}

/**
 * Makes foreign text safe for a terminal: control characters, escape sequences and characters that reorder or hide text
 * are shown as their code points. Line ends and tabs stay, and what makes one emoji of several characters.
 */
export const visible = (text: string): string => {
  const wellFormed = text.toWellFormed()
  return wellFormed.replace(undrawn, (character, at: number) => {
    if (/^[\n\t\u200d]$/.test(character)) return character
    const isVariant = /^[\ufe0e\ufe0f]$/.test(character) && isShown(wellFormed.charAt(at - 1))
    return isVariant ? character : asPoint(character)
  })
}

/** Foreign text on one line: a name, or what else has no business with line ends. */
export const inline = (text: string): string => visible(text).replace(/[\n\t]/g, " ")
