/** All commands. `cc-dm` alone shows the roster if there is one, else help. */
import { Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { wantsColour } from "../platform/CommandLine.ts"
import { version } from "../version.ts"
import { colour, obeyColour } from "./Colour.ts"
import { approve, deny } from "./commands/approve.ts"
import { ask } from "./commands/ask.ts"
import { broadcast } from "./commands/broadcast.ts"
import { bus } from "./commands/bus.ts"
import { completions, printCandidates } from "./commands/completions.ts"
import { demo } from "./commands/demo.ts"
import { doctor } from "./commands/doctor.ts"
import { exportCommand } from "./commands/export.ts"
import { makeHelp } from "./commands/help.ts"
import { inbox } from "./commands/inbox.ts"
import { install, uninstall } from "./commands/install.ts"
import { launch } from "./commands/launch.ts"
import { listen } from "./commands/listen.ts"
import { log } from "./commands/log.ts"
import { reply } from "./commands/reply.ts"
import { send } from "./commands/send.ts"
import { serve } from "./commands/serve.ts"
import { showMessage } from "./commands/show.ts"
import { status } from "./commands/status.ts"
import { wait } from "./commands/wait.ts"
import { watch } from "./commands/watch.ts"
import { showRoster, who } from "./commands/who.ts"
import { completing } from "./completions/Scripts.ts"
import { attachSpans } from "./OptionalValue.ts"
import { withoutAliases } from "./OtherWords.ts"
import { ReadOnlyStorage } from "./Storage.ts"
import { shortErrors } from "./Usage.ts"

const run = (args: ReadonlyArray<string>): Effect.Effect<void, unknown, Command.Environment> =>
  Effect.suspend(() => runCommandLine(args))

const root = Command.make("cc-dm", {}, () =>
  Effect.provide(showRoster(undefined, {}), ReadOnlyStorage).pipe(
    Effect.catchTag("BusUnavailable", () => run(["--help"]))
  )
).pipe(
  Command.withDescription("Messages between Claude Code sessions: the bus at the command line."),
  Command.withSubcommands([
    who,
    send,
    ask,
    reply,
    broadcast,
    inbox,
    showMessage,
    listen,
    log,
    exportCommand,
    watch,
    approve,
    deny,
    wait,
    status,
    launch,
    install,
    uninstall,
    doctor,
    bus,
    demo,
    serve,
    makeHelp((): Command.Command.Any => root, run),
    completions
  ]),
  Command.withGlobalFlags([colour]),
  Command.withExamples([
    { command: "cc-dm", description: "show who is on the bus" },
    { command: "cc-dm help who", description: "show what a command does, with examples" }
  ])
)

/** Runs a command line: the arguments behind `cc-dm`. Fails with what the command failed with; errors of use were shown. */
export const runCommandLine = (
  typed: ReadonlyArray<string>
): Effect.Effect<void, unknown, Command.Environment> =>
  typed[0] === completing ? printCandidates(root, typed.slice(1)) : runRoot(typed)

const runRoot = (typed: ReadonlyArray<string>) =>
  Effect.suspend(() => {
    const args = withoutAliases(typed)
    obeyColour(args)
    return Command.runWith(root, { version })(attachSpans(args)).pipe(
      Effect.provide(
        Layer.mergeAll(
          CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
          CliOutput.layer(CliOutput.defaultFormatter({ colors: wantsColour("stdout") })),
          shortErrors(args)
        )
      )
    )
  })
