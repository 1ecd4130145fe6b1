/** What the tool `inbox` has returned. */
import type { Event, Step } from "./Event.ts"
import { type FetchedMessage, type HeldMessage, heldIn, type Reading, type State } from "./State.ts"
import { idsOf, record } from "./Transition.ts"

/** Who asked is not known before `PostToolUse` tells: until then what was fetched is not shown anywhere else. */
export const onFetch = (state: State, { call, messages: all, use }: Event & { _tag: "Fetched" }): Step => {
  // The inbox was read before the bus knew that the model has seen these.
  const messages = all.filter(({ id }) => !state.seen.includes(id))
  const ids = idsOf(messages)
  const others = ({ id }: HeldMessage) => !ids.includes(id)
  const reading: Reading = { call, use }
  // What the main thread has before its eyes already is proved by what it does next.
  const shown = state.shown.filter(({ complete, message }) => complete || others(message))
  const isElsewhere = ({ id }: HeldMessage) =>
    [...shown, ...state.fetched].some(({ message }) => message.id === id)
  const held = new Map(heldIn(state).map((message) => [message.id, message]))
  const begun = new Set(state.shown.filter(({ complete }) => !complete).map(({ message }) => message.id))
  const isPushed = new Set(idsOf(state.pushed))
  const fresh = messages
    .filter((message) => !isElsewhere(message))
    .map((message): FetchedMessage => {
      const mine = held.get(message.id) ?? message
      return {
        message: {
          ...mine,
          ...(begun.has(message.id) ? { begun: true } : {}),
          ...(isPushed.has(message.id) ? { pushed: true } : {})
        },
        readings: [reading]
      }
    })
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(others),
      carried: state.carried.filter(others),
      pushed: state.pushed.filter(others),
      begun: state.begun.filter(others),
      shown,
      fetched: [
        ...state.fetched.map((one) =>
          others(one.message) ? one : { ...one, readings: [...one.readings, reading] }
        ),
        ...fresh
      ]
    },
    actions: record("handed over", ids)
  }
}
