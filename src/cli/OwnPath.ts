/** The PATH of the user's own terminals, also if this runs in a session, which has the plugin's folder on its PATH. */
import { Effect } from "effect"
import { environment } from "../platform/Environment.ts"
import { terminalPath } from "../platform/LoginShell.ts"
import { HomeFolder } from "../platform/Platform.ts"
import { builtFile } from "../platform/Programs.ts"

/** Which folders a session adds to the PATH of its shell: those of this plugin, and of others. */
const isOfSession = (home: string) => {
  const client = environment["CLAUDE_CONFIG_DIR"] || `${home}/.claude`
  return (folder: string) => folder === builtFile("../bin") || folder.startsWith(`${client}/plugins/`)
}

/** Its folders; `undefined`: the user's shell does not tell in time. Runs the start files of the shell. */
export const ownPath = Effect.flatMap(HomeFolder, (home) => terminalPath(isOfSession(home)))
