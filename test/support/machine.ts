/** The state machine of routes, played with: what happens to a session, in short, and what is done. */
import type { Action, Event } from "../../src/session/routes/Event.ts"
import { type Evidence, type HeldMessage, initial } from "../../src/session/routes/State.ts"
import { step } from "../../src/session/routes/Step.ts"

export const day = 86_400_000

export const message = (id: number, more: Partial<HeldMessage> = {}): HeldMessage => ({
  id,
  size: 100,
  whole: true,
  whenIdle: false,
  keptUntil: day,
  ...more
})
export const arrived = (...messages: ReadonlyArray<HeldMessage>): Event => ({ _tag: "Arrived", messages })
export const prompted = (call: number, answersWakeUp = false, turn = ""): Event => ({
  _tag: "Prompted",
  call,
  turn,
  answersWakeUp
})
export const batchEnded = (call: number, turn = ""): Event => ({ _tag: "BatchEnded", call, turn })
export const stopped = (call: number, turn = ""): Event => ({ _tag: "Stopped", call, turn })
export const ticked: Event = { _tag: "Ticked" }
/** The tool `inbox` returns the first message, or these. */
export const fetched = (use: string, call = 70, ...messages: ReadonlyArray<HeldMessage>): Event => ({
  _tag: "Fetched",
  messages: messages.length === 0 ? [message(1)] : messages,
  call,
  use
})
/** The first message is answered. */
export const answered = (use: string | undefined = undefined): Event => ({
  _tag: "Answered",
  ids: [1],
  former: [],
  use
})
export const called = (use: string, byMain: boolean): Event => ({ _tag: "Called", use, byMain })
export const told = (status: "busy" | "idle" | "waiting"): Event => ({ _tag: "Told", status })

/** A named session with hooks and a socket: what most people start. */
export const usual: Evidence = {
  delivery: "auto",
  channel: false,
  channels: true,
  dropped: false,
  socket: true,
  carries: undefined,
  requests: false,
  plugin: true,
  wake: true,
  named: true,
  hooks: true,
  callers: false,
  woken: true
}

/** What is to be done, in short. */
const short = (action: Action): string => {
  switch (action._tag) {
    case "Record":
      return `${action.state} ${action.ids.join()}`
    case "Push":
      return `Push ${action.id}`
    case "LeftInInbox":
    case "Remind":
      return `${action._tag} ${action.count}`
    case "BecameIdle":
      return "BecameIdle"
    default:
      return `${action._tag} ${action.ids.join()}`
  }
}

/** A session to which things happen. `does` gives what is done at once. */
export const play = (more: Partial<Evidence> = {}) => {
  let state = initial({ ...usual, ...more })
  return {
    does: (event: Event, at = 0) => {
      const next = step(state, event, at)
      state = next.state
      return next.actions.map(short)
    },
    state: () => state
  }
}

/** A session at work, for which the first message waits. */
export const atWork = (more: Partial<Evidence> = {}, waiting: Partial<HeldMessage> = {}) => {
  const session = play(more)
  session.does(prompted(1))
  session.does(arrived(message(1, waiting)))
  return session
}

/** A session that is not known to be at work, and to which the first message has come. */
export const atRest = (more: Partial<Evidence> = {}, waiting: Partial<HeldMessage> = {}) => {
  const session = play(more)
  session.does(arrived(message(1, waiting)))
  return session
}
