/**
 * Writes a message and rings its receivers. A receiver whose doorbell is dead has not got it and never will:
 * its copy is taken back, it leaves the roster, and the result does not count it.
 */
import { Context, Effect, Layer } from "effect"
import { Bus, type Draft, type TooMuch } from "../bus/Bus.ts"
import { Doorbell } from "../bus/Doorbell.ts"
import { Registry } from "../bus/Registry.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { MessageKind, Sent } from "../domain/Message.ts"
import type { RosterEntry } from "../domain/Session.ts"

export class Courier extends Context.Service<
  Courier,
  {
    /** Writes a message of the system's own to each receiver, rings, and says which of them got it. */
    readonly deliver: (
      draft: Omit<Draft, "to" | "kind"> & { readonly kind: Exclude<MessageKind, "chat"> },
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<Sent>, BusUnavailable>
    /** The first half of `deliver`: accepts for writing, in order; the effect that it gives waits for the commit. */
    readonly write: (
      draft: Omit<Draft, "to">,
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<Effect.Effect<ReadonlyArray<Sent>, TooMuch | BusUnavailable>>
    /** Of some receivers those for whom no more messages are taken. */
    readonly full: (
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<RosterEntry>, BusUnavailable>
    /** The second half: rings those who were written to, and says which of them got it. */
    readonly announce: (
      sent: ReadonlyArray<Sent>,
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

      const ring = Effect.fnUntraced(function* (receiver: RosterEntry) {
        if ((yield* doorbell.ring(receiver)) !== "dead") return true
        yield* registry.remove(receiver.id)
        return false
      })

      const write = (draft: Omit<Draft, "to">, receivers: ReadonlyArray<RosterEntry>) =>
        bus.send({ ...draft, to: receivers.map(({ id }) => id) })

      const announce = Effect.fnUntraced(function* (
        sent: ReadonlyArray<Sent>,
        receivers: ReadonlyArray<RosterEntry>
      ) {
        const dead = yield* Effect.filter(
          receivers.filter(({ id }) => sent.some(({ to }) => to === id)),
          (receiver) => Effect.map(ring(receiver), (alive) => !alive),
          { concurrency: receivers.length === 1 ? 1 : "unbounded" }
        )
        const isLost = ({ to }: Sent) => dead.some(({ id }) => id === to)
        const lost = sent.filter(isLost)
        if (lost.length > 0) yield* bus.retract(lost.map(({ messageId }) => messageId))
        return sent.filter((one) => !isLost(one))
      })

      // Nothing that the system says is too much.
      const deliver: Courier["Service"]["deliver"] = (draft, receivers) =>
        Effect.flatten(write(draft, receivers)).pipe(
          Effect.catchTag(["TooFast", "QueueFull"], Effect.die),
          Effect.flatMap((sent) => announce(sent, receivers))
        )

      const full = (receivers: ReadonlyArray<RosterEntry>) =>
        Effect.map(bus.full(receivers.map(({ id }) => id)), (ids) =>
          receivers.filter(({ id }) => ids.has(id))
        )

      return Courier.of({ deliver, write, full, announce, ring })
    })
  )
}
