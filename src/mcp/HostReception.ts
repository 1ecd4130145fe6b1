/** Takes what the host tells by another way than the tool `session_hook`, and answers it in the same way. */
import { Effect, Layer } from "effect"
import { Host } from "../hosts/Host.ts"
import { Identity } from "../session/Identity.ts"
import { Inbound } from "../session/Inbound.ts"
import { hearHook, type Introduced } from "./SessionHook.ts"

/** Does nothing with a host that calls the tool alone. */
export const HostReception = Layer.effectDiscard(
  Effect.gen(function* () {
    const { listen } = yield* Host
    if (listen === undefined) return
    const inbound = yield* Inbound
    const { showLife, workIn } = yield* Identity
    const services = yield* Effect.context<Host | Identity | Inbound>()
    const introduced: Introduced = new Set()
    let calls = 0
    yield* listen({
      hear: (input) =>
        Effect.suspend(() => {
          calls += 1
          const call = `heard ${calls}`
          return showLife.pipe(
            Effect.andThen(hearHook(input, call, introduced)),
            // Who asked has hung up: what was to be shown was not.
            Effect.onInterrupt(() => inbound.cancelled(call)),
            Effect.provideContext(services)
          )
        }),
      learn: inbound.learn,
      told: inbound.told,
      workIn
    })
  })
)
