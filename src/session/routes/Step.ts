/**
 * Which way each message takes into a session, as one pure state machine: no clock, no bus, no IO. `docs/internals/routes.md`
 * draws it. A message that was taken is in exactly one place: it waits, it was written to the channel, somebody fetched it,
 * it was shown and not seen yet, its beginning was seen, or it is done with. The facts about Claude Code behind each rule
 * were seen with its version 2.1.332.
 */
import { type CallId, type HostStatus, roomInAnswer } from "../../hosts/Host.ts"
import { hasNoHooks, isKeptQuietly, wayOf, willRing } from "./Route.ts"
import {
  type Action,
  type Activity,
  backlogSpacing,
  doorbellPatience,
  doorbellSpacing,
  type Event,
  type Evidence,
  type Fetched,
  type Item,
  itemsOf,
  lookQuiet,
  lookWaiting,
  mostContinuations,
  mostNamings,
  type Reading,
  roomForBacklog,
  type Shown,
  type ShownBy,
  type State,
  type Step,
  settling,
  silence
} from "./State.ts"

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
const show = (state: State, by: ShownBy, call: CallId, candidates: ReadonlyArray<Item>, at: number): Step => {
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

const prove = (state: State, countdown: (shown: Shown) => number): Step => {
  const shown = state.shown.map((one) => ({ ...one, batches: countdown(one) }))
  const proved = shown.filter(({ batches }) => batches <= 0)
  // What was shown partly is not seen, whatever the model answers.
  const partly = proved.filter(({ complete }) => !complete).map(({ item }) => ({ ...item, begun: true }))
  return {
    state: {
      ...state,
      shown: shown.filter(({ batches }) => batches > 0),
      begun: [...state.begun, ...partly].sort(byId)
    },
    actions: noting(
      "seen",
      proved.filter(({ complete }) => complete).map(({ item }) => item.id)
    )
  }
}

/** Puts messages back where they came from: to their beginnings, to what was pushed, or to what waits. */
const putBack = (state: State, items: ReadonlyArray<Item>): Step => ({
  state: {
    ...state,
    begun: [...items.filter(({ begun }) => begun), ...state.begun].sort(byId),
    pushed: [...items.filter(({ begun, pushed }) => !begun && pushed), ...state.pushed].sort(byId),
    waiting: [...items.filter(({ begun, pushed }) => !begun && !pushed), ...state.waiting].sort(byId)
  },
  actions: noting("queued", idsOf(items.filter(({ begun }) => !begun)))
})

/** Takes back what was shown and will not be seen. */
const takeBack = (state: State, isVoid: (shown: Shown) => boolean): Step =>
  putBack(
    { ...state, shown: state.shown.filter((one) => !isVoid(one)) },
    state.shown.filter(isVoid).map(({ item }) => item)
  )

/** Takes back what was fetched by calls that were not the main thread's, or that reached nobody. */
const takeBackFetched = (state: State, isVoid: (reading: Reading) => boolean): Step => {
  const left = state.fetched.map(
    (one): Fetched => ({ ...one, readings: one.readings.filter((reading) => !isVoid(reading)) })
  )
  const isRead = ({ readings }: Fetched) => readings.length > 0
  return putBack(
    { ...state, fetched: left.filter(isRead) },
    left.filter((one) => !isRead(one)).map(({ item }) => item)
  )
}

/** The context is gone, and with it what was shown, what was read, and what was begun. */
const forget = (state: State): Step =>
  putBack(
    { ...state, shown: [], fetched: [], begun: [], namings: [] },
    [...state.shown, ...state.fetched]
      .map(({ item }) => item)
      .concat(state.begun)
      .map(({ begun, ...item }) => item)
  )

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
  dialog: undefined,
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
    return then(
      then({ state: next, actions: noting("accepted", accepted) }, (heard) =>
        show(heard, answersDoorbell ? "doorbell" : "prompt", call, heard.waiting, at)
      ),
      remind
    )
  })
}

/** Of what the model has seen the beginning of, one line says how many there are. */
const remind = (state: State): Step => ({
  state,
  actions:
    wayOf(state.evidence) === "hooks" && state.begun.length > 0
      ? [{ _tag: "Remind", count: state.begun.length }]
      : []
})

/**
 * The main thread's calls of tools have ended. `PostToolUse` comes before that: where it calls, what it has not told of
 * was a subagent's, and waits for the main thread all the same.
 */
