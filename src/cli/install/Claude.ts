/** Claude Code has plugins and a command for them: cc-dm says what to type, and writes nothing. */
import { Effect } from "effect"
import { howToInstall, pluginId } from "../Marketplace.ts"

const scope = (inProject: boolean) => (inProject ? " --scope project" : "")

/** What to type to install the plugin. */
export const installClaude = (inProject: boolean) =>
  Effect.map(howToInstall, ([add, install]) => [`${add}`, `${install}${scope(inProject)}`])

/** What to type to remove it. */
export const uninstallClaude = (inProject: boolean) => [
  `claude plugin uninstall ${pluginId}${scope(inProject)}`
]
