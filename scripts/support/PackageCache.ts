/** Programs from npm that checks start, kept from one run to the next. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { mustRun } from "./run.ts"

// In the user's own cache: what is run from a shared folder could be somebody else's.
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "cc-dm")

export interface CachedPackages {
  /** The folder's name, with the version. */
  readonly name: string
  /** Packages with their exact versions. Their install scripts do not run. */
  readonly packages: ReadonlyArray<string>
  /** What is left to do in the folder before it is kept. */
  readonly finish?: (folder: string) => Promise<void>
}

export interface Installed {
  readonly folder: string
  /** Whether it was not there before. */
  readonly fresh: boolean
}

const folderOf = ({ name }: CachedPackages): string => join(cache, name)

/** Whether packages are there. */
export const isCached = (wanted: CachedPackages): boolean =>
  existsSync(join(folderOf(wanted), "node_modules"))

/** Finds packages, or installs them, and gives the folder with their `node_modules`. */
export const installCached = async (wanted: CachedPackages): Promise<Installed> => {
  const { finish, packages } = wanted
  const folder = folderOf(wanted)
  if (isCached(wanted)) return { folder, fresh: false }
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(`${folder}-`)
  try {
    writeFileSync(join(fresh, "package.json"), "{}")
    await mustRun(
      ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact", ...packages],
      { cwd: fresh, seconds: 240 }
    )
    await finish?.(fresh)
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    throw error
  }
  return { folder, fresh: true }
}
