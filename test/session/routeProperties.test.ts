/** What holds of the machine of routes, whatever happens in whatever order, in every mode. */
import { describe } from "bun:test"
import { roomInAnswer } from "../../src/hosts/Host.ts"
import type { Action } from "../../src/session/routes/Event.ts"
import {
  backlogSpacing,
  mostContinuations,
  roomForBacklog,
  silence,
  wakeUpSpacing,
  wakeUpTimeout
} from "../../src/session/routes/Limits.ts"
import { routeOf } from "../../src/session/routes/Route.ts"
import { type HeldMessage, heldIn, type State } from "../../src/session/routes/State.ts"
import { nextTick } from "../../src/session/routes/Step.ts"
import { it } from "../support/it.ts"
import { arrived, prompted, stopped, usual } from "../support/machine.ts"
import { live, type Moment, type recording, type World, world } from "../support/machineLife.ts"

const idsOf = (messages: ReadonlyArray<HeldMessage>) => messages.map(({ id }) => id)
const shownIds = ({ shown }: State) => shown.map((one) => one.message.id)
/** Whether it stands before the main thread or somebody else, or its beginning does. */
const isWithSomebody = (state: State, id: number) =>
  !idsOf(state.waiting).includes(id) && idsOf(heldIn(state)).includes(id)
const idsIn = (actions: ReadonlyArray<Action>, tag: "Show" | "WakeUp" | "Carry" | "Forget") =>
  actions.flatMap((action) => (action._tag === tag ? action.ids : []))
const pushedBy = (actions: ReadonlyArray<Action>) =>
  actions.flatMap((action) => (action._tag === "Push" ? [action.id] : []))
const recorded = (actions: ReadonlyArray<Action>, state: string) =>
  actions.flatMap((action) => (action._tag === "Record" && action.state === state ? action.ids : []))
const isWakeUp = ({ actions }: Moment) => actions.some(({ _tag }) => _tag === "WakeUp")

/** A property of long lives. */
const lasting = (name: string, holds: (one: World) => boolean) => it.prop(name, world, holds, 1_500, 80)
const always = (name: string, holds: (moment: Moment) => boolean) =>
  lasting(name, (one) => live(one).moments.every(holds))

