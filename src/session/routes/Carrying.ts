/**
 * Messages that are carried into the session themselves, as words of the least trusted kind that the host has: no hook has to show
 * them. A host that refuses them is woken by a line, as others are.
 */
import { busy, learn } from "./Activity.ts"
import type { Event, Step } from "./Event.ts"
import { wakeUpSpacing } from "./Limits.ts"
import { routeOf } from "./Route.ts"
import { fitting } from "./Showing.ts"
import type { ShownMessage, State } from "./State.ts"
import { byId, idsOf, passed, record, stay } from "./Transition.ts"
import { willWakeUp } from "./WakingUp.ts"

/** Which of two turns holds what was carried is not known: only the end of both proves it. */
const unclear = { batches: Number.POSITIVE_INFINITY, ends: 2 }

/** What may go into the session now. */
const candidates = (state: State, at: number) => {
  const { activity, carried, evidence, waiting } = state
  if (evidence.carries === undefined || carried.length > 0 || routeOf(evidence) !== "hooks") return []
  if (activity._tag === "Working")
    return evidence.carries === "always" ? waiting.filter(({ whenIdle }) => !whenIdle) : []
  return willWakeUp(state) && passed(state.lastWakeUp, at) >= wakeUpSpacing ? waiting : []
}

/** Sends what waits on its way, as much as fits. */
export const carry = (state: State, at: number): Step => {
  const carried = fitting(candidates(state, at).filter(({ keptUntil }) => keptUntil > at))
  if (carried.length === 0) return stay(state)
  const ids = idsOf(carried)
  return {
    state: {
      ...state,
      carried,
      waiting: state.waiting.filter(({ id }) => !ids.includes(id)),
      lastWakeUp: at
    },
    actions: [{ _tag: "Carry", ids }]
  }
}

/** It is known whether the host took what was on its way. */
export const onCarried = (
  state: State,
  { ids, mark, taken }: Event & { _tag: "Carried" },
  at: number
): Step => {
  const messages = state.carried.filter(({ id }) => ids.includes(id))
  const carried = state.carried.filter(({ id }) => !ids.includes(id))
  if (messages.length === 0) return stay(state)
  if (!taken)
    // The line that wakes it goes at once.
    return stay({
      ...learn(state, { carries: undefined }),
      carried,
      waiting: [...messages, ...state.waiting].sort(byId),
      lastWakeUp: Number.NEGATIVE_INFINITY
    })
  // A turn that had begun before may be over, or call its tools, before the model is asked with what was carried.
  const isElsewhere = state.evidence.carries === "idle" && state.activity._tag !== "Idle"
  const proof = isElsewhere ? unclear : { batches: 1, ends: 1 }
  const shown = messages.map(
    (message): ShownMessage => ({
      message,
      by: "carried",
      call: undefined,
      turn: state.turn,
      ...proof,
      ...(mark === undefined ? {} : { mark }),
      complete: message.whole
    })
  )
  return {
    state: {
      ...learn(busy(state, at), { woken: true }),
      carried,
      shown: [...state.shown, ...shown]
    },
    actions: [...record("accepted", idsOf(messages)), ...record("handed over", idsOf(messages))]
  }
}

/** A prompt of the user came between: its turn may be another one than that which holds what was carried. */
export const doubtCarried = (state: State): State => ({
  ...state,
  shown: state.shown.map((one) => (one.by === "carried" ? { ...one, ...unclear } : one))
})
