/** Versions as programs print them. */

/** The three numbers alone. What the bus says of a version may be any text, and is compared only if it is a version. */
const numbersOf = (version: string): string => /^(\d{1,9}\.){2}\d{1,9}(?!\d)/.exec(version)?.[0] ?? "0.0.0"

/** Whether the first version is older than the second. A text that is not a version counts as older than any. */
export const isOlder = (version: string, than: string): boolean =>
  Bun.semver.order(numbersOf(version), numbersOf(than)) < 0

/** The first version in what a program printed. */
export const versionIn = (text: string): string | undefined => /\d+\.\d+[0-9.]*/.exec(text)?.[0]
