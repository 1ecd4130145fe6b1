/**
 * The bus as it really is, read beside the servers that use it. All that the soak knows of how messages are stored stands
 * here, so that it can run on another store.
 */
import { Database, type SQLQueryBindings } from "bun:sqlite"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { listed } from "../../src/bus/engine/Lists.ts"

/** A message, but for its words. */
export interface Row {
  readonly id: string
  /** `chat`, or what kind of words of cc-dm itself it is. */
  readonly kind: string
  readonly senderId: string | undefined
  /** The sender's name when it wrote. */
  readonly from: string
  /** The receiver's id; empty: it waits for a name. */
  readonly to: string
  /** It may go to the next holder of the name. */
  readonly isMail: boolean
  readonly state: string
  /** Its receiver's server has it in its keeping. */
  readonly isTaken: boolean
  /** Nobody is told that it was not read. */
  readonly isQuiet: boolean
  /** When its time to be taken is over, ISO 8601. */
  readonly expiresAt: string
}

/** A message with its words. */
export interface WrittenRow extends Row {
  readonly content: string
}

export interface RosterRow {
  readonly id: string
  readonly name: string
  readonly project: string | undefined
  /** It runs within another session, and has no name of its own. */
  readonly isNested: boolean
}

export interface RealBus {
  /** The messages that are there still. */
  readonly messages: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Row>>
  /** Some messages that came behind this one, oldest first; none once there are no more. */
  readonly after: (id: string) => Effect.Effect<ReadonlyArray<WrittenRow>>
  /** Every row of it, also of sessions that died and were not missed yet. */
  readonly roster: Effect.Effect<ReadonlyArray<RosterRow>>
  /** What is wrong with the store itself; empty: nothing. */
  readonly damage: Effect.Effect<string>
  /** How much room it takes, in bytes. */
  readonly size: Effect.Effect<number>
  /** Changes it behind the servers' backs, to plant a fault, and gives what the statement returns. */
  readonly change: (
    statement: string,
    ...values: ReadonlyArray<string | number | null>
  ) => Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>>
  /** Puts rubbish into the store itself. */
  readonly spoil: Effect.Effect<void>
  /** What can happen on the way to it, in turns. Each is over when its effect is. Absent: nothing. */
  readonly outages?: ReadonlyArray<Effect.Effect<void>>
}

interface RawRow {
  readonly id: number
  readonly kind: string | null
  readonly sender_id: string | null
  readonly from_session: string | null
  readonly to_session: string | null
  readonly mail: number | null
  readonly state: string
  readonly delivered: number
  readonly quiet: number | null
  readonly expires_at: string | null
  readonly content?: string
}

const columns = `id, kind, sender_id, from_session, to_session, mail, coalesce(state, 'queued') AS state, delivered, quiet,
  expires_at`
const joined = "messages LEFT JOIN receipts ON message_id = id"

/** So many messages are read at once. */
const some = 500

const rowOf = (raw: RawRow): WrittenRow => ({
  id: String(raw.id),
  kind: raw.kind ?? "chat",
  senderId: raw.sender_id ?? undefined,
  from: raw.from_session ?? "",
  to: raw.to_session ?? "",
  isMail: raw.mail === 1,
  state: raw.state,
  isTaken: raw.delivered !== 0 && raw.delivered !== 2,
  isQuiet: raw.quiet === 1,
  expiresAt: raw.expires_at ?? "",
  content: raw.content ?? ""
})

type All = <A>(
  statement: string,
  ...values: ReadonlyArray<string | number | null>
) => Effect.Effect<ReadonlyArray<A>>

/** What a store says that reads SQL. */
export const readBy = (all: All): Pick<RealBus, "messages" | "after" | "roster" | "change"> => ({
  messages: (ids) =>
    ids.length === 0
      ? Effect.succeed([])
      : Effect.map(
          all<RawRow>(
            `SELECT ${columns} FROM ${joined} WHERE id IN ${listed("?")}`,
            JSON.stringify(ids.map(Number))
          ),
          (rows) => rows.map(rowOf)
        ),
  after: (id) =>
    Effect.map(
      all<RawRow>(
        `SELECT ${columns}, content FROM ${joined} WHERE id > ? ORDER BY id LIMIT ${some}`,
        Number(id)
      ),
      (rows) => rows.map(rowOf)
    ),
  roster: Effect.map(
    all<{ id: string; name: string; project: string | null; status: string }>(
      "SELECT id, name, project, status FROM sessions"
    ),
    (rows) =>
      rows.map(({ project, status, ...row }) => ({
        ...row,
        project: project || undefined,
        isNested: status === "nested"
      }))
  ),
  change: (statement, ...values) => all(statement, ...values)
})

/** The SQLite file of a home folder. It is opened with the first look, since the first server makes it. */
export const sqliteBus = (home: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => ({ database: undefined as Database | undefined })),
      ({ database }) => Effect.sync(() => database?.close())
    ),
    (open): RealBus => {
      const path = join(home, ".cc-dm/bus.db")
      const all = <A>(statement: string, ...values: ReadonlyArray<SQLQueryBindings>) =>
        Effect.sync((): ReadonlyArray<A> => {
          if (open.database === undefined) {
            open.database = new Database(path)
            open.database.run("PRAGMA busy_timeout = 10000")
          }
          return open.database.query<A, Array<SQLQueryBindings>>(statement).all(...values)
        })
      return {
        ...readBy(all),
        damage: Effect.map(all<{ integrity_check: string }>("PRAGMA integrity_check(1)"), ([row]) => {
          const words = row?.integrity_check.split("\n").at(-1) ?? "the check says nothing"
          return words === "ok" ? "" : words
        }).pipe(Effect.catchDefect((defect) => Effect.succeed(String(defect)))),
        size: Effect.sync(() =>
          [path, `${path}-wal`]
            .filter((file) => existsSync(file))
            .reduce((sum, file) => sum + statSync(file).size, 0)
        ),
        spoil: Effect.promise(async () => {
          open.database?.run("PRAGMA wal_checkpoint(TRUNCATE)")
          const bytes = new Uint8Array(await Bun.file(path).arrayBuffer())
          // Some pages behind the schema.
          bytes.fill(0x5a, 5 * 4_096, 12 * 4_096)
          await Bun.write(path, bytes)
          open.database?.close()
          open.database = undefined
        })
      }
    }
  )
