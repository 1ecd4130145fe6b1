/** All commands. `cc-dm` alone shows the roster if there is one, else help. */
import { Effect, Layer } from "effect"
import { CliConfig, CliOutput, Command, GlobalFlag } from "effect/cli"
import { wantsColour } from "../platform/CommandLine.ts"
import { version } from "../version.ts"
import { colour, obeyColour } from "./Colour.ts"
import { completing } from "./completions/Scripts.ts"
import { attachSpans } from "./OptionalValue.ts"
import { withoutAliases } from "./OtherWords.ts"
import { shortErrors } from "./Usage.ts"

const run = (args: ReadonlyArray<string>): Effect.Effect<void, unknown, Command.Environment> =>
  Effect.suspend(() => runCommandLine(args))

const whole: Effect.Effect<Command.Command.Any> = Effect.suspend(() => rootWith(names))

/** In the order of the help. Each is loaded when it is needed: to make all of them takes longer than most of them run. */
const loaders = {
  who: async () => (await import("./commands/who.ts")).who,
  send: async () => (await import("./commands/send.ts")).send,
  ask: async () => (await import("./commands/ask.ts")).ask,
  reply: async () => (await import("./commands/reply.ts")).reply,
  broadcast: async () => (await import("./commands/broadcast.ts")).broadcast,
  inbox: async () => (await import("./commands/inbox.ts")).inbox,
  show: async () => (await import("./commands/show.ts")).showMessage,
  listen: async () => (await import("./commands/listen.ts")).listen,
  log: async () => (await import("./commands/log.ts")).log,
  export: async () => (await import("./commands/export.ts")).exportCommand,
  watch: async () => (await import("./commands/watch.ts")).watch,
  approve: async () => (await import("./commands/approve.ts")).approve,
  deny: async () => (await import("./commands/approve.ts")).deny,
  wait: async () => (await import("./commands/wait.ts")).wait,
  status: async () => (await import("./commands/status.ts")).status,
  launch: async () => (await import("./commands/launch.ts")).launch,
  install: async () => (await import("./commands/install.ts")).install,
  uninstall: async () => (await import("./commands/install.ts")).uninstall,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  bus: async () => (await import("./commands/bus.ts")).bus,
  demo: async () => (await import("./commands/demo.ts")).demo,
  serve: async () => (await import("./commands/serve.ts")).serve,
  help: async () => (await import("./commands/help.ts")).makeHelp(whole, run),
  completions: async () => (await import("./commands/completions.ts")).completions
}

type CommandName = keyof typeof loaders
const names = Object.keys(loaders) as ReadonlyArray<CommandName>

/** What has to be loaded for these arguments: the command that they begin with, and all for whatever else they begin with. */
const neededFor = ([first]: ReadonlyArray<string>): ReadonlyArray<CommandName> => {
  const called = names.filter((name) => name === first)
  return called.length > 0 ? called : names
}

const rosterOrHelp = Effect.gen(function* () {
  const { showRoster } = yield* Effect.promise(() => import("./commands/who.ts"))
  const { ReadOnlyStorage } = yield* Effect.promise(() => import("./Storage.ts"))
  yield* Effect.provide(showRoster(undefined, {}), ReadOnlyStorage)
}).pipe(Effect.catchTag("BusUnavailable", () => run(["--help"])))

const rootWith = Effect.fnUntraced(function* (needed: ReadonlyArray<CommandName>) {
  const commands = yield* Effect.promise(() => Promise.all(needed.map((name) => loaders[name]())))
  return Command.make("cc-dm", {}, () => rosterOrHelp).pipe(
    Command.withDescription("Messages between Claude Code sessions: the bus at the command line."),
    Command.withSubcommands(commands),
    Command.withGlobalFlags([colour]),
    Command.withExamples([
      { command: "cc-dm", description: "show who is on the bus" },
      { command: "cc-dm help who", description: "show what a command does, with examples" }
    ])
  )
})

/** Runs a command line: the arguments behind `cc-dm`. Fails with what the command failed with; errors of use were shown. */
export const runCommandLine = (
  typed: ReadonlyArray<string>
): Effect.Effect<void, unknown, Command.Environment> =>
  typed[0] === completing ? complete(typed.slice(1)) : runRoot(typed)

const complete = Effect.fnUntraced(function* (words: ReadonlyArray<string>) {
  const { printCandidates } = yield* Effect.promise(() => import("./commands/completions.ts"))
  yield* printCandidates(yield* whole, words)
})

const runRoot = Effect.fnUntraced(function* (typed: ReadonlyArray<string>) {
  const args = withoutAliases(typed)
  obeyColour(args)
  const root = yield* rootWith(neededFor(args))
  yield* Command.runWith(root, { version })(attachSpans(args)).pipe(
    Effect.provide(
      Layer.mergeAll(
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
        CliOutput.layer(CliOutput.defaultFormatter({ colors: wantsColour("stdout") })),
        shortErrors(args)
      )
    )
  )
})
