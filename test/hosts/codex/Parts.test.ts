/** Long texts in parts. */
import { expect, test } from "bun:test"
import { partsOf } from "../../../src/hosts/codex/Parts.ts"

test("a short text is one part", () => {
  expect(partsOf("a\n\n| b")).toEqual(["a\n\n| b"])
})

test("a long one ends between lines, and all of it is there", () => {
  const text = Array.from({ length: 200 }, (_, at) => `| line ${at} ${"x".repeat(30)}`).join("\n")
  const parts = partsOf(text)
  expect(parts.length).toBeGreaterThan(2)
  expect(parts.join("\n")).toBe(text)
  for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(2_400)
})

test("a line that is too long goes on behind a bar, and no character is broken", () => {
  const line = `| ${"😀é".repeat(2_000)}`
  const parts = partsOf(line)
  for (const part of parts) {
    expect(part.startsWith("| ")).toBe(true)
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(2_400)
  }
  expect(parts.map((part) => part.slice(2)).join("")).toBe(line.slice(2))
})
