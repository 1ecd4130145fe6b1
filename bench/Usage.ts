/** What a process costs, as the operating system counts it. */
import { dlopen } from "bun:ffi"
import { readFileSync } from "node:fs"

const isLinux = process.platform === "linux"

const ask = (format: string, pid: number): string =>
  Bun.spawnSync(["ps", "-o", `${format}=`, "-p", String(pid)])
    .stdout.toString()
    .trim()

/** The C library's `clock_gettime`, for clocks of other processes: `/proc` and `ps` count in steps of 10 ms. */
const openClock = () => {
  try {
    return isLinux
      ? dlopen("libc.so.6", { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } }).symbols.clock_gettime
      : undefined
  } catch {
    return undefined
  }
}
const clockGetTime = openClock()

/** Hours, minutes and seconds, as `ps` prints them, in milliseconds. */
const readTime = (text: string): number =>
  text.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0) * 1000

const fromProc = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // The name of the program stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** The processor time of a process so far, user and system, in milliseconds. */
export const processorTime = (pid: number): number => {
  if (!isLinux) return readTime(ask("time", pid))
  const time = new BigInt64Array(2)
  // How Linux names the clock of another process: the bits of its id, inverted, and the clock's kind.
  if (clockGetTime === undefined || clockGetTime((~pid << 3) | 2, time) !== 0) return fromProc(pid)
  return Number(time[0]) * 1000 + Number(time[1]) / 1e6
}

/** The memory of a process that no other one shares, in MB (of 1,048,576 bytes); `NaN` where the system does not tell. */
export const privateMemory = (pid: number): number => {
  if (!isLinux) return Number.NaN
  const kilobytes = [...readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").matchAll(/^Private_\w+:\s+(\d+)/gm)]
  return kilobytes.reduce((sum, [, count]) => sum + Number(count), 0) / 1024
}

/** The resident memory of a process, shared pages included, in MB (of 1,048,576 bytes). */
export const residentMemory = (pid: number): number => {
  const kilobytes = isLinux
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    : ask("rss", pid)
  return Number(kilobytes) / 1024
}
