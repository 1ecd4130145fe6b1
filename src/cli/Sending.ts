/** What becomes of a message that somebody sent at the command line. */
import { Duration, Effect, Schedule } from "effect"
import { History } from "../bus/messages/History.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import {
  type DeliveryState,
  isSettled,
  type Reach,
  reasonInWords,
  reasons,
  stateIdOf
} from "../domain/Receipt.ts"
import type { RosterEntry } from "../domain/Session.ts"
import { quote, worded } from "../domain/Text.ts"
import type { CopyWithReceiver } from "../session/Courier.ts"
import { Settings } from "../settings/Settings.ts"
import { type Failure, failed, timedOut } from "./Failure.ts"
import type { SentJson } from "./Json.ts"
import { note } from "./Output.ts"

/** A copy, and what its sender calls the receiver. */
export interface NamedCopy extends CopyWithReceiver {
  readonly to: string
}

/** A copy, and how far it came. */
export interface Progress extends NamedCopy {
  readonly state: DeliveryState
  readonly reason: string | undefined
  /** Nothing more will ever be known of it. */
  readonly over: boolean
}

/** How often the bus is read while somebody waits, in milliseconds. */
const spacing = 50

const lookAt = Effect.fnUntraced(function* (copies: ReadonlyArray<NamedCopy>) {
  const history = yield* History
  const ids = copies.map(({ messageId }) => messageId)
  const { messages } = yield* history.overview({ ids, limit: ids.length })
  return copies.map((copy): Progress => {
    const found = messages.find(({ id }) => id === copy.messageId)
    if (found !== undefined)
      return { ...copy, state: found.state, reason: found.reason, over: isSettled(found.state) }
    // A row that is gone was seen by a session that keeps nothing, or was taken by a 1.3.1 server, which tells nothing.
    const told = copy.receiver?.current ?? true
    return {
      ...copy,
      state: told ? "seen" : "pushed",
      reason: told ? undefined : reasons.untold,
      over: true
    }
  })
})

/** When to look again: the last look comes when `limit` milliseconds are over. */
const looksWithin = (limit: number) =>
  Schedule.spaced(spacing).pipe(
    Schedule.while(({ elapsed }) => Effect.succeed(elapsed < limit)),
    Schedule.modifyDelay(({ duration, elapsed }) =>
      Effect.succeed(Duration.min(duration, Duration.millis(limit - elapsed)))
    )
  )

/** Looks until something is known of all copies: the first news, or with `wait` the last. Gives what is known by then. */
export const follow = Effect.fnUntraced(function* (
  copies: ReadonlyArray<NamedCopy>,
  wait: number | undefined
) {
  const { timing } = yield* Settings
  const receipts = yield* Receipts
  const isDone = ({ over, state }: Progress) => over || (wait === undefined && state !== "queued")
  const progress = yield* Effect.repeat(lookAt(copies), {
    schedule: looksWithin(wait ?? timing.firstNews),
    until: (all) => all.every(isDone)
  })
  // The sender is told here, so it need not be told again in its inbox.
  const told = progress.filter(({ state }) => state === "expired" || state === "refused")
  if (told.length > 0)
    yield* receipts.record(told.map(({ messageId }) => ({ messageId, state: "kept quietly" }) as const))
  return progress
})

/**
 * Sends, and then waits for what becomes of it. Only the waiting can be interrupted, and then it is said what stays on the bus: who
 * presses Ctrl-C at the wrong moment must not believe that nothing was sent.
 */
export const sendAndWait = <Sent, E, R, A, E2, R2>(
  send: Effect.Effect<Sent, E, R>,
  wait: (sent: Sent) => Effect.Effect<A, E2, R2>,
  whatStays: (sent: Sent) => string
): Effect.Effect<A, E | E2, R | R2> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(send, (sent) => restore(wait(sent)).pipe(Effect.onInterrupt(() => note(whatStays(sent)))))
  )

/** What stays of messages whose sender waits no longer. */
export const staysOnBus = (copies: ReadonlyArray<NamedCopy>): string => {
  const [first, ...others] = copies
  if (first === undefined) return "Nothing was sent."
  return others.length === 0
    ? `Message ${first.messageId} to ${worded(first.to)} was sent; "cc-dm show ${first.messageId}" tells how far it came.`
    : `${copies.length} messages were sent; "cc-dm inbox --sent" tells how far they came.`
}

export const sentJson = ({ messageId, reason, receiver, state, to }: Progress): typeof SentJson.Type => ({
  message_id: String(messageId),
  to,
  state,
  state_id: stateIdOf(state),
  reason: reason ?? null,
  reachable_by: receiver?.reach ?? null,
  held: receiver === undefined
})

const prospects: Readonly<Record<Reach, string>> = {
  channel: "It gets messages as channel events, which nobody confirms.",
  "wakes up": "A message wakes it up.",
  "on its next turn": "It will see it on its next turn.",
  "when it asks": "It will see it when it looks into its inbox."
}

/** Nobody at a terminal has turns, or a channel. */
const prospectOf = ({ kind, reach }: RosterEntry): string => {
  if (kind === "session") return prospects[reach]
  return reach === "wakes up"
    ? "Somebody is listening there."
    : "It is at the command line, and waits there for a day."
}

/** One line for people: how far it came, and what can be expected. */
export const sentLine = ({ messageId, over, reason, receiver, state, to }: Progress): string => {
  if (receiver === undefined && state === "queued")
    return `Message ${messageId} waits for ${quote(to)}: nobody has that name now.`
  const line = `Message ${messageId} to ${worded(to)}: ${state}`
  if (reason !== undefined) return `${line}: ${reasonInWords(reason)}.`
  if (over || receiver === undefined) return `${line}.`
  return `${line}. ${prospectOf(receiver)}`
}

/** Fails if somebody will not see it, or has not in the time that was given. */
export const judge = (
  progress: ReadonlyArray<Progress>,
  wait: number | undefined
): Effect.Effect<void, Failure> => {
  const lost = progress.filter(({ state }) => state === "expired" || state === "refused")
  const names = (some: ReadonlyArray<Progress>) => some.map(({ to }) => worded(to)).join(", ")
  if (lost.length > 0)
    return Effect.fail(
      failed(
        lost
          .map(({ reason, state, to }) => `${worded(to)}: ${state}: ${reasonInWords(reason ?? "")}`)
          .join("; ")
      )
    )
  if (wait === undefined) return Effect.void
  const untold = progress.filter(({ over, state }) => over && state !== "seen")
  if (untold.length > 0)
    return Effect.fail(
      timedOut(`whether ${names(untold)} saw it will not be known: ${reasonInWords(untold[0]?.reason ?? "")}`)
    )
  const open = progress.filter(({ over }) => !over)
  if (open.length > 0)
    return Effect.fail(timedOut(`not seen within ${wait / 1_000} s by ${names(open)}; it is still waiting`))
  return Effect.void
}
