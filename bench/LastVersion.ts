/** The plugin as it was when its version was made, out of the history of this checkout. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { version } from "../src/version.ts"
import { temporaryHome } from "../testkit/host/TemporaryHome.ts"
import { other, type Subject } from "./Subject.ts"

const root = join(import.meta.dir, "..")

const git = (...args: ReadonlyArray<string>): Buffer => Bun.spawnSync(["git", ...args], { cwd: root }).stdout

/** The server of the last version; `undefined`: the history does not go back to it, as in a shallow clone. */
export const lastVersion = Effect.map(temporaryHome, (folder): Subject | undefined => {
  const itsVersion = ["-S", `"version": "${version}"`, "--", "plugin/.claude-plugin/plugin.json"]
  const revision = git("log", "--format=%H", "-1", ...itsVersion)
    .toString()
    .trim()
  if (revision === "") return undefined
  Bun.spawnSync(["tar", "-x", "-C", folder], { stdin: git("archive", revision, "plugin") })
  const program = join(folder, "plugin/bin/cc-dm")
  return existsSync(program) ? other(`sh ${program} serve`, version) : undefined
})
