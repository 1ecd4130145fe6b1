/**
 * Which way each message takes into a session, as one pure state machine: no clock, no bus, no IO. `docs/ways-in.md`
 * draws it. A message that was taken is in exactly one place: it waits, it was written to the channel, it was shown and
 * not seen yet, or it is done with. The facts about Claude Code behind each rule were seen with its version 2.1.330.
 */
import {
  type Action,
  type Activity,
  backlogSpacing,
  type CallId,
  doorbellPatience,
  doorbellSpacing,
  type Event,
  type Evidence,
  type Item,
  itemsOf,
  mostContinuations,
  roomForBacklog,
  roomInAnswer,
  type Shower,
  type Shown,
  type State,
  type Step,
  silence
} from "./State.ts"
import { isKeptQuietly, wayOf, willRing } from "./Way.ts"

const idsOf = (items: ReadonlyArray<Item>) => items.map(({ id }) => id)

const noting = (
  state: (Action & { readonly _tag: "Note" })["state"],
  ids: ReadonlyArray<number>
): ReadonlyArray<Action> => (ids.length === 0 ? [] : [{ _tag: "Note", state, ids }])

const byId = (one: Item, other: Item) => one.id - other.id

/** The first messages that fit into one answer. */
const fitting = (items: ReadonlyArray<Item>): ReadonlyArray<Item> => {
  let room = roomInAnswer
  const end = items.findIndex(({ size }) => {
    room -= size
    return room < 0
  })
  return items.slice(0, end === -1 ? items.length : Math.max(end, 1))
}

/** Answers a hook with what waits, as much as fits. */
const show = (state: State, by: Shower, call: CallId, candidates: ReadonlyArray<Item>, at: number): Step => {
  const fresh = candidates.filter(({ keptUntil }) => keptUntil > at)
  const items = wayOf(state.evidence) === "hooks" ? fitting(fresh) : []
  if (items.length === 0) return { state, actions: [] }
  const ids = idsOf(items)
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(({ id }) => !ids.includes(id)),
      shown: [
        ...state.shown,
        ...items.map(
          (item): Shown => ({ item, by, call, turn: state.turn, batches: 1, complete: item.whole })
        )
      ]
    },
    actions: [{ _tag: "Show", ids }, ...noting("handed over", ids)]
  }
}

/** What was shown partly is not seen, whatever the model answers. */
const isProved = ({ batches, complete }: Shown) => complete && batches <= 0

const prove = (state: State, countdown: (shown: Shown) => number): Step => {
  const shown = state.shown.map((one) => ({ ...one, batches: countdown(one) }))
  return {
    state: { ...state, shown: shown.filter((one) => !isProved(one)) },
    actions: noting(
      "seen",
      shown.filter(isProved).map(({ item }) => item.id)
    )
  }
}

/** Takes back what was shown and will not be seen. */
const takeBack = (state: State, isVoid: (shown: Shown) => boolean): Step => {
  const items = state.shown.filter(isVoid).map(({ item }) => item)
  return {
    state: {
      ...state,
      shown: state.shown.filter((one) => !isVoid(one)),
      waiting: [...items.filter(({ pushed }) => !pushed), ...state.waiting].sort(byId),
      pushed: [...items.filter(({ pushed }) => pushed), ...state.pushed].sort(byId)
    },
    actions: noting("queued", idsOf(items))
  }
}

const then = (first: Step, next: (state: State) => Step): Step => {
  const second = next(first.state)
  return { state: second.state, actions: [...first.actions, ...second.actions] }
}

const set =
  (change: Partial<State>) =>
  (state: State): Step => ({ state: { ...state, ...change }, actions: [] })

const becomeIdle =
  (at: number) =>
  (state: State): Step =>
    state.activity._tag === "Idle"
      ? { state, actions: [] }
      : {
          state: { ...state, activity: { _tag: "Idle", since: at }, continuations: 0 },
          actions: [{ _tag: "BecameIdle" }]
        }

