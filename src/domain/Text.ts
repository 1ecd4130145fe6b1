/** Foreign text inside a text of ours. */

/** What JSON leaves as it stands, though it ends lines, drives terminals or turns the direction of writing. */
const unquoted = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu

const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Quotes foreign text for a message: as JSON, so that control characters show, and cut to 80 characters. */
export const quote = (text: string): string => {
  const points = [...text]
  return JSON.stringify(points.length <= 80 ? text : `${points.slice(0, 79).join("")}…`).replace(
    unquoted,
    asEscape
  )
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
 * are shown as their code points. Line ends and tabs stay.
 */
export const visible = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      character === "\n" || character === "\t" || character === "\u200d"
        ? character
        : `\\u{${character.codePointAt(0)?.toString(16)}}`
    )
