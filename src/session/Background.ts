/** Background tasks that must not end: a failure is logged and the task goes on. */
import { Cause, Effect } from "effect"

/**
 * Repeats a task for ever, after a pause in milliseconds if one is given. What goes wrong is logged once: again only after the task has
 * worked, or when something else goes wrong. Effect's schedules would add fifteen steps and a turn of the event loop to each round.
 */
export const keepRunning = <E, R>(
  what: string,
  task: Effect.Effect<unknown, E, R>,
  pause?: number
): Effect.Effect<never, never, R> => {
  let said = ""
  const attempt = Effect.matchCauseEffect(task, {
    onSuccess: () => {
      said = ""
      return Effect.void
    },
    onFailure: (cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const why = Cause.squash(cause)
      const words = why instanceof Error ? why.message : String(why)
      if (words === said) return Effect.void
      said = words
      return Effect.logWarning(`${what}: ${words}`)
    }
  })
  const round = pause === undefined ? attempt : Effect.andThen(attempt, Effect.sleep(pause))
  return Effect.forever(round, { disableYield: true })
}
