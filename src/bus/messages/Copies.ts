/** How a draft is written: a copy for each receiver, each signed, all in one statement. */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { DeliveryOptions, MessageKind, Metadata } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { mostTo } from "../../domain/Pace.ts"
import { bounded, room } from "../engine/Bounds.ts"
import { isFresh, nameOf, projectOf, protocol } from "../engine/Columns.ts"
import type { Engine } from "../engine/Database.ts"
import { delivered } from "../engine/Delivered.ts"
import { statement, type Value } from "../engine/Statement.ts"
import type { SessionKey } from "../Proofs.ts"
import { hasRoom, isInPace, type Paced, tellsWhatWasCounted } from "./Limits.ts"
import { metaText } from "./Meta.ts"
import { signedText, storable } from "./SignedText.ts"

/** A draft with all that its copies say. Times are ISO 8601. */
export interface DatedDraft {
  readonly from: SessionId
  readonly to: ReadonlyArray<string>
  /** One for each receiver, or one for a name: each is used for one copy, however often that is written. */
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
  /** The name that it waits for, whichever session holds it then; `null`: it goes to its receivers alone. */
  readonly mailTo: string | null
  /** A receiver for whom so many messages wait is left out; absent: there is no limit. */
  readonly queueLimit?: number | undefined
  /** How it counts against the sender's limits; absent: not at all. */
  readonly pace?: Paced | undefined
}

/** A copy as it stands on the bus, and for whom. */
export interface CopyRow {
  readonly id: number
  readonly to_session: string
  /** Whether its receiver is gone, if the engine can tell while it writes. */
  readonly gone?: boolean
}

/** Who writes, as the bus has it at that moment. */
export interface KnownSender {
  readonly name: string
  readonly project: string | null
}

const selectSender = statement<"id", KnownSender>(
  `SELECT ${bounded(nameOf(), room.name)} AS name, ${bounded(projectOf(), room.name)} AS project
  FROM sessions WHERE id = $id`
)

/** The sender as the roster has it; `undefined`: it is not there, and writes nothing. */
export const senderOf = (sql: SqlClient.SqlClient, id: SessionId) =>
  Effect.map(selectSender.run(sql, { id }), (rows) => rows[0])

const columns = `from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id, expires_at,
  kept_until, batch, mail, to_name, from_project, from_kind, nonce, addressed, signature, words`

/** Whether the sender still is who it was when its name was signed. */
const isSender = `EXISTS (SELECT 1 FROM sessions AS sender WHERE sender.id = $from AND ${nameOf("sender")} = $fromName)`

/** `$copies` as rows, one for each copy. */
const copies = "json_each(CAST($copies AS TEXT)) AS copy"

type Parameters =
  | (
      | "fromName"
      | "fromProject"
      | "from"
      | "fromKind"
      | "content"
      | "meta"
      | "now"
      | "kind"
      | "expiresAt"
      | "keptUntil"
    )
  | ("batch" | "mail" | "mailTo" | "copies" | "queueLimit")
  | ("paceTo" | "mostTo" | "mostInAll" | "words" | "aMinuteAgo" | "repeatedSince" | "soon")

/** Where a statement to sessions finds its copies: rows, and in them the columns of a copy. */
interface Source {
  readonly rows: string
  readonly to: string
  readonly nonce: string
  readonly signature: string
  readonly order: string
}

const fromCopies: Source = {
  rows: copies,
  to: "json_extract(copy.value, '$.to')",
  nonce: "json_extract(copy.value, '$.nonce')",
  signature: "json_extract(copy.value, '$.signature')",
  order: ""
}

/**
 * To sessions that are on the roster. `also`: what else must hold; `onConflict`: what happens if it is there; `alsoReturned`: further
 * columns that it gives.
 */
const toSessions = (
  { nonce, order, rows, signature, to }: Source,
  hasRoomText: string,
  also = "",
  onConflict = "",
  alsoReturned = ""
) => `INSERT INTO messages (${columns})
  SELECT $fromName, receiver.id, $content, $meta,
    CASE WHEN receiver.protocol IS NULL THEN ${delivered.waitsForAll} ELSE ${delivered.waits} END, $now, ${protocol}, $kind,
    $from, $expiresAt, $keptUntil, $batch, CAST($mail AS INTEGER), coalesce($mailTo, ${nameOf("receiver")}), $fromProject,
    $fromKind, ${nonce}, receiver.id, ${signature}, $words
  FROM ${rows} JOIN sessions AS receiver ON receiver.id = ${to}
  WHERE ${isFresh} AND ${isSender} AND ${isInPace} AND ${hasRoomText} ${also} ${order}
  ${onConflict} RETURNING id, to_session${alsoReturned}`

/** To a name that no session holds now. */
const toName = (hasRoomText: string, also = "", onConflict = "") =>
  statement<Parameters, CopyRow>(`INSERT INTO messages (${columns})
  SELECT $fromName, '', $content, $meta, ${delivered.waits}, $now, ${protocol}, $kind, $from, $expiresAt, $keptUntil, $batch,
    CAST($mail AS INTEGER), $mailTo, $fromProject, $fromKind, json_extract(copy.value, '$.nonce'), '',
    json_extract(copy.value, '$.signature'), $words
  FROM ${copies} WHERE ${isSender} AND ${isInPace} AND ${hasRoomText} ${also}
  ${onConflict} RETURNING id, to_session`)

