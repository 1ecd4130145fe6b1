/**
 * Codex as a session with a name. Codex's shared background service keeps the environment of the terminal that started it first, so
 * that a second session would get the first one's name (seen in 0.171.0). This one has a service of its own, which has the name in
 * its environment, listens on a socket of its own, and ends with the terminal.
 */
import { Effect } from "effect"
import { privateSocket } from "../hosts/HookPlaces.ts"
import { environment } from "../platform/Environment.ts"
import { HomeFolder, randomHex } from "../platform/Platform.ts"
import { becomeWith, findProgram } from "../platform/Programs.ts"
import { failed } from "./Failure.ts"

/**
 * Starts both, and ends as Codex ends.
 *
 * @param args what the user gives to Codex
 * @param variables who the session is
 */
export const launchCodex = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  variables: Readonly<Record<string, string>>
) {
  const program = findProgram("codex")
  if (program === undefined)
    return yield* failed("there is no codex on your PATH. Install Codex: npm install -g @openai/codex")
  const socket = privateSocket(yield* HomeFolder, `codex-${yield* randomHex(6)}`)
  if (socket === undefined)
    return yield* failed("no folder for a socket can be had: ~/.cc-dm must be yours alone")
  const listen = `unix://${socket}`
  const said = yield* becomeWith(
    { command: [program, "app-server", "--listen", listen], socket },
    [program, "--remote", listen, ...args],
    { ...environment, ...variables }
  )
  return yield* failed(`codex app-server does not start${said === "" ? "" : `: ${said}`}`)
})
