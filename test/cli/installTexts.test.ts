/** How texts of files are edited, to the byte. */
import { describe, expect, test } from "bun:test"
import { Result, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { hunksOf, revert, shownDiff } from "../../src/cli/install/Diff.ts"
import { putIn, takeOut } from "../../src/cli/install/JsonFile.ts"
import { addToList, setValue } from "../../src/cli/install/JsonText.ts"
import { removeTable, setTable } from "../../src/cli/install/TomlFile.ts"
import { it } from "../support/it.ts"

const line = Arbitrary.schema(Schema.Literals(["a", "b", "c", "a\n", "b\n", "c\n", "\n", "\r\n", ""]))
const text = Arbitrary.map(Arbitrary.array(line, { maxLength: 24 }), (lines) => lines.join(""))

describe("differences", () => {
  it.prop(
    "lead back from the new text to the old one",
    Arbitrary.all({ before: text, after: text }),
    ({ after, before }) => revert(after, hunksOf(before, after)) === before
  )

  test("are no differences of another text", () => {
    const hunks = hunksOf("a\nb\n", "a\nx\nb\n")
    expect(revert("a\nx\nb\n", hunks)).toBe("a\nb\n")
    expect(revert("a\ny\nb\n", hunks)).toBeUndefined()
  })

  test("show no line of the user's that only got a comma", () => {
    expect(shownDiff('{\n  "key": "secret"\n}\n', '{\n  "key": "secret",\n  "x": 1\n}\n')).toEqual([
      '+   "x": 1'
    ])
  })
})

describe("JSON", () => {
  const set = (before: string) => Result.getOrThrow(setValue(before, ["o", "x"], { y: [1] }))

  test("gets a value behind the last one, with its comment, as the file is indented", () => {
    expect(set('{\n\t"o": {\n\t\t"b": {"c":  1} // last\n\t}, // o\n\t"p": [1,2]\n}')).toBe(
      '{\n\t"o": {\n\t\t"b": {"c":  1}, // last\n\t\t"x": {\n\t\t\t"y": [\n\t\t\t\t1\n\t\t\t]\n\t\t}\n\t}, // o\n\t"p": [1,2]\n}'
    )
    expect(set('{\r\n   "o": {\r\n      "b": 1, /* last */\r\n   }\r\n}\r\n')).toBe(
      '{\r\n   "o": {\r\n      "b": 1, /* last */\r\n      "x": {\r\n         "y": [\r\n            1\r\n         ]\r\n      },\r\n   }\r\n}\r\n'
    )
    expect(set('{"o":{"b":1},"p":2}')).toBe('{"o":{"b":1, "x": {"y":[1]}},"p":2}')
    expect(set('{\n  "o": { }\n}')).toBe(
      '{\n  "o": {\n    "x": {\n      "y": [\n        1\n      ]\n    }\n  }\n}'
    )
    expect(set('{\n  "o": {\n    // nothing\n  }\n}')).toBe(
      '{\n  "o": {\n    // nothing\n    "x": {\n      "y": [\n        1\n      ]\n    }\n  }\n}'
    )
    expect(Result.getOrThrow(addToList('{"l": [\n  1 // one\n]}', ["l"], 2))).toBe(
      '{"l": [\n  1, // one\n  2\n]}'
    )
  })

  const names = Arbitrary.schema(Schema.Literals(["a", "mcpServers", "cc-dm", "hooks", "Stop"]))
  const scalars = Arbitrary.schema(Schema.Literals([1, "x", true]))
  const objects = Arbitrary.map(
    Arbitrary.array(Arbitrary.all({ name: names, inner: names, value: scalars }), { maxLength: 5 }),
    (parts) => Object.fromEntries(parts.map(({ inner, name, value }) => [name, { [inner]: value }]))
  )
  const indents = Arbitrary.schema(Schema.Literals(["", " ", "    ", "\t"]))

  it.prop(
    "takes ours in and gives it out again, whatever else is there",
    Arbitrary.all({ value: objects, indent: indents }),
    ({ indent, value }) => {
      const parts = {
        entries: [{ path: ["mcpServers", "cc-dm"], values: { command: "x", args: ["y"] } }],
        hooks: {
          path: ["hooks"],
          events: { Stop: { type: "command", command: "ours" }, Start: { type: "command", command: "ours" } },
          isOurs: ({ command }: Readonly<Record<string, unknown>>) => command === "ours"
        }
      }
      const before = JSON.stringify(value, null, indent)
      const after = putIn(before, parts)
      if (Result.isFailure(after)) return /^has something else than/.test(after.failure)
      const { "cc-dm": _, ...servers } = (value["mcpServers"] ?? {}) as Record<string, unknown>
      const rest = { ...value, ...(value["mcpServers"] === undefined ? {} : { mcpServers: servers }) }
      const again = Result.getOrThrow(putIn(after.success, parts))
      const out = JSON.parse(takeOut(after.success, parts, [], () => false))
      const { hooks: _hooks, mcpServers, ...others } = out
      const { hooks: _own, mcpServers: _servers, ...otherRest } = rest as Record<string, unknown>
      return (
        again === after.success &&
        Bun.deepEquals(mcpServers, servers) &&
        Bun.deepEquals(others, otherRest) &&
        JSON.parse(after.success).mcpServers["cc-dm"].command === "x"
      )
    },
    40
  )
})

describe("TOML", () => {
  const table = { path: ["s", "cc-dm"], values: { command: "x", on: true, list: ["a", "b"] } }
  const put = (before: string) => Result.getOrThrow(setTable(before, table))

  test("gets a table at the end, and loses it again with the empty line above it", () => {
    const before = '# c\n[s.other] # o\nk = """\n[s.cc-dm]\n"""\n'
    const after = `${before}\n[s.cc-dm]\ncommand = "x"\non = true\nlist = ["a", "b"]\n`
    expect(put(before)).toBe(after)
    expect(put(after)).toBe(after)
    expect(Result.getOrThrow(removeTable(after, table.path))).toBe(before)
    expect(Result.getOrThrow(removeTable(`${after}\n[t]\n`, table.path))).toBe(`${before}\n[t]\n`)
    expect(put("a = 1\r\n")).toBe(
      'a = 1\r\n\r\n[s.cc-dm]\r\ncommand = "x"\r\non = true\r\nlist = ["a", "b"]\r\n'
    )
  })

  test("keeps what else stands in the table, and where", () => {
    const before = '[s.cc-dm] # mine\n  command = "old" # c\n  limit = 5\n\n[s.cc-dm.env]\nA = "1"\n[t]\n'
    expect(put(before)).toBe(
      '[s.cc-dm] # mine\n  command = "x" # c\n  limit = 5\non = true\nlist = ["a", "b"]\n\n[s.cc-dm.env]\nA = "1"\n[t]\n'
    )
    expect(Result.getOrThrow(removeTable(before, table.path))).toBe("[t]\n")
  })
})
