/**
 * A mutation: a small wrong change to `src` that a test has to notice. It names a piece of text and not a file, so that it still fits
 * after code has moved. Where lines break does not matter.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"

export const root = join(import.meta.dir, "../../..")

export const Mutation = Schema.Struct({
  /** The rule that it breaks. Drawn mutations have none. */
  rule: Schema.optionalKey(Schema.String),
  /** Text that stands in `src` once. */
  before: Schema.String,
  after: Schema.String,
  /** The tests that caught it last: they are run first. */
  tests: Schema.Array(Schema.String),
  /** Why it may survive. */
  reason: Schema.optionalKey(Schema.String)
})
export type Mutation = typeof Mutation.Type

const file = join(root, "scripts/mutations.json")

/** The kept mutations. Throws if the file is not as it must be. */
export const readKept = (): ReadonlyArray<Mutation> =>
  Schema.decodeUnknownSync(Schema.Array(Mutation))(JSON.parse(readFileSync(file, "utf8")), {
    onExcessProperty: "error"
  })

/** Writes the kept mutations; `biome check --write` gives the file its form. */
export const writeKept = (mutations: ReadonlyArray<Mutation>): void =>
  writeFileSync(file, `${JSON.stringify(mutations, null, 2)}\n`)

/** The text of each file under the `src` of a tree, by its path from the top. */
export const readSources = (tree: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(tree, "src"), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(tsx?|sql)$/.test(name))
      .sort()
      .map((name) => [`src/${name}`, readFileSync(join(tree, "src", name), "utf8")])
  )

/** Where a mutation applies. */
export interface Place {
  readonly file: string
  /** The first of its lines, from 1. */
  readonly line: number
  readonly mutated: string
}

/** Matches a text however its lines are broken. */
const patternOf = (text: string): RegExp =>
  new RegExp(
    text
      .trim()
      .split(/\s+/)
      .map((word) => RegExp.escape(word))
      .join("\\s+"),
    "g"
  )

/** Every place where a mutation applies. A usable one has exactly one. */
export const placesOf = (
  sources: ReadonlyMap<string, string>,
  { after, before }: Pick<Mutation, "after" | "before">
): ReadonlyArray<Place> => {
  const pattern = patternOf(before)
  return [...sources].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map((match) => ({
      file: path,
      line: text.slice(0, match.index).split("\n").length,
      mutated: text.slice(0, match.index) + after + text.slice(match.index + match[0].length)
    }))
  )
}
