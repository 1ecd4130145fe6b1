/**
 * How far a message came, as its row says in `messages.delivered`, and the rules that read it. What happened to a message after it
 * was written stands in `receipts`, which has no row for one that only waits.
 *
 * The numbers are what they are because of 1.3.1, whose servers may use the file beside ours. Such a server knows 0 alone: it takes
 * those rows, and removes them 15 s after they were written. So 0 is for its own rows and for what is written to one of its sessions,
 * and a message of ours that waits has 2, which it does not see. PostgreSQL's functions say the same numbers in `postgres/*.sql`.
 */

/** The states by name. */
export const delivered = {
  /** It waits, and a 1.3.1 server sees it. */
  waitsForAll: 0,
  /** Its receiver's server holds it. */
  taken: 1,
  /** It waits, and no 1.3.1 server sees it. */
  waits: 2,
  /** It is over without having been shown. */
  ended: 3,
  /** It was shown, and nothing more of it has to be reported. */
  shown: 4,
  /** It was moved to the file that took this one's place. */
  moved: 5
} as const

const isOneOf = (row: string, states: ReadonlyArray<keyof typeof delivered>) =>
  `${row}.delivered IN (${states.map((state) => delivered[state]).join(", ")})`

/** SQL for whether a message waits for its receiver's server. */
export const isWaiting = (row = "messages") => isOneOf(row, ["waitsForAll", "waits"])

/** SQL for whether a message waits or is held: it was neither shown for good, nor has it ended. */
export const isUnderWay = (row = "messages") => isOneOf(row, ["waitsForAll", "taken", "waits"])

/** SQL for whether a message is, or may still be, news for its sender. */
export const isToReport = (row = "messages") => isOneOf(row, ["waitsForAll", "taken", "waits", "ended"])

/** SQL for whether a message reached its receiver's server and has not ended there. */
export const wasTaken = (row = "messages") => isOneOf(row, ["taken", "shown"])

/** SQL for whether a message has this state. */
export const is = (state: keyof typeof delivered, row = "messages") =>
  `${row}.delivered = ${delivered[state]}`

const ruleOfExpiry = (comparison: ">" | "<=") =>
  `CASE WHEN expires_at IS NULL THEN created_at ${comparison} $oldest ELSE expires_at ${comparison} $now END`

/**
 * SQL for whether the time of a message that waits is over, by `$now` and `$oldest`. A row of a 1.3.1 server says when it was written,
 * not when it ends: it is over once it was written before `$oldest`.
 */
export const isOver = ruleOfExpiry("<=")

/** SQL for the opposite of {@link isOver}. */
export const isInTime = ruleOfExpiry(">")
