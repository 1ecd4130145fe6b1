/** What is known of a message's way to its receiver, and of how a session can be reached. */
import { Schema } from "effect"

/**
 * `queued`: the bus holds it, nobody was shown anything. `pushed`: written to the channel, which proves nothing.
 * `accepted`: the session took the doorbell. `handed over`: the answer to a hook or to a tool carried the text. `seen`:
 * the model answered a request that held it. `expired` and `refused`: nobody will be shown it any more.
 */
export const DeliveryState = Schema.Literals([
  "queued",
  "pushed",
  "accepted",
  "handed over",
  "seen",
  "expired",
  "refused"
])
export type DeliveryState = typeof DeliveryState.Type

/** The states behind which there are no others. */
export const isSettled = (state: DeliveryState): boolean =>
  state === "seen" || state === "expired" || state === "refused"

/**
 * How messages reach a session, as far as there is evidence: as channel events; by a doorbell, which wakes it when it
 * is idle; by the hooks of its next turn; or only when it looks into its inbox.
 */
export const Reach = Schema.Literals(["channel", "wakes up", "on its next turn", "when it asks"])
export type Reach = typeof Reach.Type

/** What a session is doing, as its hooks tell. */
export const Doing = Schema.Literals(["working", "idle", "waiting for a permission"])
export type Doing = typeof Doing.Type

/** What a session's server tells the roster of it. */
export interface Presence {
  readonly reach: Reach
  /** Absent where no hook has told. */
  readonly doing: Doing | undefined
  /** Since when, in milliseconds. */
  readonly since: number | undefined
}

/** What one message's receipt says. Times are ISO 8601. */
export interface Receipt {
  readonly messageId: number
  readonly state: DeliveryState
  /** Why it expired or was refused. */
  readonly reason: string | undefined
}
