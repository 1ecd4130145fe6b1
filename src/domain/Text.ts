/**
 * Foreign text inside a text of ours, and before those who read it. What nobody sees, but a terminal obeys or a model takes
 * in, is shown as code points.
 */
import { hasVariant } from "./Selectors.ts"

/** Runs of what shows nothing: controls, and what Unicode calls default ignorable. Line ends and tabs are none. */
const unseen = /(?:(?!\r?\n|\t)[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb])+/gu

/** Characters that a terminal obeys, leaves out or draws as it likes. */
const undrawn = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

const isShown = (character: string) => /^[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]$/u.test(character)

/** Scripts whose letters are neither joined nor kept apart by anything unseen. */
const plainScripts =
  /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}\p{Script=Inherited}]$/u
const isEmoji = (character: string) =>
  character > "\u007f" && /^[\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u.test(character)

/** Whether what joins or parts characters may stand beside this one: an emoji, or a letter of a script that needs it. */
const mayBeJoined = (character: string) => isEmoji(character) || !plainScripts.test(character)

/** Letters that are written from right to left: Unicode keeps these ranges for them. */
const rightToLeft =
  /(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** The flags of England, Scotland and Wales are a black flag and one of these in tag characters. */
const flags = ["gbeng", "gbsct", "gbwls"].map((region) =>
  Array.from(`${region}\u007f`, (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("")
)

/**
 * Whether a run that shows nothing is part of how the text around it is written: a mark of direction in a line that holds
 * letters of both directions, a variant that the character before it has, or what joins and parts emoji, or letters of scripts that
 * need it. One character, so that no words fit in.
 */
const isInPlace = (run: string, before: string, after: string, isRightToLeft: boolean): boolean => {
  if (before === "\u{1f3f4}" && flags.includes(run)) return true
  if (/^[\u200e\u200f\u061c]$/.test(run)) return isRightToLeft
  if (!isShown(before)) return false
  if (/^[\ufe00-\ufe0f]$/.test(run)) return hasVariant(before, run)
  if (/^[\u180b-\u180f]$/.test(run)) return /\p{Script=Mongolian}/u.test(before)
  if (!/^[\ufe0e\ufe0f]?[\u200b-\u200d]$/.test(run)) return false
  if (run.length === 2 && !hasVariant(before, run)) return false
  return isShown(after) && (mayBeJoined(before) || mayBeJoined(after))
}

const asPoint = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`

const asJson = (character: string) =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("")

const revealedLine = (line: string, show: (character: string) => string): string => {
  const isRightToLeft = rightToLeft.test(line)
  return line.replace(unseen, (run: string, at: number) => {
    const before = Array.from(line.slice(Math.max(0, at - 2), at)).at(-1) ?? ""
    const after = String.fromCodePoint(line.codePointAt(at + run.length) ?? 0)
    return isInPlace(run, before, after, isRightToLeft) ? run : Array.from(run, show).join("")
  })
}

/** Shows what is unseen and not in its place. */
const revealed = (text: string, show: (character: string) => string): string =>
  text
    .split(/(\r?\n)/)
    .map((line, index) => (index % 2 === 1 ? line : revealedLine(line, show)))
    .join("")

/** What nobody sees may stand within a tag, which is still taken for one. */
const hidden = "\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}"
const gap = `[\\s${hidden}]*`
const spelled = (name: string) => Array.from(name).join(`[${hidden}]*`)

const tagNames = ["channel", "system-reminder", "cross-session-message"]

/** What Claude Code puts around the words that it hands to a model. Its own spelling of such a tag in words of others. */
const tags = new RegExp(`<(?=${gap}(?:/${gap})?(?:${tagNames.map(spelled).join("|")})(?!\\w))`, "giu")

/** ASCII of which nothing is hidden, and in which no tag begins. Most texts are, and need no closer look. */
const isPlain = (text: string): boolean => /^[\t\n\x20-;=-~]*$/.test(text)

/**
 * Foreign text for a model, as plain words: what would hide in it is shown as code points, and what imitates the tags of
 * Claude Code around it gets a backslash. All else stays as it is.
 */
export const plainWords = (text: string): string =>
  isPlain(text) ? text : revealed(text.toWellFormed().replace(tags, "<\\"), asPoint)

/** The same for foreign text within JSON, in JSON's own escapes: a parser gets what was there. */
export const plainJson = (json: string): string =>
  isPlain(json) ? json : revealed(json.replace(tags, "\\u003c"), asJson)

/** JSON for a terminal: what would drive it, or hides or reorders text, stands in JSON's own escapes. */
export const visibleJson = (json: string): string =>
  json.replace(undrawn, (character) => (character === "\n" ? character : asJson(character)))

/** Cuts a text to some characters (code points), with a mark. */
const cutTo = (text: string, room: number): string => {
  // No character is more than two units: what is far too long need not be taken apart.
  const points = [...text.slice(0, 2 * room + 2)]
  return points.length <= room ? text : `${points.slice(0, room - 1).join("")}…`
}

/**
 * Quotes foreign text for a sentence of ours: as JSON, so that what nobody sees shows and no tag ends, and cut to 80
 * characters, or as many as are given.
 */
export const quote = (text: string, room = 80): string =>
  visibleJson(JSON.stringify(cutTo(text, room)).replace(tags, "\\u003c"))

/** One word of letters and what names, ids, paths and addresses are made of. Nobody takes it for a sentence. */
const word = /^(?!.*\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}/.~@+=:%_?&-]{1,400}$/u

/**
 * What others chose, in a sentence of ours: a name, an id, a path, an address. It stays as it is if it is one word, and else is
 * quoted. What others wrote as a sentence, such as an error's text, is quoted always: {@link quote}.
 */
export const worded = (text: string): string => (word.test(text) ? text : quote(text, 400))

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
    if (/^[\n\t]$/.test(character)) return character
    const before = Array.from(wellFormed.slice(Math.max(0, at - 2), at)).at(-1) ?? ""
    const isInPlace =
      character === "\u200d"
        ? /^[^\s\u200b-\u200d]$/u.test(before)
        : /^[\ufe0e\ufe0f]$/.test(character) && hasVariant(before, character)
    return isInPlace ? character : asPoint(character)
  })
}

/** Foreign text on one line: a name, or what else has no business with line ends. */
export const inline = (text: string): string => visible(text).replace(/[\n\t]/g, " ")
