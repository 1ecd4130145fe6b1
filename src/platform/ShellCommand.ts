/** A command line of the user's own, which `sh` runs. */
import { Effect } from "effect"

/**
 * Runs it to its end, with a text on its stdin. What it prints goes to stderr: stdout is this program's own. It ends with this
 * program.
 *
 * @returns its exit code; `undefined`: a signal ended it
 */
export const runInShell = (command: string, input: string): Effect.Effect<number | undefined> =>
  Effect.callback((resume) => {
    const child = Bun.spawn(["sh", "-c", command], { stdio: ["pipe", 2, "inherit"] })
    // It need not read.
    Promise.resolve(child.stdin.write(input))
      .then(() => child.stdin.end())
      .catch(() => {})
    child.exited.then(() => resume(Effect.succeed(child.exitCode ?? undefined)))
    return Effect.sync(() => child.kill())
  })
