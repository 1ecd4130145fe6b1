/** What this session may do: the rules of the policy library over this session's own settings. */
import { Context, Effect, Layer } from "effect"
import { Forbidden } from "../domain/Errors.ts"
import type { Message } from "../domain/Message.ts"
import { normalise } from "../domain/Name.ts"
import { allowList, blockList, broadcastRoles } from "../policy/AccessLists.ts"
import { allowed, type Decision, firstRefusal, isAllowed } from "../policy/Decision.ts"
import { inboundAllowList, inboundBlockList, inboundProjects } from "../policy/Inbound.ts"
import { type Party, scope } from "../policy/Scope.ts"
import { Settings } from "../settings/Settings.ts"

const enforce = (decision: Decision): Effect.Effect<void, Forbidden> =>
  decision._tag === "Allowed" ? Effect.void : Effect.fail(new Forbidden({ reason: decision.reason }))

export class AccessPolicy extends Context.Service<
  AccessPolicy,
  {
    /** Fails with `Forbidden` if the sender may not write to the receiver. */
    readonly dm: (sender: Party, receiver: Party) => Effect.Effect<void, Forbidden>
    /** Fails with `Forbidden` if the sender may not broadcast. */
    readonly broadcast: (sender: Party) => Effect.Effect<void, Forbidden>
    /** Whether a broadcast of the sender reaches the receiver. */
    readonly reaches: (sender: Party, receiver: Party) => boolean
    /** Whether this session takes a message in. */
    readonly inbound: (message: Message) => Decision
  }
>()("cc-dm/session/AccessPolicy") {
  static readonly layer = Layer.effect(
    AccessPolicy,
    Effect.gen(function* () {
      const settings = yield* Settings
      const dmRule = firstRefusal(allowList(settings.dmAllowList), blockList(settings.dmBlockList), scope)
      const broadcastRule = broadcastRoles(settings.broadcastRoles)
      const inboundRule = firstRefusal(
        inboundAllowList(settings.inboundAllowList),
        inboundBlockList(settings.inboundBlockList),
        inboundProjects(settings.inboundProjects)
      )
      const takesAll = [settings.inboundAllowList, settings.inboundBlockList, settings.inboundProjects].every(
        (list) => list === undefined
      )
      // A 1.3.1 session says what it likes of its name: it goes by that, read as a list reads it.
      const senderOf = ({ from, fromProject }: Message) => ({
        name: normalise(from),
        project: fromProject === null ? null : normalise(fromProject)
      })
      return AccessPolicy.of({
        dm: (sender, receiver) => enforce(dmRule({ sender, receiver })),
        broadcast: (sender) => enforce(broadcastRule(sender)),
        reaches: (sender, receiver) => isAllowed(scope({ sender, receiver })),
        // Permission requests and notices are the system's own. What looks like an answer and was none is chat.
        inbound: (message) =>
          takesAll || message.kind === "permission_request" || message.kind === "notice"
            ? allowed
            : inboundRule(senderOf(message))
      })
    })
  )
}
