/**
 * Text by its width in columns, not in characters: a Chinese character takes two, an accent none. Lists and the live view cut
 * and wrap with these alone. Bun 1.3.0 measures text, and later ones wrap it, too. What Ink wraps with (wrap-ansi 10) takes 68 ms
 * for the longest message in Chinese, with every key pressed above it, where this takes 2 ms; and it changes accents.
 */

const segmenter = new Intl.Segmenter()

/** What a reader takes for one character each. */
export const charactersOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment)

/** The width of a text, in columns. Colours take none. */
export const widthOf = (text: string): number => Bun.stringWidth(text)

/** A text on one line, cut to a width. */
export const oneLine = (text: string, width: number): string => {
  // No character is narrower than none, but a text of 10,000 need not be looked at for a line of 80.
  const line = text
    .slice(0, width * 8 + 16)
    .replace(/\n/g, "⏎ ")
    .replace(/\t/g, "  ")
  if (widthOf(line) <= width && line.length >= text.length) return line
  let kept = ""
  let used = 0
  for (const character of charactersOf(line)) {
    const wide = widthOf(character)
    if (used + wide > width - 1) return width > 0 ? `${kept}…` : ""
    kept += character
    used += wide
  }
  return line.length < text.length ? `${kept}…` : kept
}

/** A text on one line of exactly this width. */
export const column = (text: string, width: number): string => {
  const line = oneLine(text, width)
  return line + " ".repeat(Math.max(0, width - widthOf(line)))
}

const wrapLine = (line: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let current = ""
  let used = 0
  // The last blank: a line is rather broken there than within a word.
  let blank = -1
  for (const character of charactersOf(line)) {
    const wide = widthOf(character)
    if (used + wide > width) {
      const breakAt = blank > 0 ? blank + 1 : current.length
      lines.push(current.slice(0, breakAt))
      current = current.slice(breakAt)
      used = widthOf(current)
      blank = -1
    }
    if (character === " ") blank = current.length
    current += character
    used += wide
  }
  return [...lines, current]
}

/** A text in lines of at most this width. The first of them begins behind `taken` columns. */
export const wrap = (text: string, width: number, taken = 0): ReadonlyArray<string> => {
  const room = Math.max(2, width)
  const before = " ".repeat(Math.max(0, taken))
  const [first = "", ...others] = text
    .replace(/\t/g, "  ")
    .split("\n")
    .flatMap((line, index) => wrapLine(index === 0 ? before + line : line, room))
  return [first.slice(before.length), ...others]
}
