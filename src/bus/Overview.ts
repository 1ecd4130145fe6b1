/** What anybody at the command line may see: the messages of all sessions, the newest of them. */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Message } from "../domain/Message.ts"
import type { DeliveryState } from "../domain/Receipt.ts"
import { Database } from "./Database.ts"
import { type MessageRow, messageColumns, messagesOf } from "./MessageRows.ts"
import { Proofs } from "./Proofs.ts"

/** A message, how far it has come, and which projects it belongs to. */
export interface Overheard extends Message {
  readonly state: DeliveryState
  readonly reason: string | undefined
  /** The projects of its sender, when it wrote, and of its receiver now. */
  readonly projects: ReadonlyArray<string>
}

interface Row extends MessageRow {
  readonly state: DeliveryState
  readonly reason: string | null
  readonly sender_project: string | null
  readonly to_project: string | null
}

// A row of a 1.3.1 server does not say its sender's project; the roster may.
const selectNewest = `SELECT ${messageColumns}, coalesce(state, 'queued') AS state, reason,
    CAST(coalesce(messages.from_project, (SELECT project FROM sessions WHERE sessions.name = from_session)) AS TEXT) AS sender_project,
    CAST((SELECT project FROM sessions WHERE sessions.id = to_session) AS TEXT) AS to_project
  FROM messages LEFT JOIN receipts ON message_id = id ORDER BY id DESC LIMIT ?`

export class Overview extends Context.Service<
  Overview,
  {
    /** The newest messages, oldest first. */
    readonly newest: (limit: number) => Effect.Effect<ReadonlyArray<Overheard>, BusUnavailable>
  }
>()("cc-dm/bus/Overview") {
  static readonly layer = Layer.effect(
    Overview,
    Effect.gen(function* () {
      const database = yield* Database
      const proofs = yield* Proofs

      const newest = Effect.fn("Overview.newest")(function* (limit: number) {
        const rows = yield* database.run((sql) => sql.unsafe<Row>(selectNewest, [limit]))
        const messages = yield* messagesOf(proofs, rows)
        return messages
          .flatMap((message, index): ReadonlyArray<Overheard> => {
            const row = rows[index]
            return row === undefined
              ? []
              : [
                  {
                    ...message,
                    state: row.state,
                    reason: row.reason ?? undefined,
                    projects: [row.sender_project, row.to_project].filter((project) => project !== null)
                  }
                ]
          })
          .reverse()
      })

      return Overview.of({ newest })
    })
  )
}
