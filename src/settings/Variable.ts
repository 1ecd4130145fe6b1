/** What a variable of ours is, and how one is read. The table of all of them is in `variables.ts`. */
import { Effect, Result } from "effect"
import type { NameList } from "../domain/NameList.ts"
import { variableText } from "../platform/Variables.ts"

/** What stands in a variable. */
interface Reading<A> {
  readonly value: A
  /** What is wrong with the text, a sentence each. */
  readonly problems: ReadonlyArray<string>
}

interface Description {
  readonly name: string
  /** What it means, for people: docs/reference/variables.md says the same. */
  readonly meaning: string
  /** What holds if it is not set, for people. */
  readonly otherwise: string
}

export interface Variable<A> extends Description {
  /** What holds if it is not set. */
  readonly fallback: A
  /** Reads a text that is not blank. */
  readonly read: (text: string) => Reading<A>
}

/** A variable with one value. A wrong one is ignored, unless `ifWrong` says what holds then. */
export const single = <A>(
  variable: Description & {
    readonly fallback: A
    readonly parse: (text: string) => Result.Result<A, string>
    readonly ifWrong?: { readonly value: A; readonly so: string }
  }
): Variable<A> => {
  const { value, so } = variable.ifWrong ?? { value: variable.fallback, so: "it is ignored" }
  return {
    ...variable,
    read: (text) =>
      Result.match(variable.parse(text), {
        onSuccess: (parsed) => ({ value: parsed, problems: [] }),
        onFailure: (problem) => ({ value, problems: [`${variable.name} ${problem}, so ${so}`] })
      })
  }
}

/** A list separated by commas its entries. Wrong ones are left out, each with a sentence of its own. */
export const list = <Entry extends string>(
  variable: Description & { readonly parse: (text: string) => NameList<Entry> }
): Variable<ReadonlySet<Entry> | undefined> => ({
  ...variable,
  fallback: undefined,
  read: (text) => {
    const { entries, problems } = variable.parse(text)
    return {
      value: entries,
      problems: problems.map((problem) => `${variable.name}: ${problem}, so it is ignored`)
    }
  }
})

/** `1` or `0`. Of these, `unusual` is the one that changes something. */
export const onOrOff = (
  variable: Description & { readonly unusual: "0" | "1"; readonly ifWrong: string }
): Variable<boolean> => {
  const fallback = variable.unusual === "0"
  return {
    ...variable,
    fallback,
    read: (text) =>
      text === "0" || text === "1"
        ? { value: text === "1", problems: [] }
        : {
            value: fallback,
            problems: [`${variable.name} must be "${variable.unusual}" or unset, so ${variable.ifWrong}`]
          }
  }
}

/** The text of a variable; empty if it is not set. */
export const textOf = ({ name }: Description) => variableText(name)

/** Reads variables one by one, and collects what is wrong with them. */
export const makeReader = () => {
  const problems: Array<string> = []
  const read = <A>(variable: Variable<A>): Effect.Effect<A> =>
    Effect.map(textOf(variable), (text) => {
      if (text.trim() === "") return variable.fallback
      const reading = variable.read(text)
      problems.push(...reading.problems)
      return reading.value
    })
  return { problems, read }
}
