/** The processes that this one descends from. */
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

/** How far up is looked. A shell in a shell in a session is near. */
const furthest = 12

const parentOf = (id: number): { readonly parent: number; readonly args: ReadonlyArray<string> } => {
  if (process.platform === "linux") {
    // The name, in brackets, may hold anything.
    const status = readFileSync(`/proc/${id}/stat`, "utf8")
    const args = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(0, -1)
    return { parent: Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1]), args }
  }
  const { stdout } = Bun.spawnSync(["ps", "-o", "ppid=,args=", "-p", String(id)])
  const [parent = "0", ...args] = stdout.toString().trim().split(/\s+/)
  return { parent: Number(parent), args }
}

/** The arguments of the processes above this one, nearest first, as far as the system tells them. */
export const ancestorArguments = (): ReadonlyArray<ReadonlyArray<string>> => {
  const found: Array<ReadonlyArray<string>> = []
  try {
    for (let id = process.ppid; id > 1 && found.length < furthest; ) {
      const { args, parent } = parentOf(id)
      found.push(args)
      id = parent
    }
  } catch {
    // One has ended, or may not be looked at.
  }
  return found
}
