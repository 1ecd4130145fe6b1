/** The environment, for those who look at it as a whole. Its values may be secrets: they are neither shown nor kept. */

/** The variables that are set, by name. */
export const environment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
)
