/**
 * Who a conversation was. A server that starts in a conversation that another server served before, since it crashed
 * or the conversation was resumed, goes on as the same session: with its id, its name, and what waits for it.
 *
 * Claude Code tells its servers the conversation's id. The bus holds only a hash of it, so that reading the bus is
 * not enough to go on as somebody else. What a server believes of its conversation is sealed with the session's key; the other
 * columns are for people, and for what a 2.0.0 server left.
 */
import { Context, Effect, Layer, Option, Result, Schema } from "effect"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { type Name, parseHeldName, type SessionId, Tag } from "../../domain/Name.ts"
import { defaultRole } from "../../domain/Session.ts"
import { sha256 } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { bounded, boundedAs, room } from "../engine/Bounds.ts"
import { BusClock } from "../engine/BusClock.ts"
import { isFresh, processColumns, serverOf, sessionProtocol } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { Doorbell } from "../engine/Doorbell.ts"
import { comeBack } from "../engine/Leaving.ts"
import { statement } from "../engine/Statement.ts"
import { Proofs, publishedKeyText } from "../Proofs.ts"

/** How long a conversation that is not served is remembered, in milliseconds: 30 days. */
const memory = 30 * 24 * 3_600_000

/** Which session had the approver's name when it was last asked for a permission, or answered. */
export interface KnownApprover {
  readonly name: string
  readonly id: string
}

/** Who a session was when the bus last knew. */
export interface FormerSession {
  readonly id: SessionId
  readonly name: Name | null
  readonly role: Tag | null
  readonly project: Tag | null
  readonly approver: KnownApprover | null
}

const nullOr = Schema.NullOr

/** What is sealed with the key. */
const Memory = Schema.fromJsonString(
  Schema.Struct({
    name: nullOr(Schema.String),
    role: nullOr(Tag),
    project: nullOr(Tag),
    approver: nullOr(Schema.Struct({ name: Schema.String, id: Schema.String }))
  })
)
const readMemory = Schema.decodeUnknownOption(Memory)
const writeMemory = Schema.encodeSync(Memory)
const readTag = Schema.decodeUnknownOption(Tag)

/** A name that was had before, whatever is written there now. */
const heldName = (text: string | null): Name | null => {
  const parsed = parseHeldName(text ?? "")
  return Result.isSuccess(parsed) ? parsed.success : null
}

/** Who the session was: as its last server sealed it, or as one of 2.0.0, which seals the key alone, wrote it down. */
const formerSessionOf = (row: ConversationRow, sealed: string): FormerSession => {
  const memory = Option.getOrUndefined(readMemory(sealed)) ?? {
    name: row.name,
    role: Option.getOrNull(readTag(row.role)),
    project: Option.getOrNull(readTag(row.project)),
    approver: null
  }
  return { ...memory, id: row.session_id, name: heldName(memory.name) }
}

/** What a server finds of its conversation when it starts. */
export type Resumption =
  /** Nothing is known of it: what this server's session becomes is to be remembered. */
  | { readonly _tag: "New" }
  /** Its session is this server's from now on. */
  | { readonly _tag: "Resumed"; readonly who: FormerSession }
  /** Another server serves it: this one is somebody else, and not to be remembered. */
  | { readonly _tag: "Served" }

interface ConversationRow {
  readonly session_id: SessionId
  readonly name: string | null
  readonly role: string | null
  readonly project: string | null
  /** When the server that holds the id joined; `null` if none does. */
  readonly registered_at: string | null
  readonly doorbell: number | null
  readonly pid: string | null
  readonly pid_started: string | null
  readonly pid_space: string | null
  readonly socket_space: string | null
  readonly sealed_key: string | null
  readonly public_key: string | null
}

const whoItWas = [
  ...["name", "role", "project"].map(
    (column) => `${bounded(`conversations.${column}`, room.name)} AS ${column}`
  ),
  boundedAs(room.id, "session_id", "registered_at"),
  boundedAs(room.key, "sealed_key")
].join(", ")

const selectConversation = statement<"conversation" | "freshSince", ConversationRow>(
  `SELECT ${whoItWas}, doorbell, ${processColumns}, ${publishedKeyText("conversations.session_id")} AS public_key
  FROM conversations LEFT JOIN sessions ON sessions.id = session_id AND ${isFresh}
  WHERE conversations.conversation = $conversation`
)

// Of two servers that find the same session dead, the one that replaces its row goes on as it.
const removeHolder = statement<"id" | "registeredAt" | "freshSince">(
  "DELETE FROM sessions WHERE id = $id AND (registered_at = $registeredAt OR last_seen <= $freshSince)"
)
const insertHolder = statement<"id" | "role" | "now">(`INSERT INTO sessions
    (id, name, role, status, last_seen, registered_at, protocol)
  VALUES ($id, $id, $role, 'active', $now, $now, ${sessionProtocol}) ON CONFLICT(id) DO NOTHING RETURNING id`)

