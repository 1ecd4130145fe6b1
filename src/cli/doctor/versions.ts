/** Versions as programs print them. */

/** The numbers alone: whatever stands on the bus for a version must be one that can be compared. */
const numbersOf = (version: string): string => /^(\d{1,9}\.){2}\d{1,9}(?!\d)/.exec(version)?.[0] ?? "0.0.0"

/** Whether the first version is older than the second. What is none counts as older than all. */
export const isOlder = (version: string, than: string): boolean =>
  Bun.semver.order(numbersOf(version), numbersOf(than)) < 0

/** The first version in what a program printed. */
export const versionIn = (text: string): string | undefined => /\d+\.\d+[0-9.]*/.exec(text)?.[0]