const closeCalls = (state: State): Step =>
  state.evidence.callers ? takeBackFetched({ ...state, namings: [] }, () => true) : { state, actions: [] }

const onBatchEnd = (state: State, { call, turn }: Event & { _tag: "BatchEnded" }, at: number): Step =>
  then(
    then(closeCalls(state), (closed) => prove(closed, ({ batches }) => batches - 1)),
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
    then(closeCalls(state), (closed) => prove(closed, () => 0)),
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
  const isVoid = (one: { readonly call: CallId | undefined }) => one.call === call
  // The end of a turn that could not be put off is its end.
  const ended = state.shown.some((one) => isVoid(one) && one.by === "stop")
  return then(
    then(takeBack(state, isVoid), (next) => takeBackFetched(next, isVoid)),
    ended ? becomeIdle(at) : set({})
  )
}

/** Who asked is not known before `PostToolUse` tells: until then what was fetched is shown to nobody else. */
const onFetch = (state: State, { call, items, use }: Event & { _tag: "Fetched" }): Step => {
  const ids = idsOf(items)
  const others = ({ id }: Item) => !ids.includes(id)
  const reading: Reading = { call, use }
  // What the main thread has before its eyes already is proved by what it does next.
  const shown = state.shown.filter(({ complete, item }) => complete || others(item))
  const isElsewhere = ({ id }: Item) => [...shown, ...state.fetched].some(({ item }) => item.id === id)
  const held = new Map(itemsOf(state).map((item) => [item.id, item]))
  const begun = new Set(state.shown.filter(({ complete }) => !complete).map(({ item }) => item.id))
  const isPushed = new Set(idsOf(state.pushed))
  const fresh = items
    .filter((item) => !isElsewhere(item))
    .map((item): Fetched => {
      const mine = held.get(item.id) ?? item
      return {
        item: {
          ...mine,
          ...(begun.has(item.id) ? { begun: true } : {}),
          ...(isPushed.has(item.id) ? { pushed: true } : {})
        },
        readings: [reading]
      }
    })
  return {
    state: {
      ...state,
      waiting: state.waiting.filter(others),
      pushed: state.pushed.filter(others),
      begun: state.begun.filter(others),
      shown,
      fetched: [
        ...state.fetched.map((one) =>
          others(one.item) ? one : { ...one, readings: [...one.readings, reading] }
        ),
        ...fresh
      ]
    },
    actions: noting("handed over", ids)
  }
}

/** What waits was shown to nobody, whatever the model says of it. */
const proveNamed = (state: State, named: ReadonlyArray<number>, former: ReadonlyArray<number>): Step => {
  const waiting = idsOf(state.waiting)
  const ids = idsOf(itemsOf(state)).filter((id) => named.includes(id) && !waiting.includes(id))
  const isLeft = ({ id }: Item) => !ids.includes(id)
  return {
    state: {
      ...state,
      pushed: state.pushed.filter(isLeft),
      begun: state.begun.filter(isLeft),
      fetched: state.fetched.filter(({ item }) => isLeft(item)),
      shown: state.shown.filter(({ item }) => isLeft(item))
    },
    actions: noting("seen", [...ids, ...former])
  }
}

/** An answer proves that the main thread saw a message where it was the main thread's. Without hooks nobody else is known. */
const onName = (state: State, { former, ids, use }: Event & { _tag: "Named" }): Step =>
  state.evidence.hooks && use !== undefined
    ? set({ namings: [...state.namings, { use, ids, former }].slice(-mostNamings) })(state)
    : proveNamed(state, ids, former)

const isAtWork = ({ activity }: State) => activity._tag === "Working" || activity._tag === "Silent"

/** A tool was called, or a subagent's hook: somebody is at work. */
const stir = (state: State, at: number): State =>
  isAtWork(state) ? { ...state, activity: atWork(state, at) } : state

const onCall = (before: State, { byMain, use }: Event & { _tag: "Called" }, at: number): Step => {
  const known = learn(before, { hooks: true, callers: true })
  const named = known.namings.filter((naming) => naming.use === use)
  const state = { ...known, namings: known.namings.filter((naming) => naming.use !== use) }
  if (!byMain) return takeBackFetched(stir(state, at), (reading) => reading.use === use)
  const isRead = ({ readings }: Fetched) => readings.some((reading) => reading.use === use)
  return proveNamed(
    {
      ...awake(state, at),
      fetched: state.fetched.filter((one) => !isRead(one)),
      // Their batch ends before the model is asked again, so that the next but one proves it.
      shown: [
        ...state.shown,
        ...state.fetched.filter(isRead).map(
          ({ item, readings }): Shown => ({
            item,
            by: "tool",
            call: readings.find((reading) => reading.use === use)?.call,
            turn: state.turn,
            batches: 2,
            complete: true
          })
        )
      ]
    },
    named.flatMap(({ ids }) => ids),
    named.flatMap(({ former }) => former)
  )
}

