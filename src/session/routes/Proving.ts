/** What proves that the model has seen a message: that it went on behind it, or that it answered it. */
import { awake, busy, learn, stir } from "./Activity.ts"
import type { Event, Step } from "./Event.ts"
import { mostAnswers } from "./Limits.ts"
import { type FetchedMessage, heldIn, type ShownMessage, type State } from "./State.ts"
import { takeBack, takeBackFetched } from "./TakingBack.ts"
import { byId, idsOf, record, stay, without } from "./Transition.ts"

/** The model has gone on, and has seen those that it answered in a request. */
const prove = (
  all: ReadonlyArray<ShownMessage>,
  state: State,
  isProved: (shown: ShownMessage) => boolean
): Step => {
  const proved = all.filter(isProved)
  // What was shown partly is not seen, whatever the model answers.
  const partly = proved
    .filter(({ complete }) => !complete)
    .map(({ message }) => ({ ...message, begun: true }))
  return {
    state: {
      ...state,
      shown: all.filter((one) => !isProved(one)),
      begun: [...state.begun, ...partly].sort(byId)
    },
    actions: record(
      "seen",
      proved.filter(({ complete }) => complete).map(({ message }) => message.id)
    )
  }
}

/** A batch of tool calls has ended. If the host tells of requests, that proves nothing that they do not. */
export const proveByBatch = (state: State): Step =>
  state.evidence.requests
    ? stay(state)
    : prove(
        state.shown.map((one) => ({ ...one, batches: one.batches - 1 })),
        state,
        ({ batches, mark }) => mark === undefined && batches <= 0
      )

/** A turn has ended. */
export const proveByEnd = (state: State): Step =>
  state.evidence.requests
    ? stay(state)
    : prove(
        state.shown.map((one) => ({ ...one, ends: one.ends - 1 })),
        state,
        ({ ends, mark }) => mark === undefined && ends <= 0
      )

/** Whether it was shown in a hook's answer, which may come into a later request than the next one. */
const isAnswer = ({ by }: ShownMessage) => by !== "tool" && by !== "carried"

/** A request holds what was shown until it was made, as far as the host does not know better. */
export const onRequest = (
  state: State,
  { holds, request }: Event & { _tag: "Requested" },
  at: number
): Step => {
  const isHeld = (one: ShownMessage) =>
    holds === undefined || !isAnswer(one) || (one.call !== undefined && holds.includes(one.call))
  return stay({
    ...learn(busy(state, at), { requests: true }),
    shown: state.shown.map((one) =>
      isHeld(one) && one.mark === undefined ? { ...one, request: one.request ?? request } : one
    )
  })
}

/** The model has answered a request. One that was broken off is asked again, or its words stand in the next one. */
export const onReply = (state: State, { request, whole }: Event & { _tag: "Replied" }): Step =>
  whole
    ? prove(state.shown, state, (one) => one.request === request)
    : stay({
        ...state,
        shown: state.shown.map((one) => {
          const { request: broken, ...rest } = one
          return broken === request ? rest : one
        })
      })

/** The host says what became of messages that it was given: none of them is lost, and none seen too early. */
export const onSettle = (state: State, { answered, mark }: Event & { _tag: "Settled" }): Step =>
  answered
    ? prove(state.shown, state, (one) => one.mark === mark)
    : takeBack(state, (one) => one.mark === mark)

/**
 * The main thread's calls of tools have ended. `PostToolUse` comes before that: if it calls, what it has not told of
 * was a subagent's, and waits for the main thread all the same.
 */
export const closeCalls = (state: State): Step =>
  state.evidence.callers ? takeBackFetched({ ...state, answers: [] }, () => true) : stay(state)

/** The main thread has answered these. What waits was not shown to the model, whatever it says of it. */
const proveAnswered = (
  state: State,
  answered: ReadonlyArray<number>,
  former: ReadonlyArray<number>
): Step => {
  const waiting = idsOf(state.waiting)
  const ids = idsOf(heldIn(state)).filter((id) => answered.includes(id) && !waiting.includes(id))
  return {
    state: without(state, ({ id }) => ids.includes(id)),
    actions: record("seen", [...ids, ...former])
  }
}

/** An answer proves that the main thread saw a message if it was the main thread's. Without hooks no other is known. */
export const onAnswer = (state: State, { former, ids, use }: Event & { _tag: "Answered" }): Step =>
  state.evidence.callers || (state.evidence.hooks && use !== undefined)
    ? stay({ ...state, answers: [...state.answers, { use, ids, former }].slice(-mostAnswers) })
    : proveAnswered(state, ids, former)

/** The hook behind a call of a tool tells whose it was. */
export const onCall = (before: State, { byMain, use }: Event & { _tag: "Called" }, at: number): Step => {
  const known = learn(before, { hooks: true, callers: true })
  const answered = known.answers.filter((answer) => answer.use === use)
  const state = { ...known, answers: known.answers.filter((answer) => answer.use !== use) }
  if (!byMain) return takeBackFetched(stir(state, at), (reading) => reading.use === use)
  const isRead = ({ readings }: FetchedMessage) => readings.some((reading) => reading.use === use)
  return proveAnswered(
    {
      ...awake(state, at),
      fetched: state.fetched.filter((one) => !isRead(one)),
      // Their batch ends before the model is asked again, so that the next but one proves it.
      shown: [
        ...state.shown,
        ...state.fetched.filter(isRead).map(
          ({ message, readings }): ShownMessage => ({
            message,
            by: "tool",
            call: readings.find((reading) => reading.use === use)?.call,
            turn: state.turn,
            batches: 2,
            ends: 1,
            complete: true
          })
        )
      ]
    },
    answered.flatMap(({ ids }) => ids),
    answered.flatMap(({ former }) => former)
  )
}
