/** Which way messages take into a session, and what others are told of it. */
import type { Presence, Reach } from "../../domain/Receipt.ts"
import type { Evidence, State } from "./State.ts"

/** The way that messages take now. */
export const wayOf = ({
  channel,
  delivery,
  hooks,
  named,
  socket
}: Evidence): "channel" | "hooks" | "pull" => {
  if (delivery === "pull" || delivery === "channel") return delivery
  if (delivery === "auto" && (channel || !(hooks || socket))) return "channel"
  return named === true && (hooks || socket) ? "hooks" : "pull"
}

/** Nobody named the session: that it never reads what waits in its inbox is no news to anybody. */
export const isKeptQuietly = (evidence: Evidence) => wayOf(evidence) === "pull" && evidence.named === false

/** How the session can be reached, from evidence alone. */
export const reachOf = ({ deaf, evidence }: State): Reach => {
  const way = wayOf(evidence)
  if (way === "channel")
    return evidence.channel || evidence.delivery === "channel" ? "channel" : "when it asks"
  if (way === "pull") return "when it asks"
  if (evidence.woken && evidence.socket && !evidence.bypass && !deaf) return "wakes up"
  return evidence.hooks ? "on its next turn" : "when it asks"
}

/** What the roster is told. */
export const presenceOf = (state: State): Presence => {
  const { activity, dialogSince } = state
  const reach = reachOf(state)
  if (dialogSince !== undefined) return { reach, doing: "waiting for a permission", since: dialogSince }
  if (activity._tag === "Unknown") return { reach, doing: undefined, since: undefined }
  return { reach, doing: activity._tag === "Idle" ? "idle" : "working", since: activity.since }
}

/** How many messages this session can only see by asking for them. */
export const onlyByAsking = (state: State): number => {
  const way = wayOf(state.evidence)
  if (way === "pull") return state.waiting.length + state.pushed.length
  const left = state.waiting.filter(({ leftInInbox }) => leftInInbox === true).length
  const partly = state.shown.filter(({ complete }) => !complete).length
  return left + (reachOf(state) === "channel" ? 0 : state.pushed.length + partly)
}

/** Whether a doorbell is about to be rung. */
export const willRing = ({ activity, deaf, doorbell, evidence, waiting }: State) =>
  wayOf(evidence) === "hooks" &&
  evidence.socket &&
  !evidence.bypass &&
  activity._tag !== "Working" &&
  waiting.length > 0 &&
  doorbell === undefined &&
  !deaf
