/** Input as whole lines, however it comes in, and none that is too long. */
import { describe, expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { idIn } from "../../src/mcp/McpTransport.ts"
import { type Ends, wholeLines } from "../../src/platform/Lines.ts"

const longest = 20

/** What comes out of some pieces, and what was left out. */
const through = (pieces: ReadonlyArray<string>) => {
  const left: Array<Ends> = []
  const out: Array<string> = []
  const take = wholeLines(
    longest,
    (line) => out.push(String(line)),
    (ends) => left.push(ends)
  )
  for (const piece of pieces) take(Buffer.from(piece))
  return { left, out }
}

const piece = Schema.Literals(["a", "\n", "bcd", "é", "\n\n", "x".repeat(9), "y".repeat(30), "z\nz", ""])

describe("lines", () => {
  test("are what stands between line ends, but for those that are too long", async () => {
    const pieces = Arbitrary.array(Arbitrary.schema(piece), { maxLength: 40 })
    const holds = (all: ReadonlyArray<string>) =>
      Effect.sync(() => {
        const { left, out } = through(all)
        const lines = all
          .join("")
          .split("\n")
          .slice(0, -1)
          .map((line) => `${line}\n`)
        const isShort = (line: string) => Buffer.byteLength(line) <= longest
        const tooLong = lines.filter((line) => !isShort(line))
        return (
          out.join("") === lines.filter(isShort).join("") &&
          left.length === tooLong.length &&
          left.every(({ head, tail }, at) => tooLong[at]?.startsWith(head) && tooLong[at]?.endsWith(tail))
        )
      })
    const failure = Arbitrary.formatCheckFailure(
      await Effect.runPromise(Arbitrary.checkEffect(pieces, holds, { runs: 300 }))
    )
    expect(failure).toBeUndefined()
  })

  test.each([
    ['{"jsonrpc":"2.0","id":7,"method":"', '"}\n', "7"],
    ['{"method":"x","params":{"x":"', '"},"jsonrpc":"2.0","id":"a\\"b"}\n', '"a\\"b"'],
    ['{"method":"x","params":{"id":5,"x":"', '"}}\n', "null"],
    ['{"method":"x","params":{"x":"', '","id":5}}\n', "null"],
    ['{"method":"x","params":"', ' \\"id\\":5}\\n"}\n', "null"],
    ["xxxx", "xxxx\n", "null"]
  ])("tell the id of a request where that is sure: %s ... %s", (head, tail, id) =>
    expect(idIn({ head, tail })).toBe(id)
  )
})
