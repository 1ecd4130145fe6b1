/** How a server takes what waits for its session: it looks, checks who wrote it, and claims it, each row once. */
import { Effect } from "effect"
import type { SessionId } from "../../domain/Name.ts"
import { randomToken } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { BusClock } from "../engine/BusClock.ts"
import { Database } from "../engine/Database.ts"
import { delivered, is, isInTime, isWaiting } from "../engine/Delivered.ts"
import { HeldMail } from "../engine/HeldMail.ts"
import { listed } from "../engine/Lists.ts"
import { statement } from "../engine/Statement.ts"
import { isNumbered } from "../engine/sqlite/Numbering.ts"
import { Proofs } from "../Proofs.ts"
import { type MessageRow, messageColumns, messageOf, provenRows } from "./MessageRows.ts"

/** The most messages that are taken at once. */
export const batch = 100

/** So many rows that were taken last are remembered, so that a copy of one does not pass for another message. */
const mostTaken = 10_000

/** SQL for whether `$id` has a message to take, by `$now` and `$oldest`. */
export const waitsForId = `to_session = $id AND ${isWaiting()} AND ${isNumbered("id")} AND ${isInTime}`

/** How long it is looked for what was claimed while the connection was lost, in milliseconds. */
const lookedFor = 60_000

interface WaitingRow extends MessageRow {
  /** 1: its session has seen it, so that somebody only made it wait again. */
  readonly again: number
}

interface Checked {
  readonly row: WaitingRow
  /** It is as its sender wrote it. */
  readonly signed: boolean
}

const columns = `${messageColumns},
    CASE WHEN EXISTS (SELECT 1 FROM receipts WHERE message_id = messages.id AND state = 'seen') THEN 1 ELSE 0 END AS again`
const selectWaiting = statement<"id" | "now" | "oldest", WaitingRow>(
  `SELECT ${columns} FROM messages
  WHERE id IN (SELECT id FROM messages WHERE ${waitsForId} ORDER BY id LIMIT ${batch}) ORDER BY id`
)
const selectClaimed = statement<"id" | "ids", WaitingRow>(
  `SELECT ${columns} FROM messages WHERE to_session = $id AND ${is("taken")} AND id IN ${listed("$ids")} ORDER BY id`
)
// Without a time a message is kept until it is settled; else as long as its sender said, and no longer than this server says.
const keptUntil = `CASE WHEN protocol IS NULL THEN $keptUntil WHEN kept_until < $keptUntil THEN kept_until
      WHEN kept_until IS NOT NULL THEN $keptUntil END`
const claim = statement<"keptUntil" | "ids", { readonly id: number }>(
  `UPDATE messages SET delivered = ${delivered.taken}, kept_until = ${keptUntil}
  WHERE ${isWaiting()} AND id IN ${listed("$ids")} RETURNING id`
)
// PostgreSQL looks and claims in one statement. Mail among it has to be looked at first.
const claimWaiting = statement<"id" | "now" | "oldest" | "keptUntil" | "mark", WaitingRow>(
  `UPDATE messages SET delivered = ${delivered.taken}, kept_until = ${keptUntil}, claim = $mark
  WHERE ${isWaiting()} AND id IN (SELECT id FROM messages WHERE ${waitsForId} ORDER BY id LIMIT ${batch})
    AND NOT EXISTS (SELECT 1 FROM messages WHERE ${waitsForId} AND mail IS NOT NULL)
  RETURNING ${columns}`
)
// By a mark of its own, so that what is found once is not found again.
const claimAgain = statement<"id" | "lost" | "mark", WaitingRow>(
  `UPDATE messages SET claim = $mark WHERE to_session = $id AND ${is("taken")}
    AND claim IN (SELECT value FROM json_each(CAST($lost AS TEXT))) RETURNING ${columns}`
)
const disown = statement<"ids">(
  `UPDATE messages SET sender_id = NULL, signature = NULL, kind = 'chat' WHERE id IN ${listed("$ids")}`
)

