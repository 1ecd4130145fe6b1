/** Lives of the machine of routes: what happens to a session at random, and each step that comes of it. */
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { roomInAnswer } from "../../src/hosts/Host.ts"
import type { Action, Event } from "../../src/session/routes/Event.ts"
import { silence } from "../../src/session/routes/Limits.ts"
import {
  type Evidence,
  type HeldMessage,
  heldIn,
  initial,
  type State
} from "../../src/session/routes/State.ts"
import { nextTick, step } from "../../src/session/routes/Step.ts"
import { DeliveryMode } from "../../src/settings/DeliveryMode.ts"
import { arrived, batchEnded, called, day, prompted, stopped, ticked, told, usual } from "./machine.ts"

/** One of these; what stands there twice comes twice as often. */
const oneOf = <const A>(...choices: ReadonlyArray<A>) =>
  Arbitrary.map(
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: choices.length - 1 }))),
    (index) => choices[index] as A
  )
const yesOrNo = Arbitrary.schema(Schema.Boolean)

// A life in which messages are seen has many that arrive, and turns; one day puts an end to all of them.
const happening = Arbitrary.all({
  what: oneOf(
    ...([
      "arrive",
      "arrive",
      "arrive",
      "prompt",
      "prompt",
      "prompt",
      "batch",
      "batch",
      "batch",
      "batch"
    ] as const),
    ...([
      "stop",
      "stop",
      "fetch",
      "fetch",
      "call",
      "call",
      "request",
      "reply",
      "carried",
      "tool ended"
    ] as const),
    ...([
      "arrive again",
      "cancel",
      "fail",
      "ask",
      "forget",
      "stir",
      "name",
      "told",
      "end",
      "learn",
      "tick"
    ] as const)
  ),
  /** How much time passes before. */
  wait: oneOf(0, 0, 0, 10, 10, 10, 10, 700, 700, 700, 1_999, 2_000, 3_000, 3_000, silence, day),
  pick: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))),
  yes: yesOrNo,
  also: yesOrNo
})
type Happening = typeof happening extends Arbitrary.Arbitrary<infer A> ? A : never

const anyEvidence = Arbitrary.schema(
  Schema.Struct({
    delivery: DeliveryMode,
    channel: Schema.Boolean,
    channels: Schema.Boolean,
    carries: Schema.UndefinedOr(Schema.Literals(["idle", "always"])),
    requests: Schema.Boolean,
    dropped: Schema.Boolean,
    socket: Schema.Boolean,
    plugin: Schema.Boolean,
    wake: Schema.Boolean,
    named: Schema.Boolean,
    hooks: Schema.Boolean,
    callers: Schema.Boolean,
    woken: Schema.Boolean
  })
)

export const world = Arbitrary.all({
  /** Half of the sessions are what most people start. */
  evidence: Arbitrary.map(
    Arbitrary.all({ any: anyEvidence, isUsual: yesOrNo }),
    ({ any, isUsual }): Evidence =>
      isUsual ? { ...usual, callers: any.callers, woken: any.woken, socket: any.socket } : any
  ),
  /** Whether time is told at each moment that was asked for, as the server does unless it is slow. */
  punctual: yesOrNo,
  happenings: Arbitrary.array(happening, { minLength: 1, maxLength: 60 })
})
export type World = typeof world extends Arbitrary.Arbitrary<infer A> ? A : never

/** One step of a run. */
export interface Moment {
  readonly event: Event
  readonly at: number
  readonly before: State
  readonly after: State
  readonly actions: ReadonlyArray<Action>
}

const sizes = [100, 4_000, 9_000, roomInAnswer] as const
/** The prompts' ids: older clients tell none. */
const turns = ["", "", "", "", "1", "1", "2", "2", "3", "4"] as const
const facts = ["channel", "socket", "wake", "named", "hooks", "woken", "dropped"] as const
/** The uses of tools: few, so that what is told of one often meets it. */
const uses = ["u0", "u1", "u2"] as const
const requests = ["r0", "r1", "r2"] as const
const statuses = ["busy", "idle", "waiting"] as const

