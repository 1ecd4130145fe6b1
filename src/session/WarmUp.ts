/**
 * Loads what signs and checks messages before the first one needs it: its sender and its receiver would wait for that, 10 to 20 ms each. A session
 * without a name of its own is seldom written to, and does without. So does a server that is only tried: it is gone by then.
 */
import { Effect, Layer } from "effect"
import { isSessionId } from "../domain/Name.ts"
import { loadSigning } from "../platform/Signing.ts"
import { Settings } from "../settings/Settings.ts"
import { Channel } from "./Channel.ts"
import { Identity } from "./Identity.ts"

/** How long a client has been ready by then: an agent that starts has other things to do at first. */
const pause = "500 millis"

export const WarmUp = Layer.effectDiscard(
  Effect.gen(function* () {
    const channel = yield* Channel
    const identity = yield* Identity
    const { isHealthCheck } = yield* Settings
    const warmUp = Effect.gen(function* () {
      yield* channel.ready
      yield* Effect.sleep(pause)
      const { identity: me } = yield* identity.current
      if (!isSessionId(me.name)) loadSigning()
    })
    // To ask who it is puts a session on the roster. If the bus does not say it, the first message loads what it needs.
    if (!isHealthCheck) yield* Effect.forkScoped(Effect.ignore(warmUp))
  })
)
