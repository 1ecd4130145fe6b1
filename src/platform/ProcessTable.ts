/** The table of processes: `/proc` on Linux, `ps` elsewhere. `Ancestors` has the processes above this one. */
import { closeSync, openSync, readFileSync, readlinkSync } from "node:fs"

const isLinux = process.platform === "linux"

/** What the kernel of Linux says of a process in `/proc/<id>/stat`. */
export interface ProcessStat {
  /** The program's name, cut to 15 characters. */
  readonly name: string
  /** One letter; `Z` and `X`: it has ended. */
  readonly state: string
  readonly parent: number
  /** When it started, in the kernel's own count: with the id it tells one process from all others of this run of the kernel. */
  readonly started: string
}

/** What the kernel says of a process. Throws if there is none, or if the system is not Linux. */
export const statOf = (id: number): ProcessStat => {
  const text = readFileSync(`/proc/${id}/stat`, "utf8")
  // The name stands in brackets, and may hold anything, brackets too.
  const end = text.lastIndexOf(")")
  const [state = "", parent = "", ...more] = text.slice(end + 2).split(" ")
  return {
    name: text.slice(text.indexOf("(") + 1, end),
    state,
    parent: Number(parent),
    started: more[17] ?? ""
  }
}

/** A process, as far as the system tells of it. */
export interface ProcessEntry {
  readonly id: number
  readonly parent: number
  /** The name that the system has for it, and the file that it runs; empty if the system tells none. */
  readonly name: string
  readonly program: string
  /** Its command line. `ps` loses what was quoted. */
  readonly args: ReadonlyArray<string>
  /** When it started, in the system's own count; `undefined`: the system does not tell. */
  readonly started: string | undefined
  /** A variable of the environment that it was started with. Read when it is asked for, and not kept: it may be a secret. */
  readonly variable: (name: string) => string | undefined
  /** Whether {@link ProcessEntry.variable} can tell at all. */
  readonly tells: boolean
}

/** The file that a process runs. Only its own user may ask. */
const programOf = (id: number): string => {
  try {
    return readlinkSync(`/proc/${id}/exe`)
  } catch {
    return ""
  }
}

/** Whether the environment of a process may be read. Its mode alone does not say: the kernel decides when it is opened. */
const tellsVariables = (id: number): boolean => {
  try {
    closeSync(openSync(`/proc/${id}/environ`, "r"))
    return true
  } catch {
    return false
  }
}

const variableOf = (id: number, name: string): string | undefined => {
  try {
    const entries = readFileSync(`/proc/${id}/environ`, "utf8").split("\0")
    return entries.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1)
  } catch {
    return undefined
  }
}

const fromProc = (id: number): ProcessEntry => {
  const { name, parent, started } = statOf(id)
  return {
    id,
    parent,
    name,
    program: programOf(id),
    args: readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").slice(0, -1),
    started,
    variable: (variable) => variableOf(id, variable),
    tells: tellsVariables(id)
  }
}

/** Reads what `ps -A -o pid=,ppid=,args=` prints. */
export const entriesOf = (printed: string): ReadonlyMap<number, ProcessEntry> =>
  new Map(
    printed.split("\n").flatMap((line) => {
      const [id = "", parent = "", ...args] = line.trim().split(/\s+/)
      if (!/^\d+$/.test(id)) return []
      const entry: ProcessEntry = {
        id: Number(id),
        parent: Number(parent),
        name: "",
        program: args[0] ?? "",
        args,
        started: undefined,
        variable: () => undefined,
        tells: false
      }
      return [[entry.id, entry] as const]
    })
  )

/** Gives what looks processes up by id. It throws, or gives `undefined`, if there is none. */
export const processes = (): ((id: number) => ProcessEntry | undefined) => {
  if (isLinux) return fromProc
  // All at once: a `ps` for each of them takes longer.
  const { stdout } = Bun.spawnSync(["ps", "-A", "-o", "pid=,ppid=,args="])
  const entries = entriesOf(stdout.toString())
  return (id) => entries.get(id)
}
