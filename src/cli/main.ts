/** The command line, built into a file of its own: the server does not carry it. `start.ts` loads it. */
import { Cause, Console, Effect, Exit } from "effect"
import { faultSentence } from "../domain/Fault.ts"
import { visible } from "../domain/Text.ts"
import { isBuiltForFile, program, wantsPostgres } from "../platform/Build.ts"
import { CommandLineServices, commandLineArguments } from "../platform/CommandLine.ts"
import { runMain } from "../platform/Platform.ts"
import { builtFile } from "../platform/Programs.ts"
import { StderrLogger } from "../platform/StderrLogger.ts"
import { version } from "../version.ts"
import { runCommandLine } from "./CommandLine.ts"
import { exitCodes } from "./Failure.ts"

/** What rules and limits say. */
const refusals = ["Forbidden", "TooLate", "TooFast", "QueueFull"]

/** What was shown already, or needs no words. */
const codeOf = (error: unknown): number => {
  if (typeof error !== "object" || error === null || !("_tag" in error)) return exitCodes.failed
  if (error._tag === "ShowHelp")
    return "errors" in error && Array.isArray(error.errors) && error.errors.length > 0
      ? exitCodes.wrongUse
      : exitCodes.done
  if (error._tag === "NobodyThere") return exitCodes.notFound
  if (refusals.includes(String(error._tag))) return exitCodes.refused
  return "code" in error && typeof error.code === "number" ? error.code : exitCodes.failed
}

const say = (error: unknown) =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "ShowHelp"
    ? Effect.void
    : Console.error(`cc-dm: ${visible(error instanceof Error ? error.message : String(error))}`)

const run = () =>
  runMain(
    runCommandLine(commandLineArguments).pipe(
      Effect.tapError(say),
      Effect.tapDefect((defect) => Console.error(`cc-dm: ${faultSentence(defect, program(version))}`)),
      Effect.provide([CommandLineServices, StderrLogger]),
      Effect.withTracerEnabled(false)
    ),
    {
      disableErrorReporting: true,
      teardown: (exit) => {
        if (Exit.isSuccess(exit)) return process.exit(exitCodes.done)
        const error = Cause.squash(exit.cause)
        // As a shell counts what a SIGINT ended.
        return process.exit(Cause.hasInterruptsOnly(exit.cause) ? 130 : codeOf(error))
      }
    }
  )

// Whatever is created is the user's alone.
process.umask(0o077)
if (isBuiltForFile && (commandLineArguments[0] === "bus" || wantsPostgres()))
  await import(builtFile("cc-dm-cli-postgres.js"))
else run()
