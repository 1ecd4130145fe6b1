/**
 * What Claude Code's own file says of the session that this process serves. The file is not documented: it counts only
 * where it is that of the very process above this one, and only for what the session does, and whether it has moved away.
 */
import { readFileSync } from "node:fs"
import { Predicate } from "effect"
import { ancestors } from "../../platform/Ancestors.ts"
import { jsonOf } from "../../platform/BoundedFile.ts"
import { isClaude } from "./Origin.ts"

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

/** The file of a process; `undefined`: there is none, or it was left by another process with this id. */
const fieldsOf = (folder: string, { pid, start }: ClientProcess): object | undefined => {
  const fields = jsonOf(`${folder}/sessions/${pid}.json`, mostBytes)
  return Predicate.hasProperty(fields, "procStart") && fields.procStart === start ? fields : undefined
}

/** What the file of a process says of what it does; `undefined`: nothing. */
export const statusOf = (folder: string, client: ClientProcess): ClientStatus | undefined => {
  const fields = fieldsOf(folder, client)
  return Predicate.hasProperty(fields, "status") && isStatus(fields.status) ? fields.status : undefined
}

/**
 * Whether its session goes on as a background session, of which the file names the job (seen in 2.1.332, after the left arrow key):
 * the process only shows the list of all sessions from then on.
 */
export const hasMoved = (folder: string, client: ClientProcess): boolean => {
  const fields = fieldsOf(folder, client)
  return Predicate.hasProperty(fields, "parkedJobId") && typeof fields.parkedJobId === "string"
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

/** Gives what reads the file of the client above this process; `undefined` where the system does not tell which that is. */
const reader =
  <A>(read: (folder: string, client: ClientProcess) => A) =>
  (folder: string): (() => A) | undefined => {
    const client = clientProcess()
    return client === undefined ? undefined : () => read(folder, client)
  }

/** What reads the status of the client above this process. */
export const clientStatus = reader(statusOf)

/** What reads whether the session of the client above this process has moved to the background. */
export const clientHasMoved = reader(hasMoved)
