/** Lines of the screen as plain data: pieces of text with a look. */
import { column, oneLine, widthOf } from "../Columns.ts"

export type Colour = "red" | "green" | "yellow" | "blue" | "cyan" | "gray"

export interface Look {
  readonly colour?: Colour
  readonly bold?: boolean
  readonly dim?: boolean
  readonly inverse?: boolean
  readonly underline?: boolean
}

export interface Span extends Look {
  readonly text: string
}

export type Line = ReadonlyArray<Span>

export const span = (text: string, look: Look = {}): Span => ({ text, ...look })

/** A line that ends after a width: what is short is filled up, what is long is cut. */
export const fitted = (line: Line, width: number): Line => {
  let left = width
  const spans = line.map((one) => {
    const text = oneLine(one.text, left)
    left -= widthOf(text)
    return { ...one, text }
  })
  return left > 0 ? [...spans, span(" ".repeat(left))] : spans
}

/** The chosen line of a list: marked so that it shows without any colour, too. */
export const listed = (line: Line, width: number, isChosen: boolean, isFocused: boolean): Line => {
  const marked = fitted([span(isChosen ? "› " : "  ", { bold: true }), ...line], width)
  // Colours would each become a block of their own.
  return isChosen && isFocused
    ? marked.map(({ bold = false, text, underline = false }) => ({ bold, text, underline, inverse: true }))
    : marked
}

/** The line above a panel: its title in a rule. */
export const ruled = (title: string, width: number, look: Look): Line => {
  const text = oneLine(title, Math.max(0, width - 6))
  return [
    span("── ", { colour: look.colour ?? "gray" }),
    span(text, { bold: true, ...look }),
    span(` ${"─".repeat(Math.max(0, width - widthOf(text) - 4))}`, { colour: look.colour ?? "gray" })
  ]
}

/** A text in which some words are marked wherever they stand, in capitals or not. */
export const marking = (text: string, words: string | undefined, look: Look = {}): Line => {
  const wanted = words?.toLowerCase() ?? ""
  const folded = text.toLowerCase()
  // A few letters change their length with their case.
  if (wanted === "" || folded.length !== text.length) return [span(text, look)]
  const spans: Array<Span> = []
  let from = 0
  for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, from)) {
    spans.push(
      span(text.slice(from, at), look),
      span(text.slice(at, at + wanted.length), { ...look, bold: true, underline: true })
    )
    from = at + wanted.length
  }
  return [...spans, span(text.slice(from), look)].filter(({ text }) => text !== "")
}

/** Two names on one line, so that of neither more is cut than must be. */
export const fromTo = (from: string, to: string, width: number, arrow: string): string => {
  const room = Math.max(2, width - widthOf(arrow))
  const half = Math.floor(room / 2)
  const first = oneLine(from, Math.max(half, room - widthOf(to)))
  return column(`${first}${arrow}${oneLine(to, room - widthOf(first))}`, width)
}
