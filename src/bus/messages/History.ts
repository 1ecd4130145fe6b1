/**
 * What was said lately: each session sees what it sent and what was sent to it, nothing else. People see all of it: the
 * file is theirs.
 */
import { Context, Effect, Layer } from "effect"
import type { BusUnavailable } from "../../domain/Errors.ts"
import type { Message } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import type { DeliveryState } from "../../domain/Receipt.ts"
import { Settings } from "../../settings/Settings.ts"
import { bounded, boundedAs, mostRows, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { knownState, projectOf } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { isInTime, isWaiting, wasTaken } from "../engine/Delivered.ts"
import { statement } from "../engine/Statement.ts"
import { Proofs } from "../Proofs.ts"
import { type MessageRow, messageColumns, messagesOf } from "./MessageRows.ts"
import {
  holds,
  isAskedFor,
  isInThread,
  isMissed,
  isOther,
  missed,
  type Overview,
  type OverviewNames,
  overviewValues,
  receiverNames,
  selectStatesNewest,
  selectStatesOldest,
  selectWords
} from "./Overview.ts"

/** Which messages are asked for. What is absent does not matter. */
export interface Search {
  readonly threadId?: string | undefined
  /** A name or an id: of the sender, or, among what was sent, of the receiver. */
  readonly other?: string | undefined
  readonly unseen?: boolean
  readonly limit: number
}

/** A message, and what became of it. Times are ISO 8601. */
export interface LoggedMessage extends Message {
  readonly toId: string
  readonly state: DeliveryState
  readonly reason: string | undefined
  /** When it came into its state, if the bus knows. */
  readonly stateSince: string | undefined
  /** The projects of its sender, when it wrote, and of its receiver now. */
  readonly projects: ReadonlyArray<string>
}

/** A state that a message came into, and when, in ISO 8601. */
export interface StateReached {
  readonly state: DeliveryState
  readonly at: string
}

/** What was found, oldest first, and how many more there are. */
export interface MessagesFound {
  readonly messages: ReadonlyArray<LoggedMessage>
  readonly more: number
}

interface Row extends MessageRow {
  readonly to_session: string
  readonly state: DeliveryState
  readonly reason: string | null
  readonly since: string | null
  readonly to_project: string | null
  readonly total: number
}

const since = `CASE state WHEN 'pushed' THEN pushed_at WHEN 'accepted' THEN accepted_at WHEN 'handed over' THEN handed_at
    WHEN 'seen' THEN seen_at WHEN 'expired' THEN ended_at WHEN 'refused' THEN ended_at ELSE created_at END`

const columns = `${messageColumns}, ${boundedAs(room.id, "to_session")},
  (SELECT ${bounded(projectOf(), room.name)} FROM sessions WHERE sessions.id = to_session) AS to_project, ${knownState} AS state,
  ${boundedAs(room.reason, "reason")}, ${bounded(since, room.id)} AS since`

/** Which messages are found, and how many there are in all. Their words are read only then, of as many as are shown. */
const foundWith = (total: string) =>
  `SELECT id AS found_id, ${total} AS total FROM messages LEFT JOIN receipts ON message_id = id`
const counted = foundWith("count(*) OVER ()")
const shownWith = (more: string) =>
  `SELECT ${columns}, ${more} FROM found JOIN messages ON id = found_id LEFT JOIN receipts ON message_id = id`
const shown = shownWith("total")

/** Whether it was not seen yet, if only those are asked for. */
const isUnseenIfWanted = "($unseen = 0 OR coalesce(state, '') <> 'seen')"

type SearchNames = "me" | "threadId" | "other" | "unseen" | "limit"

const selectReceived = (order: "ASC" | "DESC") =>
  statement<SearchNames, Row>(`WITH found AS (${counted}
  WHERE to_session = $me AND ${wasTaken()} AND kind IS DISTINCT FROM 'permission_verdict'
    AND ${isUnseenIfWanted} AND ${isInThread} AND ${isOther("from_session", "sender_id")}
  ORDER BY id ${order} LIMIT $limit) ${shown}`)
const selectReceivedOldest = selectReceived("ASC")
const selectReceivedNewest = selectReceived("DESC")

const selectUnread = statement<"me" | "now" | "oldest" | "limit", Row>(`WITH found AS (${counted}
  WHERE to_session = $me AND (${wasTaken()} OR ${isWaiting()} AND ${isInTime})
    AND kind IS DISTINCT FROM 'permission_verdict' AND coalesce(state, '') NOT IN ('seen', 'expired', 'refused')
  ORDER BY id LIMIT $limit) ${shown}`)

const selectSent = statement<SearchNames, Row>(`WITH found AS (${counted}
  WHERE sender_id = $me AND protocol IS NOT NULL AND kind = 'chat'
    AND ${isUnseenIfWanted} AND ${isInThread} AND ${isOther(...receiverNames)}
  ORDER BY id DESC LIMIT $limit) ${shown}`)

const selectOne = statement<"me" | "id", Row>(`WITH found AS (${counted}
  WHERE id = $id AND (to_session = $me OR (sender_id = $me AND protocol IS NOT NULL))) ${shown}`)

const selectOverview = (order: "ASC" | "DESC", found = counted) =>
  statement<OverviewNames, Row & { readonly missed: number }>(`WITH found AS (${found}
  WHERE ${isAskedFor}
  ORDER BY id ${order} LIMIT $limit)
  SELECT shown.*, CASE WHEN ${isMissed("shown", "state")} THEN 1 ELSE 0 END AS missed
  FROM (${shownWith("total, delivered, expires_at")}) AS shown`)
const selectOverviewOldest = selectOverview("ASC")
const selectOverviewNewest = selectOverview("DESC")
/** Counts none: each page would count all that is behind it. */
const selectOverviewPage = selectOverview("ASC", foundWith("0"))

interface TimesRow {
  readonly created_at: string
  readonly pushed_at: string | null
  readonly accepted_at: string | null
  readonly handed_at: string | null
  readonly seen_at: string | null
  readonly ended_at: string | null
  readonly state: DeliveryState
}

const selectTimes = statement<
  "id",
  TimesRow
>(`SELECT ${boundedAs(room.id, "created_at", "pushed_at", "accepted_at")},
  ${boundedAs(room.id, "handed_at", "seen_at", "ended_at")}, ${knownState} AS state
  FROM messages LEFT JOIN receipts ON message_id = id WHERE id = $id`)

/** The states that a row tells of, in the order in which they come. */
const statesOf = (row: TimesRow): ReadonlyArray<StateReached> => {
  const ended = row.state === "refused" ? "refused" : "expired"
  const all: ReadonlyArray<readonly [DeliveryState, string | null]> = [
    ["queued", row.created_at],
    ["pushed", row.pushed_at],
    ["accepted", row.accepted_at],
    ["handed over", row.handed_at],
    ["seen", row.seen_at],
    [ended, row.ended_at]
  ]
  return all.flatMap(([state, at]) => (at === null ? [] : [{ state, at }]))
}

const loggedOf = (row: Row, message: Message): LoggedMessage => ({
  ...message,
  toId: row.to_session,
  state: row.state,
  reason: row.reason ?? undefined,
  stateSince: row.since ?? undefined,
  projects: [message.fromProject, row.to_project].filter((project) => project !== null)
})

const valuesOf = (me: SessionId, { limit, other, threadId, unseen }: Search) => ({
  me,
  limit,
  other: other ?? null,
  threadId: threadId ?? null,
  unseen: unseen === true ? 1 : 0
})

export class History extends Context.Service<
  History,
  {
    /** What came to a session and was taken by its server: the newest, or, of what it may not have seen, the oldest. */
    readonly received: (me: SessionId, search: Search) => Effect.Effect<MessagesFound, BusUnavailable>
    /** What came to a session and it has not seen, whether its server took it or not: the oldest. */
    readonly unread: (me: SessionId, limit: number) => Effect.Effect<MessagesFound, BusUnavailable>
    /** What a session sent: the newest. */
    readonly sent: (me: SessionId, search: Search) => Effect.Effect<MessagesFound, BusUnavailable>
    /**
     * What was said on the whole bus. What no server took in its time counts as expired here, also if no server of its
     * sender has written that down. Of words after a certain message, `more` only says whether there are any.
     */
    readonly overview: (search: Overview) => Effect.Effect<MessagesFound, BusUnavailable>
    /**
     * A mark of what `overview` finds, without its words: it changes when another message is found, or one of them comes into another
     * state. It takes some fiftieth of the time.
     */
    readonly mark: (search: Overview) => Effect.Effect<string, BusUnavailable>
    /** The states that a message came into, the first one first. Empty: there is no such message. */
    readonly states: (messageId: number) => Effect.Effect<ReadonlyArray<StateReached>, BusUnavailable>
    /** The same after a certain message, for who goes on with the last of them until there is none: how many more there are is not counted. */
    readonly page: (
      search: Overview & { readonly after: number }
    ) => Effect.Effect<ReadonlyArray<LoggedMessage>, BusUnavailable>
    /** One message that a session sent or received. */
    readonly find: (
      me: SessionId,
      messageId: number
    ) => Effect.Effect<LoggedMessage | undefined, BusUnavailable>
  }
>()("cc-dm/bus/History") {
  static readonly layer = Layer.effect(
    History,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const { timing } = yield* Settings
      const proofs = yield* Proofs

      const read = (rows: ReadonlyArray<Row>) =>
        Effect.map(messagesOf(proofs, rows), (messages) =>
          rows.flatMap((row, index) => {
            const message = messages[index]
            return message === undefined ? [] : [loggedOf(row, message)]
          })
        )
      const found = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>) {
        const messages = yield* read(rows)
        return {
          messages: messages.sort((one, other) => one.id - other.id),
          more: (rows[0]?.total ?? 0) - rows.length
        }
      })

      const received = Effect.fn("History.received")(function* (me: SessionId, search: Search) {
        const select = search.unseen === true ? selectReceivedOldest : selectReceivedNewest
        const rows = yield* database.run((sql) => select.run(sql, valuesOf(me, search)))
        return yield* found(rows)
      })

      const unread = Effect.fn("History.unread")(function* (me: SessionId, limit: number) {
        const now = yield* clock.iso()
        const oldest = yield* clock.iso(-timing.messageLife)
        return yield* found(yield* database.run((sql) => selectUnread.run(sql, { me, now, oldest, limit })))
      })

      const states = Effect.fn("History.states")(function* (messageId: number) {
        const [row] = yield* database.run((sql) => selectTimes.run(sql, { id: messageId }))
        return row === undefined ? [] : statesOf(row)
      })

      const sent = Effect.fn("History.sent")(function* (me: SessionId, search: Search) {
        const rows = yield* database.run((sql) => selectSent.run(sql, valuesOf(me, search)))
        // What somebody else wrote in this session's name is none of its messages.
        const { messages, more } = yield* found(rows)
        return { messages: messages.filter(({ fromId }) => fromId === me), more }
      })

      const find = Effect.fn("History.find")(function* (me: SessionId, messageId: number) {
        const rows = yield* database.run((sql) => selectOne.run(sql, { me, id: messageId }))
        return (yield* read(rows))[0]
      })

      const valuesOfOverview = Effect.fnUntraced(function* (search: Overview) {
        return overviewValues(search, yield* clock.iso(), yield* clock.iso(-timing.messageLife))
      })
      const looked = Effect.fnUntraced(function* (
        search: Overview,
        select: typeof selectOverviewPage = search.after === undefined
          ? selectOverviewNewest
          : selectOverviewOldest
      ) {
        const values = yield* valuesOfOverview(search)
        const rows = yield* database.run((sql) => select.run(sql, values))
        return yield* found(rows.map((row) => (row.missed === 1 ? { ...row, ...missed } : row)))
      })

      /** The numbers of those that hold the words, the oldest first; of a search that goes on, one more than are wanted. */
      const numbersOf = Effect.fnUntraced(function* (search: Overview, words: string) {
        const isFound = holds(words)
        const enough = search.after === undefined ? Number.POSITIVE_INFINITY : search.limit
        const numbers: Array<number> = []
        let after = search.after ?? 0
        while (numbers.length <= enough) {
          const values = yield* valuesOfOverview({ ...search, after, limit: mostRows })
          const rows = yield* database.run((sql) => selectWords.run(sql, values))
          numbers.push(...rows.flatMap(({ content, id }) => (isFound(content) ? [id] : [])))
          after = rows.at(-1)?.id ?? after
          if (rows.length < mostRows) break
        }
        return numbers
      })

      const overview = Effect.fn("History.overview")(function* ({ words, ...search }: Overview) {
        if (words === undefined) return yield* looked(search)
        const numbers = yield* numbersOf(search, words)
        const ids = search.after === undefined ? numbers.slice(-search.limit) : numbers.slice(0, search.limit)
        const { messages } = yield* looked({ ids, limit: ids.length })
        return { messages, more: numbers.length - ids.length }
      })

      const mark = Effect.fnUntraced(function* (search: Overview) {
        const values = yield* valuesOfOverview(search)
        const select = search.after === undefined ? selectStatesNewest : selectStatesOldest
        const rows = yield* database.run((sql) => select.run(sql, values))
        return rows.map(({ id, state }) => `${id} ${state}`).join()
      })

      const page = Effect.fn("History.page")(function* (search: Overview & { readonly after: number }) {
        const looking = search.words === undefined ? looked(search, selectOverviewPage) : overview(search)
        return (yield* looking).messages
      })

      return History.of({ received, unread, sent, states, find, overview, page, mark })
    })
  )
}