describe("whatever happens", () => {
  lasting("each message that came is in exactly one place", (one) => {
    const { moments } = live(one)
    const come = new Set<number>()
    const done = new Set<number>()
    return moments.every(({ actions, after, event }) => {
      if (event._tag === "Arrived") for (const { id } of event.messages) come.add(id)
      for (const id of [...recorded(actions, "seen"), ...idsIn(actions, "Forget")]) done.add(id)
      const held = idsOf(heldIn(after))
      return (
        new Set(held).size === held.length &&
        [...come].every((id) => held.includes(id) !== done.has(id)) &&
        held.every((id) => come.has(id))
      )
    })
  })

  always("only what waits is shown or pushed, and then it is there", ({ actions, after, before, event }) => {
    const came = event._tag === "Arrived" ? idsOf(event.messages) : []
    const waited = [
      ...idsOf(before.waiting),
      ...came,
      ...recorded(actions, "queued"),
      ...recorded(actions, "dropped")
    ]
    const show = idsIn(actions, "Show")
    const push = pushedBy(actions)
    const carry = idsIn(actions, "Carry")
    return (
      carry.every((id) => idsOf(after.carried).includes(id)) &&
      [...show, ...push, ...carry].every((id) => waited.includes(id)) &&
      show.every((id) => shownIds(after).includes(id)) &&
      push.every((id) => idsOf(after.pushed).includes(id)) &&
      (show.length === 0 || push.length === 0)
    )
  })

  lasting("nothing is shown or pushed again unless it was queued in between", (one) => {
    const out = new Set<number>()
    return live(one).moments.every(({ actions, event }) => {
      if (event._tag === "Carried" && !event.taken) for (const id of event.ids) out.delete(id)
      return actions.every((action) => {
        if (action._tag === "Record" && (action.state === "queued" || action.state === "dropped"))
          for (const id of action.ids) out.delete(id)
        const ids =
          action._tag === "Show" || action._tag === "Carry"
            ? action.ids
            : action._tag === "Push"
              ? [action.id]
              : []
        const fresh = ids.every((id) => !out.has(id))
        for (const id of ids) out.add(id)
        return fresh
      })
    })
  })

  always("what is shown is handed over, and what is queued again was shown", ({ actions, before }) => {
    const handed = recorded(actions, "handed over")
    return (
      idsIn(actions, "Show").every((id) => handed.includes(id)) &&
      recorded(actions, "queued").every((id) => isWithSomebody(before, id))
    )
  })

  lasting("of what had waited no more is pushed at once than there is room for, or one message", (one) => {
    const pushes: Array<{ readonly at: number; readonly size: number }> = []
    return live(one).moments.every(({ actions, at, event, before }) => {
      const known = [...(event._tag === "Arrived" ? event.messages : []), ...heldIn(before)]
      for (const id of pushedBy(actions)) {
        const found = known.find((message) => message.id === id)
        if (found?.waited === true) pushes.push({ at, size: found.size })
      }
      const recent = pushes.filter((push) => push.at > at - backlogSpacing)
      return recent.length < 2 || recent.reduce((sum, { size }) => sum + size, 0) <= 2 * roomForBacklog
    })
  })

  lasting("what a subagent fetched, or nobody knows who, is not seen by that", (one) => {
    /** What stood before the main thread, or was read or answered by it, or by nobody of whom hooks tell. */
    const main = new Set<number>()
    return live(one).moments.every(({ actions, before, event }) => {
      for (const id of [...idsIn(actions, "Show"), ...idsIn(actions, "Carry"), ...pushedBy(actions)])
        main.add(id)
      if (event._tag === "Called" && event.byMain) {
        for (const { message, readings } of before.fetched)
          if (readings.some(({ use }) => use === event.use)) main.add(message.id)
        for (const { ids, use } of before.answers) if (use === event.use) for (const id of ids) main.add(id)
      }
      const { callers, hooks } = before.evidence
      const unknown = event._tag === "Answered" && !callers && (!hooks || event.use === undefined)
      return unknown || recorded(actions, "seen").every((id) => main.has(id))
    })
  })

  lasting("what is begun is put before the model once, until its context is gone", (one) => {
    const begun = new Set<number>()
    return live(one).moments.every(({ actions, after, event }) => {
      if (event._tag === "Forgot") begun.clear()
      const again = idsIn(actions, "Show").some((id) => begun.has(id))
      for (const { id } of after.begun) begun.add(id)
      return !again
    })
  })

  lasting("a reminder stands behind a prompt alone, and says how many were begun", (one) =>
    live(one).moments.every(({ actions, after, event }) =>
      actions.every(
        (action) =>
          action._tag !== "Remind" ||
          (event._tag === "Prompted" && action.count > 0 && action.count >= after.begun.length)
      )
    )
  )

  always(
    "hooks show, wake-ups announce and messages are carried only if hooks are the route: never unnamed, never in pull mode",
    ({ actions, after }) =>
      (idsIn(actions, "Show").length === 0 &&
        idsIn(actions, "WakeUp").length === 0 &&
        idsIn(actions, "Carry").length === 0) ||
      (routeOf(after.evidence) === "hooks" &&
        after.evidence.named === true &&
        after.evidence.delivery !== "pull")
  )

  always(
    "nothing is pushed in hooks or pull mode",
    ({ actions, after: { evidence } }) =>
      pushedBy(actions).length === 0 || evidence.delivery === "auto" || evidence.delivery === "channel"
  )

  always("an answer holds what there is room for", ({ actions, after }) => {
    const ids = idsIn(actions, "Show")
    const all = after.shown
      .filter(({ message }) => ids.includes(message.id))
      .map(({ message }) => message.size)
    return all.reduce((sum, size) => sum + size, 0) <= roomInAnswer
  })

  always(
    "a wake-up comes only into a session that is not at work, that does not ignore them, and that answers no other",
    (moment) => {
      if (!isWakeUp(moment)) return true
      const { actions, after, at } = moment
      return (
        actions.filter(({ _tag }) => _tag === "WakeUp").length === 1 &&
        after.activity._tag !== "Working" &&
        !after.ignoresWakeUps &&
        after.evidence.socket &&
        after.evidence.wake &&
        after.wakeUp?.at === at &&
        idsIn(actions, "WakeUp").every((id) => idsOf(after.waiting).includes(id))
      )
    }
  )

  lasting(
    "a wake-up comes when the last one was answered, given up or void, and two seconds have passed",
    (one) => {
      const { moments } = live(one)
      const wakeUps = moments.flatMap((moment, index) => (isWakeUp(moment) ? [{ ...moment, index }] : []))
      return wakeUps.every((wakeUp, number) => {
        const last = wakeUps[number - 1]
        if (last === undefined) return true
        const between = moments.slice(last.index + 1, wakeUp.index + 1)
        return (
          wakeUp.at >= last.at + wakeUpSpacing &&
          between.some(
            ({ at, event }) =>
              (event._tag === "Prompted" && event.answersWakeUp) ||
              event._tag === "Forgot" ||
              at >= last.at + wakeUpTimeout
          )
        )
      })
    }
  )

  lasting("after a wake-up that was not taken none comes until a hook calls", (one) => {
    let ignoresWakeUps = false
    return live(one).moments.every((moment) => {
      const { event } = moment
      const isHook = [
        ...["Prompted", "BatchEnded", "ToolEnded", "Stopped", "Ended", "Failed", "Asked", "Forgot"],
        ...["Requested", "Carried"]
      ].includes(event._tag)
      if (isHook || (event._tag === "Called" && event.byMain)) ignoresWakeUps = false
      const woke = isWakeUp(moment)
      const ignored = ignoresWakeUps
      if (recorded(moment.actions, "not taken").length > 0) ignoresWakeUps = true
      return !(woke && ignored)
    })
  })

  lasting("the end of a turn is put off three times in a row at most", (one) => {
    let inARow = 0
    return live(one).moments.every(({ actions, event }) => {
      const ended = actions.some(({ _tag }) => _tag === "BecameIdle")
      if (event._tag === "Prompted" || ended) inARow = 0
      if (event._tag === "Stopped" && idsIn(actions, "Show").length > 0) inARow += 1
      return inARow <= mostContinuations
    })
  })

  always("what shall come at the end of a turn is not shown within it", ({ actions, before, event }) => {
    if (event._tag !== "BatchEnded" && event._tag !== "ToolEnded") return true
    const ids = idsIn(actions, "Show")
    return before.waiting.every(({ id, whenIdle }) => !whenIdle || !ids.includes(id))
  })

  always("what was shown in part is not seen by that", ({ actions, before, event }) => {
    if (event._tag === "Answered" || event._tag === "Called") return true
    const partly = [
      ...before.shown.filter(({ complete }) => !complete).map(({ message }) => message.id),
      ...idsOf(before.begun)
    ]
    return recorded(actions, "seen").every((id) => !partly.includes(id))
  })

  always("only what was shown or pushed is seen", ({ actions, before }) =>
    recorded(actions, "seen").every((id) => isWithSomebody(before, id) || idsOf(before.pushed).includes(id))
  )

  lasting("if the host tells of requests, what is seen was held by one that was answered whole", (one) => {
    const held = new Map<number, string>()
    return live(one).moments.every(({ actions, after, before, event }) => {
      const isByHand = event._tag === "Answered" || event._tag === "Called"
      const proved =
        !before.evidence.requests ||
        isByHand ||
        recorded(actions, "seen").every(
          (id) => event._tag === "Replied" && event.whole && held.get(id) === event.request
        )
      held.clear()
      for (const { message, request } of after.shown) if (request !== undefined) held.set(message.id, request)
      return proved
    })
  })

  always("one lot of messages is on its way at a time, into a session that takes them", (moment) => {
    const { actions, after } = moment
    const carry = idsIn(actions, "Carry")
    return (
      carry.length === 0 ||
      (carry.length === after.carried.length &&
        after.evidence.carries !== undefined &&
        (after.evidence.carries === "always" || after.activity._tag !== "Working"))
    )
  })

  lasting("a turn that a prompt began does not prove what was carried before it", (one) => {
    const doubted = new Set<number>()
    return live(one).moments.every(({ actions, before, event }) => {
      const isProved = event._tag === "Stopped" || event._tag === "BatchEnded"
      const holds = !isProved || !recorded(actions, "seen").some((id) => doubted.has(id))
      if (
        event._tag === "Prompted" &&
        !event.answersWakeUp &&
        (event.turn === "" || event.turn !== before.turn)
      )
        for (const { by, message } of before.shown) if (by === "carried") doubted.add(message.id)
      if (event._tag === "Stopped") doubted.clear()
      return holds
    })
  })

  always("time is asked for later than now, so that nothing spins", ({ after, at }) => {
    const next = nextTick(after)
    return next === undefined || next > at
  })

  always("nothing is held longer than it is kept", ({ after, at }) =>
    heldIn(after).every(({ keptUntil }) => keptUntil > at)
  )
})

