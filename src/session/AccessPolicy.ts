/** What this session may do: the rules of the policy library over this session's own settings. */
import { Context, Effect, Layer } from "effect"
import { Settings } from "../Config.ts"
import { Forbidden } from "../domain/Errors.ts"
import { allowList, blockList, broadcastRoles } from "../policy/AccessLists.ts"
import { type Decision, firstRefusal, isAllowed } from "../policy/Decision.ts"
import { type Party, scope } from "../policy/Scope.ts"

const enforce = (decision: Decision): Effect.Effect<void, Forbidden> =>
  decision._tag === "Allowed" ? Effect.void : Effect.fail(new Forbidden({ reason: decision.reason }))

export class AccessPolicy extends Context.Service<
  AccessPolicy,
  {
    /** Fails with `Forbidden` where the sender may not write to the receiver. */
    readonly dm: (sender: Party, receiver: Party) => Effect.Effect<void, Forbidden>
    /** Fails with `Forbidden` where the sender may not broadcast. */
    readonly broadcast: (sender: Party) => Effect.Effect<void, Forbidden>
    /** Whether a broadcast of the sender reaches the receiver. */
    readonly reaches: (sender: Party, receiver: Party) => boolean
  }
>()("cc-dm/session/AccessPolicy") {
  static readonly layer = Layer.effect(
    AccessPolicy,
    Effect.gen(function* () {
      const settings = yield* Settings
      const dmRule = firstRefusal(allowList(settings.dmAllowList), blockList(settings.dmBlockList), scope)
      const broadcastRule = broadcastRoles(settings.broadcastRoles)
      return AccessPolicy.of({
        dm: (sender, receiver) => enforce(dmRule({ sender, receiver })),
        broadcast: (sender) => enforce(broadcastRule(sender)),
        reaches: (sender, receiver) => isAllowed(scope({ sender, receiver }))
      })
    })
  )
}
