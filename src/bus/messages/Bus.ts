/**
 * The messages. Writing is one statement, whatever the number of receivers, and messages that are written at the
 * same time share one commit (`SendQueue`). Taking claims each row for one server, once (`Taking`). A message that no server took before
 * its time is over is never delivered after that.
 */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { Copy, Message } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { everybody } from "../../domain/Pace.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { isFresh } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { isWaiting } from "../engine/Delivered.ts"
import { listed } from "../engine/Lists.ts"
import { statement } from "../engine/Statement.ts"
import { makeTidying } from "../engine/Tidying.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Pacing } from "./Pacing.ts"
import { type Draft, makeSend, type TooMuch } from "./SendQueue.ts"
import { makeTake, waitsForId } from "./Taking.ts"

export type { Draft, TooMuch } from "./SendQueue.ts"
export { batch } from "./Taking.ts"

/** What a session finds when it looks. */
export interface Glance {
  /** Whether a message waits for it. */
  readonly waiting: boolean
  /** Whether it is still on the roster. */
  readonly present: boolean
}

interface GlanceRow {
  readonly waiting: number
  readonly present: number
}

const selectGlance = statement<"id" | "oldest" | "now" | "freshSince", GlanceRow>(`SELECT
  CASE WHEN EXISTS (SELECT 1 FROM messages WHERE ${waitsForId}) THEN 1 ELSE 0 END AS waiting,
  CASE WHEN EXISTS (SELECT 1 FROM sessions WHERE id = $id AND ${isFresh}) THEN 1 ELSE 0 END AS present`)

const deleteUntaken = statement<"ids">(
  `DELETE FROM messages WHERE ${isWaiting()} AND to_session <> '' AND id IN ${listed("$ids")}`
)
const deleteSendings = statement<"ids">(`DELETE FROM sendings WHERE receiver <> '${everybody}'
  AND message_id IN ${listed("$ids")} AND message_id NOT IN (SELECT id FROM messages)`)

export class Bus extends Context.Service<
  Bus,
  {
    /**
     * Accepts a message for writing, after those that were accepted before. The effect that it gives waits for the
     * commit, and says to which receivers it was written: those that are on the roster and have room in their queue. They are
     * written all or none. What sessions say counts against the sender's limits.
     */
    readonly send: (
      draft: Draft
    ) => Effect.Effect<Effect.Effect<ReadonlyArray<Copy>, TooMuch | BusUnavailable>>
    /** Which of these sessions have a full queue: no more messages are taken for them. */
    readonly full: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlySet<string>, BusUnavailable>
    /** Changes whenever another session has written; `undefined`: it can't be told. Far cheaper than a glance. */
    readonly version: () => number | undefined
    /**
     * Whether the session is on the roster and nothing waits for it. `false` also if that can't be told at once. Cheaper than a
     * glance: each heartbeat of one session makes all others ask.
     */
    readonly isQuiet: (id: SessionId) => boolean
    /** Looks whether there is anything to take, without writing. */
    readonly glance: (id: SessionId) => Effect.Effect<Glance, BusUnavailable>
    /**
     * Takes what waits for a session for its server, oldest first, at most 100 messages. `without mail`: nothing, as
     * long as mail for its name is among it.
     */
    readonly take: (
      id: SessionId,
      what?: "all" | "without mail"
    ) => Effect.Effect<ReadonlyArray<Message>, BusUnavailable>
    /** Takes back what was written to a session and not taken yet; what waits for a name stays. */
    readonly retract: (ids: ReadonlyArray<number>) => Effect.Effect<void, BusUnavailable>
    /** Removes messages whose time in the history is over, but not those whose sender has yet to be told about them. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
    /** Sweeps unless another server has just done it. */
    readonly tidy: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Bus") {
  static readonly layer = Layer.effect(
    Bus,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const pacing = yield* Pacing
      const upkeep = yield* Upkeep
      const { timing } = yield* Settings
      const send = yield* makeSend
      const take = yield* makeTake

      const full = (ids: ReadonlyArray<string>) =>
        database.run((sql) =>
          Effect.map(
            pacing.full(sql, ids),
            (found): ReadonlySet<string> => new Set(found.map(({ id }) => id))
          )
        )

      const whatToLookFor = (id: SessionId) => ({
        id,
        oldest: clock.isoNow(-timing.messageLife),
        now: clock.isoNow(),
        freshSince: clock.isoNow(-timing.lease)
      })
      const glance = Effect.fnUntraced(function* (id: SessionId) {
        const [row] = yield* database.run((sql) => selectGlance.run(sql, whatToLookFor(id)))
        return { waiting: row?.waiting === 1, present: row?.present === 1 }
      })
      const isQuiet = (id: SessionId) => {
        const row = database.peek(selectGlance, whatToLookFor(id))
        return row?.waiting === 0 && row.present === 1
      }

      const retract = Effect.fn("Bus.retract")(function* (ids: ReadonlyArray<number>) {
        const list = { ids: JSON.stringify(ids) }
        // A message that reached nobody does not count against the limits. A broadcast counts even if one of its receivers is gone.
        yield* database.transaction((sql) =>
          Effect.andThen(deleteUntaken.run(sql, list), deleteSendings.run(sql, list))
        )
      })

      const sweep = Effect.withSpan(upkeep.sweepMessages, "Bus.sweep")
      // A sweep looks at all that is kept.
      const tidy = (yield* makeTidying)("messages", timing.messageSweep, sweep)

      return Bus.of({ send, full, version: database.version, isQuiet, glance, take, retract, sweep, tidy })
    })
  )
}
