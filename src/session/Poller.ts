/**
 * Brings messages in. What waits on the bus is taken at each ring and, should a ring be lost, every 500 ms; there
 * is never more than one taker, and many rings make one drain. Another fiber pushes what was taken, in order: a
 * client that reads slowly delays its own messages but does not let them expire.
 */
import { Effect, Layer, Queue, Schedule, Semaphore } from "effect"
import { Bus, batch } from "../bus/Bus.ts"
import { Settings } from "../Config.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Message } from "../domain/Message.ts"
import { Channel } from "./Channel.ts"
import { Identity } from "./Identity.ts"
import { PermissionRelay } from "./PermissionRelay.ts"
import { steadily } from "./Steadily.ts"

/** The least time between two removals of messages that were shown, in milliseconds. */
const clearing = 20

export const Poller = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const bus = yield* Bus
    const channel = yield* Channel
    const identity = yield* Identity
    const relay = yield* PermissionRelay
    const inHand = yield* Queue.unbounded<Message>()
    const handedOn = yield* Queue.unbounded<number>()

    const drain: Effect.Effect<void, BusUnavailable> = Effect.gen(function* () {
      const messages = yield* bus.take(identity.id)
      yield* Queue.offerAll(inHand, messages)
      if (messages.length === batch) yield* drain
    })
    const oneAtATime = Semaphore.makeUnsafe(1)
    const onRing = Effect.andThen(Queue.take(identity.rings), oneAtATime.withPermit(drain))

    // Also notices when this session is off the roster, as after a long sleep.
    const look = Effect.gen(function* () {
      const { present, waiting } = yield* bus.glance(identity.id)
      if (!present) yield* identity.beat
      if (waiting) yield* oneAtATime.withPermit(drain)
    })
    // An idle bus costs one small read a poll. What was seen is noted only after the look went well.
    let seen: number | undefined
    const onPoll = Effect.gen(function* () {
      const version = yield* bus.version
      if (version !== undefined && version === seen) return
      yield* look
      seen = version
    })

    // A verdict that can't be looked up is shown as chat: better than that nobody learns of it.
    const passOn = (message: Message) =>
      message.kind === "permission_verdict"
        ? relay.passOn(message).pipe(
            Effect.retry({ schedule: Schedule.spaced(timing.poll), times: 3 }),
            Effect.orElseSucceed(() => false)
          )
        : Effect.succeed(false)

    const handOn = Effect.fnUntraced(function* (message: Message) {
      if (!(yield* passOn(message))) yield* channel.push(message)
    })

    const pushNext = Effect.gen(function* () {
      const message = yield* Queue.take(inHand)
      yield* handOn(message)
      yield* Queue.offer(handedOn, message.id)
    })

    // Removing rows in lots leaves the write lock to the senders; what a crash catches in between is reported as lost.
    const clearAway = Effect.flatMap(Queue.takeAll(handedOn), bus.done)
    // What is left at the end was shown, and must not be reported as lost.
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Queue.clear(handedOn), (ids) => (ids.length === 0 ? Effect.void : bus.done(ids))).pipe(
        Effect.interruptible,
        Effect.timeout("50 millis"),
        Effect.ignore
      )
    )

    yield* Effect.forkScoped(steadily("delivery", onRing, Schedule.forever))
    yield* Effect.forkScoped(steadily("delivery", onPoll, Schedule.spaced(timing.poll)))
    yield* Effect.forkScoped(steadily("delivery", pushNext, Schedule.forever))
    yield* Effect.forkScoped(steadily("delivery", clearAway, Schedule.spaced(clearing)))
  })
)
