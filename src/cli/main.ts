/** The command line, built into a file of its own: the server does not carry it. `start.ts` loads it. */
import { Effect, Runtime } from "effect"
import type { CliError } from "effect/cli"
import { exitCodes } from "../domain/ExitCode.ts"
import { faultSentence } from "../domain/Fault.ts"
import { isBuiltForFile, program, wantsPostgres } from "../platform/Build.ts"
import { CommandLineServices, commandLineArguments } from "../platform/CommandLine.ts"
import { endAsTold, untilTold } from "../platform/Endings.ts"
import { runMain } from "../platform/Platform.ts"
import { builtFile } from "../platform/Programs.ts"
import { StderrLogger } from "../platform/StderrLogger.ts"
import { version } from "../version.ts"
import { runCommandLine } from "./CommandLine.ts"
import { errorWords } from "./ErrorWords.ts"
import { complain } from "./Output.ts"
import { isHelp } from "./Usage.ts"

/** How the command line was used wrongly was shown already, beside the help. */
class WrongUse {
  readonly [Runtime.errorExitCode] = exitCodes.wrongUse
}

/** Help that was asked for is no failure. */
const onHelp = (help: CliError.ShowHelp) =>
  help.errors.length === 0 ? Effect.void : Effect.fail(new WrongUse())

const say = (error: unknown) =>
  error instanceof WrongUse ? Effect.void : complain(`cc-dm: ${errorWords(error)}`)

const run = () =>
  runMain(
    untilTold(runCommandLine(commandLineArguments)).pipe(
      Effect.catchIf(isHelp, onHelp),
      Effect.tapError(say),
      Effect.tapDefect((defect) => complain(`cc-dm: ${faultSentence(defect, program(version))}`)),
      Effect.provide([CommandLineServices, StderrLogger]),
      Effect.withTracerEnabled(false)
    ),
    { disableErrorReporting: true, teardown: endAsTold }
  )

// Whatever is created is the user's alone.
process.umask(0o077)

/** Settles once another built file answers in place of this one. */
export const loaded: Promise<unknown> | undefined =
  isBuiltForFile && (commandLineArguments[0] === "bus" || wantsPostgres())
    ? import(builtFile("cc-dm-cli-postgres.js"))
    : undefined

if (loaded === undefined) run()