/** `Bus.take`. */
export const makeTake = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  const heldMail = yield* HeldMail
  const proofs = yield* Proofs
  const { history, timing } = yield* Settings

  /** Which row came with which nonce, the latest last. */
  const taken = new Map<string, number>()
  const isCopy = ({ id, nonce }: MessageRow): boolean => {
    if (nonce === null) return false
    const before = taken.get(nonce)
    if (before !== undefined) return before !== id
    if (taken.size >= mostTaken) taken.delete(taken.keys().next().value ?? "")
    taken.set(nonce, id)
    return false
  }

  /** Reads what was taken. What claims a sender that nothing shows loses it, on the bus too, and that is said once. */
  const received = Effect.fnUntraced(function* (me: SessionId, rows: ReadonlyArray<Checked>) {
    const all = rows.map(({ row, signed }) => ({
      row,
      proven: signed && (row.addressed === me || row.mail_to === row.receiver_name) && !isCopy(row)
    }))
    const again = all.filter(({ row }) => row.again === 1)
    const disowned = all.filter(({ proven, row }) => !proven && row.protocol !== null && row.again !== 1)
    const list = (some: typeof all) => some.map(({ row }) => row.id)
    if (again.length > 0)
      yield* Effect.logWarning(`messages ${list(again).join(", ")} were seen before, and not shown again`)
    if (disowned.length > 0) {
      yield* Effect.logWarning(
        `nothing shows who wrote the messages ${list(disowned).join(", ")}: they are delivered as nobody's`
      )
      // They are this server's by now: a bus that fails at this must not keep them from their session.
      yield* database
        .run((sql) => disown.run(sql, { ids: JSON.stringify(list(disowned)) }))
        .pipe(Effect.catch((error) => Effect.logWarning(error.message)))
    }
    return all.filter(({ row }) => row.again !== 1).map(({ proven, row }) => messageOf(row, proven))
  })

  /** The marks of claims of which nothing was heard, and how long each is looked for: the server may still be at it. */
  let lost: ReadonlyArray<{ readonly mark: string; readonly until: string }> = []

  /** Takes what waits with a single statement; nothing if mail is among it, and mostly nothing if nothing waits. */
  const takeAtOnce = Effect.fnUntraced(function* (id: SessionId, times: Record<"now" | "oldest", string>) {
    const mark = randomToken()
    lost = [...lost.filter(({ until }) => until > times.now), { mark, until: yield* clock.iso(lookedFor) }]
    const kept = history === 0 ? null : yield* clock.iso(history)
    const claimed = yield* database.run((sql) =>
      claimWaiting.run(sql, { ...times, id, keptUntil: kept, mark })
    )
    const marks = lost.flatMap((one) => (one.mark === mark ? [] : [one.mark]))
    const again =
      marks.length === 0
        ? []
        : yield* database.run((sql) => claimAgain.run(sql, { id, lost: JSON.stringify(marks), mark }))
    const rows = [...again, ...claimed].sort((one, other) => one.id - other.id)
    const proven = yield* provenRows(proofs, rows)
    lost = lost.filter((one) => one.mark !== mark)
    return yield* received(
      id,
      rows.map((row, index) => ({ row, signed: proven[index] === true }))
    )
  })

  /** What was being claimed when the connection was lost: whether it was shows when it is back. */
  let doubtful: ReadonlyArray<number> = []

  // Looking first leaves the write lock to others if nothing waits, which most rings find.
  return Effect.fnUntraced(function* (id: SessionId, what: "all" | "without mail" = "all") {
    const now = clock.isoNow()
    const oldest = clock.isoNow(-timing.messageLife)
    if (database.engine === "postgres") {
      const taken = yield* takeAtOnce(id, { now, oldest })
      if (taken.length > 0) return taken
    }
    const waiting = yield* database.run((sql) => selectWaiting.run(sql, { id, oldest, now }))
    if (what === "without mail" && waiting.some((row) => row.mail_to !== null)) return []
    const before =
      doubtful.length === 0
        ? []
        : yield* database.run((sql) => selectClaimed.run(sql, { id, ids: JSON.stringify(doubtful) }))
    const rows = [...before, ...waiting]
    doubtful = before.map((row) => row.id)
    if (rows.length === 0) return []
    // Before they are claimed: what can't be checked now waits.
    const proven = yield* provenRows(proofs, rows)
    const checked = rows.map((row, index) => ({ row, signed: proven[index] === true }))
    // A session that was given mail may have lost the name since, as with a restart: it waits for the name's next holder.
    const isForNextHolder = ({ row, signed }: Checked) =>
      signed && row.mail_to !== null && row.mail_to !== row.receiver_name && row.addressed !== id
    const forNextHolder = checked.filter(isForNextHolder).map(({ row }) => row.id)
    if (forNextHolder.length > 0) yield* heldMail.putBack(forNextHolder, id)
    const kept = history === 0 ? null : clock.isoNow(history)
    const ids = waiting.map((row) => row.id).filter((one) => !forNextHolder.includes(one))
    const claimed = yield* database
      .run((sql) => claim.run(sql, { keptUntil: kept, ids: JSON.stringify(ids) }))
      .pipe(
        Effect.tapError(({ uncertain }) =>
          Effect.sync(() => {
            if (uncertain === true) doubtful = [...doubtful, ...ids]
          })
        )
      )
    doubtful = []
    const mine = new Set([...before, ...claimed].map((row) => row.id))
    return yield* received(
      id,
      checked.filter(({ row }) => mine.has(row.id))
    )
  })
})
