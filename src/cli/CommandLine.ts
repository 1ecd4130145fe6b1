/** All commands. `cc-dm` alone shows the roster where there is one, else help. */
import { Effect } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import { version } from "../version.ts"
import { broadcast } from "./commands/broadcast.ts"
import { inbox } from "./commands/inbox.ts"
import { listen } from "./commands/listen.ts"
import { log } from "./commands/log.ts"
import { send } from "./commands/send.ts"
import { showRoster, who } from "./commands/who.ts"
import { attachSpans } from "./OptionalValue.ts"
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
  Command.withSubcommands([who, send, broadcast, inbox, listen, log])
)

/** Runs a command line: the arguments behind `cc-dm`. Fails with what the command failed with; errors of use were shown. */
export const runCommandLine = (args: ReadonlyArray<string>) =>
  Command.runWith(root, { version })(attachSpans(args)).pipe(
    Effect.provide(
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version, GlobalFlag.Completions] })
    )
  )
