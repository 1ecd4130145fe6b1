/**
 * What columns of the bus mean, as SQL, so that each rule stands once. The columns of 1.x are `NOT NULL`, and say `''` for none, so that
 * is what we write, on both engines. Files that 2.0.0 made let `NULL` in, and its servers, which may run beside ours, write it. So both
 * are read as none.
 */

import type { ServerProcess } from "../../domain/Session.ts"
import { boundedAs, room } from "./Bounds.ts"

/** Until when a row of `sessions` counts as there, to be compared with the time of a lease ago. */
export const lastSign = "coalesce(leased_until, last_seen)"

/** Whether a row of `sessions` is of a session that is there. Its parameter is `$freshSince`. */
export const isFresh = `${lastSign} > $freshSince`

/** The ids of the sessions that are there. A row that people wrote may lack an id. Its parameter is `$freshSince`. */
export const liveIds = `(SELECT id FROM sessions WHERE ${isFresh} AND id IS NOT NULL)`

/** The name that a session goes by. Without one, as in files of 0.x, that is its id. */
export const nameOf = (session = "sessions") => `coalesce(nullif(${session}.name, ''), ${session}.id)`

/** The project that a row names; `NULL`: none. */
export const projectOf = (column = "project") => `nullif(${column}, '')`

/** How a row of `sessions` says that there is no project. */
export const noProject = ""

/** Which version of the protocol writes our rows. A row without one was written by a 1.3.1 server. */
export const protocol = 2

/** The same for the rows of sessions: those of 3 know signatures that several copies share. */
export const sessionProtocol = 3

/** How far a message came, by its row of `receipts`. A row by hand may say anything. */
export const knownState = `CASE WHEN state IN ('pushed', 'accepted', 'handed over', 'seen', 'expired', 'refused') THEN state
  ELSE 'queued' END`

/** Which process serves a session. */
export interface ServerColumns {
  readonly pid: string | null
  readonly pid_started: string | null
  readonly pid_space: string | null
}

/** The columns that {@link serverOf} reads, and the folder of the socket. */
export const processColumns = boundedAs(room.path, "pid", "pid_started", "pid_space", "socket_space")

/** Which process a row says that its session is. */
export const serverOf = (row: ServerColumns): ServerProcess | undefined =>
  row.pid === null || row.pid_started === null || row.pid_space === null
    ? undefined
    : { pid: Number(row.pid), started: row.pid_started, space: row.pid_space }
