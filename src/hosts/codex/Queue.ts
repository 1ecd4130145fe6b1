/**
 * Codex's own queue of prompts, `codex queue`: it wakes a session without a control socket, too. Seen in version 0.171.0: such a
 * terminal looks at its queue every 10 s, and at work the line waits for the end of the turn.
 */
import { Effect } from "effect"
import { findProgram, outputOf } from "../../platform/Programs.ts"
import type { CodexPlace } from "./Place.ts"

/** How long the command may take, in milliseconds. */
const timeout = 15_000

/** Puts a line into the queue of a thread. `false`: it could not be done. */
export const enqueue = (place: CodexPlace, thread: string, line: string): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const program = place.program ?? findProgram("codex")
    if (program === undefined) return Effect.succeed(false)
    const command = [program, "queue", "--thread", thread, "--message", line]
    return Effect.map(
      outputOf(command, timeout, { CODEX_HOME: place.folder }),
      (output) => output !== undefined
    )
  })
