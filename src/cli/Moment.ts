/** Moments as people write them: how long ago (`1h30m`), a day (`2026-11-01`), a time of day (`09:30`), or both. */
import { Effect, Result } from "effect"
import { CliError, Flag } from "effect/cli"
import { parseSpan } from "../domain/Span.ts"
import { maybe } from "./Flags.ts"

const day = 24 * 3_600_000
const longest = 36_500 * day

/** A moment, once it is known what time it is. All are in milliseconds since 1970. */
export type Moment = (now: number) => number

const expected = "a span such as 1h30m, a day such as 2026-11-01, or a time such as 09:30 or 2026-11-01T09:30"

const timeOfDay = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/
const dateAndTime =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/i

/** The last time that clocks here showed this. */
const lastTime =
  (hours: number, minutes: number, seconds: number): Moment =>
  (now) => {
    const today = new Date(now).setHours(hours, minutes, seconds, 0)
    if (today <= now) return today
    const yesterday = new Date(today)
    return yesterday.setDate(yesterday.getDate() - 1)
  }

const offsetOf = (zone: string): number => {
  if (/^z$/i.test(zone)) return 0
  const digits = zone.replace(/\D/g, "")
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000
}

/**
 * Reads a moment. Days and times without a zone are those of this machine; a time of day alone is the last one that was.
 *
 * @returns what is wrong with the text, if something is
 */
export const parseMoment = (raw: string): Result.Result<Moment, string> => {
  const text = raw.trim()
  const span = parseSpan(text, longest)
  if (Result.isSuccess(span)) return Result.succeed((now) => now - span.success)
  const [time, ...parts] = timeOfDay.exec(text) ?? []
  if (time !== undefined) {
    const [hours = 0, minutes = 0, seconds = 0] = parts.map((part) => Number(part ?? 0))
    return hours < 24 && minutes < 60 && seconds < 60
      ? Result.succeed(lastTime(hours, minutes, seconds))
      : Result.fail(expected)
  }
  const [whole, ...fields] = dateAndTime.exec(text) ?? []
  if (whole === undefined) return Result.fail(expected)
  const [year = 0, month = 0, date = 0, hours = 0, minutes = 0, seconds = 0] = fields
    .slice(0, 6)
    .map((field) => Number(field ?? 0))
  const milliseconds = Math.floor(Number(`0.${fields[6] ?? 0}`) * 1_000)
  const written = Date.UTC(year, month - 1, date, hours, minutes, seconds, milliseconds)
  // The calendar makes the 3rd of March of the 31st of February.
  const again = new Date(written)
  if (
    again.getUTCMonth() !== month - 1 ||
    again.getUTCDate() !== date ||
    hours > 23 ||
    minutes > 59 ||
    seconds > 59
  )
    return Result.fail(expected)
  const zone = fields[7]
  const moment =
    zone === undefined
      ? new Date(year, month - 1, date, hours, minutes, seconds, milliseconds).getTime()
      : written - offsetOf(zone)
  return Result.succeed(() => moment)
}

/** A flag that takes a moment, and may be left out. */
export const momentFlag = (name: string, description: string) =>
  maybe(
    Flag.String(name).pipe(
      Flag.withMetavar("when"),
      Flag.withDescription(description),
      Flag.mapEffect((raw) =>
        Result.match(parseMoment(raw), {
          onSuccess: Effect.succeed,
          onFailure: (expected) =>
            Effect.fail(new CliError.InvalidValue({ option: name, value: raw, expected, kind: "flag" }))
        })
      )
    )
  )
