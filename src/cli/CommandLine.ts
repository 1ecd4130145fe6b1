/** All commands. `cc-dm` alone shows the roster if there is one, else help. */
import { Effect, Layer } from "effect"
import { CliConfig, Command, GlobalFlag } from "effect/cli"
import { version } from "../version.ts"
import { approve, deny } from "./commands/approve.ts"
import { broadcast } from "./commands/broadcast.ts"
import { bus } from "./commands/bus.ts"
import { completions, printCandidates } from "./commands/completions.ts"
import { demo } from "./commands/demo.ts"
import { doctor } from "./commands/doctor.ts"
import { makeHelp } from "./commands/help.ts"
import { inbox } from "./commands/inbox.ts"
import { install, uninstall } from "./commands/install.ts"
import { launch } from "./commands/launch.ts"
import { listen } from "./commands/listen.ts"
import { log } from "./commands/log.ts"
import { send } from "./commands/send.ts"
import { serve } from "./commands/serve.ts"
import { status } from "./commands/status.ts"
import { wait } from "./commands/wait.ts"
import { watch } from "./commands/watch.ts"
import { showRoster, who } from "./commands/who.ts"
import { completing } from "./completions/Scripts.ts"
import { attachSpans } from "./OptionalValue.ts"
import { ReadOnlyStorage } from "./Storage.ts"
import { ShortErrors } from "./Usage.ts"

const run = (args: ReadonlyArray<string>): Effect.Effect<void, unknown, Command.Environment> =>
  Effect.suspend(() => runCommandLine(args))

const root = Command.make("cc-dm", {}, () =>
  Effect.provide(showRoster(false, undefined), ReadOnlyStorage).pipe(
    Effect.catchTag("BusUnavailable", () => run(["--help"]))
  )
).pipe(
  Command.withDescription("Messages between Claude Code sessions: the bus at the command line."),
  Command.withSubcommands([
    who,
    send,
    broadcast,
    inbox,
    listen,
    log,
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
  Command.withExamples([
    { command: "cc-dm", description: "show who is on the bus" },
    { command: "cc-dm help who", description: "show what a command does, with examples" }
  ])
)

/** Runs a command line: the arguments behind `cc-dm`. Fails with what the command failed with; errors of use were shown. */
export const runCommandLine = (args: ReadonlyArray<string>) =>
  args[0] === completing ? printCandidates(root, args.slice(1)) : runRoot(args)

const runRoot = (args: ReadonlyArray<string>) =>
  Command.runWith(root, { version })(attachSpans(args)).pipe(
    Effect.provide(
      Layer.mergeAll(CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }), ShortErrors)
    )
  )
