/** What is prepared side by side, and carried out in the order in which it was asked for. */
import { Deferred, Effect, Exit } from "effect"

/** Gives each that asks its turn: what it prepares need not wait for those before it, and what it does with that has to. */
export const makeTurns = () => {
  let last = Deferred.makeUnsafe<void>()
  Deferred.doneUnsafe(last, Exit.void)
  return <A, E, R, B, E2, R2>(
    prepare: Effect.Effect<A, E, R>,
    carryOut: (prepared: A) => Effect.Effect<B, E2, R2>
  ) =>
    Effect.suspend(() => {
      const myTurn = Deferred.await(last)
      const mine = Deferred.makeUnsafe<void>()
      last = mine
      return prepare.pipe(
        Effect.flatMap((prepared) => Effect.andThen(myTurn, carryOut(prepared))),
        // Also who fails, or is given up, leaves those before it their place.
        Effect.ensuring(
          Effect.andThen(
            myTurn,
            Effect.sync(() => Deferred.doneUnsafe(mine, Exit.void))
          )
        )
      )
    })
}
