/** What differs between two texts, line by line: to show it, and to take it back. */

/** Some lines of the old text, and those that stand in their place in the new one. Lines have their line ends. */
export interface Hunk {
  /** The line of the new text that it begins at, from 0. */
  readonly at: number
  readonly removed: ReadonlyArray<string>
  readonly added: ReadonlyArray<string>
}

const linesOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split(/(?<=\n)/))

/** More comparisons than that are not worth it: then all lines in between count as different. */
const most = 4_000_000

/** For each pair of lines, how many are common to what follows: the usual table for the longest common part. */
const commonTable = (before: ReadonlyArray<string>, after: ReadonlyArray<string>) => {
  const width = after.length + 1
  const table = new Uint32Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      table[i * width + j] =
        before[i] === after[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
  return (i: number, j: number) => table[i * width + j] ?? 0
}

const between = (before: ReadonlyArray<string>, after: ReadonlyArray<string>, offset: number) => {
  if (before.length === 0 && after.length === 0) return []
  if (before.length * after.length > most) return [{ at: offset, removed: before, added: after }]
  const common = commonTable(before, after)
  const hunks: Array<Hunk> = []
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      i++
      j++
      continue
    }
    const [fromI, fromJ] = [i, j]
    while ((i < before.length || j < after.length) && before[i] !== after[j])
      if (j >= after.length || (i < before.length && common(i + 1, j) >= common(i, j + 1))) i++
      else j++
    hunks.push({ at: offset + fromJ, removed: before.slice(fromI, i), added: after.slice(fromJ, j) })
  }
  return hunks
}

/** What differs, from the beginning to the end. */
export const hunksOf = (before: string, after: string): ReadonlyArray<Hunk> => {
  const [old, now] = [linesOf(before), linesOf(after)]
  let start = 0
  while (start < old.length && start < now.length && old[start] === now[start]) start++
  let end = 0
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++
  return between(old.slice(start, old.length - end), now.slice(start, now.length - end), start)
}

/** The old text, from the new one and what differs. `undefined`: these are not the differences of that text. */
export const revert = (after: string, hunks: ReadonlyArray<Hunk>): string | undefined => {
  const lines = [...linesOf(after)]
  for (const { added, at, removed } of hunks.toReversed()) {
    if (added.some((line, index) => lines[at + index] !== line)) return undefined
    lines.splice(at, added.length, ...removed)
  }
  return lines.join("")
}

const bare = (line: string) => line.replace(/\r?\n$/, "")

/** What differs, for people: `-` and `+` lines. A line that only got a comma or a line end is left out: it says nothing, and may be a secret. */
export const shownDiff = (before: string, after: string): ReadonlyArray<string> =>
  hunksOf(before, after).flatMap(({ added, removed }) => {
    const key = (line: string) => bare(line).replace(/,$/, "")
    const kept = new Set(removed.map(key))
    const here = new Set(added.map(key))
    return [
      ...removed.filter((line) => !here.has(key(line))).map((line) => `- ${bare(line)}`),
      ...added.filter((line) => !kept.has(key(line))).map((line) => `+ ${bare(line)}`)
    ]
  })
