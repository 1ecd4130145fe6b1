/** What a measurement yields. */

/** The figures of one subject. */
export interface Outcome {
  readonly samples: ReadonlyArray<number>
  /** What did not go as it should, in a few words; the figures are not to be trusted then. */
  readonly problem?: string
}

/** The highest figures that we aim at. */
export interface Aim {
  readonly median?: number
  readonly p99?: number
}

/** A curve of the plot, and where on it a row stands. */
export interface Course {
  readonly curve: string
  /** One place for the row as a whole, or one for each sample. */
  readonly at: ReadonlyArray<number>
}

/** One line of the table. */
export interface Row {
  readonly what: string
  readonly unit: string
  readonly aim: Aim
  /** By the subject's name. */
  readonly outcomes: Readonly<Record<string, Outcome>>
  readonly course?: Course
}

/** The value that a share of the samples does not exceed (the nearest rank), `NaN` without samples. */
export const percentile = (samples: ReadonlyArray<number>, share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

export const median = (samples: ReadonlyArray<number>): number => percentile(samples, 0.5)

export const p99 = (samples: ReadonlyArray<number>): number => percentile(samples, 0.99)

/** Puts the figures of several rounds together. */
export const merge = (outcomes: ReadonlyArray<Outcome>): Outcome => {
  const problem = outcomes.find((outcome) => outcome.problem !== undefined)?.problem
  const samples = outcomes.flatMap((outcome) => outcome.samples)
  return problem === undefined ? { samples } : { samples, problem }
}
