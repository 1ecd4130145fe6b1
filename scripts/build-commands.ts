/**
 * Makes docs/reference/commands.md: what `cc-dm help` says of each command. `bun scripts/build-commands.ts`; with `--check` it compares instead.
 */
import { join } from "node:path"
import { commandPage } from "./support/CommandPage.ts"

const file = join(import.meta.dir, "../docs/reference/commands.md")
const page = await commandPage()

if (!process.argv.includes("--check")) {
  await Bun.write(file, page)
  console.log(file)
} else if ((await Bun.file(file).text()) !== page) {
  console.error("docs/reference/commands.md is not what cc-dm help says. Run: bun scripts/build-commands.ts")
  process.exitCode = 1
}
