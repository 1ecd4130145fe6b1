/** Text by its width: cut, filled up and wrapped. */
import { describe, expect, test } from "bun:test"
import { column, oneLine, widthOf, wrap } from "../../src/cli/Columns.ts"
import { isOlder } from "../../src/cli/doctor/versions.ts"
import { hanging, table } from "../../src/cli/Output.ts"

const family = "👨‍👩‍👧‍👦"
const texts = [
  "",
  "one",
  "some words and some more words, and a veryveryverylongwordthatfitsnowhere at all",
  "漢字かな交じり文".repeat(6),
  `${family} `.repeat(20),
  "e\u0301a\u0300o\u0308".repeat(20),
  "first\nsecond\tthird\n\nlast"
]

describe.each(texts)("%j", (text) => {
  test("is cut to no more than a width, between characters", () => {
    for (const width of [0, 1, 2, 7, 20, 200]) {
      const line = oneLine(text, width)
      expect(widthOf(line)).toBeLessThanOrEqual(width)
      expect(line).not.toContain("\n")
      expect(line).not.toMatch(/\u200d…?$/)
      expect(widthOf(column(text, width))).toBe(width)
    }
  })

  test("is wrapped to no more than a width, and loses nothing", () => {
    for (const width of [2, 7, 20, 200])
      for (const taken of [0, 1, width - 1]) {
        const lines = wrap(text, width, taken)
        for (const [index, line] of lines.entries())
          expect(widthOf(line)).toBeLessThanOrEqual(index === 0 ? width - taken : width)
        expect(lines.join("")).toBe(text.replaceAll("\t", "  ").replaceAll("\n", ""))
      }
  })
})

test("a line is broken between words, if it can be", () => {
  expect(wrap("hello there all", 8)).toEqual(["hello ", "there ", "all"])
  expect(wrap("hello there", 8, 6)).toEqual(["", "hello ", "there"])
  expect(wrap("incomprehensible", 8)).toEqual(["incompre", "hensible"])
})

test("a table into a pipe is cut nowhere, and no column is wider than a terminal", () => {
  const columns = [{ title: "NAME" }, { title: "WHAT", gives: true }]
  const rows = [[`name${family}`, "words ".repeat(100)]]
  expect(table(columns, rows, Number.POSITIVE_INFINITY)).toContain("words ".repeat(100).trimEnd())
  for (const line of table(columns, rows, 40).split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(40)
})

describe("foreign text behind a beginning", () => {
  test("begins no line of the terminal, however long the beginning is", () => {
    const width = 60
    const indent = 10
    for (let length = 1; length < 3 * width; length++) {
      const lines = hanging("h".repeat(length), "foreign ".repeat(40), indent, width).split("\n")
      for (const [index, line] of lines.entries()) {
        const words = line.indexOf("foreign")
        // Where the terminal begins lines by itself.
        for (let start = width; start < widthOf(line); start += width)
          expect([length, index, words === -1 || start < words]).toEqual([length, index, true])
        if (index > 0) expect(words).toBeGreaterThanOrEqual(indent)
      }
    }
  })

  test("goes into a pipe as it is", () => {
    const text = "some words ".repeat(50)
    expect(hanging("head: ", `${text}\n${text}`, 4, Number.POSITIVE_INFINITY)).toBe(
      `head: ${text}\n    ${text}`
    )
  })
})

test("versions are compared by their numbers, and what is none is older than all", () => {
  for (const [one, other] of [
    ["2.1.0", "2.1.1"],
    ["2.9.0", "2.10.0"],
    ["1.9.9", "2.0.0"],
    ["", "0.0.1"],
    ["\u001b[2J9.9.9", "0.0.1"],
    ["9999999999999999999999.0.0", "0.0.1"]
  ] as const) {
    expect([one, other, isOlder(one, other), isOlder(other, one)]).toEqual([one, other, true, false])
  }
  expect(isOlder("2.1.0", "2.1.0-rc.1")).toBe(false)
  expect(isOlder("2.1.0-rc.1", "2.1.0")).toBe(false)
})
