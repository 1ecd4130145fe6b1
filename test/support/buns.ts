/** Other versions of Bun than the one that runs the tests. `CC_DM_TEST_BUNS` names a folder with one npm folder for each, as .ci/run makes it. */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"

/** Where a program called `bun` of that version is; `undefined`: it is not installed, and that is said. */
export const folderOfBun = (version: string): string | undefined => {
  const folder = join(process.env["CC_DM_TEST_BUNS"] ?? "/nowhere", version, "node_modules/.bin")
  if (existsSync(join(folder, "bun"))) return folder
  process.stderr.write(`skipped: Bun ${version} is not in CC_DM_TEST_BUNS\n`)
  return undefined
}

/** The folder of the Bun that runs the tests, by the name `bun`. */
export const folderOfThisBun = dirname(Bun.which("bun") ?? process.execPath)
