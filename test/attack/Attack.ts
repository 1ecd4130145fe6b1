/**
 * What an attack is: a program that tries to get past cc-dm on a bus of its own, says how often it tried, and what got
 * through. Each stands in a file of its own in `programs`, as its default export, and in the table of SECURITY.md.
 */
import type { Effect, Scope } from "effect"

/** What came of an attack. */
export interface Outcome {
  /** How many different things were tried. */
  readonly tries: number
  /** What got through, in words, one for each try that did. None where all held. */
  readonly through: ReadonlyArray<string>
}

export interface Attack {
  /** What is tried, in one line. */
  readonly what: string
  /** What holds, in one line. */
  readonly held: string
  /** How often it tries: SECURITY.md says the same, and `run` has to come to it. */
  readonly tries: number
  /** Why it can't run on this machine; absent: it can. */
  readonly impossible?: string | undefined
  readonly run: Effect.Effect<Outcome, unknown, Scope.Scope>
}

/** Collects what comes of the tries. */
export const tally = () => {
  let tries = 0
  const through: Array<string> = []
  return {
    /** Notes one try, and whether it was held. `what`: what got through otherwise. */
    expect: (held: boolean, what: string): void => {
      tries += 1
      if (!held) through.push(what)
    },
    outcome: (): Outcome => ({ tries, through })
  }
}

/** Its line in SECURITY.md's table. */
export const rowOf = (name: string, { held, tries, what }: Attack): string =>
  `| \`${name}\` | ${what} | ${tries} | ${held} |`
