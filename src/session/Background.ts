/** Background tasks that must not end: a failure is logged and the task goes on. */
import { Cause, Effect, type Schedule } from "effect"

/**
 * Repeats a task on a schedule for ever. What goes wrong is logged once: again only after the task has worked,
 * or when something else goes wrong.
 */
export const keepRunning = <E, R>(
  what: string,
  task: Effect.Effect<unknown, E, R>,
  schedule: Schedule.Schedule<unknown>
): Effect.Effect<void, never, R> => {
  let said = ""
  const attempt = task.pipe(
    Effect.matchCauseEffect({
      onSuccess: () =>
        Effect.sync(() => {
          said = ""
        }),
      onFailure: (cause) => {
        if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
        const why = Cause.squash(cause)
        const words = why instanceof Error ? why.message : String(why)
        if (words === said) return Effect.void
        said = words
        return Effect.logWarning(`${what}: ${words}`)
      }
    })
  )
  return Effect.asVoid(Effect.repeat(attempt, schedule))
}
