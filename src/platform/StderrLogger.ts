/** Logs to stderr, one line an entry: stdout is the protocol's. Hosts keep stderr in a log, and people look at that. */
import { Cause, Formatter, Layer, Logger, References } from "effect"
import { inline, visible } from "../domain/Text.ts"

const line = Logger.make<unknown, string>(({ cause, logLevel, message }) => {
  const words = (Array.isArray(message) ? message : [message])
    .map((part) => (typeof part === "string" ? part : Formatter.format(part)))
    .join(" ")
  const why = cause.reasons.length === 0 ? "" : ` (${Cause.pretty(cause)})`
  return `cc-dm ${logLevel.toLowerCase()}: ${inline(words)}${visible(why)}`
})

/** Replaces every other logger. Debug lines are left out. */
export const StderrLogger = Layer.mergeAll(
  Logger.layer([Logger.withConsoleError(line)]),
  Layer.succeed(References.MinimumLogLevel, "Info")
)
