/**
 * What Claude Code's own file says of the session that this process serves. The file is not documented: it counts only if it is that
 * of the very process above this one, and only for what the session does, and whether it has moved away.
 */
import { Predicate } from "effect"
import type { Ancestor } from "../../platform/Ancestors.ts"
import { jsonOf } from "../../platform/BoundedFile.ts"
import type { HostStatus } from "../Host.ts"
import { isClaudeCode } from "./Ancestor.ts"

/** A process, and what tells it from one that had its id before or will have it later. */
export interface ClientProcess {
  readonly pid: number
  /** When it was started, in the system's own count. */
  readonly start: string
}

const isStatus = (value: unknown): value is HostStatus =>
  value === "busy" || value === "idle" || value === "waiting"

/** It has 700 bytes. */
const mostBytes = 16_384

/** The file of a process; `undefined`: there is none, or it was left by another process with this id. */
const fieldsOf = (folder: string, { pid, start }: ClientProcess): object | undefined => {
  const fields = jsonOf(`${folder}/sessions/${pid}.json`, mostBytes)
  return Predicate.hasProperty(fields, "procStart") && fields.procStart === start ? fields : undefined
}

/** What the file of a process says of what it does; `undefined`: nothing. */
export const statusOf = (folder: string, client: ClientProcess): HostStatus | undefined => {
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

/**
 * The nearest Claude Code above this process: something may stand between a client and its server. `undefined`: there is none, or
 * the system does not tell when it started.
 */
export const clientProcess = (above: ReadonlyArray<Ancestor>): ClientProcess | undefined => {
  const client = above.find(isClaudeCode)
  return client?.started === undefined ? undefined : { pid: client.id, start: client.started }
}
