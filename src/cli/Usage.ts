/** What is said to somebody who used a command wrongly: what was wrong, and where it stands. In two lines, on stderr. */
import { Effect, Predicate } from "effect"
import { type CliError, CliOutput } from "effect/cli"
import { inline, quote, shorten, worded } from "../domain/Text.ts"
import { commandMeantBy } from "./OtherWords.ts"
import { complain, note } from "./Output.ts"
import { explainBadWait, explainTooMany } from "./Retyped.ts"

/** Whether a command ended in its help: it was asked for, or with `errors` the command was used wrongly. */
export const isHelp = (error: unknown): error is CliError.ShowHelp => Predicate.isTagged(error, "ShowHelp")

const meant = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `; did you mean ${suggestions.join(" or ")}?`

const most = 5

/** An address that stands in the wrong place may hold a password, and what is printed here may end in a log. */
const withoutPasswords = (text: string): string => text.replace(/\b([a-z][a-z0-9+.-]*:\/+)\S*@/gi, "$1…@")

/** What was typed is quoted: it may drive the terminal. */
const typed = (text: string): string => quote(withoutPasswords(text))

/** `args`: all that was typed. `command`: the one that it was meant for, if there is one. */
const sentence = (
  error: CliError.NonShowHelpErrors,
  args: ReadonlyArray<string>,
  command: string | undefined
): string => {
  switch (error._tag) {
    case "UnknownSubcommand": {
      const other = command === undefined ? commandMeantBy(error.subcommand) : undefined
      return `there is no command ${typed(error.subcommand)}${meant(other === undefined ? error.suggestions : [other])}`
    }
    case "UnrecognizedOption":
      return `there is no flag ${worded(withoutPasswords(error.option))}${meant(error.suggestions)}`
    case "UnexpectedArgument": {
      const explained = explainTooMany(
        args.map(withoutPasswords),
        command,
        error.arguments.map(withoutPasswords)
      )
      if (explained !== undefined) return explained
      return `unexpected positional ${error.arguments.length === 1 ? "argument" : "arguments"}: ${error.arguments
        .slice(0, most)
        .map(typed)
        .join(", ")}`
    }
    case "InvalidValue": {
      const where = error.kind === "argument" ? `argument <${error.option}>` : `flag --${error.option}`
      const given =
        error.value === ""
          ? `missing value for ${where}`
          : `invalid value for ${where}: ${typed(error.value)}`
      const expected = inline(shorten(error.expected.replace(/^(Expected:? )?/, "Expected: "), 400))
      const retyped = error.option === "wait" ? explainBadWait(args.map(withoutPasswords)) : ""
      return `${given}. ${expected}${retyped}`
    }
    default: {
      const text = inline(shorten(withoutPasswords(error.message).replace(/\s+/g, " ").trim(), 400))
      return text.slice(0, 1).toLowerCase() + text.slice(1)
    }
  }
}

/** What `launch` hands on stands behind `--`: people write the agent's own flags before it. */
const hintFor = (
  path: ReadonlyArray<string>,
  errors: ReadonlyArray<CliError.NonShowHelpErrors>
): string | undefined => {
  const [foreign] = errors.flatMap((error) =>
    error._tag === "UnrecognizedOption" && error.suggestions.length === 0 ? [error.option] : []
  )
  return path[0] !== "launch" || foreign === undefined
    ? undefined
    : `A flag of the agent's own stands behind --: cc-dm launch NAME -- ${worded(foreign)} ...`
}

/** Help and the version as always; errors in short, since who mistyped a flag need not read all flags. `args`: all that was typed. */
export const shortErrors = (args: ReadonlyArray<string>) =>
  CliOutput.layerPresenter({
    present: (event) => {
      if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
      const [program = "cc-dm", ...path] = event.commandPath
      const hint = hintFor(path, event.errors)
      return Effect.andThen(
        Effect.forEach(event.errors, (error) => complain(`${program}: ${sentence(error, args, path[0])}`), {
          discard: true
        }),
        Effect.forEach(
          [...(hint === undefined ? [] : [hint]), `Try: ${[program, "help", ...path].join(" ")}`],
          note,
          { discard: true }
        )
      )
    }
  })
