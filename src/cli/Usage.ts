/** What is said to somebody who used a command wrongly: what was wrong, and where it stands. In two lines, on stderr. */
import { Console, Effect } from "effect"
import { type CliError, CliOutput } from "effect/cli"

const meant = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`

const sentence = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "UnknownSubcommand":
      return `there is no command "${error.subcommand}"${meant(error.suggestions)}`
    case "UnrecognizedOption":
      return `there is no flag ${error.option}${meant(error.suggestions)}`
    default: {
      const text = error.message.replace(/\s+/g, " ").trim()
      return text.slice(0, 1).toLowerCase() + text.slice(1)
    }
  }
}

/** Help and the version as always; errors in short, since who mistyped a flag need not read all flags. */
export const ShortErrors = CliOutput.layerPresenter({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const [program = "cc-dm", ...path] = event.commandPath
    return Effect.andThen(
      Effect.forEach(event.errors, (error) => Console.error(`${program}: ${sentence(error)}`), {
        discard: true
      }),
      Console.error(`Try: ${[program, "help", ...path].join(" ")}`)
    )
  }
})
