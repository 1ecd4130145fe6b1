/** The command line of a tool of this repository: its flags, `--help`, and how it ends. */
import { Cause, Console, Effect, Layer, Option } from "effect"
import { CliConfig, Command, Flag, GlobalFlag } from "effect/cli"
import { isHelp } from "../src/cli/Usage.ts"
import { CommandLineServices, commandLineArguments } from "../src/platform/CommandLine.ts"
import { runMain } from "../src/platform/Platform.ts"
import { version } from "../src/version.ts"

/** A flag that is there or not. */
export const switchFlag = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

/** A flag that may be left out. */
export const optionalFlag = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** A whole number of at least `least`. */
export const countFlag = (name: string, description: string, least = 0): Flag.Flag<number> =>
  Flag.Int(name).pipe(
    Flag.filter(
      (value) => value >= least && Number.isSafeInteger(value),
      () => `a whole number of at least ${least}`
    ),
    Flag.withDescription(description)
  )

/** A number that is not negative. */
export const amountFlag = (name: string, description: string): Flag.Flag<number> =>
  Flag.Finite(name).pipe(
    Flag.filter(
      (value) => value >= 0,
      () => "a number of at least 0"
    ),
    Flag.withDescription(description)
  )

/**
 * Runs a tool with the arguments of this process. Exit code 2: they were not understood, and the tool's help says why. Else the
 * code is what the tool has put into `process.exitCode`.
 */
export const runTool = <Name extends string, Input, Context, E>(
  tool: Command.Command<Name, Input, Context, E, Command.Environment>
): void =>
  runMain(
    Command.runWith(tool, { version })(commandLineArguments).pipe(
      Effect.catchIf(isHelp, ({ errors }) =>
        Effect.sync(() => {
          process.exitCode = errors.length > 0 ? 2 : 0
        })
      ),
      Effect.tapCause((cause) =>
        Console.error(Cause.hasInterruptsOnly(cause) ? "stopped" : Cause.pretty(cause))
      ),
      Effect.provide(Layer.merge(CommandLineServices, CliConfig.layer({ builtIns: [GlobalFlag.Help] })))
    ),
    // What went wrong is said above, on stderr: stdout may hold JSON.
    { disableErrorReporting: true }
  )
