/** What was put before the model in vain: it goes back to where it came from, and is offered again. */
import type { CallId } from "../../hosts/Host.ts"
import { becomeIdle } from "./Activity.ts"
import type { Step } from "./Event.ts"
import type { FetchedMessage, HeldMessage, Reading, ShownMessage, State } from "./State.ts"
import { andThen, byId, idsOf, record, stay } from "./Transition.ts"

/** Puts messages back where they came from: to their beginnings, to what was pushed, or to what waits. */
const putBack = (state: State, messages: ReadonlyArray<HeldMessage>): Step => ({
  state: {
    ...state,
    begun: [...messages.filter(({ begun }) => begun), ...state.begun].sort(byId),
    pushed: [...messages.filter(({ begun, pushed }) => !begun && pushed), ...state.pushed].sort(byId),
    waiting: [...messages.filter(({ begun, pushed }) => !begun && !pushed), ...state.waiting].sort(byId)
  },
  actions: record("queued", idsOf(messages.filter(({ begun }) => !begun)))
})

/** Takes back what was shown and will not be seen. */
export const takeBack = (state: State, isTakenBack: (shown: ShownMessage) => boolean): Step =>
  putBack(
    { ...state, shown: state.shown.filter((one) => !isTakenBack(one)) },
    state.shown.filter(isTakenBack).map(({ message }) => message)
  )

/** Takes back what was fetched by calls that were not the main thread's, or whose answer was lost. */
export const takeBackFetched = (state: State, isTakenBack: (reading: Reading) => boolean): Step => {
  const left = state.fetched.map(
    (one): FetchedMessage => ({ ...one, readings: one.readings.filter((reading) => !isTakenBack(reading)) })
  )
  const isRead = ({ readings }: FetchedMessage) => readings.length > 0
  return putBack(
    { ...state, fetched: left.filter(isRead) },
    left.filter((one) => !isRead(one)).map(({ message }) => message)
  )
}

/** The context is gone, and with it what was shown, what was read, and what was begun. */
export const forget = (state: State): Step =>
  putBack(
    { ...state, shown: [], fetched: [], begun: [], answers: [] },
    [...state.shown, ...state.fetched]
      .map(({ message }) => message)
      .concat(state.begun)
      .map(({ begun, ...message }) => message)
  )

/** The host gave up the call of a hook, or of the tool `inbox`: what it was answered with is lost. */
export const onCancel = (state: State, call: CallId, at: number): Step => {
  const isTakenBack = (one: { readonly call: CallId | undefined }) => one.call === call
  // The end of a turn that could not be put off is its end.
  const ended = state.shown.some((one) => isTakenBack(one) && one.by === "stop")
  return andThen(
    andThen(takeBack(state, isTakenBack), (next) => takeBackFetched(next, isTakenBack)),
    (next) => (ended ? becomeIdle(next, at) : stay(next))
  )
}
