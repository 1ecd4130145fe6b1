/** Versions as programs print them. */

const numbersOf = (version: string): ReadonlyArray<number> =>
  version
    .split(/[-+]/)[0]!
    .split(".")
    .map((part) => Number.parseInt(part, 10) || 0)

/** Whether the first version is older than the second. */
export const isOlder = (version: string, than: string): boolean => {
  const [left, right] = [numbersOf(version), numbersOf(than)]
  for (let place = 0; place < 3; place++) {
    const difference = (left[place] ?? 0) - (right[place] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** The first version in what a program printed. */
export const versionIn = (text: string): string | undefined => /\d+\.\d+[0-9.]*/.exec(text)?.[0]
