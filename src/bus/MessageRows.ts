/** The rows of `messages`: how ours are written, and how any row is read, whoever wrote it. */
import { Option, Schema } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import {
  type Message,
  MessageKind,
  MessageType,
  type Metadata,
  Priority,
  ThreadId,
  type Wishes
} from "../domain/Message.ts"
import { isSessionId, type SessionId } from "../domain/Name.ts"
import { mostTo, type RateLimit } from "../domain/Pace.ts"
import { protocol } from "./Migrations.ts"

/** What the limits of a sender look at. Times are ISO 8601. */
export interface Paced {
  readonly limit: RateLimit
  /** The receiver's id, the name that it waits for, or empty for a broadcast. */
  readonly to: string
  /** Stands for the text. */
  readonly words: string
  readonly aMinuteAgo: string
  /** Since when the same text counts as said again. */
  readonly repeatedSince: string
  /** What was sent later does not count: the clock was set back. */
  readonly soon: string
}

/** What is written, once for each receiver. Times are ISO 8601. */
export interface Writing {
  readonly from: SessionId
  readonly to: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
  readonly wishes: Wishes
  readonly now: string
  readonly freshSince: string
  readonly expiresAt: string
  /** `null`: until it is settled. */
  readonly keptUntil: string | null
  /** Ties the copies of a broadcast together. */
  readonly batch: string | null
  /** The name that it waits for, whoever holds it then; `null`: it goes to its receivers alone. */
  readonly mailTo: string | null
  /** A receiver for whom so many messages wait is left out; absent: there is no limit. */
  readonly queueLimit?: number | undefined
  /** How it counts against the sender's limits; absent: not at all. */
  readonly pace?: Paced | undefined
}

const ourColumns = `from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id, expires_at,
  kept_until, batch, mail, to_name, from_project, from_kind, words`

/** How many of some messages wait: what was pushed or handed over does not, nor what has expired. */
export const countWaiting = (isMine: string, now: string) => `(SELECT count(*) FROM messages AS other
    LEFT JOIN receipts ON message_id = other.id WHERE ${isMine} AND other.delivered IN (0, 1, 2)
      AND CASE other.delivered WHEN 1 THEN coalesce(state, 'queued') IN ('queued', 'accepted')
        ELSE coalesce(other.expires_at > ${now}, 1) END)`

/** Whether fewer wait than may. Mostly it is enough to count, in the index alone, what is not settled. */
const hasRoom = (isMine: string, limit: string, now: string) => `(${limit} IS NULL
    OR (SELECT count(*) FROM (SELECT 1 FROM messages AS other
      WHERE ${isMine} AND other.delivered IN (0, 1, 2) LIMIT ${limit})) < ${limit}
    OR ${countWaiting(isMine, now)} < ${limit})`

/** Which messages are for a session on the roster. */
export const isFor = (receiver: string) => `other.to_session = ${receiver}`
/** Which messages wait for a name that nobody holds. */
export const isMailFor = (name: string) =>
  `other.mail = 1 AND other.to_session = '' AND other.to_name = ${name}`

/**
 * Whether the sender may write once more: `pauseBefore`, in the statement that writes, so that it costs no other one and
 * nobody gets in between.
 */
const isInPace = `(?14 IS NULL OR (SELECT count(*) < ?16
      AND coalesce(sum(sendings.receiver = ?14), 0) < ?15
      AND NOT coalesce(max(sendings.receiver = ?14 AND sendings.words = ?17 AND sent_at > ?19), 0)
    FROM sendings WHERE sendings.sender_id = ?10 AND sent_at > ?18 AND sent_at <= ?20))`

// A constant text spares building the statement anew, which costs 0.2 ms on every message's way.
const insertText = `INSERT INTO messages (${ourColumns})
  SELECT sender.name, receiver.id, ?1, ?2, CASE WHEN receiver.protocol IS NULL THEN 0 ELSE 2 END, ?3, ${protocol}, ?4,
    sender.id, ?5, ?6, ?7, ?8, coalesce(?9, receiver.name), sender.project, sender.kind, ?17
  FROM sessions AS sender, sessions AS receiver
  WHERE sender.id = ?10 AND coalesce(receiver.leased_until, receiver.last_seen) > ?12
    AND receiver.id IN (SELECT value FROM json_each(?13)) AND ${isInPace}
    AND ${hasRoom(isFor("receiver.id"), "?11", "?3")}
  RETURNING id, to_session`

const holdText = `INSERT INTO messages (${ourColumns})
  SELECT sender.name, '', ?1, ?2, 2, ?3, ${protocol}, ?4, sender.id, ?5, ?6, ?7, ?8, ?9, sender.project, sender.kind, ?17
  FROM sessions AS sender WHERE sender.id = ?10 AND ${isInPace} AND ${hasRoom(isMailFor("?9"), "?11", "?3")}
  RETURNING id, to_session`

