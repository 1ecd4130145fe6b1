/** Tests that need something of the machine. Where it is missing they are skipped, and say why. */
import { test } from "bun:test"
import { it } from "./it.ts"

/** A test where nothing speaks against it; else one that is skipped, with the reason. */
export const where = (
  what: string,
  reason: string | undefined,
  run: typeof it.live = it.live
): typeof it.live => {
  if (reason === undefined) return run
  process.stderr.write(`skipped, since ${what}: ${reason}\n`)
  return (name) => test.skip(name, () => {})
}
