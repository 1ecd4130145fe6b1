/**
 * Writes a message and rings its receivers. A receiver whose doorbell is dead has not got it and never will:
 * its copy is taken back, it leaves the roster, and the result does not count it.
 */
import { Context, Effect, Layer } from "effect"
import { Bus, type Draft } from "../bus/Bus.ts"
import { Doorbell } from "../bus/Doorbell.ts"
import { Registry } from "../bus/Registry.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Sent } from "../domain/Message.ts"
import type { RosterEntry } from "../domain/Session.ts"

export class Courier extends Context.Service<
  Courier,
  {
    /** Sends to each receiver that is alive, and says to whom. */
    readonly deliver: (
      draft: Omit<Draft, "to">,
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<Sent>, BusUnavailable>
    /** Rings one receiver after a commit. `false`: it is dead, and off the roster now. */
    readonly ring: (receiver: RosterEntry) => Effect.Effect<boolean, BusUnavailable>
  }
>()("cc-dm/session/Courier") {
  static readonly layer = Layer.effect(
    Courier,
    Effect.gen(function* () {
      const bus = yield* Bus
      const doorbell = yield* Doorbell
      const registry = yield* Registry

      const ring = Effect.fn("Courier.ring")(function* (receiver: RosterEntry) {
        if ((yield* doorbell.ring(receiver)) !== "dead") return true
        yield* registry.remove(receiver.id)
        return false
      })

      const deliver = Effect.fn("Courier.deliver")(function* (
        draft: Omit<Draft, "to">,
        receivers: ReadonlyArray<RosterEntry>
      ) {
        const byId = new Map<string, RosterEntry>(receivers.map((receiver) => [receiver.id, receiver]))
        const sent = yield* bus.send({ ...draft, to: [...byId.keys()] })
        const alive = yield* Effect.filter(
          sent,
          ({ to }) => {
            const receiver = byId.get(to)
            return receiver === undefined ? Effect.succeed(true) : ring(receiver)
          },
          { concurrency: "unbounded" }
        )
        const lost = sent.filter((one) => !alive.includes(one))
        if (lost.length > 0) yield* bus.retract(lost.map(({ messageId }) => messageId))
        return alive
      })

      return Courier.of({ deliver, ring })
    })
  )
}
