/**
 * Who holds the bus's write lock, found out without asking for it: asking would be a write of its own. Linux lists all
 * locks of files; elsewhere nothing tells.
 */
import { readFileSync, statSync } from "node:fs"
import { Effect, Schedule } from "effect"
import type { BusPaths } from "./BusPaths.ts"

/** A process that has held the lock for longer than any of ours does. */
export interface Holder {
  readonly process: number
  readonly program: string
}

/** How often is looked again, and how far apart: our own transactions last some milliseconds. */
const looksAgain = { times: 5, schedule: Schedule.spaced("60 millis") } as const

/** The byte of the file beside the database that SQLite locks for writing, and where its locks of the database begin. */
const writeLock = 120
const pendingByte = 0x40000000

const inodeOf = (path: string): string | undefined => {
  try {
    return String(statSync(path).ino)
  } catch {
    return undefined
  }
}

const holderNow = (paths: BusPaths): number | undefined => {
  const shared = inodeOf(`${paths.database}-shm`)
  const database = inodeOf(paths.database)
  for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
    const [, , , kind, holder, file = "", first, last] = line.trim().split(/\s+/)
    if (kind !== "WRITE") continue
    const inode = file.split(":").at(-1)
    const covers = (byte: number) => Number(first) <= byte && (last === "EOF" || byte <= Number(last))
    if (inode === shared && covers(writeLock)) return Number(holder)
    if (inode === database && Number(first) >= pendingByte) return Number(holder)
  }
  return undefined
}

const programOf = (id: number): string => {
  try {
    return readFileSync(`/proc/${id}/comm`, "utf8").trim()
  } catch {
    return "a program that can't be seen from here"
  }
}

/** The process that holds the write lock all the while; `"unknown"` if the system does not tell. */
export const longHolder = (paths: BusPaths): Effect.Effect<Holder | "unknown" | undefined> =>
  Effect.gen(function* () {
    const first = holderNow(paths)
    if (first === undefined) return undefined
    const isHeld = yield* Effect.sync(() => holderNow(paths) === first).pipe(
      Effect.repeat({ ...looksAgain, while: (same) => same })
    )
    return isHeld ? { process: first, program: programOf(first) } : undefined
  }).pipe(Effect.catchDefect(() => Effect.succeed("unknown" as const)))
