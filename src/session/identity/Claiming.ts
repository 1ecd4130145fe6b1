/** How a session gets its name from the bus. */
import { Effect } from "effect"
import { Doorbell } from "../../bus/engine/Doorbell.ts"
import type { Joining } from "../../bus/roster/Granting.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import type { NameTaken } from "../../domain/Errors.ts"
import { type Name, whyNotAnew } from "../../domain/Name.ts"
import type { WantedIdentity } from "../../domain/Session.ts"

/** @param joining what the roster is to say of this session, when it is asked */
export const makeClaiming = Effect.fnUntraced(function* (joining: Effect.Effect<Joining>) {
  const registry = yield* Registry
  const doorbell = yield* Doorbell

  /**
   * Claims a name, or the id if none is wanted. A holder that was killed is known to be dead by its doorbell, long before its heartbeat is
   * stale. Fails with `NameTaken` if a live session holds the name.
   */
  const claim = Effect.fnUntraced(function* (wanted: WantedIdentity) {
    const me = yield* joining
    const again = Effect.fnUntraced(function* (taken: NameTaken) {
      const holder = yield* registry.find(taken.holder.id)
      if (holder !== undefined && (yield* doorbell.reach(holder)) !== "dead") return yield* taken
      yield* registry.remove(taken.holder.id)
      return yield* registry.claim(me, wanted)
    })
    return yield* Effect.catchTag(registry.claim(me, wanted), "NameTaken", again)
  })

  /** Why a session does not get a name that is reserved, if it did not have it before; `undefined`: it may. */
  const whyReserved = Effect.fnUntraced(function* (name: Name) {
    const why = whyNotAnew(name)
    return why === undefined || (yield* registry.isKnown(name)) ? undefined : `its name ${why}`
  })

  return { claim, whyReserved }
})
