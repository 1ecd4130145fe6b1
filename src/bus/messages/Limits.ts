/**
 * The limits of a sender, as SQL: how many of its messages may wait for a receiver, and how fast it may write. They are part of the
 * statement that writes (`Copies`): they need no statement of their own, and nothing can be written between the check and the write.
 * `Pacing` says which limit was reached.
 */
import type { RateLimit } from "../../domain/Pace.ts"
import type { Engine } from "../engine/Database.ts"
import { delivered, isUnderWay } from "../engine/Delivered.ts"

/** What the limits of a sender look at. Times are ISO 8601. */
export interface Paced {
  readonly limit: RateLimit
  /** The receiver's id, the name that it waits for, or empty for a broadcast. */
  readonly to: string
  /** Stands for the text. */
  readonly words: string
  readonly aMinuteAgo: string
  /** Since when the same text counts as said again. */
  readonly repeatedSince: string
  /** Messages with a later time do not count: the clock was set back since. */
  readonly soon: string
}

/**
 * How many of some messages wait, at `$now`. What was pushed, was handed over, or has expired does not wait. What has no sender is not
 * counted: anybody may have put any number of such rows there, and they must not keep a sender from writing.
 */
const countWaiting = (isMine: string) => `(SELECT count(*) FROM messages AS other
    LEFT JOIN receipts ON message_id = other.id WHERE ${isMine} AND ${isUnderWay("other")}
      AND other.sender_id IS NOT NULL AND CASE other.delivered
        WHEN ${delivered.taken} THEN coalesce(state, 'queued') IN ('queued', 'accepted')
        ELSE coalesce(other.expires_at > $now, 1) END)`

/** Which messages are for a session on the roster. */
const isFor = (receiver: string) => `other.to_session = ${receiver}`
/** Which messages wait for a name that no session holds. */
const isMailFor = (name: string) => `other.mail = 1 AND other.to_session = '' AND other.to_name = ${name}`

/** How many messages wait for a session, and for a name, by `$now`. PostgreSQL shows no session the messages of others. */
export const waitingFor = {
  sqlite: {
    session: (id: string) => countWaiting(isFor(id)),
    name: (name: string) => countWaiting(isMailFor(name))
  },
  postgres: {
    session: (id: string) => `waiting_for(${id}, $now)`,
    name: (name: string) => `mail_waiting_for(${name}, $now)`
  }
} as const satisfies Record<Engine, unknown>

/** In the file it is mostly enough to count, in the index alone, what is under way. */
const hasRoomAtOnce = (isMine: string) => `(SELECT count(*) FROM (SELECT 1 FROM messages AS other
      WHERE ${isMine} AND ${isUnderWay("other")} LIMIT $queueLimit) AS some) < $queueLimit`
const noLimit = "CAST($queueLimit AS INTEGER) IS NULL"

/** Whether fewer messages wait for a session, or for a name, than `$queueLimit`. `NULL`: there is no limit. */
export const hasRoom = {
  sqlite: {
    session: (id: string) =>
      `(${noLimit} OR ${hasRoomAtOnce(isFor(id))} OR ${waitingFor.sqlite.session(id)} < $queueLimit)`,
    name: (name: string) =>
      `(${noLimit} OR ${hasRoomAtOnce(isMailFor(name))} OR ${waitingFor.sqlite.name(name)} < $queueLimit)`
  },
  postgres: {
    session: (id: string) => `(${noLimit} OR ${waitingFor.postgres.session(id)} < $queueLimit)`,
    name: (name: string) => `(${noLimit} OR ${waitingFor.postgres.name(name)} < $queueLimit)`
  }
} as const satisfies Record<Engine, unknown>

/**
 * Whose messages count as one sender's: a session's own, and of a person at the command line those under all their names. `$from` is
 * the sender, `$fromKind` the kind of its key.
 */
export const sentBySame = `sendings.sender_id IN (SELECT CAST($from AS TEXT) UNION ALL
      SELECT one.id FROM sessions AS one WHERE CAST($fromKind AS TEXT) = 'command line' AND one.kind = 'command line')`

/** Whether the sender may write once more: the same rule as `pauseBefore`. `$paceTo` is `NULL` for what counts against no limit. */
export const isInPace = `(CAST($paceTo AS TEXT) IS NULL OR (SELECT count(*) < $mostInAll
      AND count(*) FILTER (WHERE sendings.receiver = $paceTo) < $mostTo
      AND count(*) FILTER (WHERE sendings.receiver = $paceTo AND sendings.words = $words AND sent_at > $repeatedSince) = 0
    FROM sendings WHERE ${sentBySame} AND sent_at > $aMinuteAgo AND sent_at <= $soon))`

/** What was counted. In PostgreSQL another session may write meanwhile, so a trigger there counts again. */
export const tellsWhatWasCounted = `set_config('cc_dm.counted',
    (SELECT CAST(count(*) AS TEXT) FROM sendings WHERE sendings.sender_id = $from), true) <> ''`
