/** `cc-dm completions`: a script that lets a shell complete commands, flags, and what is on the bus. */
import { Effect } from "effect"
import { Argument, Command, Completions } from "effect/cli"
import { complete } from "../completions/Complete.ts"
import { knownOnBus } from "../completions/OnBus.ts"
import { scripts, shells } from "../completions/Scripts.ts"
import { printLine } from "../Output.ts"

export const completions = Command.make(
  "completions",
  {
    shell: Argument.Literals("shell", shells).pipe(Argument.withDescription("bash, zsh or fish"))
  },
  // A script ends its last line itself.
  ({ shell }) => printLine(scripts[shell].trimEnd())
).pipe(
  Command.withDescription(
    "Print a script that lets your shell complete commands, flags, names, projects and numbers of messages"
  ),
  Command.withShortDescription("Print completions for bash, zsh and fish"),
  Command.withExamples([
    { command: `eval "$(cc-dm completions bash)"`, description: "in ~/.bashrc" },
    { command: `source <(cc-dm completions zsh)`, description: "in ~/.zshrc" },
    { command: "cc-dm completions fish | source", description: "in ~/.config/fish/config.fish" }
  ])
)

/** Prints what may stand at the end of a line: what the scripts call. `args`: the shell, and the words. */
export const printCandidates = Effect.fnUntraced(function* (
  root: Command.Command.Any,
  [shell = "", ...words]: ReadonlyArray<string>
) {
  const candidates = yield* complete(Completions.fromCommand(root), words, shell !== "bash", knownOnBus)
  if (candidates.length > 0)
    yield* printLine(
      candidates.map(({ about, value }) => `${value}\t${about.replace(/\s+/g, " ")}`).join("\n")
    )
})
