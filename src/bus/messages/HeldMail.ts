/** Mail for a name that nobody held when it was written, or whose holder left before it saw it. */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { SessionId } from "../../domain/Name.ts"
import { Settings } from "../../settings/Settings.ts"
import { bounded, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { numbersOf } from "../engine/Lists.ts"
import { lastSign, projectOf } from "../engine/sqlite/Migrations.ts"

/** A letter that waits. */
export interface Held {
  readonly messageId: number
  /** The sender's project when it wrote; `null`: none. */
  readonly fromProject: string | null
}

export class HeldMail extends Context.Service<
  HeldMail,
  {
    /** What waits for a name, its new holder's own letters aside. */
    readonly find: (name: string, holder: SessionId) => Effect.Effect<ReadonlyArray<Held>, BusUnavailable>
    /** Gives letters to the holder of the name, as far as nobody else got them meanwhile. */
    readonly give: (ids: ReadonlyArray<number>, holder: SessionId) => Effect.Effect<void, BusUnavailable>
    /** Gives letters back to their name, which this holder has no more. */
    readonly putBack: (ids: ReadonlyArray<number>, holder: SessionId) => Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/HeldMail") {
  static readonly layer = Layer.effect(
    HeldMail,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const { timing } = yield* Settings

      const find = Effect.fn("HeldMail.find")(function* (name: string, holder: SessionId) {
        const now = yield* clock.iso()
        const freshSince = yield* clock.iso(-timing.lease)
        const rows = yield* database.run(
          (sql) => sql<{
            id: number
            from_project: string | null
          }>`SELECT id, ${sql.literal(bounded(projectOf("from_project"), room.name))} AS from_project FROM messages
            WHERE mail = 1 AND to_name = ${name} AND delivered = 2 AND expires_at > ${now} AND sender_id <> ${holder}
              AND to_session NOT IN (SELECT id FROM sessions WHERE ${sql.literal(lastSign)} > ${freshSince} AND id IS NOT NULL)
            ORDER BY id LIMIT ${sql.literal(String(mostRows))}`
        )
        return rows.map((row): Held => ({ messageId: row.id, fromProject: row.from_project }))
      })

      const give = Effect.fn("HeldMail.give")(function* (ids: ReadonlyArray<number>, holder: SessionId) {
        const freshSince = yield* clock.iso(-timing.lease)
        yield* database.run(
          (sql) => sql`UPDATE messages SET to_session = ${holder}
            WHERE delivered = 2 AND id IN ${numbersOf(sql, ids)}
              AND to_session NOT IN (SELECT id FROM sessions WHERE ${sql.literal(lastSign)} > ${freshSince} AND id IS NOT NULL)`
        )
      })

      const putBack = Effect.fn("HeldMail.putBack")(function* (
        ids: ReadonlyArray<number>,
        holder: SessionId
      ) {
        yield* database.run(
          (sql) => sql`UPDATE messages SET delivered = 2, to_session = ''
            WHERE delivered IN (0, 2) AND to_session = ${holder} AND id IN ${numbersOf(sql, ids)}`
        )
      })

      return HeldMail.of({ find, give, putBack })
    })
  )
}
