/**
 * Makes the next version of the changesets in `.changeset`: `changeset version` sets it in package.json and puts a section on top of the
 * CHANGELOG; this sets it in the plugin's manifests and in the lock file, too, and dates the section. `bun scripts/bump.ts`
 *
 * The tool is fetched when it is needed: nobody else needs its 40 packages.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { mustRun } from "./support/run.ts"

const tool = "@changesets/cli@3.0.3"
const root = join(import.meta.dir, "..")
const read = (file: string) => readFileSync(join(root, file), "utf8")
const write = (file: string, text: string) => writeFileSync(join(root, file), text)
const versionIn = (text: string): string => JSON.parse(text).version

/** Replaces a version wherever a file says it in that place. */
const replaceVersion = (file: string, from: string, to: string, times: number) => {
  const [before = "", ...rest] = read(file).split(`"version": "${from}"`)
  const changed = rest.slice(0, times).reduce((text, part) => `${text}"version": "${to}"${part}`, before)
  write(file, [changed, ...rest.slice(times)].join(`"version": "${from}"`))
}

const changesets = readdirSync(join(root, ".changeset")).filter(
  (file) => file.endsWith(".md") && file !== "README.md"
)
if (changesets.length === 0) {
  console.log("There is no changeset, so there is no new version.")
} else {
  const before = versionIn(read("package.json"))
  await mustRun([process.execPath, "x", "--bun", tool, "version"], { cwd: root, seconds: 300 })
  const version = versionIn(read("package.json"))
  for (const agent of ["claude", "codex"])
    replaceVersion(`plugin/.${agent}-plugin/plugin.json`, before, version, 1)
  replaceVersion("gemini-extension.json", before, version, 1)
  // The lock file says it at its top, and again of its first package.
  replaceVersion("package-lock.json", before, version, 2)
  const today = new Date().toISOString().slice(0, 10)
  write("CHANGELOG.md", read("CHANGELOG.md").replace(`## ${version}\n`, `## ${version} (${today})\n`))
  console.log(`Version ${version}. Read its section of the CHANGELOG, then: ./dev build`)
}
