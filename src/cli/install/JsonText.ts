/** Putting values into a JSON text, with or without comments, and taking them out: what stands around them stays as it is. */
import { Result } from "effect"
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  type Node,
  type ParseError,
  parseTree
} from "jsonc-parser"

export type JsonPath = ReadonlyArray<string | number>

/** The JSON object that a text is, or why it is none. */
export const readJson = (text: string): Result.Result<Node, string> => {
  const errors: Array<ParseError> = []
  const root = parseTree(text, errors, { allowTrailingComma: true })
  const [error] = errors
  if (error !== undefined || root === undefined) {
    const line = text.slice(0, error?.offset ?? 0).split("\n").length
    return Result.fail(`is no valid JSON (line ${line})`)
  }
  return root.type === "object" ? Result.succeed(root) : Result.fail("is no JSON object")
}

/** The value at a path of a text that was read already; `undefined`: there is none. */
export const valueAt = (text: string, path: JsonPath): unknown => {
  const root = parseTree(text, [], { allowTrailingComma: true })
  const node = root === undefined ? undefined : findNodeAtLocation(root, [...path])
  return node === undefined ? undefined : getNodeValue(node)
}

/** How the file is indented: by the first line that is. */
const unitOf = (text: string): string => /\n([ \t]+)["\]}]/.exec(text)?.[1] ?? "  "

const eolOf = (text: string) => (text.includes("\r\n") ? "\r\n" : "\n")

/** What stands in front of the first word of the line that a place is in. */
const indentAt = (text: string, at: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", at - 1) + 1))?.[0] ?? ""

const isFirstOfLine = (text: string, at: number): boolean =>
  /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, text.lastIndexOf("\n", at - 1)), at))

const splice = (text: string, at: number, put: string, length = 0) =>
  text.slice(0, at) + put + text.slice(at + length)

/** A value as text, on lines of its own or on one. */
const rendered = (value: unknown, unit: string, indent: string, eol: string, onOneLine: boolean): string =>
  onOneLine
    ? JSON.stringify(value)
    : JSON.stringify(value, null, unit)
        .split("\n")
        .join(eol + indent)

/** Adds an element at the end of an object or an array. `name`: its name, in an object. */
const add = (text: string, container: Node, name: string | undefined, value: unknown): string => {
  const [unit, eol] = [unitOf(text), eolOf(text)]
  const head = name === undefined ? "" : `${JSON.stringify(name)}: `
  const last = container.children?.at(-1)
  if (last !== undefined) {
    const end = last.offset + last.length
    if (!isFirstOfLine(text, last.offset))
      return splice(text, end, `, ${head}${rendered(value, unit, "", eol, true)}`)
    const indent = indentAt(text, last.offset)
    const put = `${eol}${indent}${head}${rendered(value, unit, indent, eol, false)}`
    // A comment behind the last element stays with it, and a comma there serves the new one.
    const [behind = "", comma = ""] =
      /^[ \t]*(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r?\n)/.exec(text.slice(end)) ?? []
    return comma === ""
      ? splice(splice(text, end + behind.length, put), end, ",")
      : splice(text, end + behind.length, `${put},`)
  }
  const outer = indentAt(text, container.offset)
  const indent = outer + unit
  const close = container.offset + container.length - 1
  const inside = text.slice(container.offset + 1, close)
  const put = `${eol}${indent}${head}${rendered(value, unit, indent, eol, false)}${eol}${outer}`
  const kept = inside.trimEnd()
  return splice(text, container.offset + 1 + kept.length, put, inside.length - kept.length)
}

/** The text with a value at a path; objects on the way are made. Fails if there is something else on the way. */
export const setValue = (text: string, path: JsonPath, value: unknown): Result.Result<string, string> =>
  Result.flatMap(readJson(text), (root) => {
    let at = root
    for (const [index, part] of path.entries()) {
      if (at.type !== (typeof part === "number" ? "array" : "object"))
        return Result.fail(`has something else than an object at ${path.slice(0, index).join(".")}`)
      const next = findNodeAtLocation(at, [part])
      if (next !== undefined) {
        at = next
        continue
      }
      const whole = path.slice(index + 1).reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
      return Result.succeed(add(text, at, String(part), whole))
    }
    return Bun.deepEquals(getNodeValue(at), value)
      ? Result.succeed(text)
      : Result.succeed(
          splice(
            text,
            at.offset,
            rendered(value, unitOf(text), indentAt(text, at.offset), eolOf(text), false),
            at.length
          )
        )
  })

/** The text with one more element in the list at a path, which is made if it is missing. */
export const addToList = (text: string, path: JsonPath, value: unknown): Result.Result<string, string> =>
  Result.flatMap(readJson(text), (root) => {
    const list = findNodeAtLocation(root, [...path])
    if (list === undefined) return setValue(text, path, [value])
    return list.type === "array"
      ? Result.succeed(add(text, list, undefined, value))
      : Result.fail(`has something else than a list at ${path.join(".")}`)
  })

/** The text without what stands at a path. */
export const removeAt = (text: string, path: JsonPath): string =>
  valueAt(text, path) === undefined ? text : applyEdits(text, modify(text, [...path], undefined, {}))
