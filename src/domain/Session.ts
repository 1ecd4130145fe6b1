/** Sessions as the roster knows them. */
import type { Agent } from "./Agent.ts"
import type { Name, SessionId, Tag } from "./Name.ts"
import type { Doing, Reach } from "./Receipt.ts"

/** The role of a session that was given none. */
export const defaultRole = "worker" as Tag

/** Who a session is on the bus. `name` is the session's id while it holds no name of its own. */
export interface Identity {
  readonly id: SessionId
  readonly name: Name | SessionId
  readonly role: Tag
  readonly project: Tag | null
}

/** What a session would like to be. The bus decides about the name. */
export interface WantedIdentity {
  readonly name: Name | undefined
  readonly role: Tag
  readonly project: Tag | null
}

/** Who stands on the roster: a session, or a person or a script at the command line. */
export type Kind = "session" | "command line"

/**
 * The process that serves a session, so that another one can look whether it still runs. `space` names those to whom the id and
 * the time of the start, in the system's own words, mean the same.
 */
export interface ServerProcess {
  readonly pid: number
  readonly started: string
  readonly space: string
}

/** A session as `who` shows it. Rows of 1.3.1 servers hold whatever those wrote, so these are plain strings. */
export interface RosterEntry {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly cwd: string
  readonly project: string | null
  /** ISO 8601. */
  readonly lastSeen: string
  readonly kind: Kind
  /** It runs within another session and has no name: no broadcast comes to it, and it is asked for no permission. */
  readonly nested: boolean
  /** Which agent it is a session of, if it says so: older versions knew Claude Code alone. */
  readonly agent: Agent | undefined
  /** Which version of cc-dm runs it, if it says so. */
  readonly version: string | undefined
  /** Whether a version 2 server runs this session, and so which rules its rows follow. */
  readonly current: boolean
  /** Whether a doorbell can wake this session; else it looks every 500 ms. */
  readonly doorbell: boolean
  /** Its process, if it says so. The row may be anybody's. */
  readonly server: ServerProcess | undefined
  /** Which folder, of which kernel, holds its socket, if it says so. */
  readonly socketSpace: string | undefined
  /** Stands for the conversation that it serves. */
  readonly conversation: string | undefined
  /** What it was called before, as long as that is worth telling. */
  readonly former: ReadonlyArray<string>
  readonly reach: Reach
  /** Absent if nothing tells. */
  readonly doing: Doing | undefined
  /** ISO 8601. */
  readonly doingSince: string | undefined
  /** The machine it runs on and its user there; absent on a bus of one machine. */
  readonly host?: string
  readonly user?: string
}

/** Whether what is meant for all sessions is meant for this one. */
export const isMember = ({ kind, nested }: RosterEntry): boolean => kind === "session" && !nested

/** Whether two servers serve one conversation, so that one model reads what both are told. */
export const serveTheSame = (
  one: Pick<RosterEntry, "conversation"> | undefined,
  other: Pick<RosterEntry, "conversation">
): boolean => one?.conversation !== undefined && one.conversation === other.conversation

/** What a session is called now that had a name before. */
export const renamedFrom = (name: string, roster: ReadonlyArray<RosterEntry>): string | undefined =>
  roster.find(({ former }) => former.includes(name))?.name