// `$holder`: only that session's own conversation is written over; `NULL`: any.
const upsert = statement<
  "conversation" | "id" | "name" | "role" | "project" | "now" | "key" | "holder"
>(`INSERT INTO conversations (conversation, session_id, name, role, project, served_at, sealed_key)
  VALUES ($conversation, $id, $name, $role, $project, $now, $key)
  ON CONFLICT(conversation) DO UPDATE SET session_id = excluded.session_id, name = excluded.name,
    role = excluded.role, project = excluded.project, served_at = excluded.served_at,
    sealed_key = excluded.sealed_key
  WHERE conversations.session_id = coalesce($holder, conversations.session_id)`)

const removeForgotten = statement<"before">(`DELETE FROM conversations
  WHERE served_at <= $before AND session_id NOT IN (SELECT id FROM sessions WHERE id IS NOT NULL)`)

export class Conversations extends Context.Service<
  Conversations,
  {
    /**
     * Takes up the session of a conversation, if no other server serves it. What its last server had taken, and the
     * session did not see, waits for it again.
     */
    readonly resume: (conversation: string) => Effect.Effect<Resumption, BusUnavailable>
    /** Writes down who the session of a conversation is. */
    readonly remember: (conversation: string, who: FormerSession) => Effect.Effect<void, BusUnavailable>
    /** Lets a session go on in another conversation too, unless another session has that one: its context was cleared. */
    readonly goOn: (conversation: string, who: FormerSession) => Effect.Effect<void, BusUnavailable>
    /** Forgets conversations that no server has served for 30 days. */
    readonly sweep: Effect.Effect<void, BusUnavailable>
  }
>()("cc-dm/bus/Conversations") {
  static readonly layer = Layer.effect(
    Conversations,
    Effect.gen(function* () {
      const database = yield* Database
      const clock = yield* BusClock
      const doorbell = yield* Doorbell
      const proofs = yield* Proofs
      const { holdFor, timing } = yield* Settings

      const look = Effect.fnUntraced(function* (conversation: string) {
        const freshSince = yield* clock.iso(-timing.lease)
        const rows = yield* database.run((sql) =>
          selectConversation.run(sql, { conversation: sha256(conversation), freshSince })
        )
        return rows[0]
      })

      const resume = Effect.fn("Conversations.resume")(function* (conversation: string) {
        const found = yield* look(conversation)
        if (found === undefined) return { _tag: "New" } as const
        const { session_id: id } = found
        const held = found.registered_at !== null
        const holder = {
          id,
          doorbell: found.doorbell === 1,
          server: serverOf(found),
          socketSpace: found.socket_space ?? undefined
        }
        if (held && (yield* doorbell.reach(holder)) !== "dead") return { _tag: "Served" } as const
        // A server that can't prove to be that session is another one.
        const sealed = yield* proofs.takeUp(id, conversation, found.sealed_key, found.public_key)
        if (sealed === undefined) return { _tag: "New" } as const
        const who = formerSessionOf(found, sealed)
        yield* doorbell.clear(id)
        const now = yield* clock.iso()
        const freshSince = yield* clock.iso(-timing.lease)
        const waitUntil = yield* clock.iso(holdFor)
        const role = who.role ?? defaultRole
        const mine = yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* removeHolder.run(sql, { id, registeredAt: found.registered_at, freshSince })
            const rows = yield* insertHolder.run(sql, { id, role, now })
            if (rows.length > 0) yield* comeBack(sql, id, waitUntil)
            return rows.length > 0
          })
        )
        return mine ? ({ _tag: "Resumed", who } as const) : ({ _tag: "Served" } as const)
      })

      const write = Effect.fnUntraced(function* (
        conversation: string,
        who: FormerSession,
        holder: string | null
      ) {
        const now = yield* clock.iso()
        const { approver, name, project, role } = who
        const memory = writeMemory({ name, role, project, approver })
        const key = yield* proofs.seal(who.id, conversation, memory)
        const values = {
          conversation: sha256(conversation),
          id: who.id,
          name,
          role,
          project,
          now,
          key,
          holder
        }
        yield* database.run((sql) => upsert.run(sql, values))
      })
      const remember = (conversation: string, who: FormerSession) => write(conversation, who, null)
      const goOn = (conversation: string, who: FormerSession) => write(conversation, who, who.id)

      const sweep = Effect.gen(function* () {
        const before = yield* clock.iso(-memory)
        yield* database.run((sql) => removeForgotten.run(sql, { before }))
      }).pipe(Effect.withSpan("Conversations.sweep"))

      return Conversations.of({ resume, remember, goOn, sweep })
    })
  )
}
