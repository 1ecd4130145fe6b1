/** The user's own shell, outside of what this runs in: which one it is, and what PATH a new terminal has there. */
import { basename } from "node:path"
import { Effect } from "effect"
import { environment } from "./Environment.ts"
import { os } from "./Late.ts"
import { outputOf } from "./Programs.ts"

/** How long the shell may take for its start files, in milliseconds. */
const timeout = 2_000

const ofAccount = (): string => {
  try {
    return os().userInfo().shell ?? ""
  } catch {
    // A container may run under a number that has no account.
    return ""
  }
}

/** The path of the user's shell. */
export const userShell = environment["SHELL"] || ofAccount() || "/bin/sh"

/** What the shell is called: bash, zsh, fish, ... */
export const userShellName = basename(userShell)

/** Start files may print whatever they like: what is asked for stands between these. */
const [begin, end] = ["cc-dm-path-begins", "cc-dm-path-ends"]

const ask = Effect.fnUntraced(function* (flags: string, path: string) {
  const script = `echo ${begin}; printenv PATH; echo ${end}`
  const printed = yield* outputOf([userShell, flags, script], timeout, { PATH: path, TERM: "dumb" })
  const [, told = ""] = new RegExp(`${begin}\\n(.*)\\n${end}`).exec(printed ?? "") ?? []
  return told === "" ? undefined : told
})

/**
 * The folders of the PATH in a new terminal of the user's: what the login gives it, and what the start files of a shell add, which
 * are run for that. `undefined`: the shell does not tell within some seconds.
 *
 * @param isForeign which folders of the PATH that this runs with no terminal of the user's has
 */
export const terminalPath = Effect.fn("terminalPath")(function* (isForeign: (folder: string) => boolean) {
  const inherited = (environment["PATH"] ?? "").split(":").filter((folder) => !isForeign(folder))
  const atLogin = yield* ask("-lc", inherited.join(":"))
  // A terminal on macOS is a login shell; elsewhere it inherits from one.
  const isLogin = process.platform === "darwin"
  const inTerminal = yield* ask(isLogin ? "-ilc" : "-ic", atLogin ?? inherited.join(":"))
  const told = inTerminal ?? atLogin
  return told?.split(":").map((folder) => (folder === "/" ? folder : folder.replace(/\/+$/, "")))
})
