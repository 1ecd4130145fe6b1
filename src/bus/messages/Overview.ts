/** Which messages of the whole bus somebody looks for: what is asked for, and the same as SQL. */
import type { MessageType } from "../../domain/Message.ts"
import { type DeliveryState, reasons } from "../../domain/Receipt.ts"
import { bounded, room, sizeOf } from "../engine/Bounds.ts"
import { knownState } from "../engine/Columns.ts"
import { isOver, isWaiting } from "../engine/Delivered.ts"
import { listed } from "../engine/Lists.ts"
import { statement } from "../engine/Statement.ts"

/** What is asked for. What is absent does not matter. */
export interface Overview {
  readonly threadId?: string | undefined
  /** A name or an id: of the sender or of the receiver. */
  readonly other?: string | undefined
  /** The one at the other end then. */
  readonly also?: string | undefined
  /** The project of its sender, when it wrote, or of its receiver now. */
  readonly project?: string | undefined
  readonly type?: MessageType | undefined
  readonly state?: DeliveryState | undefined
  /** What stands in the words, in capitals or not. */
  readonly words?: string | undefined
  /** ISO 8601: not earlier than this, and earlier than that. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Only these, by their numbers. */
  readonly ids?: ReadonlyArray<number>
  /** Only what came after this one; the oldest of it then, else the newest. */
  readonly after?: number
  /** Only what came before this one. */
  readonly before?: number | undefined
  readonly limit: number
}

/** SQL for a label in a message's column `meta`, which may hold anything. */
const labelled = (key: string) =>
  `CASE WHEN ${sizeOf("meta")} > ${room.key} THEN NULL WHEN json_valid(meta) THEN json_extract(meta, '$.${key}') END`

/** Whether a message is of a thread, if one is asked for. */
export const isInThread = `(CAST($threadId AS TEXT) IS NULL OR ${labelled("thread_id")} = $threadId)`

/** Whether one of these is the name or the id that is asked for, if one is. */
export const isOther = (...those: ReadonlyArray<string>) => isOneOf("$other", those)

const isOneOf = (parameter: string, those: ReadonlyArray<string>) =>
  `(CAST(${parameter} AS TEXT) IS NULL OR ${parameter} IN (${those.join(", ")}))`

/** How a message's receiver may be called. */
export const receiverNames = [
  "to_session",
  "to_name",
  "(SELECT name FROM sessions WHERE sessions.id = to_session)"
]

const bothEnds = ["from_session", "sender_id", ...receiverNames]

/** The projects of a message: of a row of 1.3.1, also the one that the roster has for its sender's name. */
const projects = [
  "from_project",
  "(SELECT project FROM sessions WHERE sessions.id = to_session)",
  "CASE WHEN protocol IS NULL THEN (SELECT project FROM sessions WHERE name = from_session LIMIT 1) END"
]

/** Whether no server took a message in its time, also if no server of its sender has written that down. */
export const isMissed = (row: string, state: string) =>
  `${state} = 'queued' AND ${isWaiting(row)} AND ${isOver}`

const outcome = `CASE WHEN ${isMissed("messages", knownState)} THEN 'expired' ELSE ${knownState} END`

/** How a message looks that {@link isMissed}. */
export const missed = { state: "expired", reason: reasons.notTaken } as const

/** Whether a row of `messages`, with its receipt beside it, is asked for. Words are not looked at here: see {@link holds}. */
export const isAskedFor = `id > $after AND id < $before AND ($anyId = 1 OR id IN ${listed("$ids")})
    AND (CAST($since AS TEXT) IS NULL OR created_at >= $since) AND (CAST($until AS TEXT) IS NULL OR created_at < $until)
    AND (CAST($type AS TEXT) IS NULL OR ${labelled("message_type")} = $type)
    AND (CAST($state AS TEXT) IS NULL OR ${outcome} = $state)
    AND ${isInThread} AND ${isOther(...bothEnds)} AND ${isOneOf("$also", bothEnds)} AND ${isOneOf("$project", projects)}`

export type OverviewNames =
  | "after"
  | "before"
  | "anyId"
  | "ids"
  | "since"
  | "until"
  | "type"
  | "state"
  | "threadId"
  | "other"
  | "also"
  | "project"
  | "limit"
  | "now"
  | "oldest"

/** The values of {@link isAskedFor}. `now`, and the `oldest` that a row of 1.3.1 may be: ISO 8601. */
export const overviewValues = (search: Overview, now: string, oldest: string) => ({
  now,
  oldest,
  after: search.after ?? 0,
  before: search.before ?? Number.MAX_SAFE_INTEGER,
  anyId: search.ids === undefined ? 1 : 0,
  ids: JSON.stringify(search.ids ?? []),
  since: search.since ?? null,
  until: search.until ?? null,
  type: search.type ?? null,
  state: search.state ?? null,
  threadId: search.threadId ?? null,
  other: search.other ?? null,
  also: search.also ?? null,
  project: search.project ?? null,
  limit: search.limit
})

/** The words of what is asked for, the oldest first: what is searched is read without its sender's proof, which takes longer. */
export const selectWords = statement<OverviewNames, { readonly id: number; readonly content: string }>(
  `SELECT id, ${bounded("coalesce(content, '')", room.content)} AS content FROM messages
  LEFT JOIN receipts ON message_id = id WHERE ${isAskedFor} ORDER BY id LIMIT $limit`
)

/** Which messages are asked for, and how far each has come: what takes long to read is left out. */
const selectStates = (order: "ASC" | "DESC") =>
  statement<OverviewNames, { readonly id: number; readonly state: string }>(
    `SELECT id, ${outcome} AS state FROM messages LEFT JOIN receipts ON message_id = id
  WHERE ${isAskedFor} ORDER BY id ${order} LIMIT $limit`
  )
export const selectStatesOldest = selectStates("ASC")
export const selectStatesNewest = selectStates("DESC")

const folded = (text: string) => text.normalize("NFC").toLowerCase()

/** Whether a text holds these words, in capitals or not. Both engines would know that of English letters alone. */
export const holds = (words: string): ((text: string) => boolean) => {
  const wanted = folded(words)
  return (text) => folded(text).includes(wanted)
}
