/** Tests that need something of the machine. Where it is missing they are skipped, and say why. */
import { test } from "bun:test"
import { spawnSync } from "node:child_process"
import { it } from "./it.ts"

/** Runs a program; gives what is wrong, or nothing. */
export const refusal = (program: string, ...args: ReadonlyArray<string>): string | undefined => {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 10_000 })
  return status === 0 ? undefined : (error?.message ?? (stderr.trim() || `${program} ended with ${status}`))
}

/** A test where nothing speaks against it; else one that is skipped, with the reason. */
export const where = (what: string, reason: string | undefined, run: typeof it = it): typeof it => {
  if (reason === undefined) return run
  process.stderr.write(`skipped, since ${what}: ${reason}\n`)
  return (name) => test.skip(name, () => {})
}
