/** One run for all who want it at the same time. Effect's Cache keeps outcomes that are over; here only the run that goes on is shared. */
import { Deferred, Effect, type Scope } from "effect"

/** Runs a task for the first who wants it, in the scope; all who come before its end get the same outcome. */
export const sharing = <A, E, R>(
  task: Effect.Effect<A, E, R>
): Effect.Effect<Effect.Effect<A, E, R>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let running: Deferred.Deferred<A, E> | undefined
    const begin = Effect.suspend(() => {
      const outcome = Deferred.makeUnsafe<A, E>()
      running = outcome
      return task.pipe(
        Effect.onExit((exit) => {
          running = undefined
          return Deferred.done(outcome, exit)
        }),
        Effect.exit,
        Effect.forkIn(scope),
        Effect.andThen(Deferred.await(outcome))
      )
    })
    return Effect.suspend(() => (running === undefined ? begin : Deferred.await(running)))
  })
