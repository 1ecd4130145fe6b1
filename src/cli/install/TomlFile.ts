/** Changing one table of a TOML file in place: nothing else moves, and no comment is lost. */
import { Result } from "effect"
import { type AST, getStaticTOMLValue, parseTOML } from "toml-eslint-parser"

export type TomlValue = string | number | boolean | ReadonlyArray<string>

/** A table with a heading of its own, and what has to stand in it. */
export interface TomlTable {
  readonly path: ReadonlyArray<string>
  readonly values: Readonly<Record<string, TomlValue>>
}

interface Read {
  readonly tables: ReadonlyArray<AST.TOMLTable>
  readonly value: Readonly<Record<string, unknown>>
}

/** The file as its parser sees it, or why it can't be read. */
const read = (text: string): Result.Result<Read, string> => {
  try {
    const program = parseTOML(text)
    const [top] = program.body
    return Result.succeed({
      tables: top.body.filter((node) => node.type === "TOMLTable"),
      value: getStaticTOMLValue(program)
    })
  } catch (cause) {
    const where = cause instanceof Error && "lineNumber" in cause ? ` (line ${cause.lineNumber})` : ""
    return Result.fail(`is no valid TOML${where}`)
  }
}

const quoted = (text: string) => JSON.stringify(text).replaceAll("\u007f", "\\u007f")

const written = (value: TomlValue): string =>
  typeof value === "string"
    ? quoted(value)
    : typeof value === "object"
      ? `[${value.map(quoted).join(", ")}]`
      : String(value)

const key = (name: string) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name))

const eolOf = (text: string) => (text.includes("\r\n") ? "\r\n" : "\n")

const startsWith = (path: ReadonlyArray<string | number>, start: ReadonlyArray<string>) =>
  start.every((part, index) => path[index] === part)

/** Where the line ends that a place is in, before its line end. */
const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at)
  if (end < 0) return text.length
  return text[end - 1] === "\r" ? end - 1 : end
}

const lookUp = (value: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>(
    (at, part) =>
      typeof at === "object" && at !== null && Object.hasOwn(at, part)
        ? (at as Readonly<Record<string, unknown>>)[part]
        : undefined,
    value
  )

/** A value without what stands at a path, and without the tables that are empty then. */
const without = (value: unknown, path: ReadonlyArray<string>): unknown => {
  const [first, ...rest] = path
  if (first === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, first))
    return value
  const { [first]: inner, ...others } = value as Readonly<Record<string, unknown>>
  const left = rest.length === 0 ? {} : without(inner, rest)
  return typeof left === "object" && left !== null && Object.keys(left).length === 0
    ? others
    : { ...others, [first]: left }
}

/** The text after a change, if that is valid and says the same as before of everything else. */
const checked = (before: Read, text: string, path: ReadonlyArray<string>) =>
  Result.flatMap(read(text), ({ value }) =>
    Bun.deepEquals(without(before.value, path), without(value, path))
      ? Result.succeed(text)
      : Result.fail(`is written in a way that cc-dm can't change: remove ${path.join(".")} by hand`)
  )

const appended = (text: string, { path, values }: TomlTable): string => {
  const eol = eolOf(text)
  const lines = [
    `[${path.map(key).join(".")}]`,
    ...Object.entries(values).map(([name, value]) => `${key(name)} = ${written(value)}`)
  ]
  const gap = text === "" ? "" : text.endsWith("\n") ? eol : eol + eol
  return text + gap + lines.join(eol) + eol
}

const nameOf = (entry: AST.TOMLKeyValue): ReadonlyArray<string> =>
  entry.key.keys.map((part) => (part.type === "TOMLBare" ? part.name : part.value))

/** One place of a text, and what takes its place. */
interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

const applied = (text: string, edits: ReadonlyArray<Edit>): string =>
  edits
    .toSorted((one, other) => other.from - one.from)
    .reduce((at, { from, text: put, to }) => at.slice(0, from) + put + at.slice(to), text)

const updated = (text: string, node: AST.TOMLTable, values: TomlTable["values"]): string => {
  const eol = eolOf(text)
  const entries = new Map(node.body.map((entry) => [nameOf(entry).join("."), entry]))
  const changes: Array<Edit> = []
  const missing: Array<string> = []
  for (const [name, value] of Object.entries(values)) {
    const entry = entries.get(name)
    if (entry === undefined) missing.push(`${eol}${key(name)} = ${written(value)}`)
    else if (!Bun.deepEquals(getStaticTOMLValue(entry.value), value))
      changes.push({ from: entry.value.range[0], to: entry.value.range[1], text: written(value) })
  }
  const end = lineEnd(text, node.body.at(-1)?.range[1] ?? node.key.range[1])
  return applied(text, [...changes, { from: end, to: end, text: missing.join("") }])
}

/** The text with a table in it. What the table holds beside these values stays. */
export const setTable = (text: string, table: TomlTable): Result.Result<string, string> =>
  Result.flatMap(read(text), (before) => {
    const node = before.tables.find(
      ({ kind, resolvedKey }) =>
        kind === "standard" && resolvedKey.length === table.path.length && startsWith(resolvedKey, table.path)
    )
    const isElsewhere =
      node === undefined &&
      lookUp(before.value, table.path) !== undefined &&
      !before.tables.some(({ resolvedKey }) => startsWith(resolvedKey, table.path))
    if (isElsewhere)
      return Result.fail(
        `has ${table.path.join(".")} without a heading of its own: remove it, or write it as [${table.path.join(".")}]`
      )
    const after = node === undefined ? appended(text, table) : updated(text, node, table.values)
    const parent = table.path.slice(0, -1)
    return Result.mapError(checked(before, after, table.path), (why) =>
      lookUp(before.value, parent) === undefined
        ? why
        : `has ${parent.join(".")} in a form that nothing can be added to: write each as [${parent.join(".")}.NAME]`
    )
  })

/** The text without a table and the tables in it. */
export const removeTable = (text: string, path: ReadonlyArray<string>): Result.Result<string, string> =>
  Result.flatMap(read(text), (before) => {
    if (lookUp(before.value, path) === undefined) return Result.succeed(text)
    const edits = before.tables
      .filter(({ resolvedKey }) => startsWith(resolvedKey, path))
      .map((node) => {
        const end = lineEnd(text, node.range[1])
        const from = text.lastIndexOf("\n", node.range[0] - 1) + 1
        const to = text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length)
        // The empty line above it came with it.
        const gap = /(?:^|\n)(\r?\n)$/.exec(text.slice(0, from))?.[1] ?? ""
        return { from: from - gap.length, to, text: "" }
      })
    return checked(before, applied(text, edits), path)
  })

/** Whether there is anything at a path. */
export const hasTable = (text: string, path: ReadonlyArray<string>): boolean =>
  Result.match(read(text), {
    onSuccess: ({ value }) => lookUp(value, path) !== undefined,
    onFailure: () => false
  })
