/** Steps of the machine, made of smaller ones: each gives the state that follows, and what is to be done. */
import type { Action, Step } from "./Event.ts"
import type { HeldMessage, State } from "./State.ts"

/** The state as it is, and nothing to be done. */
export const stay = (state: State): Step => ({ state, actions: [] })

/** Takes messages out, wherever they are. */
export const without = (state: State, isGone: (message: HeldMessage) => boolean): State => ({
  ...state,
  waiting: state.waiting.filter((message) => !isGone(message)),
  carried: state.carried.filter((message) => !isGone(message)),
  pushed: state.pushed.filter((message) => !isGone(message)),
  begun: state.begun.filter((message) => !isGone(message)),
  fetched: state.fetched.filter(({ message }) => !isGone(message)),
  shown: state.shown.filter(({ message }) => !isGone(message))
})

/** One step after the other. What is to be done stands in that order. */
export const andThen = (first: Step, next: (state: State) => Step): Step => {
  const second = next(first.state)
  // Most steps bring nothing about.
  if (first.actions.length === 0) return second
  return { state: second.state, actions: [...first.actions, ...second.actions] }
}

/** What the bus is to be told of some messages; nothing if there are none. */
export const record = (
  state: (Action & { readonly _tag: "Record" })["state"],
  ids: ReadonlyArray<number>
): ReadonlyArray<Action> => (ids.length === 0 ? [] : [{ _tag: "Record", state, ids }])

export const idsOf = (messages: ReadonlyArray<HeldMessage>): ReadonlyArray<number> =>
  messages.map(({ id }) => id)

/** Messages stay in the order in which they were written. */
export const byId = (one: HeldMessage, other: HeldMessage) => one.id - other.id

/** How much time has passed, in milliseconds. A clock that was set back says nothing: then the time counts as over. */
export const passed = (since: number, at: number) => (at < since ? Number.POSITIVE_INFINITY : at - since)
