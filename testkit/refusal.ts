/** What this machine can do. */
import { spawnSync } from "node:child_process"

/** Runs a program; gives what is wrong, or nothing. */
export const refusal = (program: string, ...args: ReadonlyArray<string>): string | undefined => {
  const { error, status, stderr } = spawnSync(program, args, { encoding: "utf8", timeout: 10_000 })
  return status === 0 ? undefined : (error?.message ?? (stderr.trim() || `${program} ended with ${status}`))
}
