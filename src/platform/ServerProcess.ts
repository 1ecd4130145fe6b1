/**
 * Whether a process still runs that somebody else named. An id alone proves nothing: it is used again, and means something only among
 * those that see the same processes. So it stands together with the time of its start, and with what names this run of the
 * kernel and the namespaces of the process. Where any of it can't be told, nothing is proven.
 */
import { readFileSync, readlinkSync } from "node:fs"
import type { ServerProcess } from "../domain/Session.ts"
import { statOf } from "./ProcessTable.ts"

const text = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return undefined
  }
}

const link = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch {
    return ""
  }
}

const printed = (...command: ReadonlyArray<string>): string | undefined => {
  try {
    const { exitCode, stdout } = Bun.spawnSync([...command])
    const said = stdout.toString().trim()
    return exitCode === 0 && said !== "" ? said : undefined
  } catch {
    return undefined
  }
}

const isLinux = process.platform === "linux"

/** Names this run of the kernel: other machines, and this one after it was started again, have another name. */
const readKernel = () =>
  isLinux ? text("/proc/sys/kernel/random/boot_id") : printed("sysctl", "-n", "kern.bootsessionuuid")

let known: { readonly kernel: string | undefined } | undefined

/** {@link readKernel}; it stays the same for as long as this process runs. */
export const kernel = (): string | undefined => {
  known ??= { kernel: readKernel() }
  return known.kernel
}

/** Names the processes that this one sees by the ids that they have here. A sandbox may show the /proc of others. */
const readSpace = (): string | undefined => {
  const boot = kernel()
  if (boot === undefined) return undefined
  if (!isLinux) return boot
  const processes = link("/proc/self/ns/pid")
  if (processes === "" || link("/proc/self") !== String(process.pid)) return undefined
  return [boot, processes, link("/proc/self/ns/time")].join(" ").trim()
}

/** Whether a process has that id, as far as this one sees others. */
export const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return (cause as { readonly code?: string }).code !== "ESRCH"
  }
}

/** When a process started, in the system's own words. `gone`: there is none, or only its end has not been noticed. */
const startOf = (pid: number): string | "gone" | undefined => {
  if (!isThere(pid)) return "gone"
  if (!isLinux) return printed("ps", "-o", "lstart=", "-p", String(pid))
  try {
    const { started, state } = statOf(pid)
    if (/^[ZX]$/.test(state)) return "gone"
    return started === "" ? undefined : started
  } catch {
    return undefined
  }
}

/** This process, as others can look for it; `undefined` if the system does not tell enough. */
export const thisProcess = (): ServerProcess | undefined => {
  const space = readSpace()
  const started = startOf(process.pid)
  return space === undefined || started === undefined ? undefined : { pid: process.pid, started, space }
}

/** `running` and `ended` are proven; `unknown`: it can't be seen from here. */
export const fateOf = ({ pid, space, started }: ServerProcess): "running" | "ended" | "unknown" => {
  if (space !== readSpace() || !Number.isSafeInteger(pid) || pid < 1) return "unknown"
  const found = startOf(pid)
  if (found === undefined) return "unknown"
  return found === started ? "running" : "ended"
}
