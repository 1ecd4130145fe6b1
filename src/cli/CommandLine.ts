/** All commands. `cc-dm` alone shows the roster where there is one, else help. */
import { Effect } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import { version } from "../version.ts"
import { approve, deny } from "./commands/approve.ts"
import { watch } from "./commands/watch.ts"
import { showRoster, who } from "./commands/who.ts"
import { ReadOnlyStorage } from "./Storage.ts"

const showHelp: Effect.Effect<void, unknown, Command.Environment> = Effect.suspend(() =>
  runCommandLine(["--help"])
)

const root = Command.make("cc-dm", {}, () =>
  Effect.provide(showRoster(false, undefined), ReadOnlyStorage).pipe(
    Effect.catchTag("BusUnavailable", () => showHelp)
  )
).pipe(
  Command.withDescription("Messages between Claude Code sessions: this is the bus at the command line."),
  Command.withSubcommands([who, watch, approve, deny])
)

/** Runs a command line: the arguments behind `cc-dm`. Fails with what the command failed with; errors of use were shown. */
export const runCommandLine = (args: ReadonlyArray<string>) =>
  Command.runWith(root, { version })(args).pipe(
    Effect.provide(
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    )
  )