/** Natural hooks, until nothing is left to show. */
const takeTurns = (life: ReturnType<typeof recording>) => {
  for (let turn = 0; turn < 200 && (life.state().waiting.length > 0 || turn === 0); turn++) {
    life.happen(prompted(life.nextCall(), true, `turn ${turn}`))
    for (let stop = 0; stop <= mostContinuations; stop++)
      life.happen(stopped(life.nextCall(), `turn ${turn}`))
  }
}
/** The same session, once it is known to have hooks, a socket and a name, and uses them. */
const makeUsual = (life: ReturnType<typeof recording>) => {
  const ids = idsOf(life.state().carried)
  if (ids.length > 0) life.happen({ _tag: "Carried", ids, taken: false })
  return life.happen({ _tag: "Learned", evidence: { ...usual, delivery: "hooks" } })
}

describe("after whatever happened", () => {
  lasting("hooks show all that waits, and make it seen as far as all of it was shown", (one) => {
    const life = live(one)
    makeUsual(life)
    const waiting = life.state().waiting
    takeTurns(life)
    const seen = new Set(life.moments.flatMap(({ actions }) => recorded(actions, "seen")))
    const shown = idsOf(life.state().begun)
    return (
      life.state().waiting.length === 0 &&
      waiting.every(({ id, whole }) => (whole ? seen.has(id) : shown.includes(id)))
    )
  })

  lasting("a message that comes into an idle session wakes it within two seconds", (one) => {
    const life = live(one)
    makeUsual(life)
    takeTurns(life)
    const from = life.moments.length
    const last = life.newMessage({ pick: 0, yes: true, also: true })
    life.happen(arrived(last))
    life.pass(wakeUpSpacing, true)
    return life.moments.slice(from).some(({ actions }) => idsIn(actions, "WakeUp").includes(last.id))
  })

  lasting("a session that was killed by Esc is idle after two minutes of silence", (one) => {
    const life = live(one)
    life.pass(silence, true)
    return life.state().activity._tag !== "Working"
  })
})
