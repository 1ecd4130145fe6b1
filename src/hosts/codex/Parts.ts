/** A long text in parts, none of which Codex cuts. */

/** How long a part is at most, in bytes. */
const longestPart = 2_400

const sizeOf = (text: string): number => Buffer.byteLength(text)

/** The pieces of one line. One of a quoted line begins with a bar, as the line does. */
const piecesOf = (line: string): ReadonlyArray<string> => {
  const bar = line.startsWith("| ") ? "| " : ""
  const pieces: Array<string> = []
  let piece = ""
  let size = 0
  for (const point of line) {
    size += sizeOf(point)
    if (size > longestPart) {
      pieces.push(piece)
      piece = bar
      size = sizeOf(bar + point)
    }
    piece += point
  }
  return [...pieces, piece]
}

/** The parts of a text, in order. They end between two lines, or within a line that is too long for one. */
export const partsOf = (text: string): ReadonlyArray<string> => {
  const [first = "", ...pieces] = text.split("\n").flatMap(piecesOf)
  const parts: Array<string> = []
  let part = first
  for (const piece of pieces) {
    const longer = `${part}\n${piece}`
    if (sizeOf(longer) <= longestPart) {
      part = longer
      continue
    }
    parts.push(part)
    part = piece
  }
  return [...parts, part]
}
