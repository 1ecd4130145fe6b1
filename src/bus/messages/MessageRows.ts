/** How a row of `messages` is read, whatever program wrote it. */
import { Effect, Result } from "effect"
import {
  type FromKind,
  type Message,
  MessageKind,
  maxContentLength,
  nobody,
  system
} from "../../domain/Message.ts"
import { isSessionId, normalise, parseHeldName, parseTag } from "../../domain/Name.ts"
import { isOneOf } from "../../domain/OneOf.ts"
import { shorten } from "../../domain/Text.ts"
import { bounded, boundedAs, room, sizeOf } from "../engine/Bounds.ts"
import { nameOf, noProject, projectOf } from "../engine/Columns.ts"
import { type Proofs, publishedKeyText } from "../Proofs.ts"
import { isKept, readMeta } from "./Meta.ts"
import { type Signed, signedText } from "./SignedText.ts"

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
  /** The key of the session that it says wrote it, as `Proofs` has it. */
  readonly public_key: string | null
}

/** The columns of a {@link MessageRow}, for `SELECT` and `RETURNING`. */
export const messageColumns = `id, protocol, ${boundedAs(room.id, "kind", "sender_id", "from_kind", "nonce", "addressed", "batch")}, ${boundedAs(room.key, "signature")},
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

const isKind = isOneOf(MessageKind.literals)

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

/** The name that a row of 1.3.1 gives its sender, unless it is one that no session can have. */
const oldName = (name: string): string => {
  const tag = parseTag(name)
  const held = parseHeldName(name)
  return Result.isSuccess(tag) && Result.isFailure(held) && !isSessionId(normalise(name)) ? nobody : name
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/

/** Which rows were really written by the sender that they name, and to this receiver. */
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
          // Mail for a name goes to the session that holds the name; all else stays with the one it was written to.
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

/** Reads a row. `proven`: its signature holds. Never fails: a value that a column should not hold is left out. */
export const messageOf = (row: MessageRow, proven: boolean): Message => {
  const { inside, keptName: _, ...read } = readMeta(row.meta)
  const common = {
    id: row.id,
    to: row.receiver_name,
    content: wordsOf(row, proven),
    metadata: read.metadata,
    sentAt: time.test(row.created_at) ? row.created_at : "unknown"
  }
  // Without a known sender a message can't be answered, answers nothing, and asks for nothing.
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

/** Reads rows, whatever program wrote them. */
export const messagesOf = (proofs: Proofs["Service"], rows: ReadonlyArray<MessageRow>) =>
  Effect.map(provenRows(proofs, rows), (proven) =>
    rows.map((row, index) => messageOf(row, proven[index] === true))
  )
