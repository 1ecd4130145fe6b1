/** The wake-up: one line that is put into an idle session. Nothing but the hook that its turn calls shows whether it was taken. */
import type { Step } from "./Event.ts"
import { wakeUpSpacing, wakeUpTimeout } from "./Limits.ts"
import { canWake, hasNoHooks, routeOf } from "./Route.ts"
import type { State } from "./State.ts"
import { idsOf, passed, record, stay } from "./Transition.ts"

/** Whether the session is about to be woken. */
export const willWakeUp = ({
  activity,
  announced,
  carried,
  evidence,
  ignoresWakeUps,
  waiting,
  wakeUp
}: State) =>
  routeOf(evidence) === "hooks" &&
  canWake(evidence) &&
  evidence.wake &&
  activity._tag !== "Working" &&
  // Without hooks it may read later what was announced, and is told of each message once.
  waiting.some(({ id }) => !hasNoHooks(evidence) || !announced.includes(id)) &&
  carried.length === 0 &&
  wakeUp === undefined &&
  !ignoresWakeUps

/** Wakes the session for all that waits, if it is time for that. */
export const wake = (state: State, at: number): Step => {
  if (!state.evidence.socket || !willWakeUp(state) || passed(state.lastWakeUp, at) < wakeUpSpacing)
    return stay(state)
  const ids = idsOf(state.waiting)
  return {
    state: { ...state, wakeUp: { at, ids }, lastWakeUp: at, announced: ids },
    actions: [{ _tag: "WakeUp", ids }]
  }
}

/** Gives up a wake-up that no hook has answered in time. */
export const giveUpWakeUp = (state: State, at: number): Step => {
  if (state.wakeUp === undefined || passed(state.wakeUp.at, at) < wakeUpTimeout) return stay(state)
  // Without hooks nothing answers a wake-up: whether it was taken shows only in a call of the tool inbox.
  if (hasNoHooks(state.evidence)) return stay({ ...state, wakeUp: undefined })
  const { ids } = state.wakeUp
  const left = idsOf(state.waiting).filter((id) => ids.includes(id))
  // Another hook may have shown meanwhile what it announced: then nothing is known of whether it was taken.
  const ignoresWakeUps = left.length > 0
  // A silent session may be at work, and then the line comes with its next request.
  const told = state.activity._tag === "Silent" ? [] : left
  return { state: { ...state, wakeUp: undefined, ignoresWakeUps }, actions: record("not taken", told) }
}
