/** The processes that this one descends from. */
import { readFileSync, readlinkSync } from "node:fs"

export interface Ancestor {
  readonly id: number
  /** The name that the system has for it, and the file that it runs; empty where it tells none. */
  readonly name: string
  readonly program: string
  /** As far as the system tells them. `ps` loses what was quoted. */
  readonly args: ReadonlyArray<string>
  /** The environment it was started with; `undefined`: the system does not tell. Read when it is asked for: it holds secrets. */
  readonly variable: (name: string) => string | undefined
  /** Whether {@link Ancestor.variable} can tell at all. */
  readonly tells: boolean
}

/** How far up is looked. No chain of shells is so long. */
const furthest = 64

const unknown = (one: Pick<Ancestor, "id" | "name" | "program" | "args">): Ancestor => ({
  ...one,
  variable: () => undefined,
  tells: false
})

/** Nobody but its user is told. */
const programOf = (id: number): string => {
  try {
    return readlinkSync(`/proc/${id}/exe`)
  } catch {
    return ""
  }
}

/** A process of Linux, and its parent's id. */
const fromProc = (id: number): readonly [Ancestor, number] => {
  // The name, in brackets, may hold anything.
  const status = readFileSync(`/proc/${id}/stat`, "utf8")
  const end = status.lastIndexOf(")")
  const parent = Number(status.slice(end + 2).split(" ")[1])
  const args = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(0, -1)
  const one = { id, name: status.slice(status.indexOf("(") + 1, end), program: programOf(id), args }
  try {
    const entries = readFileSync(`/proc/${id}/environ`, "utf8").split("\0")
    const variable = (name: string) =>
      entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1)
    return [{ ...one, variable, tells: true }, parent]
  } catch {
    return [unknown(one), parent]
  }
}

const fromPs = (id: number): readonly [Ancestor, number] => {
  const { stdout } = Bun.spawnSync(["ps", "-o", "ppid=,args=", "-p", String(id)])
  const [parent = "0", ...args] = stdout.toString().trim().split(/\s+/)
  return [unknown({ id, name: "", program: args[0] ?? "", args }), Number(parent)]
}

/** The processes above this one, nearest first, as far as the system tells. */
export const ancestors = (): ReadonlyArray<Ancestor> => {
  const found: Array<Ancestor> = []
  try {
    for (let id = process.ppid; id > 1 && found.length < furthest; ) {
      const [ancestor, parent] = process.platform === "linux" ? fromProc(id) : fromPs(id)
      found.push(ancestor)
      id = parent
    }
  } catch {
    // One has ended, or may not be looked at.
  }
  return found
}
