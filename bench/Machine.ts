/** Where and on what the figures were measured. */
import { cpus, release, totalmem, type } from "node:os"
import { join } from "node:path"

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memory: string
  readonly system: string
  readonly bun: string
  readonly revision: string
}

const git = (...args: ReadonlyArray<string>): string =>
  Bun.spawnSync(["git", ...args], { cwd: join(import.meta.dir, "..") })
    .stdout.toString()
    .trim()

const revision = (): string => {
  try {
    const changed =
      git("status", "--porcelain", "--", "plugin/dist") === "" ? "" : ", with a changed plugin/dist"
    return `${git("rev-parse", "--short", "HEAD") || "unknown"}${changed}`
  } catch {
    return "unknown"
  }
}

export const machine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  memory: `${Math.round(totalmem() / 1024 ** 3)} GB`,
  system: `${type()} ${release()}`,
  bun: Bun.version,
  revision: revision()
})

export const describe = ({ bun, cores, memory, processor, revision, system }: Machine): string =>
  `${processor}, ${cores} cores, ${memory}, ${system}, Bun ${bun}; revision ${revision}`
