/**
 * Signals from code to the one task that waits for them. Effect's queues do that as well, but in several times the steps and with a turn of
 * the event loop, and a message would pass by four of them on its way (docs/reference/speed.md).
 */
import { Effect, Latch } from "effect"

/** A signal: however often it is given before the task waits for it, the task goes on once. */
export interface Signal {
  /** Gives it. The task goes on when what runs now has ended or waits itself. */
  readonly give: () => void
  /** Waits for it. */
  readonly next: Effect.Effect<void>
}

/** Makes a signal that was not given yet. */
export const makeSignal = (): Signal => {
  const latch = Latch.makeUnsafe()
  let isGiven = false
  const open = () => void latch.openUnsafe()
  const close = Effect.sync(() => {
    isGiven = false
    latch.closeUnsafe()
  })
  return {
    give: () => {
      if (isGiven) return
      isGiven = true
      queueMicrotask(open)
    },
    next: Effect.andThen(latch.await, close)
  }
}

/** What is put in piece by piece, and taken out by one task. */
export interface Intake<A> {
  readonly put: (...pieces: ReadonlyArray<A>) => void
  /** Waits until there is something, and takes all of it, in its order. */
  readonly all: Effect.Effect<ReadonlyArray<A>>
}

/**
 * Makes an intake with nothing in it.
 *
 * @param pause what comes in during it, once there is something, is taken as well
 */
export const makeIntake = <A>(pause?: Effect.Effect<void>): Intake<A> => {
  const signal = makeSignal()
  const some = pause === undefined ? signal.next : Effect.andThen(signal.next, pause)
  let pieces: Array<A> = []
  return {
    put: (...more) => {
      pieces.push(...more)
      signal.give()
    },
    all: Effect.map(some, () => {
      const all = pieces
      pieces = []
      return all
    })
  }
}
