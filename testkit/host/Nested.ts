/**
 * The command line of a server that belongs to a run within another session, as `claude -p` in a model's shell. The processes stand
 * as those of Claude Code 2.1.332 do, and have its marks in their environments. What the outermost process is given as its
 * environment is the outer session's. stdin, stdout, stderr and other descriptors go through all of them.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { builtServer } from "./ClaudeCode.ts"

/** What Claude Code puts into the environment of a model's shell. */
const marks = ["CLAUDECODE=1", "CLAUDE_PID=1", "CLAUDE_CODE_CHILD_SESSION=1", "CLAUDE_CODE_SESSION_ID=outer"]

/** A model's shell. */
const shell = ["sh", "-c", '"$@"\nexit $?', "sh"]

/** Stands for Claude Code: a process of that name that runs what it is given, and stays until that ends. */
const putClaude = (home: string): string => {
  const program = join(home, "bin/claude")
  mkdirSync(join(home, "bin"), { recursive: true })
  writeFileSync(program, '#!/bin/sh\n"$@"\nexit $?\n')
  chmodSync(program, 0o755)
  return program
}

/** Writes the process id that the server will have on file descriptor 3, which the server itself is not given. */
export const tellingProcess = ["sh", "-c", 'echo $$ >&3; exec "$@" 3>&-', "sh"]

export const nestedServer = ({
  given = [],
  home,
  own = [],
  server = builtServer
}: {
  readonly home: string
  /** The variables that stand before `claude` in the shell, as `NAME=value`. */
  readonly given?: ReadonlyArray<string>
  /** The variables that the inner one gives to its server. */
  readonly own?: ReadonlyArray<string>
  readonly server?: ReadonlyArray<string>
}): ReadonlyArray<string> => {
  const claude = putClaude(home)
  return [claude, "env", ...marks, ...shell, "env", ...given, claude, "env", ...own, ...server]
}
