/** How a session gets onto the roster, and a name: in one transaction, which a live holder of the name makes fail. */
import { Effect, Exit, Semaphore } from "effect"
import type * as SqlClient from "effect/sql/SqlClient"
import type { Agent } from "../../domain/Agent.ts"
import { NameTaken } from "../../domain/Errors.ts"
import { type Name, normalise, type SessionId } from "../../domain/Name.ts"
import type { Presence } from "../../domain/Receipt.ts"
import type { Kind, ServerProcess, WantedIdentity } from "../../domain/Session.ts"
import { lookAlike } from "../../domain/Skeleton.ts"
import { hostName, sha256 } from "../../platform/System.ts"
import { Settings } from "../../settings/Settings.ts"
import { version } from "../../version.ts"
import { BusClock } from "../engine/BusClock.ts"
import { noProject } from "../engine/Columns.ts"
import { Database } from "../engine/Database.ts"
import { stay } from "../engine/Leaving.ts"
import { Upkeep } from "../engine/Upkeep.ts"
import { Proofs } from "../Proofs.ts"
import { makePublishedKeys } from "./PublishedKeys.ts"
import { formerLife, formerOnceCalled, identityOf, isoOf } from "./SessionRows.ts"
import { selectOthers, selectSelf, upsertSession } from "./Statements.ts"

/** What a session says of itself when it joins. */
export interface Joining {
  readonly id: SessionId
  readonly cwd: string
  readonly doorbell: boolean
  /** Which folder holds its socket, and which process it is: so others can tell whether it is still there. */
  readonly socketSpace?: string | undefined
  readonly server?: ServerProcess | undefined
  readonly conversation?: string | undefined
  readonly presence: Presence
  /** Which agent it is a session of. */
  readonly agent?: Agent
  /** Who it is; a session if nothing is said. */
  readonly kind?: Kind
  /** Without a name of its own it is no full member. */
  readonly nested?: boolean
  /** For how long it stays on the roster without a heartbeat, in milliseconds. */
  readonly lease?: number
}

/** What `status` says, for which 1.3.1 always has `active`: a full member, or a run within another session that has no name. */
const statusOf = ({ nested }: Joining, { name }: WantedIdentity) =>
  nested === true && name === undefined ? "nested" : "active"

/** `Registry.claim`. */
export const makeClaim = Effect.gen(function* () {
  const database = yield* Database
  const clock = yield* BusClock
  const proofs = yield* Proofs
  const upkeep = yield* Upkeep
  const { publish } = yield* makePublishedKeys
  const { timing } = yield* Settings

  const settleName = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, id: SessionId, name: Name) {
    yield* upkeep.freeName(sql, id, name)
    // Who has the very name comes before who looks like it.
    const others = yield* selectOthers.run(sql, { id, name, freshSince: yield* clock.iso(-timing.lease) })
    const holder = others.find((other) => lookAlike(name, normalise(other.name)))
    if (holder !== undefined) return yield* new NameTaken({ name, holder })
  })

  /** One after the other, so that it is known under which names a session may sign meanwhile. */
  const claiming = yield* Semaphore.make(1)

  const grant = Effect.fnUntraced(function* (joining: Joining, wish: WantedIdentity) {
    const now = yield* clock.iso()
    const { doing, reach, since } = joining.presence
    const leasedUntil = joining.lease === undefined ? null : yield* clock.iso(joining.lease)
    const name = wish.name ?? joining.id
    const toldUntil = yield* clock.iso(formerLife)
    const isFile = database.engine === "sqlite"
    // On a bus of several machines the connection tells who is there.
    const server = isFile ? joining.server : undefined
    const conversation = joining.conversation === undefined ? null : sha256(joining.conversation)
    const rows = yield* database.transaction((sql) =>
      Effect.gen(function* () {
        // Who reads its first message has its key.
        yield* publish(sql, joining.id)
        if (wish.name !== undefined) yield* settleName(sql, joining.id, wish.name)
        yield* stay(sql, joining.id)
        const [before] = yield* selectSelf.run(sql, { id: joining.id })
        return yield* upsertSession.run(sql, {
          id: joining.id,
          name,
          role: wish.role,
          cwd: joining.cwd,
          status: statusOf(joining, wish),
          now,
          project: wish.project ?? noProject,
          doorbell: joining.doorbell ? 1 : 0,
          reach,
          doing: doing ?? null,
          doingSince: isoOf(since),
          kind: joining.kind ?? "session",
          leasedUntil,
          version,
          agent: joining.agent ?? null,
          host: isFile ? null : hostName(),
          // A program below the same agent finds its session by it, also there.
          pid: joining.server?.pid ?? null,
          pidStarted: server?.started ?? null,
          pidSpace: server?.space ?? null,
          socketSpace: isFile ? (joining.socketSpace ?? null) : null,
          conversation,
          former: formerOnceCalled(before, name, now, toldUntil)
        })
      })
    )
    return identityOf(rows[0]!)
  })

  return Effect.fn("Registry.claim")(
    function* (joining: Joining, wish: WantedIdentity) {
      const { id } = joining
      const before = proofs.namesOf(id)
      const wanted = wish.name ?? id
      // The bus may have granted it a moment before this is known here.
      yield* proofs.speakUnder(id, [...before, wanted])
      return yield* grant(joining, wish).pipe(
        Effect.onExit((exit) => proofs.speakUnder(id, Exit.isSuccess(exit) ? [wanted] : before))
      )
    },
    (claimed) => claiming.withPermit(claimed)
  )
})
