/** How a program at the command line ends that is told to: as the signal says, in the numbers of shells, and after it has tidied up. */
import { Cause, Effect, Exit, Runtime } from "effect"

/** The exit codes of shells: 128 and the number of the signal. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGPIPE: 141, SIGTERM: 143 } as const

type Ending = keyof typeof codes

let ending: Ending | undefined

/** Interrupts the program: nobody reads what it prints any more. Bun ignores the signal that says so. */
export const interruptByPipe: Effect.Effect<never> = Effect.suspend(() => {
  ending ??= "SIGPIPE"
  return Effect.interrupt
})

/** Never succeeds: is interrupted when the terminal is gone. `runMain` does that for the other signals. */
const hungUp = Effect.callback<never>((resume) => {
  const listeners = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const listener = () => {
      ending ??= signal
      if (signal === "SIGHUP") resume(Effect.interrupt)
    }
    // Before those of `runMain`, whose interruption may end the process at once.
    process.prependListener(signal, listener)
    return { signal, listener }
  })
  return Effect.sync(() => {
    for (const { listener, signal } of listeners) process.off(signal, listener)
  })
})

/** Runs a program until it ends, or until it is told to. */
export const untilTold = <A, E, R>(program: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.raceFirst(program, hungUp)

/** Ends the process with the exit code of what it was told, if that ended the program, else with the program's own. */
export const endAsTold = (exit: Exit.Exit<unknown, unknown>): void => {
  const told = Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? ending : undefined
  // A handle that is still open must not keep the process.
  Runtime.defaultTeardown(exit, (code) => process.exit(told === undefined ? code : codes[told]))
}
