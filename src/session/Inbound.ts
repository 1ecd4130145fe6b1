/**
 * What came for this session, from the moment its server took it until it was seen. The decisions are those of `ways`; this
 * keeps its state and the messages, and does what it decides: writes to the channel, rings, answers hooks, and notes on
 * the bus what is known. Hooks are answered from memory: the bus learns of it afterwards.
 */
import { Clock, Context, Effect, Layer, Queue, Schedule } from "effect"
import type { LoggedMessage } from "../bus/messages/History.ts"
import { type ReceiptChange, Receipts } from "../bus/receipts/Receipts.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { Message } from "../domain/Message.ts"
import { type Arrival, defaultRateLimit, isShownUnproven } from "../domain/Pace.ts"
import { type Presence, reasons } from "../domain/Receipt.ts"
import { type CallId, type Heard, type HookAnswer, Host } from "../hosts/Host.ts"
import { randomHex } from "../platform/Platform.ts"
import { Settings } from "../settings/Settings.ts"
import { keepRunning } from "./Background.ts"
import { Channel } from "./Channel.ts"
import { Courier } from "./Courier.ts"
import { Identity } from "./Identity.ts"
import { onlyByAsking, presenceOf, wayOf, willRing } from "./routes/Route.ts"
import {
  type Action,
  type Event,
  evidenceAtStart,
  type Item,
  initial,
  itemsOf,
  type Reading,
  type State
} from "./routes/State.ts"
import { nextLook, nextTick, step } from "./routes/Step.ts"

/** The least time between two writings of what is known, in milliseconds: a commit costs far more than a row. */
const bookkeeping = 20

/** So many calls that were given up are remembered. */
const mostGivenUp = 20

/** So many messages that were left in the inbox are counted. */
const mostLeft = 10_000

/** A message, and how far the bus says that it has come. */
type InState = Message & Pick<LoggedMessage, "state">

/** How often it is looked, in milliseconds, whether the client has said that it drops channel events: it does so at the start. */
const looksIntoLog = [300, 700, 1_000, 2_000, 4_000, 8_000, 16_000]

/** The request over MCP that is being answered. */
export const CurrentCall = Context.Reference<Reading>("cc-dm/session/CurrentCall", {
  defaultValue: () => ({ call: undefined, use: undefined })
})

/** What a step has decided to say. */
interface Said {
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
    /** Shows the user a line, with the next hook that can carry one. */
    readonly tellUser: (line: string) => Effect.Effect<void>
    /** A hook's call was given up by the client. */
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
    /** How many messages this session sees only if it asks for them. */
    readonly onlyByAsking: Effect.Effect<number>
  }
