/** How names are compared. Without Effect, for programs that must start fast. */

/** A dot on a letter that has one, which nobody sees. Lower-casing makes that of İ. */
const dottedTwice = /(?<=\p{Soft_Dotted})\u0307+/gu

/**
 * Normalises a name, a role or a project tag: trims it, lower-cases it, makes one hyphen of each run of
 * white space, and composes accents (Unicode NFC), so that what looks the same is the same. Total and idempotent.
 */
export const normalise = (raw: string): string =>
  raw.trim().toLowerCase().normalize("NFC").replace(dottedTwice, "").normalize("NFC").replace(/\s+/gu, "-")
