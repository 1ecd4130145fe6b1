/**
 * Whether a value is one of these words. Rows are read for each message, and the schema of the same words would make an issue of each value
 * that is none of them.
 */
export const isOneOf =
  <Word extends string>(words: ReadonlyArray<Word>) =>
  (value: unknown): value is Word =>
    words.some((word) => word === value)