const counted = `AND ${tellsWhatWasCounted}`

/** After a connection was lost it is written again, since it is not known whether it was: it stands there once. */
const once = "ON CONFLICT (nonce) WHERE nonce IS NOT NULL DO NOTHING"

/** Who is gone has to be known next: so no statement need ask for it. */
const alsoSaid = ", nonce, is_gone(to_session) AS gone"

/** The same in PostgreSQL, wherever the copies are. */
export const toSessionsInPostgres = (source: Source) =>
  toSessions(source, hasRoom.postgres.session("receiver.id"), counted, once, alsoSaid)

const writing = {
  sqlite: {
    toSessions: statement<Parameters | "freshSince", CopyRow>(
      toSessions(fromCopies, hasRoom.sqlite.session("receiver.id"))
    ),
    toName: toName(hasRoom.sqlite.name("$mailTo"))
  },
  postgres: {
    toSessions: statement<Parameters | "freshSince", CopyRow>(toSessionsInPostgres(fromCopies)),
    toName: toName(hasRoom.postgres.name("$mailTo"), counted, once)
  }
} as const satisfies Record<Engine, unknown>

const paceOf = ({ pace }: DatedDraft) => ({
  paceTo: pace?.to ?? null,
  mostTo: pace === undefined ? null : mostTo(pace.limit, pace.to),
  mostInAll: pace?.limit.inAll ?? null,
  words: pace?.words ?? null,
  aMinuteAgo: pace?.aMinuteAgo ?? null,
  repeatedSince: pace?.repeatedSince ?? null,
  soon: pace?.soon ?? null
})

/** All that the statements want to know, with the copies and their signatures. */
export type SignedValues = Readonly<Record<Parameters | "freshSince", Value>>

/** One copy, with what is its own. */
export interface SignedCopy {
  readonly to: string
  readonly nonce: string
  readonly signature: string
}

/** Copies that are signed, and only have to be written: signing needs no lock, and others may be waiting for that. */
export interface SignedCopies {
  readonly signed: ReadonlyArray<SignedCopy>
  /** Not to a name. */
  readonly toSessions: boolean
  readonly values: SignedValues
  readonly write: (sql: SqlClient.SqlClient) => Effect.Effect<ReadonlyArray<CopyRow>, SqlError>
}

/** Copies that are written out, and want a signature each. */
export interface UnsignedCopies {
  /** What is to be signed, one text for each copy. */
  readonly texts: ReadonlyArray<string>
  /** The copies, with what `sign` gives for each of these texts. */
  readonly signedBy: (sign: (text: string) => string) => SignedCopies
}

/**
 * Writes out one copy for each receiver, or one for a name that no session holds now. `undefined`: the sender may not write under the name that it has.
 */
export const draftCopies = (
  engine: Engine,
  sender: KnownSender | undefined,
  key: SessionKey,
  draft: DatedDraft
): UnsignedCopies | undefined => {
  // What the roster was made to say by hand is not signed.
  if (sender === undefined || !key.names.includes(sender.name)) return undefined
  const { batch, expiresAt, freshSince, from, keptUntil, kind, mailTo, now } = draft
  const content = storable(engine, draft.content)
  const meta = metaText({ ...draft, inside: key.inside, name: sender.name })
  const copies = draft.nonces.map((nonce, index) => {
    const to = draft.to[index] ?? ""
    const text = signedText({
      nonce,
      sender_id: from,
      from_session: sender.name,
      from_kind: key.kind,
      from_project: sender.project,
      addressed: to,
      mail_to: mailTo,
      kind,
      content,
      meta,
      created_at: now,
      batch
    })
    return { to, nonce, text }
  })
  const { toName, toSessions } = writing[engine]
  const isToName = draft.to.length === 0
  return {
    texts: copies.map(({ text }) => text),
    signedBy: (sign) => {
      const signed = copies.map(({ nonce, text, to }) => ({ to, nonce, signature: sign(text) }))
      const values = {
        fromName: sender.name,
        fromProject: sender.project,
        from,
        fromKind: key.kind,
        content,
        meta,
        now,
        kind,
        expiresAt,
        keptUntil,
        batch,
        mail: mailTo === null ? null : 1,
        mailTo,
        copies: JSON.stringify(signed),
        queueLimit: draft.queueLimit ?? null,
        ...paceOf(draft)
      }
      const all = { ...values, freshSince }
      return {
        signed,
        toSessions: !isToName,
        values: all,
        write: (sql) => (isToName ? toName.run(sql, values) : toSessions.run(sql, all))
      }
    }
  }
}

const selectCopies = statement<"nonces", CopyRow>(
  "SELECT id, to_session FROM messages WHERE nonce IN (SELECT value FROM json_each(CAST($nonces AS TEXT))) ORDER BY id"
)

/** What stands on the bus of some copies. */
export const findCopies = (sql: SqlClient.SqlClient, nonces: ReadonlyArray<string>) =>
  selectCopies.run(sql, { nonces: JSON.stringify(nonces) })