/** The columns of a row that are ours alone, as JSON keys of `meta` beside those that everybody knows. */
const metaText = ({ metadata, wishes }: Writing): string =>
  JSON.stringify({
    ...metadata,
    ...(wishes.replyTo === undefined ? {} : { reply_to: wishes.replyTo }),
    ...(wishes.whenIdle ? { when: "idle" } : {}),
    ...(wishes.notifyWhenIdle ? { notify_when_idle: true } : {})
  })

const paceOf = ({ pace }: Writing) =>
  pace === undefined
    ? [null, null, null, null, null, null, null]
    : [
        pace.to,
        mostTo(pace.limit, pace.to),
        pace.limit.inAll,
        pace.words,
        pace.aMinuteAgo,
        pace.repeatedSince,
        pace.soon
      ]

const said = (writing: Writing, freshSince: string | null, receivers: string | null) => [
  writing.content,
  metaText(writing),
  writing.now,
  writing.kind,
  writing.expiresAt,
  writing.keptUntil,
  writing.batch,
  writing.mailTo === null ? null : 1,
  writing.mailTo,
  writing.from,
  writing.queueLimit ?? null,
  freshSince,
  receivers,
  ...paceOf(writing)
]

/**
 * Writes one row for each receiver that is still on the roster, in one statement. The sender's display name is
 * what the bus holds of it at that moment; a sender that is not on the roster writes nothing.
 */
export const insertRows = (sql: SqlClient.SqlClient, writing: Writing) =>
  sql.unsafe<{ id: number; to_session: string }>(insertText, [
    ...said(writing, writing.freshSince, JSON.stringify(writing.to))
  ])

/** Writes one row for a name that nobody holds now. */
export const holdRow = (sql: SqlClient.SqlClient, writing: Writing) =>
  sql.unsafe<{ id: number; to_session: string }>(holdText, said(writing, null, null))

/** A row as it stands. Every column may hold anything. */
export interface MessageRow {
  readonly id: number
  readonly protocol: number | null
  readonly kind: string | null
  readonly from_session: string
  readonly sender_id: string | null
  readonly from_kind: string | null
  readonly from_project: string | null
  readonly receiver_name: string
  readonly content: string
  readonly meta: string
  readonly created_at: string
}

/** The columns of a {@link MessageRow}, for `SELECT` and `RETURNING`. */
export const messageColumns = `id, protocol, CAST(kind AS TEXT) AS kind,
  CAST(coalesce(from_session, '') AS TEXT) AS from_session, CAST(sender_id AS TEXT) AS sender_id,
  CAST(from_kind AS TEXT) AS from_kind,
  CAST(CASE WHEN protocol IS NULL THEN (SELECT nullif(project, '') FROM sessions WHERE name = from_session LIMIT 1)
    ELSE from_project END AS TEXT) AS from_project,
  CAST(coalesce((SELECT name FROM sessions WHERE sessions.id = to_session), to_name, to_session, '') AS TEXT)
    AS receiver_name,
  CAST(coalesce(content, '') AS TEXT) AS content, CAST(coalesce(meta, '') AS TEXT) AS meta,
  CAST(coalesce(created_at, '') AS TEXT) AS created_at`

const isKind = Schema.is(MessageKind)
const isPriority = Schema.is(Priority)
const isMessageType = Schema.is(MessageType)
const isThreadId = Schema.is(ThreadId)
const parseObject = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
)

const readMeta = (text: string): Pick<Message, "metadata" | "wishes"> => {
  const parsed = text === "{}" ? Option.none() : parseObject(text)
  if (parsed._tag === "None") return { metadata: {}, wishes: {} }
  const { message_type, notify_when_idle, priority, reply_to, thread_id, when } = parsed.value
  return {
    metadata: {
      ...(isPriority(priority) ? { priority } : {}),
      ...(isMessageType(message_type) ? { message_type } : {}),
      ...(isThreadId(thread_id) ? { thread_id } : {})
    },
    wishes: {
      ...(Number.isSafeInteger(reply_to) ? { replyTo: reply_to as number } : {}),
      ...(when === "idle" ? { whenIdle: true } : {}),
      ...(notify_when_idle === true ? { notifyWhenIdle: true } : {})
    }
  }
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** Reads a row. Total: what a column should not hold is left out. */
export const messageOf = (row: MessageRow): Message => {
  const ours = row.protocol !== null
  return {
    id: row.id,
    kind: ours && isKind(row.kind) ? row.kind : "chat",
    from: row.from_session,
    fromProject: row.from_project,
    fromKind: ours && row.from_kind === "command line" ? "command line" : "session",
    fromId: ours && isSessionId(row.sender_id) ? row.sender_id : undefined,
    to: row.receiver_name,
    content: row.content,
    ...readMeta(row.meta),
    sentAt: time.test(row.created_at) ? row.created_at : "unknown"
  }
}
