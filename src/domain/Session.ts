/** Sessions as the roster knows them. */
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
export interface Wish {
  readonly name: Name | undefined
  readonly role: Tag
  readonly project: Tag | null
}

/** Who stands on the roster: a session, or a person or a script at the command line. */
export type Kind = "session" | "command line"

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
  /** Which version of cc-dm runs it, where it says so. */
  readonly version: string | undefined
  /** Whether a version 2 server runs this session, and so which rules its rows follow. */
  readonly current: boolean
  /** Whether a doorbell can wake this session; else it looks every 500 ms. */
  readonly doorbell: boolean
  readonly reach: Reach
  /** Absent where nothing tells. */
  readonly doing: Doing | undefined
  /** ISO 8601. */
  readonly doingSince: string | undefined
  /** The machine it runs on and its user there; absent on a bus of one machine. */
  readonly host?: string
  readonly user?: string
}

/** Whether what is meant for all sessions is meant for this one. */
export const isMember = ({ kind, nested }: RosterEntry): boolean => kind === "session" && !nested
