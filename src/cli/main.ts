/** The command line, built into a file of its own: the server does not carry it. `start.ts` loads it. */
import { Console, Effect, Runtime } from "effect"
import type { CliError } from "effect/cli"
import { exitCodes } from "../domain/ExitCode.ts"
import { faultSentence } from "../domain/Fault.ts"
import { visible } from "../domain/Text.ts"
import { isBuiltForFile, program, wantsPostgres } from "../platform/Build.ts"
import { CommandLineServices, commandLineArguments } from "../platform/CommandLine.ts"
import { runMain } from "../platform/Platform.ts"
import { builtFile } from "../platform/Programs.ts"
import { StderrLogger } from "../platform/StderrLogger.ts"
import { version } from "../version.ts"
import { runCommandLine } from "./CommandLine.ts"
import { isHelp } from "./Usage.ts"

/** How the command line was used wrongly was shown already, beside the help. */
class WrongUse {
  readonly [Runtime.errorExitCode] = exitCodes.wrongUse
}

/** Help that was asked for is no failure. */
const onHelp = (help: CliError.ShowHelp) =>
  help.errors.length === 0 ? Effect.void : Effect.fail(new WrongUse())

const say = (error: unknown) =>
  error instanceof WrongUse
    ? Effect.void
    : Console.error(`cc-dm: ${visible(error instanceof Error ? error.message : String(error))}`)

const run = () =>
  runMain(
    runCommandLine(commandLineArguments).pipe(
      Effect.catchIf(isHelp, onHelp),
      Effect.tapError(say),
      Effect.tapDefect((defect) => Console.error(`cc-dm: ${faultSentence(defect, program(version))}`)),
      Effect.provide([CommandLineServices, StderrLogger]),
      Effect.withTracerEnabled(false)
    ),
    {
      disableErrorReporting: true,
      // A handle that is still open must not keep the process.
      teardown: (exit) => Runtime.defaultTeardown(exit, process.exit)
    }
  )

// Whatever is created is the user's alone.
process.umask(0o077)
if (isBuiltForFile && (commandLineArguments[0] === "bus" || wantsPostgres()))
  await import(builtFile("cc-dm-cli-postgres.js"))
else run()
