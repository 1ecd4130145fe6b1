/** Why a part of the bus can't be trusted with the words of the user's sessions: what is wrong with its path, and what to do. */
import { constants, type Stats } from "node:fs"
import { worded } from "../../../domain/Text.ts"
import { userId } from "../../../platform/System.ts"

/** What is wrong with a part of the bus, and what to do. */
export interface Fault {
  readonly problem: string
  readonly advice: string
}

/** It is a link, or not what it should be. */
export const kindFault = (found: Stats, isExpectedKind: boolean, kind: string): Fault | undefined => {
  if (found.isSymbolicLink())
    return {
      problem: "is a symbolic link",
      advice: `Replace it with a ${kind} of your own, or remove it.`
    }
  return isExpectedKind ? undefined : { problem: `is not a ${kind}`, advice: "Move it away." }
}

/** It belongs to another user. */
export const ownerFault = (found: Stats): Fault | undefined =>
  userId !== undefined && found.uid !== userId
    ? { problem: "belongs to another user", advice: "Move it away, or make it yours." }
    : undefined

/** It can't be read. A folder has to be entered, too. */
export const readFault = (path: string, found: Stats): Fault | undefined => {
  const needed = constants.S_IRUSR | (found.isDirectory() ? constants.S_IXUSR : 0)
  return (found.mode & needed) === needed
    ? undefined
    : {
        problem: "can't be read",
        advice: `Make it yours to read and write: chmod u+rw${found.isDirectory() ? "x" : ""} ${worded(path)}`
      }
}

/** Any of it, or that it can't be written to. */
export const faultOf = (
  path: string,
  found: Stats,
  isExpectedKind: boolean,
  kind: string
): Fault | undefined => {
  const fault = kindFault(found, isExpectedKind, kind) ?? ownerFault(found)
  if (fault !== undefined) return fault
  const needed = found.isDirectory() ? constants.S_IRWXU : constants.S_IRUSR | constants.S_IWUSR
  if ((found.mode & needed) === needed) return undefined
  return (
    readFault(path, found) ?? {
      problem: "is read-only",
      advice: `Make it writable: chmod u+w ${worded(path)}`
    }
  )
}