const atWork = (state: State, at: number): Activity => ({
  _tag: "Working",
  since: state.activity._tag === "Working" || state.activity._tag === "Silent" ? state.activity.since : at,
  heard: at
})

const learn = (state: State, evidence: Partial<Evidence>): State => ({
  ...state,
  evidence: { ...state.evidence, ...evidence }
})

const awake = (state: State, at: number): State => ({
  ...learn(state, { hooks: true }),
  activity: atWork(state, at),
  dialogSince: undefined,
  deaf: false
})

/**
 * A prompt that opens a turn, or our own line in one. What the user types while the model works calls the hook at once and
 * goes out later, behind the next `PostToolBatch` or `Stop`: those would prove nothing of what was shown with it.
 */
const onPrompt = (
  state: State,
  { answersDoorbell, call, turn }: Event & { _tag: "Prompted" },
  at: number
): Step => {
  const typedAhead = turn !== "" && turn === state.turn && !answersDoorbell
  if (typedAhead) return { state: awake(state, at), actions: [] }
  // Esc before the model's first word takes the prompt back, and what was shown with it; no hook tells.
  const forgotten = takeBack(
    state,
    (shown) => shown.by === "prompt" && shown.turn !== "" && shown.turn !== turn
  )
  return then(forgotten, (before) => {
    const announced = answersDoorbell ? (before.doorbell?.ids ?? []) : []
    const accepted = announced.filter((id) => before.waiting.some((item) => item.id === id))
    const known = awake(before, at)
    const next: State = {
      ...(answersDoorbell ? learn(known, { woken: true }) : known),
      turn,
      doorbell: answersDoorbell ? undefined : known.doorbell,
      continuations: turn !== "" && turn === before.turn ? known.continuations : 0
    }
    return then({ state: next, actions: noting("accepted", accepted) }, (heard) =>
      show(heard, answersDoorbell ? "doorbell" : "prompt", call, heard.waiting, at)
    )
  })
}

const onBatchEnd = (state: State, { call, turn }: Event & { _tag: "BatchEnded" }, at: number): Step =>
  then(
    prove(state, ({ batches }) => batches - 1),
    (proved) => {
      const next = { ...awake(proved, at), turn }
      return show(
        next,
        "batch",
        call,
        next.waiting.filter(({ whenIdle }) => !whenIdle),
        at
      )
    }
  )

const onStop = (state: State, { call, turn }: Event & { _tag: "Stopped" }, at: number): Step =>
  then(
    prove(state, () => 0),
    (proved) => {
      const next = { ...awake(proved, at), turn }
      if (next.continuations >= mostContinuations) return becomeIdle(at)(next)
      const step = show(next, "stop", call, next.waiting, at)
      return step.actions.length === 0
        ? becomeIdle(at)(step.state)
        : { ...step, state: { ...step.state, continuations: next.continuations + 1 } }
    }
  )

const onCancel = (state: State, call: CallId, at: number): Step => {
  const isVoid = (one: Shown) => one.call === call
  // The end of a turn that could not be put off is its end.
  const ended = state.shown.some((one) => isVoid(one) && one.by === "stop")
  return then(takeBack(state, isVoid), ended ? becomeIdle(at) : set({}))
}

const onFetch = (state: State, { call, items }: Event & { _tag: "Fetched" }): Step => {
  const ids = idsOf(items)
  const others = ({ id }: Item) => !ids.includes(id)
  // What the model had before its eyes when it asked is proved by the end of this batch already.
  const before = state.shown.filter(({ complete, item }) => complete || others(item))
  const fresh = items.filter(({ id }) => !before.some(({ item }) => item.id === id))
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(others),
      pushed: state.pushed.filter(others),
      // Their batch ends before the model is asked again, so that the next but one proves it.
      shown: [
        ...before,
        ...fresh.map(
          (item): Shown => ({
            item: state.pushed.some(({ id }) => id === item.id) ? { ...item, pushed: true } : item,
            by: "tool",
            call,
            turn: state.turn,
            batches: 2,
            complete: true
          })
        )
      ]
    },
    actions: noting("handed over", ids)
  }
}

