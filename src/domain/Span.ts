/** Spans of time as people write them: `90s`, `30m`, `24h`, `7d`, or `0`. */
import { Result } from "effect"

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads a span of time, of at most `longest` milliseconds.
 *
 * @returns milliseconds, or a sentence that says what is wrong with the text
 */
export const parseSpan = (raw: string, longest: number): Result.Result<number, string> => {
  const text = raw.trim()
  const [, digits = "", unit = ""] = /^(\d{1,9})([smhd]?)$/.exec(text.toLowerCase()) ?? []
  const span = Number(digits) * (units[unit] ?? 0)
  if (digits === "" || (unit === "" && Number(digits) !== 0))
    return Result.fail("must be 0 or a number followed by s, m, h or d, such as 24h")
  return span <= longest
    ? Result.succeed(span)
    : Result.fail(`must be at most ${longest / (units["d"] ?? 1)} days`)
}
