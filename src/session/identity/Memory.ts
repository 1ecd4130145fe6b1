/** What the bus remembers of a session for the next server of its conversation: its name, role, project, and who its approver was. */
import { Effect, Ref } from "effect"
import { Conversations, type KnownApprover, type Resumption } from "../../bus/roster/Conversations.ts"
import type { BusUnavailable } from "../../domain/Errors.ts"
import { isSessionId } from "../../domain/Name.ts"
import type { Identity as Who } from "../../domain/Session.ts"
import { Settings } from "../../settings/Settings.ts"
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

  /** Remembers who the session is, in the conversation that it began in and in the one that it is in now. */
  const remember = Effect.fnUntraced(function* (identity: Who) {
    if (settings.conversation === undefined || found._tag === "Served") return
    const who = yield* whoIs(identity)
    const now = (yield* Ref.get(conversation)) ?? settings.conversation
    yield* orLogged(conversations.remember(settings.conversation, who))
    if (now !== settings.conversation) yield* orLogged(conversations.goOn(now, who))
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
    orLogged
  }
})
