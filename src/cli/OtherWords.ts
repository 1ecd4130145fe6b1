/** Words that people try for commands: some stand for one, of others it is said which command is meant. */

/** What stands for a command, with what it stands for. */
const aliases: Readonly<Record<string, ReadonlyArray<string>>> = {
  dm: ["send"],
  ls: ["who"],
  ps: ["who"],
  tail: ["log", "--follow"],
  version: ["--version"]
}

const meanings: Readonly<Record<string, ReadonlyArray<string>>> = {
  send: ["message", "msg", "write", "tell", "say", "post"],
  ask: ["question", "query"],
  reply: ["answer", "respond"],
  who: ["list", "sessions", "roster", "users", "peers"],
  inbox: ["mail", "messages", "read", "receive"],
  log: ["history", "logs"],
  watch: ["monitor", "top", "ui", "tui", "live"],
  approve: ["allow", "accept", "yes"],
  deny: ["reject", "refuse", "no"],
  launch: ["start", "run", "claude", "codex"],
  install: ["setup", "init", "add"],
  uninstall: ["remove"],
  doctor: ["check", "diagnose", "fix"]
}

/** The command that somebody means by a word that is none. */
export const commandMeantBy = (word: string): string | undefined =>
  Object.keys(meanings).find((command) => meanings[command]?.includes(word.toLowerCase()))

const aliasOf = (word: string | undefined): ReadonlyArray<string> | undefined =>
  word !== undefined && Object.hasOwn(aliases, word) ? aliases[word] : undefined

/** Puts a command where a word stands for one, also behind `help`. */
export const withoutAliases = (args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first, ...rest] = args
  if (first === "--color" || first?.startsWith("--color=")) {
    const taken = first === "--color" ? 2 : 1
    return [...args.slice(0, taken), ...withoutAliases(args.slice(taken))]
  }
  if (first === "help" && aliasOf(rest[0]) !== undefined)
    return [first, ...(aliasOf(rest[0]) ?? []).filter((word) => !word.startsWith("-")), ...rest.slice(1)]
  return [...(aliasOf(first) ?? args.slice(0, 1)), ...rest]
}