/** A session that notes what happened to it. */
export const recording = (evidence: Evidence) => {
  const moments: Array<Moment> = []
  const messages: Array<HeldMessage> = []
  let calls = 0
  let at = 0
  let state = initial(evidence)

  const happen = (event: Event) => {
    const next = step(state, event, at)
    moments.push({ event, at, before: state, after: next.state, actions: next.actions })
    state = next.state
    return next.actions
  }
  const pass = (time: number, punctual: boolean) => {
    const until = at + time
    for (
      let next = nextTick(state);
      punctual && next !== undefined && next <= until;
      next = nextTick(state)
    ) {
      at = Math.max(at, next)
      happen(ticked)
    }
    at = until
  }
  const newMessage = ({ also, pick, yes }: Pick<Happening, "also" | "pick" | "yes">): HeldMessage => {
    const size = sizes[pick % sizes.length] ?? 100
    const made = {
      id: messages.length + 1,
      size,
      whole: size < roomInAnswer,
      whenIdle: yes,
      keptUntil: at + (also ? day : 3 * silence),
      waited: pick % 2 === 0
    }
    messages.push(made)
    return made
  }
  const nextCall = () => ++calls
  /** What the inbox would show: the bus may not have been told yet of what was seen a moment ago. */
  const unseen = () => {
    const known = heldIn(state)
    const lately = moments
      .slice(-20)
      .flatMap(({ actions }) =>
        actions.flatMap((action) => (action._tag === "Record" && action.state === "seen" ? action.ids : []))
      )
    return [...messages.filter(({ id }) => lately.includes(id)), ...known]
  }
  const eventOf = (one: Happening): Event => {
    switch (one.what) {
      case "arrive":
        return arrived(...Array.from({ length: 1 + (one.pick % 3) }, () => newMessage(one)))
      case "arrive again":
        return arrived(...unseen().slice(0, one.pick))
      case "prompt":
        return prompted(nextCall(), one.yes, turns[one.pick])
      case "batch":
        return batchEnded(nextCall(), one.also ? state.turn : turns[one.pick])
      case "stop":
        return stopped(nextCall(), one.also ? state.turn : turns[one.pick])
      case "fail":
        return { _tag: "Failed" }
      case "ask":
        return { _tag: "Asked" }
      case "cancel":
        return { _tag: "Cancelled", call: calls - (one.pick % 3) }
      case "forget":
        return { _tag: "Forgot", idle: one.yes }
      case "stir":
        return { _tag: "Stirred" }
      case "fetch":
        return {
          _tag: "Fetched",
          messages: unseen().slice(0, one.pick),
          call: one.yes ? nextCall() : undefined,
          use: one.also ? uses[one.pick % 3] : undefined
        }
      case "name":
        return {
          _tag: "Answered",
          ids: [one.pick, one.pick + 1],
          former: [],
          use: one.also ? uses[one.pick % 3] : undefined
        }
      case "call":
        return called(uses[one.pick % 3] ?? "", one.yes)
      case "told":
        return told(statuses[one.pick % 3] ?? "idle")
      case "tool ended":
        return { _tag: "ToolEnded", call: nextCall(), turn: one.also ? state.turn : (turns[one.pick] ?? "") }
      case "end":
        return { _tag: "Ended" }
      case "request":
        return { _tag: "Requested", request: requests[one.pick % 3] ?? "" }
      case "reply":
        return { _tag: "Replied", request: requests[one.pick % 3] ?? "", whole: one.yes }
      case "carried":
        return { _tag: "Carried", ids: state.carried.map(({ id }) => id), taken: one.yes }
      case "learn":
        return { _tag: "Learned", evidence: { [facts[one.pick % facts.length] ?? "named"]: one.yes } }
      case "tick":
        return ticked
    }
  }
  return { moments, messages, happen, pass, newMessage, nextCall, eventOf, state: () => state }
}

export const live = ({ evidence, happenings, punctual }: World) => {
  const life = recording(evidence)
  for (const one of happenings) {
    life.pass(one.wait, punctual)
    life.happen(life.eventOf(one))
  }
  return life
}