/** What waits was shown to nobody, whatever the model says of it. */
const onName = (state: State, named: ReadonlyArray<number>): Step => {
  const ids = [...idsOf(state.pushed), ...state.shown.map(({ item }) => item.id)].filter((id) =>
    named.includes(id)
  )
  return {
    state: {
      ...state,
      pushed: state.pushed.filter(({ id }) => !ids.includes(id)),
      shown: state.shown.filter(({ item }) => !ids.includes(item.id))
    },
    actions: noting("seen", ids)
  }
}

const react = (state: State, event: Event, at: number): Step => {
  switch (event._tag) {
    case "Arrived": {
      // Mail that went back to its name while the machine slept comes a second time.
      const held = new Set(idsOf(itemsOf(state)))
      const items = event.items.filter(({ id }) => !held.has(id))
      return {
        state: { ...state, waiting: [...state.waiting, ...items].sort(byId) },
        actions: isKeptQuietly(state.evidence) ? noting("kept quietly", idsOf(items)) : []
      }
    }
    case "Prompted":
      return onPrompt(state, event, at)
    case "BatchEnded":
      return onBatchEnd(state, event, at)
    case "Stopped":
      return onStop(state, event, at)
    case "Failed":
      return becomeIdle(at)(awake(state, at))
    case "Asked":
      return { state: { ...awake(state, at), dialogSince: at }, actions: [] }
    case "Cancelled":
      return onCancel(state, event.call, at)
    case "Forgot": {
      const forgotten = then(
        takeBack(state, () => true),
        (next) => set({ evidence: { ...next.evidence, hooks: true }, deaf: false, doorbell: undefined })(next)
      )
      if (!event.idle) return forgotten
      // Who waits for that is told, also where a doorbell was forgotten with the rest.
      const idle = then(forgotten, becomeIdle(at))
      return state.activity._tag === "Idle"
        ? { ...idle, actions: [...idle.actions, { _tag: "BecameIdle" }] }
        : idle
    }
    case "Stirred": {
      const { activity } = state
      const isAtWork = activity._tag === "Working" || activity._tag === "Silent"
      return set(isAtWork ? { activity: atWork(state, at) } : {})(state)
    }
    case "Fetched":
      return onFetch(state, event)
    case "Named":
      return onName(state, event.ids)
    case "Learned": {
      const next = learn(state, event.evidence)
      const quietly = isKeptQuietly(next.evidence) && !isKeptQuietly(state.evidence)
      return { state: next, actions: quietly ? noting("kept quietly", idsOf(next.waiting)) : [] }
    }
    case "Ticked":
      return { state, actions: [] }
  }
}

/** How much time has passed. A clock that was set back says nothing: then the time counts as over. */
const passed = (since: number, at: number) => (at < since ? Number.POSITIVE_INFINITY : at - since)

/** Gives up what was kept long enough, whatever way it took. */
const giveUp = (state: State, isOver: (item: Item) => boolean): Step => {
  const over = idsOf(itemsOf(state).filter(isOver))
  // Of what was pushed to a session that was started as a channel nothing more is ever known.
  const mayHaveSurfaced = new Set(state.evidence.channel ? idsOf(state.pushed) : [])
  return {
    state: {
      ...state,
      waiting: state.waiting.filter((item) => !isOver(item)),
      pushed: state.pushed.filter((item) => !isOver(item)),
      shown: state.shown.filter(({ item }) => !isOver(item))
    },
    actions: [
      ...noting(
        "expired",
        over.filter((id) => !mayHaveSurfaced.has(id))
      ),
      { _tag: "Forget", ids: over }
    ]
  }
}

