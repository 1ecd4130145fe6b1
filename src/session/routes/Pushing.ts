/** What is written to the channel, and what the host says that it drops of it. */
import type { Action, Step } from "./Event.ts"
import { backlogSpacing, roomForBacklog } from "./Limits.ts"
import { routeOf } from "./Route.ts"
import type { HeldMessage, State } from "./State.ts"
import { byId, idsOf, passed, record, stay } from "./Transition.ts"

/** Writes what waits to the channel; of what had waited before as much as there is room for. */
export const pushWaiting = (state: State, at: number): Step => {
  const isNew = ({ leftInInbox }: HeldMessage) => leftInInbox !== true
  if (!state.waiting.some(isNew)) return stay(state)
  let backlog = passed(state.backlog.at, at) >= backlogSpacing ? { at, size: 0 } : state.backlog
  const fits = (message: HeldMessage): boolean => {
    if (message.waited !== true) return true
    const { size } = message
    // The first goes, however long it is; behind one that does not fit none does, so that their order stays.
    const isIn = backlog.size === 0 || backlog.size + size <= roomForBacklog
    backlog = { ...backlog, size: isIn ? backlog.size + size : roomForBacklog }
    return isIn
  }
  const fitting = new Set(state.waiting.filter((message) => isNew(message) && fits(message)))
  const left = state.waiting.filter((message) => !fitting.has(message))
  const count = left.filter(isNew).length
  return {
    state: {
      ...state,
      backlog,
      waiting: left.map((message) => ({ ...message, leftInInbox: true })),
      pushed: [...state.pushed, ...fitting]
    },
    actions: [
      ...[...fitting].map(({ id }): Action => ({ _tag: "Push", id })),
      ...(count === 0 ? [] : [{ _tag: "LeftInInbox", count } as const])
    ]
  }
}

/** The host drops what is written to the channel: the model saw nothing of it, and the other routes are left. */
export const onDropped = (state: State): Step => {
  if (routeOf(state.evidence) === "channel") return stay(state)
  const unpushed = ({ pushed, ...message }: HeldMessage): HeldMessage => message
  const messages = state.pushed.map(unpushed)
  return {
    state: {
      ...state,
      pushed: [],
      fetched: state.fetched.map((one) => ({ ...one, message: unpushed(one.message) })),
      shown: state.shown.map((one) => ({ ...one, message: unpushed(one.message) })),
      begun: state.begun.map(unpushed),
      waiting: [...messages, ...state.waiting].sort(byId)
    },
    actions: record("dropped", idsOf(messages))
  }
}
