/** The parts of the bus on disk, looked at by somebody who must not touch them. */
import { accessSync, constants, statfsSync } from "node:fs"
import { dirname } from "node:path"
import { quote, worded } from "../../../domain/Text.ts"
import { type BusPaths, besides, identityOf, status } from "./BusPaths.ts"
import { type Fault, faultOf } from "./PathFaults.ts"

/** A part of the bus, as somebody finds it who only looks. */
export interface Part {
  readonly path: string
  readonly size: number
  readonly fault: Fault | undefined
}

/** Looks at one part; `undefined` if there is none. Nothing is followed and nothing is repaired. */
const lookAt = (path: string, kind: "folder" | "file"): Part | undefined => {
  const found = status(path)
  if (found === undefined) return undefined
  const isExpectedKind = kind === "folder" ? found.isDirectory() : found.isFile()
  const right = kind === "folder" ? "700" : "600"
  const open =
    (found.mode & 0o077) === 0
      ? undefined
      : {
          problem: `is open to other users (mode ${(found.mode & 0o777).toString(8)})`,
          advice: `chmod ${right} ${worded(path)} (the next session that starts does it, too). If it stays open, its file system does not support modes: mount it for yourself alone (umask=077), or put your home folder elsewhere.`
        }
  return { path, size: found.size, fault: faultOf(path, found, isExpectedKind, kind) ?? open }
}

/** The parts of the bus that are there, as far as its folder can be entered. */
export const lookAtParts = (paths: BusPaths): ReadonlyArray<Part> => {
  const parts: ReadonlyArray<readonly [string, "folder" | "file"]> = [
    [paths.folder, "folder"],
    [paths.doorbells, "folder"],
    [paths.database, "file"],
    ...besides(paths).map((path) => [path, "file"] as const),
    [paths.secret, "file"]
  ]
  const found: Array<Part> = []
  for (const [path, kind] of parts)
    try {
      const part = lookAt(path, kind)
      if (part !== undefined) found.push(part)
    } catch (cause) {
      // What is wrong with the folder says it all.
      if (found.some(({ fault }) => fault !== undefined)) continue
      const fault = {
        problem: `can't be read (${quote(String(cause), 300)})`,
        advice: "Check who owns the folder, and its mode."
      }
      found.push({ path, size: 0, fault })
    }
  return found
}

/** Whether the folder of the bus can be made if there is none. */
export const canCreateBus = (paths: BusPaths): boolean => {
  try {
    accessSync(dirname(paths.folder), constants.W_OK | constants.X_OK)
    return true
  } catch {
    // A home that is not there is made, too.
    return identityOf(dirname(paths.folder)) === ""
  }
}

/** The room that is left on the disk of the bus, or of the nearest folder above it that is there, in bytes. */
export const freeSpace = (paths: BusPaths): number | undefined => {
  for (const path of [paths.folder, dirname(paths.folder)])
    try {
      const { bavail, bsize } = statfsSync(path)
      return bavail * bsize
    } catch {
      // It is not there.
    }
  return undefined
}
