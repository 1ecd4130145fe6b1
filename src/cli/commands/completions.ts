/** `cc-dm completions`: a script that lets a shell complete commands and flags. */
import { Argument, Command, Completions } from "effect/cli"
import { print } from "../Output.ts"

const shells = ["bash", "zsh", "fish"] as const

/** The toolkit's own advice for its flag `--completions`, which this command stands for. */
const ownAdvice = /cc-dm --completions/g

/** `root` is asked for late, since this command is a part of it. */
export const makeCompletions = (root: () => Command.Command.Any) =>
  Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", shells).pipe(Argument.withDescription("bash, zsh or fish"))
    },
    ({ shell }) =>
      print(
        Completions.generate("cc-dm", shell, Completions.fromCommand(root())).replaceAll(
          ownAdvice,
          "cc-dm completions"
        )
      )
  ).pipe(
    Command.withDescription("Print a script that lets your shell complete commands and flags"),
    Command.withShortDescription("Print completions for bash, zsh and fish"),
    Command.withExamples([
      { command: `eval "$(cc-dm completions bash)"`, description: "in ~/.bashrc" },
      {
        command: `source <(cc-dm completions zsh)`,
        description: "in ~/.zshrc, after compinit"
      },
      { command: "cc-dm completions fish > ~/.config/fish/completions/cc-dm.fish" }
    ])
  )
