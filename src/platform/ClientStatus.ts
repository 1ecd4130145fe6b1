/**
 * What Claude Code's own file says of the session that this process serves. The file is not documented: it counts only
 * where it is that of the very process above this one, and only for one word.
 */

import { readFileSync } from "node:fs"
import { Predicate } from "effect"
import { ancestors } from "./Ancestors.ts"
import { jsonOf } from "./BoundedFile.ts"
import { isClaude } from "./ClaudeCodeOrigin.ts"

/** `waiting`: a dialog is open. */
export type ClientStatus = "busy" | "idle" | "waiting"

/** A process, and what tells it from one that had its id before or will have it later. */
interface ClientProcess {
  readonly pid: number
  /** When it was started, in the system's own count. */
  readonly start: string
}

const isStatus = (value: unknown): value is ClientStatus =>
  value === "busy" || value === "idle" || value === "waiting"

/** It has 700 bytes. */
const mostBytes = 16_384

/** What the file of a process says; `undefined` where it says nothing, or was left by another process with this id. */
export const statusOf = (folder: string, { pid, start }: ClientProcess): ClientStatus | undefined => {
  const fields = jsonOf(`${folder}/sessions/${pid}.json`, mostBytes)
  if (!Predicate.hasProperty(fields, "status") || !Predicate.hasProperty(fields, "procStart"))
    return undefined
  return fields.procStart === start && isStatus(fields.status) ? fields.status : undefined
}

/** The nearest Claude Code above this process: something may stand between a client and its server. */
const clientProcess = (): ClientProcess | undefined => {
  const pid = ancestors().find(isClaude)?.id
  if (pid === undefined || process.platform !== "linux") return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    // Field 22; the name, which is field 2 and stands in brackets, may hold anything.
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
    return start === undefined ? undefined : { pid, start }
  } catch {
    return undefined
  }
}

/** Finds the client above this process, and gives what reads its file; `undefined` where the system does not tell. */
export const clientStatus = (folder: string): (() => ClientStatus | undefined) | undefined => {
  const client = clientProcess()
  return client === undefined ? undefined : () => statusOf(folder, client)
}
