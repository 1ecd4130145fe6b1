/** Looks at what the host's own files tell and no hook does: that Esc ended a turn, that a dialog is open, that events are dropped. */
import { Effect } from "effect"
import { Host, type HostStatus } from "../../hosts/Host.ts"
import { makeSignal } from "../../platform/Signal.ts"
import { keepRunning } from "../Background.ts"

/** How often it is looked, in milliseconds, whether the host has said that it drops channel events: it does so at the start. */
const looksIntoLog = [300, 700, 1_000, 2_000, 4_000, 8_000, 16_000]

export interface StatusWatch {
  /** Looks now. */
  readonly look: Effect.Effect<void>
  /** It may be another time now when a look is worth its while. */
  readonly changed: () => void
}

/**
 * Looks at what the session does, for as long as the scope is open.
 *
 * @param next after how many milliseconds a look is worth its while; `undefined`: not now
 * @param tell what is done with what the file says
 */
export const makeStatusWatch = Effect.fnUntraced(function* (
  next: () => number | undefined,
  tell: (status: HostStatus) => Effect.Effect<unknown>
) {
  const { status: read } = yield* Host
  const changes = makeSignal()
  const look = Effect.suspend(() => {
    const status = next() === undefined ? undefined : read?.()
    return status === undefined ? Effect.void : Effect.asVoid(tell(status))
  })
  const lookAgain = Effect.gen(function* () {
    const wait = next()
    if (wait === undefined) return yield* changes.next
    yield* Effect.timeoutOption(changes.next, wait)
    yield* look
  })
  if (read !== undefined) yield* Effect.forkScoped(keepRunning("status", lookAgain))
  const watch: StatusWatch = { look, changed: changes.give }
  return watch
})

/**
 * Waits until the host has said that it drops this server's channel events, or until it is too late for that. Gives whether it has.
 *
 * @param conversations those that it may have said it in
 */
export const isChannelDropped = Effect.fnUntraced(function* (conversations: () => ReadonlyArray<string>) {
  const { dropsEvents } = yield* Host
  if (dropsEvents === undefined) return false
  for (const wait of looksIntoLog) {
    yield* Effect.sleep(wait)
    if (dropsEvents(conversations())) return true
  }
  return false
})
