/** Claude Code has plugins and a command for them: cc-dm says what to type, and writes nothing. */
import { Effect } from "effect"
import { worded } from "../../domain/Text.ts"
import { isThere } from "../../platform/Folders.ts"
import { builtFile } from "../../platform/Programs.ts"

const plugin = "cc-dm@cc-dm-marketplace"

const scope = (inProject: boolean) => (inProject ? " --scope project" : "")

/** What to type to install the plugin: from the checkout or the package that this runs from, if there is one. */
export const installClaude = Effect.fnUntraced(function* (inProject: boolean) {
  const root = builtFile("../..")
  const marketplace = (yield* isThere(`${root}/.claude-plugin/marketplace.json`))
    ? worded(root)
    : "OWNER/cc-dm"
  return [
    `claude plugin marketplace add ${marketplace}`,
    `claude plugin install ${plugin}${scope(inProject)}`
  ]
})

/** What to type to remove it. */
export const uninstallClaude = (inProject: boolean) => [
  `claude plugin uninstall ${plugin}${scope(inProject)}`
]
