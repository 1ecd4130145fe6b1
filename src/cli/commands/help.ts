/** `cc-dm help [command...]`: what `--help` behind a command says, in the order in which people ask. */
import { Effect } from "effect"
import { Argument, Command } from "effect/cli"
import { quote } from "../../domain/Text.ts"
import { wrongUse } from "../Failure.ts"
import { nearest } from "../Nearest.ts"
import { commandMeantBy } from "../OtherWords.ts"

const below = (command: Command.Command.Any): ReadonlyArray<Command.Command.Any> =>
  command.subcommands.flatMap(({ commands }) => commands)

/** `whole`: the root with all commands, of which this is one. `run`: runs a command line of it. */
export const makeHelp = (
  whole: Effect.Effect<Command.Command.Any>,
  run: (args: ReadonlyArray<string>) => Effect.Effect<void, unknown, Command.Environment>
) =>
  Command.make(
    "help",
    {
      path: Argument.String("command").pipe(
        Argument.withDescription("The command to explain"),
        Argument.variadic()
      )
    },
    Effect.fnUntraced(function* ({ path }) {
      const root = yield* whole
      let at = root
      for (const name of path) {
        const names = below(at).map((command) => command.name)
        const next = below(at).find((command) => command.name === name || command.alias === name)
        if (next === undefined) {
          const meant = (at === root ? commandMeantBy(name) : undefined) ?? nearest(name, names)
          return yield* wrongUse(
            `there is no command ${quote(name)}${meant === undefined ? "" : `; did you mean ${meant}?`}`
          )
        }
        at = next
      }
      yield* run([...path, "--help"])
    })
  ).pipe(
    Command.withDescription(
      "Show what a command does, its flags and examples; without a command, list all commands"
    ),
    Command.withShortDescription("Show help, with examples"),
    Command.withExamples([{ command: "cc-dm help" }, { command: "cc-dm help doctor" }])
  )
