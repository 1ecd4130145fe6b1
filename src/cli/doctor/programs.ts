/** Bun, Claude Code, and the command itself: which ones are found, and whether they are recent enough. */
import { Effect, FileSystem } from "effect"
import { worded } from "../../domain/Text.ts"
import { whatClaudeCodeStarted } from "../../hosts/claude-code/Ancestor.ts"
import { builtFile, bun, findProgram, outputOf } from "../../platform/Programs.ts"
import { version } from "../../version.ts"
import { ownPath } from "../OwnPath.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"
import { isOlder, versionIn } from "./versions.ts"

const oldestBun = "1.3.0"
const oldestClaude = "2.1.80"
/** Older ones do not know hooks of the plugin's kind. */
const oldestClaudeWithHooks = "2.1.118"

/** How long a program may take to say its version, in milliseconds. */
const versionTimeout = 2_000

const checkBun = (): Finding => {
  const found = findProgram("bun")
  const which = `Bun ${bun.version}, ${worded(found ?? bun.path)}`
  if (isOlder(bun.version, oldestBun))
    return attention("bun", `${which}: too old, ${oldestBun} or later is needed`, "bun upgrade")
  if (found === undefined)
    return attention(
      "bun",
      `${which} is not on your PATH, where Claude Code looks for it`,
      "Put its folder on your PATH, and start Claude Code from a new terminal."
    )
  return ok("bun", which)
}

const checkClaude = Effect.gen(function* () {
  const found = findProgram("claude")
  if (found === undefined)
    return hint(
      "claude code",
      "There is no claude on your PATH.",
      "Install it where you want sessions: https://code.claude.com/docs/en/setup"
    )
  const printed = yield* outputOf([found, "--version"], versionTimeout)
  const its = versionIn(printed ?? "")
  if (its === undefined)
    return attention(
      "claude code",
      `${worded(found)} did not print its version within ${versionTimeout / 1_000} s.`,
      "Run `claude --version`; reinstall it if that fails."
    )
  const which = `Claude Code ${its}, ${worded(found)}`
  if (isOlder(its, oldestClaude))
    return attention("claude code", `${which}: too old, ${oldestClaude} or later is needed`, "claude update")
  if (isOlder(its, oldestClaudeWithHooks))
    return hint(
      "claude code",
      `${which}: hooks work from ${oldestClaudeWithHooks} on, so messages come by channel or inbox only`,
      "claude update"
    )
  return ok("claude code", which)
})

/** What lets the user type `cc-dm` in a terminal of their own. */
const installing = (found: string | undefined) =>
  `To have it in your own shell: ${found === undefined ? worded(builtFile("../bin/cc-dm")) : "cc-dm"} install shell`

/** Whose link leads where. In a session the plugin's own is found first, which no terminal of the user's has. */
const checkCommand = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const here = findProgram("cc-dm")
  const isInside = here !== undefined && whatClaudeCodeStarted() !== undefined
  const path = isInside ? yield* ownPath : undefined
  const found = path === undefined ? here : findProgram("cc-dm", path)
  if (found === undefined)
    return hint(
      "command",
      isInside
        ? `This is cc-dm ${version}, which is on the PATH of sessions alone.`
        : `This is cc-dm ${version}; there is no cc-dm on your PATH.`,
      installing(here)
    )
  const real = yield* Effect.orElseSucceed(files.realPath(found), () => found)
  const printed = yield* outputOf([found, "--version"], versionTimeout)
  const its = versionIn(printed ?? "")
  const which = real === found ? worded(found) : `${worded(found)} (${worded(real)})`
  if (its === undefined)
    return attention(
      "command",
      `The cc-dm on your PATH is another program: ${which}`,
      "Rename it, or put this one before it on your PATH."
    )
  if (its !== version)
    return hint(
      "command",
      `This is cc-dm ${version}, and the one on your PATH is ${worded(its)}: ${which}`,
      isOlder(its, version) && real.endsWith("/.cc-dm/bin/cc-dm") ? installing(here) : null
    )
  return ok("command", `cc-dm ${version}, ${which}`)
})

export const checkPrograms = Effect.map(
  Effect.all([checkClaude, checkCommand], { concurrency: "unbounded" }),
  (others) => [checkBun(), ...others]
)
