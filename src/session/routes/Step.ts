/**
 * Which route each message takes into a session, as one pure state machine: no clock, no bus, no IO. `docs/internals/routes.md`
 * draws it. A message that was taken is in exactly one place: it waits, it was written to the channel, somebody fetched it,
 * it was shown and not seen yet, its beginning was seen, or it is done with. The facts about Claude Code behind each rule
 * were seen with its version 2.1.332.
 */
import { awake, becomeIdle, busy, fallSilent, isAtWork, learn, onTold, stir } from "./Activity.ts"
import { carry, onCarried } from "./Carrying.ts"
import type { Event, Step } from "./Event.ts"
import { onFetch } from "./Fetching.ts"
import { lookQuiet, lookWaiting, mostSeen, silence, wakeUpSpacing, wakeUpTimeout } from "./Limits.ts"
import { closeCalls, onAnswer, onCall, onReply, onRequest, onSettle } from "./Proving.ts"
import { onDropped, pushWaiting } from "./Pushing.ts"
import { isKeptQuietly, routeOf } from "./Route.ts"
import { onBatchEnd, onPrompt, onStop, onToolEnd } from "./Showing.ts"
import { type Evidence, type HeldMessage, heldIn, type State, soonestEnd } from "./State.ts"
import { forget, onCancel } from "./TakingBack.ts"
import { andThen, byId, idsOf, record, stay, without } from "./Transition.ts"
import { giveUpWakeUp, wake, willWakeUp } from "./WakingUp.ts"

/** The server has taken messages. Mail that went back to its name while the machine slept comes a second time. */
const onArrival = (state: State, arrived: ReadonlyArray<HeldMessage>): Step => {
  const held = new Set(idsOf(heldIn(state)))
  const messages = arrived.filter(({ id }) => !held.has(id) && !state.seen.includes(id))
  return {
    state: { ...state, waiting: [...state.waiting, ...messages].sort(byId) },
    actions: isKeptQuietly(state.evidence) ? record("kept quietly", idsOf(messages)) : []
  }
}

/** The context was cleared or compacted, or the conversation left. */
const onForget = (state: State, idle: boolean, at: number): Step => {
  const forgotten = andThen(forget(state), (next) =>
    stay({ ...learn(next, { hooks: true }), ignoresWakeUps: false, wakeUp: undefined })
  )
  if (!idle) return forgotten
  const ended = andThen(forgotten, (next) => becomeIdle(next, at))
  // Those who wait for it to be idle are told, also if a wake-up was forgotten with the rest.
  return state.activity._tag === "Idle"
    ? { ...ended, actions: [...ended.actions, { _tag: "BecameIdle" }] }
    : ended
}

/** Something was found out about the session. */
const onLearn = (state: State, evidence: Partial<Evidence>): Step => {
  const learnt = learn(state, evidence)
  return andThen(evidence.dropped === true ? onDropped(learnt) : stay(learnt), (next) => {
    const quietly = isKeptQuietly(next.evidence) && !isKeptQuietly(state.evidence)
    return { state: next, actions: quietly ? record("kept quietly", idsOf(next.waiting)) : [] }
  })
}

const react = (state: State, event: Event, at: number): Step => {
  switch (event._tag) {
    case "Arrived":
      return onArrival(state, event.messages)
    case "Prompted":
      return onPrompt(state, event, at)
    case "BatchEnded":
      return onBatchEnd(state, event, at)
    case "ToolEnded":
      return onToolEnd(state, event, at)
    case "Stopped":
      return onStop(state, event, at)
    case "Ended":
      return andThen(closeCalls(state), (closed) => becomeIdle(busy(closed, at), at))
    case "Requested":
      return onRequest(state, event, at)
    case "Replied":
      return onReply(state, event)
    case "Carried":
      return onCarried(state, event, at)
    case "Settled":
      return onSettle(state, event)
    case "Began":
      return stay(busy(state, at))
    case "Failed":
      return becomeIdle(awake(state, at), at)
    case "Asked":
      return stay({ ...awake(state, at), dialog: { permission: true, since: at } })
    case "Cancelled":
      return onCancel(state, event.call, at)
    case "Forgot":
      return onForget(state, event.idle, at)
    case "Stirred":
      return stay(stir(state, at))
    case "Fetched":
      return onFetch(state, event)
    case "Answered":
      return onAnswer(state, event)
    case "Called":
      return onCall(state, event, at)
    case "Told":
      return onTold(state, event.status, at)
    case "Learned":
      return onLearn(state, event.evidence)
    case "Ticked":
      return stay(state)
  }
}

/** Gives up what was kept long enough, whatever route it took. */
const expire = (state: State, at: number): Step => {
  if (soonestEnd(state) > at) return stay(state)
  const isOver = ({ keptUntil }: HeldMessage) => keptUntil <= at
  const over = idsOf(heldIn(state).filter(isOver))
  // Of what was pushed to a session that was started as a channel nothing more is ever known.
  const { channel, dropped } = state.evidence
  const mayHaveSurfaced = new Set(channel && !dropped ? idsOf(state.pushed) : [])
  const unseen = over.filter((id) => !mayHaveSurfaced.has(id))
  return {
    state: without(state, isOver),
    actions: [...record("expired", unseen), { _tag: "Forget", ids: over }]
  }
}

/** What time alone brings about, and what any event may have made possible. */
const settle = (state: State, at: number): Step => {
  const kept = andThen(expire(state, at), (next) => giveUpWakeUp(next, at))
  const pushed = andThen(kept, (next) => {
    const quiet = fallSilent(next, at)
    return routeOf(quiet.evidence) === "channel" ? pushWaiting(quiet, at) : stay(quiet)
  })
  return andThen(
    andThen(pushed, (next) => carry(next, at)),
    (next) => wake(next, at)
  )
}

/** Notes what was seen. */
const remember = ({ actions, state }: Step): Step => {
  const ids = actions.flatMap((action) =>
    action._tag === "Record" && action.state === "seen" ? action.ids : []
  )
  return {
    state: ids.length === 0 ? state : { ...state, seen: [...state.seen, ...ids].slice(-mostSeen) },
    actions
  }
}

/** One event, at a time in milliseconds. */
export const step = (state: State, event: Event, at: number): Step =>
  remember(andThen(react(state, event, at), (next) => settle(next, at)))

/** When the machine wants a `Ticked`, in milliseconds, should nothing else happen before; `undefined`: never. */
export const nextTick = (state: State): number | undefined => {
  const time = Math.min(
    state.wakeUp === undefined ? Number.POSITIVE_INFINITY : state.wakeUp.at + wakeUpTimeout,
    willWakeUp(state) ? state.lastWakeUp + wakeUpSpacing : Number.POSITIVE_INFINITY,
    state.activity._tag === "Working" ? state.activity.heard + silence : Number.POSITIVE_INFINITY,
    soonestEnd(state)
  )
  return time === Number.POSITIVE_INFINITY ? undefined : time
}

/** After how many milliseconds the host's own file is worth a look; `undefined`: hooks tell all that there is to know. */
export const nextLook = (state: State): number | undefined => {
  if (!isAtWork(state)) return undefined
  return state.waiting.length > 0 ? lookWaiting : lookQuiet
}