/** Writes what waits to the channel; of what had waited before as much as there is room for. */
const pushWaiting = (state: State, at: number): Step => {
  const isNew = ({ leftInInbox }: Item) => leftInInbox !== true
  if (!state.waiting.some(isNew)) return { state, actions: [] }
  let backlog = passed(state.backlog.at, at) >= backlogSpacing ? { at, size: 0 } : state.backlog
  const fits = ({ size, waited }: Item): boolean => {
    if (waited !== true) return true
    // The first goes, however long it is; behind one that does not fit none does, so that their order stays.
    const isIn = backlog.size === 0 || backlog.size + size <= roomForBacklog
    backlog = { ...backlog, size: isIn ? backlog.size + size : roomForBacklog }
    return isIn
  }
  const fitting = new Set(state.waiting.filter((item) => isNew(item) && fits(item)))
  const left = state.waiting.filter((item) => !fitting.has(item))
  const count = left.filter(isNew).length
  return {
    state: {
      ...state,
      backlog,
      waiting: left.map((item) => ({ ...item, leftInInbox: true })),
      pushed: [...state.pushed, ...fitting]
    },
    actions: [
      ...[...fitting].map(({ id }): Action => ({ _tag: "Push", id })),
      ...(count === 0 ? [] : [{ _tag: "Announce", count } as const])
    ]
  }
}

/** What time alone brings about, and what any event may have made possible. */
const settle = (state: State, at: number): Step => {
  const isOver = ({ keptUntil }: Item) => keptUntil <= at
  const fresh: Step = itemsOf(state).some(isOver) ? giveUp(state, isOver) : { state, actions: [] }
  const listened = then(fresh, (next) => {
    if (next.doorbell === undefined || passed(next.doorbell.at, at) < doorbellPatience)
      return { state: next, actions: [] }
    const { ids } = next.doorbell
    const left = idsOf(next.waiting).filter((id) => ids.includes(id))
    // What it announced may have been shown by another hook meanwhile: then nothing is known of its ears.
    const deaf = left.length > 0
    // Who is silent may be at work, and then the line comes with the next request.
    const told = next.activity._tag === "Silent" ? [] : left
    return { state: { ...next, doorbell: undefined, deaf }, actions: noting("not taken", told) }
  })
  const quiet = then(listened, (next) =>
    next.activity._tag === "Working" && passed(next.activity.heard, at) >= silence
      ? set({ activity: { _tag: "Silent", since: next.activity.since } })(next)
      : { state: next, actions: [] }
  )
  const pushed = then(quiet, (next) =>
    wayOf(next.evidence) === "channel" ? pushWaiting(next, at) : { state: next, actions: [] }
  )
  return then(pushed, (next) => {
    if (!willRing(next) || passed(next.lastDoorbell, at) < doorbellSpacing)
      return { state: next, actions: [] }
    const ids = idsOf(next.waiting)
    return { state: { ...next, doorbell: { at, ids }, lastDoorbell: at }, actions: [{ _tag: "Ring", ids }] }
  })
}

/** One event, at a time in milliseconds. */
export const step = (state: State, event: Event, at: number): Step =>
  then(react(state, event, at), (next) => settle(next, at))

/** When the machine wants a `Ticked`, should nothing else happen before; `undefined`: never. */
export const nextTick = (state: State): number | undefined => {
  const time = Math.min(
    state.doorbell === undefined ? Number.POSITIVE_INFINITY : state.doorbell.at + doorbellPatience,
    willRing(state) ? state.lastDoorbell + doorbellSpacing : Number.POSITIVE_INFINITY,
    state.activity._tag === "Working" ? state.activity.heard + silence : Number.POSITIVE_INFINITY,
    itemsOf(state).reduce((time, { keptUntil }) => Math.min(time, keptUntil), Number.POSITIVE_INFINITY)
  )
  return time === Number.POSITIVE_INFINITY ? undefined : time
}
