/** What is known of a message's way to its receiver, and of how a session can be reached. */
import { Schema } from "effect"
import { quote } from "./Text.ts"

/**
 * `queued`: the bus holds it, nobody was shown anything. `pushed`: written to the channel, which proves nothing.
 * `accepted`: the session took the wake-up. `handed over`: the answer to a hook or to a tool carried the text. `seen`:
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

/** The same states as words without spaces, for scripts. */
export const StateId = Schema.Literals([
  "queued",
  "pushed",
  "accepted",
  "handed_over",
  "seen",
  "expired",
  "refused"
])
export type StateId = typeof StateId.Type

/** A state as one word. */
export const stateIdOf = (state: DeliveryState): StateId => (state === "handed over" ? "handed_over" : state)

/** The state that a word stands for; `undefined`: none. */
export const stateOf = (id: string): DeliveryState | undefined =>
  DeliveryState.literals.find((state) => stateIdOf(state) === id)

/** The states behind which there are no others. */
export const isSettled = (state: DeliveryState): boolean =>
  state === "seen" || state === "expired" || state === "refused"

/**
 * How messages reach a session, as far as there is evidence: as channel events; by a wake-up when it
 * is idle; by the hooks of its next turn; or only when it looks into its inbox.
 */
export const Reach = Schema.Literals(["channel", "wakes up", "on its next turn", "when it asks"])
export type Reach = typeof Reach.Type

/** What a session is doing, as its hooks and its client tell. */
export const Doing = Schema.Literals(["working", "idle", "waiting for a permission", "waiting for the user"])
export type Doing = typeof Doing.Type

/** What a session's server tells the roster of it. */
export interface Presence {
  readonly reach: Reach
  /** Absent if no hook has told. */
  readonly doing: Doing | undefined
  /** Since when, in milliseconds. */
  readonly since: number | undefined
}

/** Why a message will not be seen, in the words of cc-dm itself. */
export const reasons = {
  notTaken: "nobody took it in time: that session hangs, is gone, or never came",
  left: "its session ended before it was seen",
  leftPushed:
    "it was pushed to that session's channel, nothing shows that it was seen, and the session has ended",
  waits: "that session is idle and did not take the doorbell",
  notShown: "as long as messages are kept, nothing showed that it was seen",
  untold: "a 1.3.1 session took it, and those do not tell what they were shown"
} as const

const inQuotes = /"(?:[^"\\]|\\.)*"/g

/** The same, and what rules say, with names and projects taken out. */
const shapes: ReadonlyArray<string> = [
  ...Object.values(reasons),
  `"" is not on the receiver's CC_DM_INBOUND_ALLOWLIST`,
  `"" is on the receiver's CC_DM_INBOUND_BLOCKLIST`,
  ...["a sender without a project", 'project ""'].map(
    (sender) => `${sender} is not among the receiver's CC_DM_INBOUND_PROJECTS`
  ),
  ...["no project", 'project ""'].map(
    (project) =>
      `"" is in ${project} and this session is in project "": a session with a project writes only inside it`
  )
]

const unquoted = (quoted: string): string => {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted.slice(1, -1)
  }
}

/** A reason in a sentence of ours. Anybody may have written one into a receipt: what is not in our words is quoted. */
export const reasonInWords = (reason: string): string =>
  shapes.includes(reason.replace(inQuotes, '""'))
    ? reason.replace(inQuotes, (quoted) => quote(unquoted(quoted)))
    : quote(reason, 300)

/** What one message's receipt says. Times are ISO 8601. */
export interface Receipt {
  readonly messageId: number
  readonly state: DeliveryState
  /** Why it expired or was refused. */
  readonly reason: string | undefined
}
