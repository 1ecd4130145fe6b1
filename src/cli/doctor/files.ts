/** The folder and the files of the bus, the room on their disk, and who keeps others from writing. */
import { Effect } from "effect"
import { canCreateBus, freeSpace, lookAtParts } from "../../bus/engine/sqlite/BusParts.ts"
import type { BusPaths } from "../../bus/engine/sqlite/BusPaths.ts"
import { longHolder } from "../../bus/engine/sqlite/WriteLock.ts"
import { worded } from "../../domain/Text.ts"
import { attention, type Finding, hint, ok } from "./Finding.ts"

const mebibyte = 1024 * 1024

/** Less room than this is too little for a day's messages. */
const littleRoom = 50 * mebibyte
/** A bus beyond this is larger than a day's messages make it. */
const large = 256 * mebibyte

const inMebibytes = (bytes: number): string =>
  bytes >= 10 * 1024 * mebibyte
    ? `${Math.round(bytes / 1024 / mebibyte)} GiB`
    : `${bytes < 10 * mebibyte ? (bytes / mebibyte).toFixed(1) : Math.round(bytes / mebibyte)} MiB`

const checkParts = (paths: BusPaths): ReadonlyArray<Finding> => {
  const parts = lookAtParts(paths)
  if (parts.length === 0 && !canCreateBus(paths))
    return [
      attention(
        "files",
        `${paths.folder} can't be created: you may not write to the folder that would hold it`,
        "Set HOME to a folder of yours, or get write access to that one."
      )
    ]
  if (parts.length === 0)
    return [hint("files", `There is no bus yet: the first session creates ${worded(paths.folder)}.`)]
  const faults = parts.flatMap(({ fault, path }) =>
    fault === undefined ? [] : [attention("files", `${worded(path)} ${fault.problem}`, fault.advice)]
  )
  if (faults.length > 0) return faults
  return [ok("files", `${worded(paths.folder)} and what is in it are yours alone`)]
}

const checkSize = (paths: BusPaths): Finding => {
  const size = lookAtParts(paths)
    .filter(({ path }) => path.startsWith(paths.database))
    .reduce((sum, part) => sum + part.size, 0)
  const says = `the bus takes ${inMebibytes(size)}`
  return size > large
    ? hint(
        "size",
        says,
        `Keep messages for a shorter time (CC_DM_HISTORY). With no session running: sqlite3 ${paths.database} VACUUM`
      )
    : ok("size", says)
}

const checkRoom = (paths: BusPaths): Finding => {
  const free = freeSpace(paths)
  if (free === undefined) return hint("disk", "the free space on the disk can't be read")
  const says = `${inMebibytes(free)} free`
  return free < littleRoom
    ? attention("disk", `only ${says} on the disk of ${worded(paths.folder)}`, "Free some space.")
    : ok("disk", says)
}

const checkLock = Effect.fnUntraced(function* (paths: BusPaths) {
  const holder = yield* longHolder(paths)
  if (holder === undefined) return ok("lock", "no process keeps others from writing")
  if (holder === "unknown")
    return hint("lock", "this system does not tell which process keeps others from writing")
  return attention(
    "lock",
    `Process ${holder.process} (${worded(holder.program)}) keeps everybody else from writing.`,
    "Close what you have open in it, or end it."
  )
})

export const checkFiles = Effect.fnUntraced(function* (paths: BusPaths) {
  const parts = checkParts(paths)
  const isThere = lookAtParts(paths).some(({ path }) => path === paths.database)
  return [
    ...parts,
    ...(isThere ? [yield* checkLock(paths), checkSize(paths)] : []),
    checkRoom(paths)
  ] satisfies ReadonlyArray<Finding>
})
