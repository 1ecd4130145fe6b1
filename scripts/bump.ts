/**
 * Makes the next version of the changesets in `.changeset`: `changeset version` sets it in package.json and puts a section on top of the
 * CHANGELOG; this sets it in the plugin's manifests and in the lock file, too, and dates the section. `bun scripts/bump.ts`
 *
 * With `--repository owner/name` it says instead where the project is published: in plugin.json, from where the command line takes it, and
 * in the commands of the documents.
 *
 * The tool is fetched when it is needed: nobody else needs its 40 packages.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { addressIn, documentsWithAddress, replaceAddress } from "./support/Address.ts"
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

/** Says where the project is published. */
const publish = (address: string) => {
  if (!/^[\w.-]+\/[\w.-]+$/.test(address))
    throw new Error(`--repository wants owner/name, and not "${address}"`)
  const manifest = "plugin/.claude-plugin/plugin.json"
  const text = read(manifest)
  const before = addressIn(text)
  const line = `"repository": "https://github.com/${address}"`
  write(
    manifest,
    text.includes('"repository"')
      ? text.replace(/"repository": "[^"]*"/, line)
      : text.replace(/^( *"license": .*)$/m, `$1\n  ${line},`)
  )
  for (const file of documentsWithAddress(root)) write(file, replaceAddress(read(file), before, address))
  console.log(`The documents and the command line say ${address} now. Run: ./dev build`)
}

const makeVersion = async () => {
  const changesets = readdirSync(join(root, ".changeset")).filter(
    (file) => file.endsWith(".md") && file !== "README.md"
  )
  if (changesets.length === 0) {
    console.log("There is no changeset, so there is no new version.")
  } else {
    const before = versionIn(read("package.json"))
    await mustRun([process.execPath, "x", "--bun", tool, "version"], { cwd: root, seconds: 300 })
    const version = versionIn(read("package.json"))
    for (const file of [
      "plugin/.claude-plugin/plugin.json",
      "plugin/.codex-plugin/plugin.json",
      "gemini-extension.json"
    ])
      replaceVersion(file, before, version, 1)
    // The lock file says it at its top, and again of its first package.
    replaceVersion("package-lock.json", before, version, 2)
    const today = new Date().toISOString().slice(0, 10)
    write("CHANGELOG.md", read("CHANGELOG.md").replace(`## ${version}\n`, `## ${version} (${today})\n`))
    console.log(`Version ${version}. Read its section of the CHANGELOG, then: ./dev build`)
  }
}

const { values } = parseArgs({ options: { repository: { type: "string" } } })
if (values.repository === undefined) await makeVersion()
else publish(values.repository)
