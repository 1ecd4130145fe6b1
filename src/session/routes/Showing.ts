/** The hooks of a turn, and what they are answered: the messages that wait, as many as fit. */
import { type CallId, roomInAnswer } from "../../hosts/Host.ts"
import { awake, becomeIdle, learn } from "./Activity.ts"
import { doubtCarried } from "./Carrying.ts"
import type { Event, Step } from "./Event.ts"
import { mostContinuations } from "./Limits.ts"
import { closeCalls, proveByBatch, proveByEnd } from "./Proving.ts"
import { routeOf } from "./Route.ts"
import type { HeldMessage, ShownBy, ShownMessage, State } from "./State.ts"
import { takeBack } from "./TakingBack.ts"
import { andThen, idsOf, record, stay } from "./Transition.ts"

/** The first messages that fit into one answer. */
export const fitting = (messages: ReadonlyArray<HeldMessage>): ReadonlyArray<HeldMessage> => {
  let room = roomInAnswer
  const end = messages.findIndex(({ size }) => {
    room -= size
    return room < 0
  })
  return messages.slice(0, end === -1 ? messages.length : Math.max(end, 1))
}

/** What can be carried at any time is not shown by hooks, whose words count for more in some hosts. */
const showsByHooks = ({ evidence }: State): boolean =>
  routeOf(evidence) === "hooks" && evidence.carries !== "always"

/** Answers a hook with what waits, as much as fits. */
const show = (
  state: State,
  by: ShownBy,
  call: CallId,
  candidates: ReadonlyArray<HeldMessage>,
  at: number
): Step => {
  const fresh = candidates.filter(({ keptUntil }) => keptUntil > at)
  const messages = showsByHooks(state) ? fitting(fresh) : []
  if (messages.length === 0) return stay(state)
  const ids = idsOf(messages)
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(({ id }) => !ids.includes(id)),
      shown: [
        ...state.shown,
        ...messages.map(
          (message): ShownMessage => ({
            message,
            by,
            call,
            turn: state.turn,
            batches: 1,
            ends: 1,
            complete: message.whole
          })
        )
      ]
    },
    actions: [{ _tag: "Show", ids }, ...record("handed over", ids)]
  }
}

/** Of what the model has seen the beginning of, one line says how many there are. */
const remind = (state: State): Step => ({
  state,
  actions:
    routeOf(state.evidence) === "hooks" && state.begun.length > 0
      ? [{ _tag: "Remind", count: state.begun.length }]
      : []
})

/**
 * A prompt that opens a turn, or our own line in one. What the user types while the model works calls the hook at once and
 * goes out later, behind the next `PostToolBatch` or `Stop`: those would prove nothing of what was shown with it.
 */
export const onPrompt = (
  state: State,
  { answersWakeUp, call, turn }: Event & { _tag: "Prompted" },
  at: number
): Step => {
  const typedAhead = turn !== "" && turn === state.turn && !answersWakeUp
  if (typedAhead) return stay(awake(state, at))
  // Esc before the model's first word takes the prompt back, and what was shown with it; no hook tells.
  const forgotten = takeBack(
    state,
    (shown) => shown.by === "prompt" && shown.turn !== "" && shown.turn !== turn
  )
  return andThen(forgotten, (before) => {
    const announced = answersWakeUp ? (before.wakeUp?.ids ?? []) : []
    const accepted = announced.filter((id) => before.waiting.some((message) => message.id === id))
    // Which of two turns holds what was carried is not known any more: only the end of both proves it.
    const doubted = answersWakeUp ? before : doubtCarried(before)
    const known = awake(doubted, at)
    const next: State = {
      ...(answersWakeUp ? learn(known, { woken: true }) : known),
      turn,
      wakeUp: answersWakeUp ? undefined : known.wakeUp,
      continuations: turn !== "" && turn === before.turn ? known.continuations : 0
    }
    return andThen(
      andThen({ state: next, actions: record("accepted", accepted) }, (heard) =>
        show(heard, answersWakeUp ? "wake-up" : "prompt", call, heard.waiting, at)
      ),
      remind
    )
  })
}

/** The calls of tools of one request have ended. What is to come at the end of the turn waits for that. */
export const onBatchEnd = (state: State, { call, turn }: Event & { _tag: "BatchEnded" }, at: number): Step =>
  andThen(andThen(closeCalls(state), proveByBatch), (proved) => {
    const next = { ...awake(proved, at), turn }
    return show(
      next,
      "batch",
      call,
      next.waiting.filter(({ whenIdle }) => !whenIdle),
      at
    )
  })

/** One tool has ended, and others may still run: the request that the model has answered is not known to be over. */
export const onToolEnd = (state: State, { call, turn }: Event & { _tag: "ToolEnded" }, at: number): Step => {
  const next = { ...awake(state, at), turn }
  return show(
    next,
    "tool ended",
    call,
    next.waiting.filter(({ whenIdle }) => !whenIdle),
    at
  )
}

/** The turn is about to end. What waits puts that off, a few times in a row. */
export const onStop = (state: State, { call, turn }: Event & { _tag: "Stopped" }, at: number): Step =>
  andThen(andThen(closeCalls(state), proveByEnd), (proved) => {
    const next = { ...awake(proved, at), turn }
    if (next.continuations >= mostContinuations) return becomeIdle(next, at)
    const step = show(next, "stop", call, next.waiting, at)
    return step.actions.length === 0
      ? becomeIdle(step.state, at)
      : { ...step, state: { ...step.state, continuations: next.continuations + 1 } }
  })
