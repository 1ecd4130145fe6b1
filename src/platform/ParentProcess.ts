/** The process that started this one. */
import { readFileSync } from "node:fs"

/** Its arguments as far as the system tells them; where it does not, none. `ps` loses what was quoted. */
export const parentArguments = (): ReadonlyArray<string> => {
  try {
    if (process.platform === "linux")
      return readFileSync(`/proc/${process.ppid}/cmdline`, "utf8").split("\0").slice(0, -1)
    const { stdout } = Bun.spawnSync(["ps", "-o", "args=", "-p", String(process.ppid)])
    return stdout.toString().trim().split(/\s+/)
  } catch {
    return []
  }
}