/** What the client's own file says, where it says more than hooks do: after Esc none is called, nor at every dialog. */
const onTold = (state: State, status: HostStatus, at: number): Step => {
  if (!isAtWork(state)) return { state, actions: [] }
  const { activity, dialog } = state
  // A hook may call before the file is written.
  const isSettled = (since: number | undefined) => since === undefined || passed(since, at) >= settling
  switch (status) {
    case "waiting":
      return set(dialog === undefined ? { dialog: { permission: false, since: at } } : {})(state)
    case "busy":
      return set(isSettled(dialog?.since) ? { dialog: undefined } : {})(state)
    case "idle":
      return isSettled(activity._tag === "Working" ? activity.heard : undefined)
        ? becomeIdle(at)({ ...state, dialog: undefined })
        : { state, actions: [] }
  }
}

/** The client drops what is written to the channel: nobody saw any of it, and the other ways are left. */
const onDropped = (state: State): Step => {
  if (wayOf(state.evidence) === "channel") return { state, actions: [] }
  const unpushed = <Held extends { readonly item: Item }>(one: Held): Held => {
    const { pushed, ...item } = one.item
    return { ...one, item }
  }
  const items = state.pushed.map((item) => unpushed({ item }).item)
  return {
    state: {
      ...state,
      pushed: [],
      fetched: state.fetched.map(unpushed),
      shown: state.shown.map(unpushed),
      begun: state.begun.map((item) => unpushed({ item }).item),
      waiting: [...items, ...state.waiting].sort(byId)
    },
    actions: noting("dropped", idsOf(items))
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
      return { state: { ...awake(state, at), dialog: { permission: true, since: at } }, actions: [] }
    case "Cancelled":
      return onCancel(state, event.call, at)
    case "Forgot": {
      const forgotten = then(forget(state), (next) =>
        set({ evidence: { ...next.evidence, hooks: true }, deaf: false, doorbell: undefined })(next)
      )
      if (!event.idle) return forgotten
      // Who waits for that is told, also where a doorbell was forgotten with the rest.
      const idle = then(forgotten, becomeIdle(at))
      return state.activity._tag === "Idle"
        ? { ...idle, actions: [...idle.actions, { _tag: "BecameIdle" }] }
        : idle
    }
    case "Stirred":
      return { state: stir(state, at), actions: [] }
    case "Fetched":
      return onFetch(state, event)
    case "Named":
      return onName(state, event)
    case "Called":
      return onCall(state, event, at)
    case "Told":
      return onTold(state, event.status, at)
    case "Learned": {
      const learnt = learn(state, event.evidence)
      return then(event.evidence.dropped === true ? onDropped(learnt) : set({})(learnt), (next) => {
        const quietly = isKeptQuietly(next.evidence) && !isKeptQuietly(state.evidence)
        return { state: next, actions: quietly ? noting("kept quietly", idsOf(next.waiting)) : [] }
      })
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
  const { channel, dropped } = state.evidence
  const mayHaveSurfaced = new Set(channel && !dropped ? idsOf(state.pushed) : [])
  return {
    state: {
      ...state,
      waiting: state.waiting.filter((item) => !isOver(item)),
      pushed: state.pushed.filter((item) => !isOver(item)),
      begun: state.begun.filter((item) => !isOver(item)),
      fetched: state.fetched.filter(({ item }) => !isOver(item)),
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
    // Who has no hooks answers no doorbell: whether it was taken shows in nothing but a call of the tool inbox.
    if (hasNoHooks(next.evidence)) return { state: { ...next, doorbell: undefined }, actions: [] }
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
    return {
      state: { ...next, doorbell: { at, ids }, lastDoorbell: at, announced: ids },
      actions: [{ _tag: "Ring", ids }]
    }
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

/** After how long the client's own file is worth a look; `undefined`: hooks tell all that there is to know. */
export const nextLook = (state: State): number | undefined => {
  if (!isAtWork(state)) return undefined
  return state.waiting.length > 0 ? lookWaiting : lookQuiet
}
