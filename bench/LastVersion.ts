/** The plugin as it was when its version was made, out of the history of this checkout. */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { version } from "../src/version.ts"
import { other, type Subject } from "./Subject.ts"

const root = join(import.meta.dir, "..")

const git = (...args: ReadonlyArray<string>): Buffer => Bun.spawnSync(["git", ...args], { cwd: root }).stdout

/** The server of the last version; `undefined`: the history does not go back to it, as in a shallow clone. */
export const lastVersion = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "cc-dm-last-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  ),
  (folder): Subject | undefined => {
    const itsVersion = ["-S", `"version": "${version}"`, "--", "plugin/.claude-plugin/plugin.json"]
    const revision = git("log", "--format=%H", "-1", ...itsVersion)
      .toString()
      .trim()
    if (revision === "") return undefined
    Bun.spawnSync(["tar", "-x", "-C", folder], { stdin: git("archive", revision, "plugin") })
    const program = join(folder, "plugin/bin/cc-dm")
    return existsSync(program) ? other(`sh ${program} serve`, version) : undefined
  }
)
