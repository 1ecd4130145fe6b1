/** Where Claude Code can install the plugin from, and what to type for that. */
import { Effect } from "effect"
import { worded } from "../domain/Text.ts"
import { isThere } from "../platform/Folders.ts"
import { builtFile } from "../platform/Programs.ts"
import { published } from "../version.ts"

export const pluginId = "cc-dm@cc-dm-marketplace"

/** The checkout or package that this runs from, if there is one around it; else where it is published, else a checkout as the documents call it. */
const marketplace = Effect.suspend(() => {
  const root = builtFile("../..")
  return Effect.map(isThere(`${root}/.claude-plugin/marketplace.json`), (isCheckout) =>
    isCheckout ? worded(root) : (published ?? "./cc-dm")
  )
})

/** The two commands that install the plugin. */
export const howToInstall = Effect.map(marketplace, (address) => [
  `claude plugin marketplace add ${address}`,
  `claude plugin install ${pluginId}`
])
