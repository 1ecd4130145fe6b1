/** Whether the session is at work, and what is known of it. */
import type { HostStatus } from "../../hosts/Host.ts"
import type { Step } from "./Event.ts"
import { settling, silence } from "./Limits.ts"
import type { Activity, Evidence, State } from "./State.ts"
import { passed, stay } from "./Transition.ts"

/** The turn is over. */
export const becomeIdle = (state: State, at: number): Step =>
  state.activity._tag === "Idle"
    ? stay(state)
    : {
        state: { ...state, activity: { _tag: "Idle", since: at }, continuations: 0 },
        actions: [{ _tag: "BecameIdle" }]
      }

/** A session that was at work and of which nothing was heard for long may be idle: Esc ends a turn, and no hook tells. */
export const fallSilent = (state: State, at: number): State =>
  state.activity._tag === "Working" && passed(state.activity.heard, at) >= silence
    ? { ...state, activity: { _tag: "Silent", since: state.activity.since } }
    : state

const atWork = (state: State, at: number): Activity => ({
  _tag: "Working",
  since: state.activity._tag === "Working" || state.activity._tag === "Silent" ? state.activity.since : at,
  heard: at
})

/** Something was found out about the session. */
export const learn = (state: State, evidence: Partial<Evidence>): State => ({
  ...state,
  evidence: { ...state.evidence, ...evidence }
})

/** Something shows that the main thread is at work. */
export const busy = (state: State, at: number): State => ({
  ...state,
  activity: atWork(state, at),
  dialog: undefined,
  ignoresWakeUps: false
})

/** A hook of the main thread has called: the session is at work, and its hooks do call. */
export const awake = (state: State, at: number): State => busy(learn(state, { hooks: true }), at)

/** Whether it is at work, as far as is known. */
export const isAtWork = ({ activity }: State) => activity._tag === "Working" || activity._tag === "Silent"

/** A tool was called, or a subagent's hook: a session at work is still at it. */
export const stir = (state: State, at: number): State =>
  isAtWork(state) ? { ...state, activity: atWork(state, at) } : state

/** The host's own file was read. It says more than hooks do: after Esc none is called, nor at every dialog. */
export const onTold = (state: State, status: HostStatus, at: number): Step => {
  // No hook has called yet: then there is nothing that it could be older than.
  if (state.activity._tag === "Unknown" && status === "idle") return becomeIdle(state, at)
  if (!isAtWork(state)) return stay(state)
  const { activity, dialog } = state
  // A hook may call before the file is written.
  const isSettled = (since: number | undefined) => since === undefined || passed(since, at) >= settling
  switch (status) {
    case "waiting":
      return stay(dialog === undefined ? { ...state, dialog: { permission: false, since: at } } : state)
    case "busy":
      return stay(isSettled(dialog?.since) ? { ...state, dialog: undefined } : state)
    case "idle":
      return isSettled(activity._tag === "Working" ? activity.heard : undefined)
        ? becomeIdle({ ...state, dialog: undefined }, at)
        : stay(state)
  }
}
