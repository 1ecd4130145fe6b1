/** The rows of `messages`: how ours are written, and how any row is read, whoever wrote it. */
import { Effect, Option, Result, Schema } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import {
  type DeliveryOptions,
  type FromKind,
  type Message,
  MessageKind,
  MessageType,
  type Metadata,
  maxContentLength,
  nobody,
  Priority,
  system,
  ThreadId
} from "../../domain/Message.ts"
import {
  isSessionId,
  normalise,
  parseHeldName,
  parseTag,
  type SessionId,
  whyNotAnew
} from "../../domain/Name.ts"
import { mostTo, type RateLimit } from "../../domain/Pace.ts"
import { shorten } from "../../domain/Text.ts"
import { randomToken } from "../../platform/Platform.ts"
import { bounded, boundedAs, room, sizeOf } from "../engine/Bounds.ts"
import type { Engine } from "../engine/Database.ts"
import { nameOf, noProject, projectOf, protocol } from "../engine/sqlite/Migrations.ts"
import { type Proofs, publishedKeyText, type SessionKey } from "../Proofs.ts"

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
  /** One for each receiver, or one for a name: each is used for one message, however often that is written. */
  readonly nonces: ReadonlyArray<string>
  readonly kind: MessageKind
  readonly content: string
  readonly metadata: Metadata
  readonly options: DeliveryOptions
  /** The mark of the permission request that it answers. */
  readonly request?: string
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
  kept_until, batch, mail, to_name, from_project, from_kind, nonce, addressed, signature, words`

/**
 * How many of some messages wait: what was pushed or handed over does not, nor what has expired, nor what is nobody's: of that there
 * may be any number, and it must keep nobody else from writing.
 */
const countWaiting = (isMine: string, now: string) => `(SELECT count(*) FROM messages AS other
    LEFT JOIN receipts ON message_id = other.id WHERE ${isMine} AND other.delivered IN (0, 1, 2)
      AND other.sender_id IS NOT NULL AND CASE other.delivered
        WHEN 1 THEN coalesce(state, 'queued') IN ('queued', 'accepted')
        ELSE coalesce(other.expires_at > ${now}, 1) END)`

/** Which messages are for a session on the roster. */
const isFor = (receiver: string) => `other.to_session = ${receiver}`
/** Which messages wait for a name that nobody holds. */
const isMailFor = (name: string) => `other.mail = 1 AND other.to_session = '' AND other.to_name = ${name}`

/** How many messages wait for a session, and for a name, by a time. PostgreSQL shows nobody the messages of others. */
export const waitingFor = {
  sqlite: {
    session: (id: string, now: string) => countWaiting(isFor(id), now),
    name: (name: string, now: string) => countWaiting(isMailFor(name), now)
  },
  postgres: {
    session: (id: string, now: string) => `waiting_for(${id}, ${now})`,
    name: (name: string, now: string) => `mail_waiting_for(${name}, ${now})`
  }
} as const satisfies Record<Engine, unknown>

/** Whether fewer wait than may. In the file it is mostly enough to count, in the index alone, what is not settled. */
const hasRoom = (isMine: string | undefined, count: string, limit: string) => {
  const quickly =
    isMine === undefined
      ? ""
      : `OR (SELECT count(*) FROM (SELECT 1 FROM messages AS other
      WHERE ${isMine} AND other.delivered IN (0, 1, 2) LIMIT ${limit}) AS some) < ${limit}`
  return `(CAST(${limit} AS INTEGER) IS NULL ${quickly} OR ${count} < ${limit})`
}

/**
 * Whose messages count as one sender's: a session's own, and of somebody at the command line those under all their names.
 * `kind` is that of the sender's key.
 */
export const sentBySame = (
  id: string,
  kind: string
) => `sendings.sender_id IN (SELECT CAST(${id} AS TEXT) UNION ALL
      SELECT one.id FROM sessions AS one WHERE CAST(${kind} AS TEXT) = 'command line' AND one.kind = 'command line')`

/**
 * Whether the sender may write once more: `pauseBefore`, in the statement that writes, so that it costs no other one and
 * nobody gets in between.
 */
const isInPace = `(CAST(?14 AS TEXT) IS NULL OR (SELECT count(*) < ?16
      AND count(*) FILTER (WHERE sendings.receiver = ?14) < ?15
      AND count(*) FILTER (WHERE sendings.receiver = ?14 AND sendings.words = ?17 AND sent_at > ?19) = 0
    FROM sendings WHERE ${sentBySame("?10", "?12")} AND sent_at > ?18 AND sent_at <= ?20))`

/** What was counted, for the trigger that looks whether it was right: in PostgreSQL somebody may get in between. */
const counted = `AND set_config('cc_dm.counted',
    (SELECT CAST(count(*) AS TEXT) FROM sendings WHERE sendings.sender_id = ?10), true) <> ''`

/** Whether the sender still is who it was when its name was signed. */
const isSender = `EXISTS (SELECT 1 FROM sessions AS sender WHERE sender.id = ?10 AND ${nameOf("sender")} = ?21)`

// A constant text spares building the statement anew, which costs 0.2 ms on every message's way.
const selectSender = `SELECT ${bounded(nameOf(), room.name)} AS name, ${bounded(projectOf(), room.name)} AS project
  FROM sessions WHERE id = ?`

const insertText = (hasRoomText: string, note = "", onConflict = "") => `INSERT INTO messages (${ourColumns})
  SELECT ?21, receiver.id, ?1, ?2, CASE WHEN receiver.protocol IS NULL THEN 0 ELSE 2 END, ?3, ${protocol}, ?4, ?10, ?5, ?6,
    ?7, CAST(?8 AS INTEGER), coalesce(?9, ${nameOf("receiver")}), ?22, ?12, json_extract(copy.value, '$.nonce'), receiver.id,
    json_extract(copy.value, '$.signature'), ?17
  FROM json_each(CAST(?13 AS TEXT)) AS copy JOIN sessions AS receiver ON receiver.id = json_extract(copy.value, '$.to')
  WHERE coalesce(receiver.leased_until, receiver.last_seen) > ?23 AND ${isSender} AND ${isInPace} AND ${hasRoomText} ${note}
  ${onConflict} RETURNING id, to_session`

const holdText = (hasRoomText: string, note = "", onConflict = "") => `INSERT INTO messages (${ourColumns})
  SELECT ?21, '', ?1, ?2, 2, ?3, ${protocol}, ?4, ?10, ?5, ?6, ?7, CAST(?8 AS INTEGER), ?9, ?22, ?12,
    json_extract(copy.value, '$.nonce'), '', json_extract(copy.value, '$.signature'), ?17
  FROM json_each(CAST(?13 AS TEXT)) AS copy WHERE ${isSender} AND ${isInPace} AND ${hasRoomText} ${note}
  ${onConflict} RETURNING id, to_session`

/** After a connection was lost it is written again, as nobody knows whether it was: it stands there once. */
const once = "ON CONFLICT (nonce) WHERE nonce IS NOT NULL DO NOTHING"

const writingTexts = {
  sqlite: {
    insert: insertText(hasRoom(isFor("receiver.id"), waitingFor.sqlite.session("receiver.id", "?3"), "?11")),
    hold: holdText(hasRoom(isMailFor("?9"), waitingFor.sqlite.name("?9", "?3"), "?11"))
  },
  postgres: {
    insert: insertText(
      hasRoom(undefined, waitingFor.postgres.session("receiver.id", "?3"), "?11"),
      counted,
      once
    ),
    hold: holdText(hasRoom(undefined, waitingFor.postgres.name("?9", "?3"), "?11"), counted, once)
  }
} as const satisfies Record<Engine, unknown>

const noticeText = `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind,
    expires_at, kept_until, nonce, addressed, signature)
  VALUES ('${system}', ?1, ?2, '{}', 2, ?3, ${protocol}, 'notice', ?4, ?5, ?6, ?1, ?7)`

/** Whether nobody takes this name anew. Who has it from before says so in each message. */
const isKept = (name: string): boolean => {
  const parsed = parseHeldName(name)
  return Result.isSuccess(parsed) && whyNotAnew(parsed.success) !== undefined
}

/** The columns of a row that are ours alone, as JSON keys of `meta` beside those that everybody knows. */
const metaText = ({ metadata, request, options }: Writing, name: string, { inside }: SessionKey): string =>
  JSON.stringify({
    ...metadata,
    ...(options.replyTo === undefined ? {} : { reply_to: options.replyTo }),
    ...(options.whenIdle ? { when: "idle" } : {}),
    ...(options.notifyWhenIdle ? { notify_when_idle: true } : {}),
    ...(request === undefined ? {} : { request }),
    ...(inside ? { inside: true } : {}),
    ...(isKept(name) ? { kept_name: true } : {})
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

/**
 * A text as the bus will give it back, so that what is signed is what will be read: neither engine has lone surrogates, and
 * PostgreSQL has no NUL, which is shown by its symbol there.
 */
export const storable = (engine: Engine, text: string): string =>
  engine === "postgres" ? text.toWellFormed().replaceAll("\0", "\u2400") : text.toWellFormed()

/** What a sender vouches for: all of a row that does not change on its way. */
export interface Signed {
  readonly nonce: string | null
  readonly sender_id: string | null
  readonly from_session: string
  readonly from_kind: string | null
  readonly from_project: string | null
  readonly addressed: string | null
  /** The name that it waits for; `null`: none. */
  readonly mail_to: string | null
  readonly kind: string | null
  readonly content: string
  readonly meta: string
  readonly created_at: string
  readonly batch: string | null
}

/** The text that is signed. JSON keeps the fields apart, whatever they hold. */
export const signedText = (row: Signed): string =>
  JSON.stringify([
    "cc-dm message",
    protocol,
    row.nonce,
    row.sender_id,
    row.from_session,
    row.from_kind,
    row.from_project,
    row.addressed,
    row.mail_to,
    row.kind,
    row.content,
    row.meta,
    row.created_at,
    row.batch
  ])

/** A statement. What is signed in it is signed before it runs: signing needs no lock, and others may be waiting for that. */
export interface Prepared {
  readonly text: string
  readonly parameters: ReadonlyArray<string | number | null>
}

/** Who writes, as the bus has it at that moment. */
export interface Sender {
  readonly name: string
  readonly project: string | null
}

/** `undefined`: it is not on the roster, and writes nothing. */
export const senderOf = (sql: SqlClient.SqlClient, id: SessionId) =>
  Effect.map(sql.unsafe<Sender>(selectSender, [id]), (rows) => rows[0])

/** Signs one row for each receiver, or one for a name that nobody holds now. `undefined`: it may not write as that one. */
export const prepare = (
  engine: Engine,
  sender: Sender | undefined,
  key: SessionKey,
  writing: Writing
): Prepared | undefined => {
  // What the roster was made to say by hand is not signed.
  if (sender === undefined || !key.names.includes(sender.name)) return undefined
  const content = storable(engine, writing.content)
  const meta = metaText(writing, sender.name, key)
  const copies = writing.nonces.map((nonce, index) => {
    const to = writing.to[index] ?? ""
    const signature = key.sign(
      signedText({
        nonce,
        sender_id: writing.from,
        from_session: sender.name,
        from_kind: key.kind,
        from_project: sender.project,
        addressed: to,
        mail_to: writing.mailTo,
        kind: writing.kind,
        content,
        meta,
        created_at: writing.now,
        batch: writing.batch
      })
    )
    return { to, nonce, signature }
  })
  const said = [
    content,
    meta,
    writing.now,
    writing.kind,
    writing.expiresAt,
    writing.keptUntil,
    writing.batch,
    writing.mailTo === null ? null : 1,
    writing.mailTo,
    writing.from,
    writing.queueLimit ?? null,
    key.kind,
    JSON.stringify(copies),
    ...paceOf(writing),
    sender.name,
    sender.project
  ]
  const { hold, insert } = writingTexts[engine]
  return writing.to.length === 0
    ? { text: hold, parameters: said }
    : { text: insert, parameters: [...said, writing.freshSince] }
}

/** A row that was written, and for whom. */
export interface WrittenRow {
  readonly id: number
  readonly to_session: string
}

/** Writes what was prepared, in one statement: one row for each receiver that is still on the roster. */
export const insertRows = (sql: SqlClient.SqlClient, prepared: Prepared | undefined) =>
  prepared === undefined ? Effect.succeed([]) : sql.unsafe<WrittenRow>(prepared.text, prepared.parameters)

/** What of it stands on the bus. */
export const findRows = (sql: SqlClient.SqlClient, nonces: ReadonlyArray<string>) =>
  sql.unsafe<WrittenRow>(
    "SELECT id, to_session FROM messages WHERE nonce IN (SELECT value FROM json_each(CAST(? AS TEXT))) ORDER BY id",
    [JSON.stringify(nonces)]
  )

/** Words of cc-dm to the session whose server writes them: signed with its own key, so that nobody else writes them to it. */
export interface Notice {
  readonly to: SessionId
  readonly content: string
  readonly now: string
  readonly expiresAt: string
  readonly keptUntil: string | null
}

export const insertNotice = (engine: Engine, sql: SqlClient.SqlClient, key: SessionKey, notice: Notice) => {
  const { expiresAt, keptUntil, now, to } = notice
  const content = storable(engine, notice.content)
  const nonce = randomToken()
  const signature = key.sign(
    signedText({
      nonce,
      sender_id: null,
      from_session: system,
      from_kind: null,
      from_project: null,
      addressed: to,
      mail_to: null,
      kind: "notice",
      content,
      meta: "{}",
      created_at: now,
      batch: null
    })
  )
  return sql.unsafe(noticeText, [to, content, now, expiresAt, keptUntil, nonce, signature])
}

/** A row as it stands. Every column may hold anything, and is read as far as there is room. */
export interface MessageRow extends Signed {
  readonly id: number
  readonly protocol: number | null
  readonly receiver_id: string
  readonly receiver_name: string
  readonly signature: string | null
  /** How long the content is in the row. */
  readonly content_size: number
  /** Of a 1.3.1 row, the project that the roster has for its sender's name. */
  readonly roster_project: string | null
  /** The key of whoever it says wrote it, as `Proofs` has it. */
  readonly public_key: string | null
}

/** The columns of a {@link MessageRow}, for `SELECT` and `RETURNING`. */
export const messageColumns = `id, protocol, ${boundedAs(room.id, "kind", "sender_id", "from_kind", "nonce", "addressed", "batch", "signature")},
  ${boundedAs(room.name, "from_project")},
  ${bounded("coalesce(from_session, '')", room.name)} AS from_session,
  ${bounded("coalesce(to_session, '')", room.id)} AS receiver_id,
  coalesce((SELECT ${bounded(nameOf(), room.name)} FROM sessions WHERE sessions.id = to_session),
    ${bounded("to_name", room.name)}, ${bounded("to_session", room.name)}, '') AS receiver_name,
  CASE WHEN mail IS NOT NULL THEN ${bounded("to_name", room.name)} END AS mail_to,
  CASE WHEN protocol IS NULL THEN (SELECT ${bounded(projectOf(), room.name)} FROM sessions
    WHERE name = from_session LIMIT 1) END AS roster_project,
  ${bounded("coalesce(content, '')", room.content)} AS content, ${sizeOf("coalesce(content, '')")} AS content_size,
  ${bounded("coalesce(meta, '')", room.key)} AS meta, ${bounded("coalesce(created_at, '')", room.id)} AS created_at,
  ${publishedKeyText("coalesce(sender_id, to_session)")} AS public_key`

const isKind = Schema.is(MessageKind)
const isPriority = Schema.is(Priority)
const isMessageType = Schema.is(MessageType)
const isThreadId = Schema.is(ThreadId)
const parseObject = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
)

interface Meta extends Pick<Message, "metadata" | "options" | "request"> {
  readonly inside: boolean
  readonly keptName: boolean
}

const readMeta = (text: string): Meta => {
  const parsed = text === "{}" ? Option.none() : parseObject(text)
  if (parsed._tag === "None") return { metadata: {}, options: {}, inside: false, keptName: false }
  const { inside, kept_name, message_type, notify_when_idle, priority, reply_to, request, thread_id, when } =
    parsed.value
  return {
    metadata: {
      ...(isPriority(priority) ? { priority } : {}),
      ...(isMessageType(message_type) ? { message_type } : {}),
      ...(isThreadId(thread_id) ? { thread_id } : {})
    },
    options: {
      ...(Number.isSafeInteger(reply_to) ? { replyTo: reply_to as number } : {}),
      ...(when === "idle" ? { whenIdle: true } : {}),
      ...(notify_when_idle === true ? { notifyWhenIdle: true } : {})
    },
    ...(typeof request === "string" ? { request } : {}),
    inside: inside === true,
    keptName: kept_name === true
  }
}

/** The words of a row. What cc-dm did not write may be longer than anything that it writes. */
const wordsOf = ({ content, content_size }: MessageRow, proven: boolean): string => {
  if (proven) return content
  if (content_size <= room.content) return shorten(content, maxContentLength)
  return `${[...content].slice(0, maxContentLength).join("")}… [cut: the row holds ${content_size} bytes]`
}

/**
 * Whether a name is one that its sender can have: an unnamed session's own id, or a name. One that is reserved since 2.1.0 is
 * signed only by servers that know of it: any other could have been made to by a row.
 */
const isSendersName = (name: string, sender: string, meta: string): boolean => {
  if (name === sender) return true
  const parsed = parseHeldName(name)
  return Result.isSuccess(parsed) && parsed.success === name && (!isKept(name) || readMeta(meta).keptName)
}

/** The name that a row of 1.3.1 gives its sender, unless it is one that nobody has. */
const oldName = (name: string): string => {
  const tag = parseTag(name)
  const held = parseHeldName(name)
  return Result.isSuccess(tag) && Result.isFailure(held) && !isSessionId(normalise(name)) ? nobody : name
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** Which rows are as those wrote them who they say wrote them, to whom they were written. */
export const provenRows = (proofs: Proofs["Service"], rows: ReadonlyArray<MessageRow>) =>
  Effect.map(
    proofs.check(
      rows.map((row) => ({
        // What cc-dm itself says was written by the receiver's own server.
        signer: row.sender_id ?? (row.from_session === system ? row.receiver_id : null),
        key: row.public_key,
        text: signedText(row),
        signature: row.protocol === null ? null : row.signature
      }))
    ),
    (signed) =>
      rows.map(
        (row, index) =>
          // Mail for a name goes to whoever holds the name; all else stays with the one it was written to.
          signed[index] === true &&
          (row.mail_to !== null || row.addressed === row.receiver_id) &&
          // What cc-dm itself says has no sender.
          (row.sender_id === null || isSendersName(row.from_session, row.sender_id, row.meta))
      )
  )

const fromKindOf = (kind: string | null, inside: boolean): FromKind => {
  if (kind !== "command line") return "session"
  return inside ? "command line in a session" : "command line"
}

/** Reads a row, of which it is known whether it is proven. Total: what a column should not hold is left out. */
export const messageOf = (row: MessageRow, proven: boolean): Message => {
  const { inside, keptName: _, ...read } = readMeta(row.meta)
  const common = {
    id: row.id,
    to: row.receiver_name,
    content: wordsOf(row, proven),
    metadata: read.metadata,
    sentAt: time.test(row.created_at) ? row.created_at : "unknown"
  }
  // It is answered by nobody, answers nothing, and asks for nothing.
  if (!proven)
    return {
      ...common,
      kind: "chat",
      from: row.protocol === null ? oldName(row.from_session) : nobody,
      fromProject: row.roster_project,
      fromKind: "session",
      fromId: undefined,
      proof: row.protocol === null ? "1.3.1" : "none",
      options: {}
    }
  return {
    ...common,
    ...read,
    kind: isKind(row.kind) ? row.kind : "chat",
    from: row.from_session,
    // A server of 2.0.0 may have signed that it is in none as ''.
    fromProject: row.from_project === noProject ? null : row.from_project,
    fromKind: fromKindOf(row.from_kind, inside),
    fromId: isSessionId(row.sender_id) ? row.sender_id : undefined,
    proof: "signed"
  }
}

/** Reads rows, whoever wrote them. */
export const messagesOf = (proofs: Proofs["Service"], rows: ReadonlyArray<MessageRow>) =>
  Effect.map(provenRows(proofs, rows), (proven) =>
    rows.map((row, index) => messageOf(row, proven[index] === true))
  )
