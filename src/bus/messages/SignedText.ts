/** What the sender of a message signs. */

import { protocol } from "../engine/Columns.ts"
import type { Engine } from "../engine/Database.ts"

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
