/** Draws mutations: simple changes to TypeScript and SQL, chosen by a seed over all rooms. */
import { dirname } from "node:path"
import { Effect, Random } from "effect"
import { type Mutation, placesOf } from "./Mutation.ts"

type Kind = "code" | "template" | "string" | "comment"

/** What each character of a file belongs to. Regular expressions count as code. */
const kindsOf = (text: string): ReadonlyArray<Kind> => {
  const kinds = new Array<Kind>(text.length).fill("code")
  // The template literals that are open, each with the braces that are open in its current substitution.
  const templates: Array<{ braces: number }> = []
  const fill = (from: number, to: number, kind: Kind) => {
    kinds.fill(kind, from, to)
    return to
  }
  let index = 0
  while (index < text.length) {
    const template = templates.at(-1)
    const inTemplate = template !== undefined && template.braces === 0
    const rest = text.slice(index, index + 2)
    if (inTemplate) {
      if (rest[0] === "`") templates.pop()
      if (rest === "${") template.braces = 1
      index = fill(index, index + (rest === "${" || rest[0] === "\\" ? 2 : 1), "template")
    } else if (rest === "//") {
      const end = text.indexOf("\n", index)
      index = fill(index, end < 0 ? text.length : end, "comment")
    } else if (rest === "/*") {
      index = fill(index, text.indexOf("*/", index) + 2, "comment")
    } else if (rest[0] === '"') {
      const [literal] = /^"(?:[^"\\\n]|\\.)*"/.exec(text.slice(index, index + 1_000)) ?? ['"']
      index = fill(index, index + literal.length, "string")
    } else {
      if (rest[0] === "`") templates.push({ braces: 0 })
      if (template !== undefined && rest[0] === "{") template.braces++
      if (template !== undefined && rest[0] === "}") template.braces--
      index++
    }
  }
  return kinds
}

interface Operator {
  readonly pattern: RegExp
  readonly becomes: (found: string) => string
  /** What it applies to: code, or what stands in template literals, which is mostly SQL. */
  readonly kinds: ReadonlyArray<Kind>
}

const both: ReadonlyArray<Kind> = ["code", "template"]
const code: ReadonlyArray<Kind> = ["code"]
const sql: ReadonlyArray<Kind> = ["template"]

const swap = (one: string, other: string, kinds: ReadonlyArray<Kind>): Operator => ({
  pattern: new RegExp(`${RegExp.escape(one)}|${RegExp.escape(other)}`, "g"),
  becomes: (found) => (found === one ? other : one),
  kinds
})

const isBalanced = (line: string): boolean =>
  line.split(/[([{]/).length === line.split(/[)\]}]/).length && !/[,([{]\s*$/.test(line)

const operators: ReadonlyArray<Operator> = [
  swap(" === ", " !== ", code),
  swap(" < ", " <= ", both),
  swap(" > ", " >= ", both),
  swap(" && ", " || ", code),
  swap(" AND ", " OR ", sql),
  swap(" IS NULL", " IS NOT NULL", sql),
  swap("Math.min", "Math.max", code),
  swap(".some(", ".every(", code),
  { pattern: / = (?=[?$'\d])/g, becomes: () => " <> ", kinds: sql },
  { pattern: /\b(true|false)\b/g, becomes: (found) => (found === "true" ? "false" : "true"), kinds: code },
  { pattern: /(?<=[\s(])!(?=[\w(])/g, becomes: () => "", kinds: code },
  { pattern: / [+-] (?=[\w(])/g, becomes: (found) => (found === " + " ? " - " : " + "), kinds: both },
  { pattern: /(?<=[\s([])[01](?=[\s)\],])/g, becomes: (found) => (found === "0" ? "1" : "0"), kinds: code },
  // A statement that is left out, where it is a line of its own.
  {
    pattern: /(?<=^[ \t]+)(?:yield\* |[\w.]+\(|if \(.*\) (?:return|continue|break|yield)).*$/gm,
    becomes: (line) => (isBalanced(line) ? "" : line),
    kinds: code
  },
  {
    pattern: /(?<=\breturn )(?!undefined\b).+$/gm,
    becomes: (value) => (isBalanced(value) ? "undefined as never" : value),
    kinds: code
  }
]

/** A change of some characters of a file. */
interface Change {
  readonly file: string
  readonly from: number
  readonly to: number
  readonly text: string
}

const changesOf = (file: string, text: string): ReadonlyArray<Change> => {
  const kinds = kindsOf(text)
  return operators.flatMap(({ becomes, kinds: wanted, pattern }) =>
    [...text.matchAll(pattern)]
      .filter((match) => wanted.includes(kinds[match.index] ?? "comment"))
      .map((match) => ({
        file,
        from: match.index,
        to: match.index + match[0].length,
        text: becomes(match[0])
      }))
      .filter((change) => change.text !== text.slice(change.from, change.to))
  )
}

/** The most lines of a mutation: what is longer does not survive other changes for long. */
const mostLines = 3

/** The change with as many whole lines around it as make its text the only one of its kind in `src`; nothing if those are too many. */
const mutationOf = (sources: ReadonlyMap<string, string>, change: Change): Mutation | undefined => {
  const text = sources.get(change.file) ?? ""
  let from = text.lastIndexOf("\n", change.from - 1) + 1
  let to = text.indexOf("\n", change.to)
  for (let lines = 1; lines <= mostLines; lines += 2) {
    const mutation: Mutation = {
      before: text.slice(from, to).trim(),
      after: (text.slice(from, change.from) + change.text + text.slice(change.to, to)).trim(),
      tests: []
    }
    if (placesOf(sources, mutation).length === 1) return mutation
    from = text.lastIndexOf("\n", from - 2) + 1
    to = text.indexOf("\n", to + 1)
  }
  return undefined
}

const isDrawable = (file: string): boolean =>
  // What is made of data, and declarations.
  !/(confusables|variants)\.ts$|\.d\.ts$|\.sql$/.test(file)

/** Drawn mutations without end: each room has its turn, in an order that the seed gives. A room is a folder. */
export const draw = (sources: ReadonlyMap<string, string>, seed: number): Generator<Mutation> => {
  const rooms = new Map<string, Array<Change>>()
  for (const [file, text] of sources) {
    if (!isDrawable(file)) continue
    const room = dirname(file)
    rooms.set(room, [...(rooms.get(room) ?? []), ...changesOf(file, text)])
  }
  const shuffled = Effect.runSync(
    Effect.forEach([...rooms.values()], (changes) => Random.shuffle(changes)).pipe(
      Effect.flatMap((all) => Random.shuffle(all)),
      Random.withSeed(seed)
    )
  )
  return (function* () {
    for (let round = 0; shuffled.some((changes) => round < changes.length); round++)
      for (const changes of shuffled) {
        const change = changes[round]
        const mutation = change && mutationOf(sources, change)
        if (mutation !== undefined) yield mutation
      }
  })()
}
