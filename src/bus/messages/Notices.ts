/** What cc-dm itself says to a session. */
import type * as SqlClient from "effect/sql/SqlClient"
import { system } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { randomToken } from "../../platform/System.ts"
import { protocol } from "../engine/Columns.ts"
import type { Engine } from "../engine/Database.ts"
import { delivered } from "../engine/Delivered.ts"
import { statement } from "../engine/Statement.ts"
import type { SessionKey } from "../Proofs.ts"
import { signedText, storable } from "./SignedText.ts"

const writeText = statement<"to" | "content" | "now" | "expiresAt" | "keptUntil" | "nonce" | "signature">(
  `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind,
    expires_at, kept_until, nonce, addressed, signature)
  VALUES ('${system}', $to, $content, '{}', ${delivered.waits}, $now, ${protocol}, 'notice',
    $expiresAt, $keptUntil, $nonce, $to, $signature)`
)

/** Words of cc-dm to the session whose server writes them: signed with its own key, so that no other server can write them to it. */
export interface Notice {
  readonly to: SessionId
  readonly content: string
  readonly now: string
  readonly expiresAt: string
  readonly keptUntil: string | null
}

export const writeNotice = (engine: Engine, sql: SqlClient.SqlClient, key: SessionKey, notice: Notice) => {
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
  return writeText.run(sql, { to, content, now, expiresAt, keptUntil, nonce, signature })
}
