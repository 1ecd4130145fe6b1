/** Text that comes in pieces, as whole lines. It imports nothing: plugins use it within other agents. */

/**
 * Gives what takes the pieces. It says whether all is well: once more than `longest` characters stand in a piece and what waits before
 * it, it hands nothing on, and is of no use any more.
 */
export const textLines = (
  onLine: (line: string) => void,
  longest = Number.POSITIVE_INFINITY
): ((piece: string) => boolean) => {
  let rest = ""
  return (piece) => {
    rest += piece
    if (rest.length > longest) return false
    const lines = rest.split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) onLine(line)
    return true
  }
}
