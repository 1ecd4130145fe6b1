/** Waiting for what has to be looked for. */
import { Context, Effect } from "effect"
import { every } from "./Pulse.ts"

/** Looks again and again, so many milliseconds apart and the first time after as many at most, until something is there. */
export type PollUntilIn = (isThere: () => boolean, apart: number) => Effect.Effect<void>

/** What went wrong is met by those who are told that something is there; out of a timer it would end the process. */
const isOrThrows = (isThere: () => boolean): boolean => {
  try {
    return isThere()
  } catch {
    return true
  }
}

/**
 * An idle server does little else than look. A timer that calls a function costs it some half of a fiber that sleeps and is
 * resumed each time.
 */
const byTimer: PollUntilIn = (isThere, apart) =>
  Effect.callback<void>((resume) => {
    const stop = every(apart, () => {
      if (!isOrThrows(isThere)) return
      stop()
      resume(Effect.void)
    })
    return Effect.sync(stop)
  })

/** The same by Effect's clock, for those who move the time. */
export const byClock: PollUntilIn = (isThere, apart) =>
  Effect.suspend(() => (isOrThrows(isThere) ? Effect.void : byClock(isThere, apart))).pipe(
    Effect.delay(apart)
  )

/** How it is looked out. */
export const PollUntil = Context.Reference<PollUntilIn>("cc-dm/platform/PollUntil", {
  defaultValue: () => byTimer
})
