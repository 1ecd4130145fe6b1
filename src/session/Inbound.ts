/**
 * What came for this session, from the moment its server took it until it was seen. `routes` decides what becomes of each message;
 * this holds the messages and the machine's state, tells it what happens, and has what it decides done by the parts in `inbound`.
 * Hooks are answered from memory: the bus learns of it afterwards.
 */
import { Clock, Context, Effect, Layer, Queue } from "effect"
import type { LoggedMessage } from "../bus/messages/History.ts"
import type { Message } from "../domain/Message.ts"
import { reasons } from "../domain/Receipt.ts"
import { type CallId, type Heard, type HookAnswer, Host, type Reception } from "../hosts/Host.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"
import { Identity } from "./Identity.ts"
import { makeBookkeeping } from "./inbound/Bookkeeping.ts"
import { makeHolding } from "./inbound/Holding.ts"
import { makeHostFeed } from "./inbound/HostFeed.ts"
import { isChannelDropped, makeStatusWatch } from "./inbound/HostWatch.ts"
import { makeNotices } from "./inbound/Notices.ts"
import { makeTicker } from "./inbound/Ticker.ts"
import { makeUnprovenPace } from "./inbound/UnprovenPace.ts"
import type { Action, Event } from "./routes/Event.ts"
import { onlyInInbox, presenceOf, routeOf } from "./routes/Route.ts"
import { type Evidence, evidenceAtStart, heldIn, initial, type Reading } from "./routes/State.ts"
import { nextLook, nextTick, step } from "./routes/Step.ts"
import { willWakeUp } from "./routes/WakingUp.ts"

/** So many calls that were given up are remembered. */
const mostGivenUp = 20

/** A message, and how far the bus says that it has come. */
type InState = Message & Pick<LoggedMessage, "state">

/** The request over MCP that is being answered. */
export const CurrentCall = Context.Reference<Reading>("cc-dm/session/CurrentCall", {
  defaultValue: () => ({ call: undefined, use: undefined })
})

/** What a hook is to be answered with. */
interface Answering {
  readonly messages: ReadonlyArray<Message>
  /** So many wait to be read in full. */
  readonly begun: number
}

export class Inbound extends Context.Service<
  Inbound,
  {
    /** Takes messages in. */
    readonly arrive: (messages: ReadonlyArray<Message>) => Effect.Effect<void>
    /** Answers a hook; `undefined`: there is nothing to say. */
    readonly hook: (heard: Heard, call: CallId) => Effect.Effect<HookAnswer | undefined>
    /** The way into the session is another one now. */
    readonly learn: Reception["learn"]
    /** What the session does now, as its host says. */
    readonly told: Reception["told"]
    /** Shows the user a line, with the next hook that can carry one. */
    readonly tellUser: (line: string) => Effect.Effect<void>
    /** The host gave up a call. */
    readonly cancelled: (call: CallId) => Effect.Effect<void>
    /** A tool was called. */
    readonly stirred: Effect.Effect<void>
    /** The answer to a tool carries these. */
    readonly fetched: (messages: ReadonlyArray<InState>) => Effect.Effect<void>
    /** The model answered this message. */
    readonly answered: (message: InState) => Effect.Effect<void>
    /** Marks a message that is not for the model as done with. */
    readonly done: (messageId: number) => Effect.Effect<void>
    /** Marks a message that this session does not take; it is never shown. */
    readonly refuse: (messageId: number, reason: string) => Effect.Effect<void>
    /** How many messages this session sees only in its inbox. */
    readonly onlyInInbox: Effect.Effect<number>
  }
