/**
 * When to end. Signals that `runMain` handles itself (SIGINT, SIGTERM) are not repeated here; the end of
 * stdin, SIGHUP, a broken stdout, the death of the parent and a session that moves away are what neither it nor the MCP
 * transport notices.
 *
 * Claude Code sends SIGINT, SIGTERM 100 ms later, and SIGKILL 480 ms after the first: a watchdog ends the
 * process before that, whatever hangs.
 */
import { Context, Deferred, Effect, Exit, Layer } from "effect"
import { Host } from "./hosts/Host.ts"
import { every } from "./platform/Pulse.ts"
import { input, output } from "./platform/StdioPipes.ts"

/**
 * How often is looked whether the host is still there, in milliseconds. The end of the process that started this one closes stdin as well, unless
 * another process holds that open. One that was already gone at the first look was not the host.
 */
const spacing = 1_000

const onceOrphaned = (end: () => void) => {
  let parent: number | undefined
  every(spacing, () => {
    parent ??= process.ppid
    if (process.ppid !== parent) end()
  })
}

/** A session that was moved to the background has another server there, which can't have its name before this one has ended. */
const onceMoved = (hasMoved: Host["Service"]["hasMoved"], end: () => void) => {
  if (hasMoved === undefined) return
  const stop = every(spacing, () => {
    if (!hasMoved()) return
    stop()
    end()
  })
}

/** How long the clean-up may take, in milliseconds. */
const cleanUpTimeout = 400

const watchdog = () => {
  setTimeout(() => process.exit(1), cleanUpTimeout).unref()
}

export class Shutdown extends Context.Service<
  Shutdown,
  {
    /** Waits until the host is gone. */
    readonly requested: Effect.Effect<void>
  }
>()("cc-dm/Shutdown") {
  static readonly layer = Layer.effect(
    Shutdown,
    Effect.gen(function* () {
      const { hasMoved } = yield* Host
      const ended = Deferred.makeUnsafe<void>()
      const end = () => {
        watchdog()
        Deferred.doneUnsafe(ended, Exit.void)
      }
      input.onEnd(end)
      // Older versions of Bun tell of a broken stdout by the signal alone.
      output.onBroken(end)
      onceOrphaned(end)
      onceMoved(hasMoved, end)
      process.once("SIGHUP", end).on("SIGPIPE", end).once("SIGINT", watchdog).once("SIGTERM", watchdog)
      return Shutdown.of({ requested: Deferred.await(ended) })
    })
  )
}
