/** An alias called `cc-dm`, as the README of 1.x advised it: a shell prefers it to the command. */
import { Effect, FileSystem } from "effect"
import { worded } from "../../domain/Text.ts"
import { HomeFolder } from "../../platform/Platform.ts"
import { variableText } from "../../platform/Variables.ts"
import { attention, type Finding, ok } from "./Finding.ts"

const startFiles = [
  ".bashrc",
  ".bash_profile",
  ".bash_login",
  ".bash_aliases",
  ".profile",
  ".aliases",
  ".zshrc",
  ".zprofile",
  ".zshenv",
  ".zlogin",
  ".kshrc",
  ".config/fish/config.fish"
]

/** In POSIX shells and in fish; what is commented out does not count. */
const definition =
  /^\s*(?:(?:builtin\s+)?alias\s+(?:-\S+\s+)*["']?cc-dm["']?(?:=|\s)|abbr\s.*\bcc-dm\s|function\s+(?:-\S+\s+)*cc-dm(?![\w-])|cc-dm\s*\(\))/

/** Lines that stand after another command, as in `[ -f x ] && alias cc-dm=...`. */
const definitionBehind = /^[^#]*(?:&&|;|then|do)\s*alias\s+(?:-\S+\s+)*cc-dm=/

export const checkAliases = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const home = yield* HomeFolder
  const zsh = yield* variableText("ZDOTDIR")
  const fish = `${home}/.config/fish`
  const more = yield* Effect.orElseSucceed(
    files.readDirectory(`${fish}/conf.d`),
    (): ReadonlyArray<string> => []
  )
  const paths = new Set([
    ...startFiles.map((file) => `${home}/${file}`),
    ...(zsh === "" ? [] : [`${zsh}/.zshrc`, `${zsh}/.zprofile`, `${zsh}/.zshenv`]),
    ...more.map((file) => `${fish}/conf.d/${file}`),
    `${fish}/functions/cc-dm.fish`
  ])
  const findings: Array<Finding> = []
  for (const path of paths) {
    const text = yield* Effect.orElseSucceed(files.readFileString(path), () => "")
    for (const [index, line] of text.split("\n").entries())
      if (definition.test(line) || definitionBehind.test(line))
        findings.push(
          attention(
            "alias",
            `${worded(path)}, line ${index + 1}, defines a cc-dm of its own, which hides this command.`,
            "Rename it to claude-dm, and open a new terminal."
          )
        )
  }
  return findings.length > 0 ? findings : [ok("alias", "no shell start file defines a cc-dm of its own")]
})
