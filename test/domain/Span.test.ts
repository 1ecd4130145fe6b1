import { describe, expect, test } from "bun:test"
import { Result } from "effect"
import { parseSpan } from "../../src/domain/Span.ts"
import { it } from "../support/it.ts"
import { text } from "../support/names.ts"

const week = 7 * 86_400_000

describe("a span of time", () => {
  test.each([
    ["0", 0],
    ["0s", 0],
    ["90s", 90_000],
    ["30m", 1_800_000],
    [" 24H ", 86_400_000],
    ["1h30m", 5_400_000],
    ["1D2h3m4s", 93_784_000],
    ["00", 0],
    ["7d", week]
  ] as const)("%j is %i ms", (raw, span) => expect(parseSpan(raw, week)).toEqual(Result.succeed(span)))

  test.each(["", " ", "24", "h", "-1h", "1.5h", "1w", "1 h", "30m1h", "1h1h", "1h30", "0x1h", "9999999999s"])(
    "%j is none",
    (raw) => expect(Result.isFailure(parseSpan(raw, week))).toBe(true)
  )

  test("is no longer than it may be", () => {
    expect(parseSpan("169h", week)).toEqual(Result.fail("must be at most 7 days"))
  })

  it.prop("is read or refused, whatever the text", text, (raw) => {
    const span = parseSpan(raw, week)
    return Result.isFailure(span) || (span.success >= 0 && span.success <= week)
  })
})
