/**
 * Brings messages in. What waits on the bus is taken at each ring. Should a ring be lost, a look every 500 ms makes up for it: it rings
 * itself, so that there is one taker, and many rings make one drain. Answers to permission requests are passed on by another fiber: a
 * client that reads slowly delays its own messages but does not let them expire.
 */
import { Clock, Effect, Layer, Schedule } from "effect"
import { Bus, batch } from "../bus/messages/Bus.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Message } from "../domain/Message.ts"
import { PollUntil } from "../platform/PollUntil.ts"
import { makeIntake } from "../platform/Signal.ts"
import { Settings } from "../settings/Settings.ts"
import { AccessPolicy } from "./AccessPolicy.ts"
import { keepRunning } from "./Background.ts"
import { Identity } from "./Identity.ts"
import { Inbound } from "./Inbound.ts"
import { PermissionRelay } from "./PermissionRelay.ts"
import { ReceiptWait } from "./ReceiptWait.ts"
import { Reports } from "./Reports.ts"

export const Poller = Layer.effectDiscard(
  Effect.gen(function* () {
    const { isHealthCheck, timing } = yield* Settings
    const access = yield* AccessPolicy
    const bus = yield* Bus
    const identity = yield* Identity
    const inbound = yield* Inbound
    const news = yield* ReceiptWait
    const relay = yield* PermissionRelay
    const reports = yield* Reports
    const answers = makeIntake<Message>()

    /** Whether it may answer a permission request. Sessions of 1.3.1 know one kind of message. */
    const mayAnswer = ({ kind, proof }: Message) => kind === "permission_verdict" || proof === "1.3.1"

    /** Has the session take in what it may be written by its senders. */
    const handOn = Effect.fnUntraced(function* (messages: ReadonlyArray<Message>) {
      const allowed: Array<Message> = []
      for (const message of messages) {
        const decision = access.inbound(message)
        if (decision._tag === "Allowed") allowed.push(message)
        else yield* inbound.refuse(message.id, decision.reason)
      }
      yield* inbound.arrive(allowed)
    })

    const drain: Effect.Effect<void, BusUnavailable> = Effect.gen(function* () {
      const mail = identity.mail()
      // Its session gets it, or the next one if there turns out to be none.
      if (mail === "waits") return
      const messages = yield* bus.take(identity.id, mail === "not yet" ? "without mail" : "all")
      if (messages.length === 0) return
      const forTheModel = messages.filter((message) => !mayAnswer(message))
      if (forTheModel.length < messages.length) answers.put(...messages.filter(mayAnswer))
      if (forTheModel.length > 0) yield* handOn(forTheModel)
      if (messages.length === batch) yield* drain
    })
    // An idle bus costs one small read a poll, and no fiber. What was seen is noted only after the look went well.
    let seen: number | undefined
    const lookAgain = Effect.sync(() => {
      seen = undefined
    })
    const onRing = Effect.gen(function* () {
      yield* identity.nextRing
      yield* Effect.onError(drain, () => lookAgain)
      news.look()
      reports.soon()
    })

    // Also notices when this session is off the roster, as after a long sleep.
    const takeWhatWaits = Effect.gen(function* () {
      const { present, waiting } = yield* bus.glance(identity.id)
      if (!present) yield* identity.beat
      if (waiting) identity.knock()
      else news.look()
    })
    const clock = yield* Clock.Clock
    let lookedAt = clock.currentTimeMillisUnsafe()
    const hasJumped = (now: number) => Math.abs(now - lookedAt) > timing.heartbeat
    /** Whether a look may find something. What others have written mostly does not concern this session. */
    const isDue = () => {
      const now = clock.currentTimeMillisUnsafe()
      if (hasJumped(now)) return true
      lookedAt = now
      const version = bus.version()
      if (version !== undefined && version === seen) return false
      if (version === undefined || !bus.isQuiet(identity.id)) return true
      news.look()
      seen = version
      return false
    }
    const look = Effect.gen(function* () {
      // A clock that jumped, or a machine that slept, makes every session look gone until its next heartbeat.
      const now = clock.currentTimeMillisUnsafe()
      if (hasJumped(now)) yield* identity.beat
      lookedAt = now
      const version = bus.version()
      yield* takeWhatWaits
      seen = version
    })
    const pollUntil = yield* PollUntil
    // Also after a look that failed.
    const pollOnce = Effect.gen(function* () {
      const exit = yield* Effect.exit(look)
      yield* pollUntil(isDue, timing.poll)
      return yield* exit
    })

    /** Passes an answer to a permission request on. If it can't be looked up, it is shown: else it would be lost. */
    const passOn = Effect.fnUntraced(function* (message: Message) {
      const passedOn = yield* relay.passOn(message).pipe(
        Effect.retry({ schedule: Schedule.spaced(timing.poll), times: 3 }),
        Effect.orElseSucceed(() => false)
      )
      yield* passedOn ? inbound.done(message.id) : handOn([message])
    })
    const passAllOn = Effect.flatMap(answers.all, (messages) =>
      Effect.forEach(messages, passOn, { discard: true })
    )

    // A message names its receiver as the roster does: it is not taken before this session has its name there. To ask who it is puts a
    // session on the roster, and a health check is none.
    const joined = isHealthCheck ? Effect.void : Effect.ignore(identity.current)
    const onceJoined = <A, E, R>(task: Effect.Effect<A, E, R>) =>
      Effect.forkScoped(Effect.andThen(joined, task))
    yield* onceJoined(keepRunning("delivery", onRing))
    yield* onceJoined(keepRunning("delivery", pollOnce))
    yield* Effect.forkScoped(keepRunning("delivery", passAllOn))
  })
)
