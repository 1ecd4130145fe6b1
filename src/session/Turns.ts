/** What is prepared side by side, and carried out in the order in which it was asked for. */
import { Deferred, Effect, Exit } from "effect"

/** What comes after a turn: mostly that is over. */
const after = <A, E, R>(turn: Deferred.Deferred<void>, next: () => Effect.Effect<A, E, R>) =>
  Deferred.isDoneUnsafe(turn) ? next() : Effect.flatMap(Deferred.await(turn), next)

/** Gives each that asks its turn: what it prepares need not wait for those before it, and what it does with that has to. */
export const makeTurns = () => {
  let last = Deferred.makeUnsafe<void>()
  Deferred.doneUnsafe(last, Exit.void)
  return <A, E, R, B, E2, R2>(
    prepare: Effect.Effect<A, E, R>,
    carryOut: (prepared: A) => Effect.Effect<B, E2, R2>
  ) =>
    Effect.suspend(() => {
      const before = last
      const mine = Deferred.makeUnsafe<void>()
      last = mine
      const end = Effect.sync(() => Deferred.doneUnsafe(mine, Exit.void))
      return prepare.pipe(
        Effect.flatMap((prepared) => after(before, () => carryOut(prepared))),
        // Also who fails, or is given up, leaves those before it their place.
        Effect.ensuring(Effect.suspend(() => after(before, () => end)))
      )
    })
}
