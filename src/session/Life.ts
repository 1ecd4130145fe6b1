/**
 * Tells a session's server from one that is only tried: `claude mcp list` starts every server for some 0.15 s, with the variables of the
 * shell. A client that has stayed for 2 s after it said that it is ready is a session's; so is one that calls a tool or a hook.
 */
import { Effect, Layer } from "effect"
import { Settings } from "../settings/Settings.ts"
import { Channel } from "./Channel.ts"
import { Identity } from "./Identity.ts"

export const Life = Layer.effectDiscard(
  Effect.gen(function* () {
    const { timing } = yield* Settings
    const channel = yield* Channel
    const identity = yield* Identity
    yield* channel.ready.pipe(
      Effect.andThen(Effect.sleep(timing.settling)),
      Effect.andThen(identity.showLife),
      Effect.forkScoped
    )
  })
)
