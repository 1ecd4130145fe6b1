/**
 * What plugins of ours have in common that run within an agent, in its own runtime: Bun or Node, and nothing but what `node:` has. A
 * plugin never breaks its agent: whatever fails is one line in a log.
 */
import { homeOf } from "../platform/Home.ts"

/** The user's home folder; empty if there is none. */
export const home = (): string => homeOf(process.env["HOME"]) ?? ""

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
