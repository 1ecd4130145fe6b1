/**
 * What plugins of ours have in common that run within an agent, in its own runtime: Bun or Node, and nothing but what `node:` has. A
 * plugin never breaks its agent: whatever fails is one line in a log.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { homeOf } from "../platform/Home.ts"

/** The user's home folder; empty if there is none. */
export const home = (): string => homeOf(process.env["HOME"]) ?? ""

/**
 * The command that starts the server. Beside what `cc-dm install` has put into the home folder stands its launcher, which outlives an
 * update; a plugin's folder has one of its own.
 *
 * @param module the address of the built file
 */
export const launcherBeside = (module: string): string => {
  const at = (path: string) => fileURLToPath(new URL(path, module))
  const lasting = at("../../../bin/cc-dm")
  return existsSync(lasting) && at("..").includes("/lib/") ? lasting : at("../bin/cc-dm")
}

/** Runs what an agent waits for, and goes on without it if it fails. */
export const guarded =
  <A extends ReadonlyArray<unknown>, B>(log: (line: string) => void, run: (...args: A) => Promise<B> | B) =>
  async (...args: A): Promise<B | undefined> => {
    try {
      return await run(...args)
    } catch (error) {
      log(`cc-dm: ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
