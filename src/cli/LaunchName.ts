/** Whether a name is free, before an agent is launched under it. */
import { Effect } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import { Registry } from "../bus/roster/Registry.ts"
import { type Name, normalise } from "../domain/Name.ts"
import { lookAlike } from "../domain/Skeleton.ts"
import { quote, spelledOut, worded } from "../domain/Text.ts"
import { refused } from "./Failure.ts"
import { ReadOnlyStorage } from "./Storage.ts"

/** Who has a name, or one that looks like it, and is there. */
const holderOf = Effect.fnUntraced(function* (name: Name) {
  const registry = yield* Registry
  const doorbell = yield* Doorbell
  const alike = (yield* registry.roster).filter((entry) => lookAlike(name, normalise(entry.name)))
  for (const entry of alike) {
    // One that was killed stays on the roster for a minute, and its name is free.
    const isDead = entry.kind === "session" && (yield* doorbell.reach(entry)) === "dead"
    if (!isDead) return entry
  }
  return undefined
})

/** Fails if the name is taken: the session would go on without one. A bus that can't be read keeps nobody from starting. */
export const checkName = Effect.fn("checkName")(function* (name: Name) {
  const holder = yield* holderOf(name).pipe(
    Effect.provide(ReadOnlyStorage),
    Effect.orElseSucceed(() => undefined)
  )
  if (holder === undefined) return
  const whose =
    holder.kind === "command line"
      ? "somebody at the command line has the name"
      : `a session in ${worded(holder.cwd)} has the name`
  return yield* refused(
    holder.name === name
      ? `${whose} ${quote(name)} already; choose another one, or end that one first. Nothing was started`
      : `${whose} ${spelledOut(holder.name)}, which looks like ${spelledOut(name)}; choose another one. Nothing was started`
  )
})
