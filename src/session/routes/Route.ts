/** Which route messages take into a session, and what others are told of it. */
import type { Presence, Reach } from "../../domain/Receipt.ts"
import type { Evidence, State } from "./State.ts"

/** No hook has called, and none will: a server that was added by itself came without them. */
export const hasNoHooks = ({ hooks, plugin }: Evidence) => !hooks && !plugin

/** Whether something begins a turn of an idle session: a line that wakes it, or the messages themselves. */
export const canWake = ({ carries, socket }: Evidence) => socket || carries !== undefined

/** The route that messages take now. */
export const routeOf = (evidence: Evidence): "channel" | "hooks" | "pull" => {
  const { channel, channels, delivery, dropped, hooks, named, plugin } = evidence
  if (delivery === "pull" || (delivery === "channel" && channels)) return delivery
  const serves = hooks || (canWake(evidence) && plugin)
  if (delivery === "auto" && channels && !dropped && (channel || !serves)) return "channel"
  return named === true && (hooks || canWake(evidence)) ? "hooks" : "pull"
}

/** The session has no name: its senders are not told that it never reads what waits in its inbox. */
export const isKeptQuietly = (evidence: Evidence) => routeOf(evidence) === "pull" && evidence.named === false

/** How the session can be reached, from evidence alone. */
export const reachOf = ({ ignoresWakeUps, evidence }: State): Reach => {
  const route = routeOf(evidence)
  if (route === "channel")
    return !evidence.dropped && (evidence.channel || evidence.delivery === "channel")
      ? "channel"
      : "when it asks"
  if (route === "pull") return "when it asks"
  // A host that has said that it can be given messages has shown as much as one that was woken.
  const isWoken = evidence.woken || evidence.carries !== undefined
  if (isWoken && canWake(evidence) && evidence.wake && !ignoresWakeUps) return "wakes up"
  return evidence.hooks ? "on its next turn" : "when it asks"
}

/** What the roster is told. */
export const presenceOf = (state: State): Presence => {
  const { activity, dialog } = state
  const reach = reachOf(state)
  if (dialog !== undefined)
    return {
      reach,
      doing: dialog.permission ? "waiting for a permission" : "waiting for the user",
      since: dialog.since
    }
  if (activity._tag === "Unknown") return { reach, doing: undefined, since: undefined }
  return { reach, doing: activity._tag === "Idle" ? "idle" : "working", since: activity.since }
}

/** How many messages this session sees only in its inbox. */
export const onlyInInbox = (state: State): number => {
  const { begun, evidence, pushed, shown, waiting } = state
  const left = waiting.filter(({ leftInInbox }) => leftInInbox === true).length
  if (reachOf(state) === "channel") return left
  // A tool is called, and no hook was before: then none is.
  const unshown = routeOf(evidence) === "pull" || !evidence.hooks ? waiting.length : left
  return unshown + pushed.length + begun.length + shown.filter(({ complete }) => !complete).length
}
