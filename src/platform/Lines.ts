/** Input as whole lines. One that is far too long is left out, and never held in memory. */

/** So much of a line that is left out is kept, at its beginning and at its end, in bytes. */
const kept = 4_096

/** The two ends of a line that was left out. */
export interface Ends {
  readonly head: string
  readonly tail: string
}

/**
 * Hands on whole lines of at most `longest` bytes, each with its end.
 *
 * @param onTooLong is told of each line that is left out, when its end has come
 * @returns what takes the input, piece by piece
 */
export const wholeLines = (
  longest: number,
  onLine: (line: Buffer) => void,
  onTooLong: (ends: Ends) => void
): ((chunk: Buffer) => void) => {
  /** The beginning of a line whose end has not come yet. */
  let parts: Array<Buffer> = []
  let size = 0
  /** Set while a line is left out. */
  let head: Buffer | undefined
  let tail = Buffer.alloc(0)

  const hold = (part: Buffer) => {
    size += part.length
    if (size > longest && head === undefined) {
      head = Buffer.from(Buffer.concat(parts.slice(0, 1)).subarray(0, kept))
      if (head.length === 0) head = Buffer.from(part.subarray(0, kept))
      tail = Buffer.from(parts.at(-1)?.subarray(-kept) ?? Buffer.alloc(0))
      parts = []
    }
    if (head === undefined) parts.push(part)
    else tail = Buffer.concat([tail, part.subarray(-kept)]).subarray(-kept)
  }
  /** Ends the line that is held. `undefined`: it was too long. */
  const take = (): ReadonlyArray<Buffer> | undefined => {
    const line = parts
    const ends = head === undefined ? undefined : { head: head.toString(), tail: tail.toString() }
    parts = []
    size = 0
    head = undefined
    tail = Buffer.alloc(0)
    if (ends === undefined) return line
    onTooLong(ends)
    return undefined
  }

  return (chunk) => {
    let rest = chunk
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      hold(rest.subarray(0, end + 1))
      rest = rest.subarray(end + 1)
      const line = take()
      if (line !== undefined) onLine(line.length === 1 ? line[0]! : Buffer.concat(line))
    }
    if (rest.length > 0) hold(rest)
  }
}
