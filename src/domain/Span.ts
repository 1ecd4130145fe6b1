/** Spans of time as people write them: `90s`, `30m`, `24h`, `7d`, `1h30m`, or `0`. */
import { Result } from "effect"

const units: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 }

/** The largest unit first, each at most once: `1d12h`. */
const shape = /^(?=\d)(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$/

/**
 * Reads a span of time, of at most `longest` milliseconds.
 *
 * @returns milliseconds, or a sentence that says what is wrong with the text
 */
export const parseSpan = (raw: string, longest: number): Result.Result<number, string> => {
  const text = raw.trim().toLowerCase()
  if (/^0{1,9}$/.test(text)) return Result.succeed(0)
  if (!shape.test(text))
    return Result.fail("must be 0 or a number followed by s, m, h or d, such as 24h or 1h30m")
  const span = [...text.matchAll(/(\d+)(\w)/g)].reduce(
    (sum, [, digits, unit = ""]) => sum + Number(digits) * (units[unit] ?? 0),
    0
  )
  return span <= longest
    ? Result.succeed(span)
    : Result.fail(`must be at most ${longest / (units["d"] ?? 1)} days`)
}