>()("cc-dm/session/Inbound") {
  static readonly layer = Layer.effect(
    Inbound,
    Effect.gen(function* () {
      const host = yield* Host
      const identity = yield* Identity
      const settings = yield* Settings
      const layerScope = yield* Effect.scope
      const holding = yield* makeHolding

      let state = initial(evidenceAtStart(settings, host))
      /** After how long the host's file is to be looked at, and when the machine wants to hear of the time. */
      let due = { look: nextLook(state), tick: nextTick(state) }
      let conversation = settings.conversation
      /** What the user was not told yet, oldest first. */
      let lines: ReadonlyArray<string> = []
      /** The calls that were given up last. */
      let givenUp: ReadonlyArray<CallId> = []
      /** If the host says that it drops what was pushed, its words are wanted again: until then they are held. */
      let mayBeDropped = host.dropsEvents !== undefined && routeOf(state.evidence) === "channel"

      /** The ids of what is pushed, made anew when that has changed: each of many messages is asked for twice. */
      let pushed: { readonly of: typeof state.pushed; readonly ids: ReadonlySet<number> } | undefined
      const isPushed = (messageId: number) => {
        if (pushed?.of !== state.pushed)
          pushed = { of: state.pushed, ids: new Set(state.pushed.map(({ id }) => id)) }
        return pushed.ids.has(messageId)
      }
      const bookkeeping = yield* makeBookkeeping(() => presenceOf(state))
      const notices = yield* makeNotices
      const unproven = makeUnprovenPace()
      const feed = yield* makeHostFeed({
        isWanted: isPushed,
        hasHooks: () => state.evidence.hooks,
        onCarried: (ids, taken, mark) =>
          Effect.asVoid(dispatch({ _tag: "Carried", ids, taken, ...(mark === undefined ? {} : { mark }) })),
        onPushed: (messageId) => {
          if (!mayBeDropped) holding.letGo([messageId])
          bookkeeping.record({ messageId, state: "pushed", wished: settings.startedAsChannel })
        }
      })

      const recordAll = ({ ids, state: now }: Action & { readonly _tag: "Record" }) => {
        for (const messageId of ids) {
          bookkeeping.record(
            now === "expired"
              ? { messageId, state: "expired", reason: reasons.notShown }
              : { messageId, state: now }
          )
        }
        if (now === "seen") holding.letGo(ids)
        if (now === "not taken") notices.becameIdle()
      }

      const act = (action: Action): void => {
        switch (action._tag) {
          case "Push":
            for (const message of holding.of([action.id])) feed.push(message)
            break
          case "WakeUp":
            feed.wakeUp(holding.of(action.ids))
            break
          case "Carry":
            feed.carry(holding.of(action.ids))
            break
          case "Record":
            recordAll(action)
            break
          case "Forget":
            holding.letGo(action.ids)
            break
          case "BecameIdle":
            notices.becameIdle()
            break
          case "LeftInInbox":
            notices.leftInInbox(action.count)
            break
        }
      }

      /** What the hook that calls is to be answered with. */
      const answeringOf = (actions: ReadonlyArray<Action>): Answering => ({
        messages: actions.flatMap((action) => (action._tag === "Show" ? holding.of(action.ids) : [])),
        begun: actions.reduce((most, action) => (action._tag === "Remind" ? action.count : most), 0)
      })

      const advance = (event: Event, now: number): Answering => {
        const next = step(state, event, now)
        state = next.state
        const answering = answeringOf(next.actions)
        for (const action of next.actions) act(action)
        const before = due
        due = { look: nextLook(state), tick: nextTick(state) }
        if (due.tick !== before.tick) ticker.changed()
        if (due.look !== before.look) status.changed()
        bookkeeping.changed()
        return answering
      }
      const clock = yield* Clock.Clock
      const dispatch = (event: Event) => Effect.sync(() => advance(event, clock.currentTimeMillisUnsafe()))
      /** What a stir came to, and when: many calls come in the same moment, and another stir then changes nothing. */
      let stirred: { readonly state: typeof state; readonly at: number } | undefined
      const stir = () => {
        const at = clock.currentTimeMillisUnsafe()
        if (stirred?.state === state && stirred.at === at) return
        advance({ _tag: "Stirred" }, at)
        stirred = { state, at }
      }
      const learn = (evidence: Partial<Evidence>) => dispatch({ _tag: "Learned", evidence })

      const ticker = yield* makeTicker(
        () => nextTick(state),
        Effect.suspend(() => dispatch({ _tag: "Ticked" }))
      )
      const status = yield* makeStatusWatch(
        () => nextLook(state),
        (now) => dispatch({ _tag: "Told", status: now })
      )
      const watchChannel = Effect.gen(function* () {
        const conversations = () => [settings.conversation, conversation].filter((id) => id !== undefined)
        if (yield* isChannelDropped(conversations)) yield* learn({ dropped: true })
        mayBeDropped = false
        holding.letGo(state.pushed.map(({ id }) => id))
      })
      if (mayBeDropped) yield* Effect.forkScoped(Effect.provideService(watchChannel, Host, host))
      const learnName = Effect.flatMap(Queue.take(identity.namings), (named) => learn({ named }))
      yield* Effect.forkScoped(keepRunning("name", learnName))

      const arrive = Effect.fnUntraced(function* (all: ReadonlyArray<Message>) {
        const messages = yield* unproven.admit(all)
        yield* status.look
        yield* dispatch({ _tag: "Arrived", messages: holding.hold(messages) })
        notices.watch(messages)
        // Nothing will wake it, so that it stays as idle as it is.
        if (state.activity._tag === "Idle" && state.wakeUp === undefined && !willWakeUp(state))
          notices.becameIdle()
      })

      /** What was shown in one conversation is not in the context of another. */
      const follow = Effect.fnUntraced(function* (now: string | undefined) {
        if (now === conversation) return
        const before = conversation
        conversation = now
        if (before !== undefined) yield* dispatch({ _tag: "Forgot", idle: now === undefined })
        if (now !== undefined) yield* Effect.forkIn(identity.goOn(now), layerScope)
      })

      const answerFrom = ({ begun, messages }: Answering): HookAnswer | undefined =>
        messages.length === 0 && begun === 0
          ? undefined
          : {
              context: host.words.show(messages, begun),
              notice: messages.length === 0 ? undefined : host.words.notice(messages)
            }

      const respond = Effect.fnUntraced(function* ({ conversation: now, event, turn }: Heard, call: CallId) {
        switch (event._tag) {
          case "Stirred":
          case "Called":
          case "Settled":
            yield* dispatch(event)
            return undefined
          case "Left":
            yield* follow(undefined)
            return undefined
        }
        if (now !== "") yield* follow(now)
        switch (event._tag) {
          case "Forgot":
            yield* dispatch({ _tag: "Forgot", idle: event.cleared })
            return undefined
          case "Prompted": {
            const answersWakeUp = feed.isWakeUp(event.prompt)
            return answerFrom(yield* dispatch({ _tag: "Prompted", call, turn, answersWakeUp }))
          }
          case "BatchEnded":
          case "ToolEnded":
          case "Stopped":
            return answerFrom(yield* dispatch({ _tag: event._tag, call, turn }))
          case "Dropped":
            for (const lost of event.calls) yield* dispatch({ _tag: "Cancelled", call: lost })
            return undefined
          case "Ended":
            for (const lost of event.lost ?? []) yield* dispatch({ _tag: "Cancelled", call: lost })
            yield* dispatch({ _tag: "Ended" })
            return undefined
          case "Began":
          case "Requested":
          case "Replied":
          case "Failed":
          case "Asked":
            yield* dispatch(event)
            return undefined
        }
      })

      const withLines = (answer: HookAnswer | undefined): HookAnswer | undefined => {
        if (lines.length === 0) return answer
        const notice = [...lines, ...(answer?.notice === undefined ? [] : [answer.notice])].join(" ")
        lines = []
        return { context: answer?.context, notice }
      }

      // A call and its end may come at once, and then the end can be known before the call has begun.
      const hook = Effect.fnUntraced(function* (heard: Heard, call: CallId) {
        const answer = yield* respond(heard, call)
        if (!givenUp.includes(call)) return heard.showsLine ? withLines(answer) : answer
        yield* dispatch({ _tag: "Cancelled", call })
        return undefined
      })
      const cancelled = Effect.fnUntraced(function* (call: CallId) {
        givenUp = [...givenUp, call].slice(-mostGivenUp)
        yield* dispatch({ _tag: "Cancelled", call })
      })

      // The answer to a call that was given up is lost.
      const fetched = Effect.fnUntraced(function* (messages: ReadonlyArray<InState>) {
        const reading = yield* CurrentCall
        if (reading.call !== undefined && givenUp.includes(reading.call)) return
        // Should it have been a subagent that asked, hooks show these no more than before.
        const hidden = new Set(
          messages.flatMap(({ id, state: before }) =>
            unproven.fetched(id) || before === "pushed" ? [id] : []
          )
        )
        const all = holding
          .hold(messages)
          .map((message) => (hidden.has(message.id) ? { ...message, pushed: true } : message))
        yield* dispatch({ _tag: "Fetched", messages: all, ...reading })
      })

      // What a server before this one has shown stands on the bus alone.
      const answered = Effect.fnUntraced(function* ({ id, state: before }: InState) {
        const { use } = yield* CurrentCall
        const isHeld = heldIn(state).some((message) => message.id === id)
        const isFormer = !isHeld && (before === "pushed" || before === "handed over")
        yield* dispatch({ _tag: "Answered", use, ids: isHeld ? [id] : [], former: isFormer ? [id] : [] })
      })

      return Inbound.of({
        arrive,
        hook,
        learn: ({ wakes, ...ways }) =>
          Effect.asVoid(learn({ ...ways, ...(wakes === undefined ? {} : { socket: wakes }) })),
        told: (status) => Effect.asVoid(dispatch({ _tag: "Told", status })),
        tellUser: (line) =>
          Effect.sync(() => {
            lines = [...lines, line]
          }),
        cancelled,
        stirred: Effect.sync(stir),
        fetched,
        answered,
        done: (messageId) => Effect.sync(() => bookkeeping.record({ messageId, state: "seen" })),
        refuse: (messageId, reason) =>
          Effect.sync(() => bookkeeping.record({ messageId, state: "refused", reason })),
        onlyInInbox: Effect.sync(() => onlyInInbox(state) + unproven.left())
      })
    })
  )
}
