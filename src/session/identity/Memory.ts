/** What the bus remembers of a session for the next server of its conversation: its name, role, project, and who its approver was. */
import { Effect, Ref, Semaphore } from "effect"
import { Conversations, type KnownApprover, type Resumption } from "../../bus/roster/Conversations.ts"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { isSessionId } from "../../domain/Name.ts"
import type { Identity as Who } from "../../domain/Session.ts"
import { Settings } from "../../settings/Settings.ts"
import { Channel } from "../Channel.ts"
import type { NameState } from "./Membership.ts"

/** What the roster does not say of a session. */
interface Choice extends Pick<NameState, "missed"> {
  readonly roleChosen: boolean
}

/**
 * @param found what this server found of its conversation when it started
 * @param choice which name the session missed, and whether its role was chosen
 */
export const makeMemory = Effect.fnUntraced(function* (found: Resumption, choice: Effect.Effect<Choice>) {
  const settings = yield* Settings
  const channel = yield* Channel
  const scope = yield* Effect.scope
  const conversations = yield* Conversations
  const conversation = yield* Ref.make(settings.conversation)
  const approver = yield* Ref.make(found._tag === "Resumed" ? (found.who.approver ?? undefined) : undefined)

  /** A session that is not remembered works all the same: the failure is logged. */
  const orLogged = Effect.catch((error: BusUnavailable) =>
    Effect.logWarning(`this session is not remembered: ${error.message}`)
  )

  // What the roster says is what the conversation will be again; a role that nobody chose is not.
  const whoIs = Effect.fnUntraced(function* (identity: Who) {
    const { missed, roleChosen } = yield* choice
    const name = isSessionId(identity.name) ? (missed?.name ?? null) : identity.name
    const asked = (yield* Ref.get(approver)) ?? null
    return { ...identity, name, role: roleChosen ? identity.role : null, approver: asked }
  })

  const write = Effect.fnUntraced(function* (identity: Who) {
    if (settings.conversation === undefined || found._tag === "Served") return
    const who = yield* whoIs(identity)
    const now = (yield* Ref.get(conversation)) ?? settings.conversation
    yield* orLogged(conversations.remember(settings.conversation, who))
    if (now !== settings.conversation) yield* orLogged(conversations.goOn(now, who))
  })

  /** One after the other: what is remembered last, stays. */
  const writing = Semaphore.makeUnsafe(1)
  let pending: Who | undefined

  /** Remembers who the session is, in the conversation that it began in and in the one that it is in now. */
  const remember = (identity: Who) =>
    Effect.suspend(() => {
      pending = undefined
      return writing.withPermit(write(identity))
    })

  const writePending = Effect.gen(function* () {
    const identity = pending
    if (identity === undefined) return
    yield* write(identity)
    if (pending === identity) pending = undefined
  })
  /** Sees to it that what is to be remembered soon, is. */
  const settled = Effect.suspend(() =>
    pending === undefined ? Effect.void : writing.withPermit(writePending)
  )

  /** Remembers it once the client was greeted, which is not to wait for that. */
  const rememberSoon = (identity: Who) =>
    Effect.suspend(() => {
      pending = identity
      return Effect.forkIn(Effect.andThen(channel.ready, settled), scope)
    })

  /** Notes who has the approver's name. Gives whether that is news. */
  const noteApprover = (holder: KnownApprover) =>
    Effect.map(
      Ref.getAndSet(approver, holder),
      (before) => before?.id !== holder.id || before.name !== holder.name
    )

  return {
    /** The conversation that the session is in now. */
    conversation: Ref.get(conversation),
    /** Notes that the session goes on in another conversation. */
    moveTo: (now: string) => Ref.set(conversation, now),
    approver: Ref.get(approver),
    noteApprover,
    remember,
    rememberSoon,
    settled,
    orLogged
  }
})
