/** The public keys of sessions, as they stand on the bus. */
import { Effect } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { SessionId } from "../../domain/Name.ts"
import { bounded, room } from "../engine/Bounds.ts"
import { Database } from "../engine/Database.ts"
import { statement } from "../engine/Statement.ts"
import { Proofs, publishedKeyText } from "../Proofs.ts"

const selectKey = statement<"id", { readonly key: string | null }>(`SELECT ${publishedKeyText("$id")} AS key`)
// What another server put there since it was looked at stays.
const upsertKey = statement<
  "id" | "publicKey" | "mark" | "standing"
>(`INSERT INTO session_keys (session_id, public_key, mark) VALUES ($id, $publicKey, $mark)
  ON CONFLICT(session_id) DO UPDATE SET public_key = excluded.public_key, mark = excluded.mark
  WHERE ${bounded("(session_keys.public_key || ' ' || session_keys.mark)", room.key)} = $standing`)

/** What `Registry` does with keys. */
export const makePublishedKeys = Effect.gen(function* () {
  const database = yield* Database
  const proofs = yield* Proofs

  const standingKey = Effect.fnUntraced(function* (id: SessionId) {
    const rows = yield* database.run((sql) => selectKey.run(sql, { id }))
    return rows[0]?.key ?? undefined
  })

  /**
   * Puts a session's key on the bus, in the transaction that puts the session on the roster: the sweep removes the keys of those that are
   * not on it. One that a server put there stays: it is how others know that session.
   */
  const publish = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId) {
    const rows = yield* selectKey.run(sql, { id })
    const standing = rows[0]?.key ?? undefined
    const { mark, publicKey } = yield* proofs.published(id)
    const key = `${publicKey} ${mark}`
    if (standing === key) return
    if (standing !== undefined && (yield* proofs.isGenuine(id, standing)))
      return yield* Effect.logWarning(
        `another server has put a key for ${id} on the bus, so nothing shows that this one writes as it`
      )
    yield* upsertKey.run(sql, { id, publicKey, mark, standing: standing ?? "" })
  })

  const publicKey = Effect.fnUntraced(function* (id: SessionId) {
    const standing = yield* standingKey(id)
    return standing !== undefined && (yield* proofs.isGenuine(id, standing))
      ? standing.split(" ")[0]
      : undefined
  })

  /** Whether the key that this process has for a session is the one that stands there. */
  const isStanding = Effect.fnUntraced(function* (id: SessionId) {
    const { mark, publicKey } = yield* proofs.published(id)
    return (yield* standingKey(id)) === `${publicKey} ${mark}`
  })

  return { publish, publicKey, isStanding }
})
