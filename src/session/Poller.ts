/**
 * Brings messages in. One fiber takes what waits on the bus, at each ring and every 500 ms; another pushes
 * what was taken, in order. So a client that reads slowly delays its own messages but does not let them expire,
 * and there is never more than one taker: many rings make one drain.
 */
import { Effect, Layer, Option, Queue, Schedule } from "effect"
import { Bus } from "../bus/Bus.ts"
import { Settings } from "../Config.ts"
import type { Message } from "../domain/Message.ts"
import { Channel } from "./Channel.ts"
import { Identity } from "./Identity.ts"
import { PermissionRelay } from "./PermissionRelay.ts"
import { steadily } from "./Steadily.ts"

export const Poller = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const bus = yield* Bus
    const channel = yield* Channel
    const identity = yield* Identity
    const relay = yield* PermissionRelay
    const inHand = yield* Queue.unbounded<Message>()

    const drain: Effect.Effect<void, Effect.Error<ReturnType<typeof bus.take>>> = Effect.gen(function* () {
      const messages = yield* bus.take(identity.id)
      if (messages.length === 0) return
      yield* Queue.offerAll(inHand, messages)
      yield* drain
    })

    // The look is a read. It also notices when this session is off the roster, as after a long sleep.
    const look = Effect.gen(function* () {
      const { present, waiting } = yield* bus.glance(identity.id)
      if (!present) yield* identity.beat
      if (waiting) yield* drain
    })

    const takeNext = Effect.gen(function* () {
      const ring = yield* Queue.take(identity.rings).pipe(Effect.timeoutOption(timing.poll))
      yield* Option.isSome(ring) ? drain : look
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
      const messages = yield* Queue.takeAll(inHand)
      yield* Effect.forEach(messages, handOn, { discard: true })
      yield* bus.done(messages.map(({ id }) => id))
    })

    yield* Effect.forkScoped(steadily("delivery", takeNext, Schedule.forever))
    yield* Effect.forkScoped(steadily("delivery", pushNext, Schedule.forever))
  })
)
