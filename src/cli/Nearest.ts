/** What somebody may have meant who wrote something else. */

/** How many letters have to be put in, taken out or changed to make one text the other. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let line = 1; line <= left.length; line++) {
    const next = [line]
    for (let column = 1; column <= right.length; column++) {
      const change = left[line - 1] === right[column - 1] ? 0 : 1
      next.push(
        Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (row[column - 1] ?? 0) + change)
      )
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** The most similar of some texts; `undefined` where none is similar. */
export const nearest = (text: string, others: ReadonlyArray<string>): string | undefined => {
  const [best] = others
    .map((other) => ({ other, far: distance(text, other) }))
    .filter(({ far, other }) => far <= Math.max(2, Math.floor(other.length / 4)))
    .sort((left, right) => left.far - right.far)
  return best?.other
}
