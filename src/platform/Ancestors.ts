/** The processes that this one descends from. */
import { type ProcessEntry, processes, statOf } from "./ProcessTable.ts"

/** A process above this one. */
export type Ancestor = Omit<ProcessEntry, "parent">

/** How far up is looked. No chain of shells is so long. */
const furthest = 64

const walk = (): ReadonlyArray<Ancestor> => {
  const found: Array<Ancestor> = []
  try {
    const look = processes()
    for (let id = process.ppid; id > 1 && found.length < furthest; ) {
      const entry = look(id)
      if (entry === undefined) break
      found.push(entry)
      id = entry.parent
    }
  } catch {
    // One has ended, or may not be looked at.
  }
  return found
}

let walked: ReadonlyArray<Ancestor> | undefined

/**
 * The processes above this one, nearest first, as far as the system tells: as they were when this was called first. What started
 * this process does not change, and the walk costs a start some of its time.
 */
export const ancestors = (): ReadonlyArray<Ancestor> => {
  walked ??= walk()
  return walked
}

/** The ids of the processes above this one, nearest first. */
export const ancestorIds = (): ReadonlyArray<number> => {
  if (process.platform !== "linux") return ancestors().map(({ id }) => id)
  const found: Array<number> = []
  try {
    for (let id = process.ppid; id > 1 && found.length < furthest; id = statOf(id).parent) found.push(id)
  } catch {
    // One has ended, or may not be looked at.
  }
  return found
}
