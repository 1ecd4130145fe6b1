/** `HeldMail` of a bus in a file. */
import { Effect, Layer } from "effect"
import type { SessionId } from "../../../domain/Name.ts"
import { Settings } from "../../../settings/Settings.ts"
import { bounded, mostRows, room } from "../Bounds.ts"
import { BusClock } from "../BusClock.ts"
import { liveIds, projectOf } from "../Columns.ts"
import { Database } from "../Database.ts"
import { delivered, is, isWaiting } from "../Delivered.ts"
import { type Held, HeldMail } from "../HeldMail.ts"
import { listed } from "../Lists.ts"
import { statement } from "../Statement.ts"

const isHeld = `${is("waits")} AND to_session NOT IN ${liveIds}`
const selectHeld = statement<
  "name" | "holder" | "now" | "freshSince",
  { readonly id: number; readonly from_project: string | null }
>(`SELECT id, ${bounded(projectOf("from_project"), room.name)} AS from_project FROM messages
  WHERE mail = 1 AND to_name = $name AND expires_at > $now AND sender_id <> $holder AND ${isHeld}
  ORDER BY id LIMIT ${mostRows}`)
const giveHeld = statement<"holder" | "ids" | "freshSince">(
  `UPDATE messages SET to_session = $holder WHERE id IN ${listed("$ids")} AND ${isHeld}`
)
const takeFrom = statement<
  "holder" | "ids"
>(`UPDATE messages SET delivered = ${delivered.waits}, to_session = ''
  WHERE ${isWaiting()} AND to_session = $holder AND id IN ${listed("$ids")}`)

export const SqliteHeldMail = Layer.effect(
  HeldMail,
  Effect.gen(function* () {
    const database = yield* Database
    const clock = yield* BusClock
    const { timing } = yield* Settings

    const find = Effect.fn("HeldMail.find")(function* (name: string, holder: SessionId) {
      const now = yield* clock.iso()
      const freshSince = yield* clock.iso(-timing.lease)
      const rows = yield* database.run((sql) => selectHeld.run(sql, { name, holder, now, freshSince }))
      return rows.map((row): Held => ({ messageId: row.id, fromProject: row.from_project }))
    })

    const give = Effect.fn("HeldMail.give")(function* (ids: ReadonlyArray<number>, holder: SessionId) {
      const freshSince = yield* clock.iso(-timing.lease)
      yield* database.run((sql) => giveHeld.run(sql, { ids: JSON.stringify(ids), holder, freshSince }))
    })

    const putBack = Effect.fn("HeldMail.putBack")(function* (ids: ReadonlyArray<number>, holder: SessionId) {
      yield* database.run((sql) => takeFrom.run(sql, { ids: JSON.stringify(ids), holder }))
    })

    return HeldMail.of({ find, give, putBack })
  })
)