>()("cc-dm/session/Inbound") {
  static readonly layer = Layer.effect(
    Inbound,
    Effect.gen(function* () {
      const channel = yield* Channel
      const courier = yield* Courier
      const host = yield* Host
      const identity = yield* Identity
      const receipts = yield* Receipts
      const registry = yield* Registry
      const settings = yield* Settings
      const layerScope = yield* Effect.scope
      const startedAt = yield* Clock.currentTimeMillis

      const start = yield* Clock.currentTimeMillis
      const { dropsEvents, status: readStatus, wakeUp, words } = host
      let conversation = settings.conversation
      let state: State = initial(evidenceAtStart(settings, host))
      let tickAt = nextTick(state)
      /** The messages that the machine holds, by their ids. */
      const kept = new Map<number, Message>()
      /** The line of the last doorbell. */
      let line = ""
      /** What came without proof and was shown lately, and what was left in the inbox since it came too fast. */
      let unproven: ReadonlyArray<Arrival> = []
      const leftInInbox = new Set<number>()
      /** Who wants to know when this session is idle, and since which message. */
      let watchers: ReadonlyArray<Message> = []
      let published: Presence = presenceOf(state)
      /** What the user was not told yet, oldest first. */
      let lines: ReadonlyArray<string> = []
      /** What the bus was not told yet, oldest first. */
      let notes: ReadonlyArray<ReceiptChange> = []
      /** The calls that were given up last. */
      let givenUp: ReadonlyArray<CallId> = []

      const pushes = yield* Queue.unbounded<Message>()
      const doorbells = yield* Queue.unbounded<ReadonlyArray<Message>>()
      const news = yield* Queue.sliding<void>(1)
      const timer = yield* Queue.sliding<void>(1)
      const looks = yield* Queue.sliding<void>(1)
      const idle = yield* Queue.unbounded<Message>()
      const leftovers = yield* Queue.unbounded<number>()

      const messagesOf = (ids: ReadonlyArray<number>) =>
        ids.flatMap((id) => {
          const message = kept.get(id)
          return message === undefined ? [] : [message]
        })
      const note = (what: ReceiptChange) => {
        notes = [...notes, what]
        Queue.offerUnsafe(news, undefined)
      }
      const tellWatchers = () => {
        for (const message of watchers) Queue.offerUnsafe(idle, message)
        watchers = []
      }

      /** Does what is decided, and gives the messages that a hook is to be answered with. */
      const act = (action: Action): ReadonlyArray<Message> => {
        switch (action._tag) {
          case "Show":
            return messagesOf(action.ids)
          case "Remind":
            return []
          case "Push":
            for (const message of messagesOf([action.id])) Queue.offerUnsafe(pushes, message)
            return []
          case "Ring":
            Queue.offerUnsafe(doorbells, messagesOf(action.ids))
            return []
          case "Note":
            for (const messageId of action.ids) {
              note(
                action.state === "expired"
                  ? { messageId, state: "expired", reason: reasons.notShown }
                  : { messageId, state: action.state }
              )
              if (action.state === "not taken") tellWatchers()
              if (action.state === "seen") kept.delete(messageId)
            }
            return []
          case "Forget":
            for (const id of action.ids) kept.delete(id)
            return []
          case "BecameIdle":
            tellWatchers()
            return []
          case "Announce":
            Queue.offerUnsafe(leftovers, action.count)
            return []
        }
      }

      const isPublished = ({ doing, reach, since }: Presence) =>
        published.reach === reach && published.doing === doing && published.since === since

      const dispatch = (event: Event) =>
        Effect.map(Clock.currentTimeMillis, (now): Said => {
          const next = step(state, event, now)
          const looked = nextLook(state)
          state = next.state
          const messages = next.actions.flatMap(act)
          const begun = next.actions.reduce(
            (most, action) => (action._tag === "Remind" ? action.count : most),
            0
          )
          const ticksAt = nextTick(state)
          if (ticksAt !== tickAt) Queue.offerUnsafe(timer, undefined)
          tickAt = ticksAt
          if (nextLook(state) !== looked) Queue.offerUnsafe(looks, undefined)
          // Notes that could not be written are tried again with whatever happens next.
          if (!isPublished(presenceOf(state)) || notes.length > 0) Queue.offerUnsafe(news, undefined)
          return { messages, begun }
        })

      /** It was written before this server was there, or while its machine slept. */
      const hasWaited = ({ sentAt }: Message, now: number): boolean => {
        const written = Date.parse(sentAt)
        return written < startedAt || now - written > settings.timing.messageLife
      }
      const itemOf = (message: Message, now: number): Item => {
        const { size, whole } = words.measure(message)
        return {
          id: message.id,
          size,
          whole,
          whenIdle: message.options.whenIdle ?? false,
          keptUntil: now + settings.patience,
          ...(hasWaited(message, now) ? { waited: true } : {})
        }
      }
      const keep = (messages: ReadonlyArray<Message>) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          messages.map((message) => {
            kept.set(message.id, message)
            return itemOf(message, now)
          })
        )

      /** What hooks do not tell: that Esc ended a turn, or that a dialog is open. */
      const look = Effect.suspend(() => {
        const status = nextLook(state) === undefined ? undefined : readStatus?.()
        return status === undefined ? Effect.void : Effect.asVoid(dispatch({ _tag: "Told", status }))
      })

      /**
       * Leaves what comes without proof, and faster than any sender may write, where it is: taken, on the bus, to be read in the
       * inbox.
       */
      const inPace = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
        const at = yield* Clock.currentTimeMillis
        const shown = messages.filter(({ from, id, proof }) => {
          if (proof === "signed") return true
          const next = { from, at }
          if (!isShownUnproven(next, unproven)) {
            if (leftInInbox.size < mostLeft) leftInInbox.add(id)
            return false
          }
          unproven = [...unproven, next].slice(-defaultRateLimit.inAll)
          return true
        })
        if (shown.length < messages.length)
          yield* Effect.logWarning(
            `${messages.length - shown.length} messages without proof of who wrote them came too fast, and are not shown: inbox has them`
          )
        return shown
      })

      const arrive = Effect.fnUntraced(function* (all: ReadonlyArray<Message>) {
        const messages = yield* inPace(all)
        yield* look
        yield* dispatch({ _tag: "Arrived", items: yield* keep(messages) })
        watchers = [
          ...watchers,
          ...messages.filter(({ fromId, options }) => options.notifyWhenIdle && fromId !== undefined)
        ]
        // Nothing will wake it, so that it stays as idle as it is.
        if (state.activity._tag === "Idle" && state.doorbell === undefined && !willRing(state)) tellWatchers()
      })

      const learn = (evidence: Partial<State["evidence"]>) => dispatch({ _tag: "Learned", evidence })

      /** What was shown in one conversation is not in the context of another. */
      const follow = Effect.fnUntraced(function* (now: string | undefined) {
        if (now === conversation) return
        const before = conversation
        conversation = now
        if (before !== undefined) yield* dispatch({ _tag: "Forgot", idle: now === undefined })
        if (now !== undefined) yield* Effect.forkIn(identity.goOn(now), layerScope)
      })

      const shownAs = ({ begun, messages }: Said): HookAnswer | undefined =>
        messages.length === 0 && begun === 0
          ? undefined
          : {
              context: words.show(messages, begun),
              notice: messages.length === 0 ? undefined : words.notice(messages)
            }

      const respond = Effect.fnUntraced(function* ({ conversation: now, event, turn }: Heard, call: CallId) {
        switch (event._tag) {
          case "Stirred":
          case "Called":
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
            const answersDoorbell = line !== "" && event.prompt.includes(line)
            return shownAs(yield* dispatch({ _tag: "Prompted", call, turn, answersDoorbell }))
          }
          case "BatchEnded":
          case "Stopped":
            return shownAs(yield* dispatch({ _tag: event._tag, call, turn }))
          case "Failed":
          case "Asked":
            yield* dispatch(event)
            return undefined
        }
      })

      const withLines = (answer: HookAnswer | undefined): HookAnswer | undefined => {
        if (lines.length === 0) return answer
        const said = [...lines, ...(answer?.notice === undefined ? [] : [answer.notice])].join(" ")
        lines = []
        return { context: answer?.context, notice: said }
      }

      // Both may come at once, and then the end of a call can be known before it has begun.
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

      const pushNext = Effect.gen(function* () {
        for (const message of yield* Queue.takeAll(pushes)) {
          // A client may read slowly, and the inbox have shown the message meanwhile.
          const isMeant = () => state.pushed.some(({ id }) => id === message.id)
          if (!isMeant()) continue
          yield* channel.push(message)
          if (!isMeant()) continue
          // Where the client says that it dropped this, its words are wanted again.
          if (!watchesLog) kept.delete(message.id)
          note({ messageId: message.id, state: "pushed", wished: settings.startedAsChannel })
        }
      })

      const ringNext = Effect.gen(function* () {
        const messages = yield* Queue.take(doorbells)
        if (wakeUp === undefined) return
        line = words.wakeUp(messages, yield* randomHex(3), state.evidence.hooks)
        yield* wakeUp(line)
      })

      const tick = Effect.gen(function* () {
        const next = tickAt
        const now = yield* Clock.currentTimeMillis
        if (next === undefined) return yield* Queue.take(timer)
        if (next > now) yield* Effect.timeoutOption(Queue.take(timer), next - now)
        if (next <= (yield* Clock.currentTimeMillis)) yield* dispatch({ _tag: "Ticked" })
      })

      const lookAgain = Effect.gen(function* () {
        const wait = nextLook(state)
        if (wait === undefined) return yield* Queue.take(looks)
        yield* Effect.timeoutOption(Queue.take(looks), wait)
        yield* look
      })

      const isDropped = Effect.sync(() =>
        dropsEvents?.(
          [settings.conversation, conversation].filter((id) => id !== undefined),
          start
        )
      )
      let watchesLog = dropsEvents !== undefined && wayOf(state.evidence) === "channel"
      const watchLog = Effect.gen(function* () {
        for (const wait of looksIntoLog) {
          yield* Effect.sleep(wait)
          if (!(yield* isDropped)) continue
          yield* learn({ dropped: true })
          break
        }
        watchesLog = false
        for (const { id } of state.pushed) kept.delete(id)
      })

      // How the session can be reached is written before the receipt that shows it.
      const writeDown = Effect.gen(function* () {
        const now = presenceOf(state)
        if (!isPublished(now)) {
          yield* identity.present(now)
          published = now
        }
        const { length } = notes
        if (length === 0) return
        yield* receipts.record(notes)
        notes = notes.slice(length)
      })
      const tryAgain = Effect.andThen(
        Effect.sleep(settings.timing.poll),
        Effect.sync(() => void Queue.offerUnsafe(news, undefined))
      )
      const keepBooks = Queue.take(news).pipe(
        Effect.andThen(writeDown),
        Effect.tapError(() => tryAgain)
      )

      const tellOne = Effect.gen(function* () {
        const message = yield* Queue.take(idle)
        const watcher = yield* registry.find(message.fromId ?? "")
        if (watcher === undefined) return
        const content = `This session is idle now. You asked to be told, with message ${message.id}.`
        yield* courier.deliver({ from: identity.id, kind: "notice", content, metadata: {} }, [watcher])
      })

      const announceNext = Effect.gen(function* () {
        const first = yield* Queue.take(leftovers)
        // What waited is taken in several parts, one right after the other.
        yield* Effect.sleep(settings.timing.poll)
        const count = (yield* Queue.clear(leftovers)).reduce((sum, more) => sum + more, first)
        yield* receipts.tell(
          identity.id,
          count === 1
            ? "One more message that had waited for this session is in its inbox: call the tool `inbox` to read it."
            : `${count} more messages that had waited for this session are in its inbox: call the tool \`inbox\` to read them.`
        )
        identity.knock()
      })

      yield* Effect.forkScoped(keepRunning("delivery", pushNext, Schedule.forever))
      yield* Effect.forkScoped(keepRunning("notice", announceNext, Schedule.forever))
      yield* Effect.forkScoped(keepRunning("delivery", ringNext, Schedule.forever))
      yield* Effect.forkScoped(keepRunning("delivery", tick, Schedule.forever))
      if (readStatus !== undefined)
        yield* Effect.forkScoped(keepRunning("status", lookAgain, Schedule.forever))
      if (watchesLog) yield* Effect.forkScoped(watchLog)
      yield* Effect.forkScoped(keepRunning("receipts", keepBooks, Schedule.spaced(bookkeeping)))
      yield* Effect.forkScoped(keepRunning("notice", tellOne, Schedule.forever))
      yield* Effect.forkScoped(
        keepRunning(
          "name",
          Effect.flatMap(Queue.take(identity.namings), (named) => learn({ named })),
          Schedule.forever
        )
      )
      yield* Effect.addFinalizer(() =>
        writeDown.pipe(Effect.interruptible, Effect.timeout("50 millis"), Effect.ignore)
      )

      // An answer to a call that the client gave up reaches nobody.
      const fetched = Effect.fnUntraced(function* (messages: ReadonlyArray<InState>) {
        const reading = yield* CurrentCall
        if (reading.call !== undefined && givenUp.includes(reading.call)) return
        // Should it have been a subagent that asked, hooks show these no more than before.
        const isLeft = new Set(messages.flatMap(({ id }) => (leftInInbox.delete(id) ? [id] : [])))
        const wasPushed = new Set(messages.flatMap(({ id, state }) => (state === "pushed" ? [id] : [])))
        const items = (yield* keep(messages)).map((item) =>
          wasPushed.has(item.id) || isLeft.has(item.id) ? { ...item, pushed: true } : item
        )
        yield* dispatch({ _tag: "Fetched", items, ...reading })
      })

      // What a server before this one has shown stands on the bus alone.
      const answered = Effect.fnUntraced(function* ({ id, state: before }: InState) {
        const { use } = yield* CurrentCall
        const isHeld = itemsOf(state).some((item) => item.id === id)
        const isFormer = !isHeld && (before === "pushed" || before === "handed over")
        yield* dispatch({ _tag: "Named", use, ids: isHeld ? [id] : [], former: isFormer ? [id] : [] })
      })

      return Inbound.of({
        arrive,
        hook,
        tellUser: (line) =>
          Effect.sync(() => {
            lines = [...lines, line]
          }),
        cancelled,
        stirred: Effect.asVoid(dispatch({ _tag: "Stirred" })),
        fetched,
        answered,
        done: (messageId) => Effect.sync(() => note({ messageId, state: "seen" })),
        refuse: (messageId, reason) => Effect.sync(() => note({ messageId, state: "refused", reason })),
        onlyByAsking: Effect.sync(() => onlyByAsking(state) + leftInInbox.size)
      })
    })
  )
}
