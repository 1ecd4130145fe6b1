/**
 * Writes a message and rings its receivers. A receiver whose doorbell is dead has not got it and never will:
 * its copy is taken back, it leaves the roster, and the result does not count it.
 */
import { Context, Effect, Layer } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import { HeldMail } from "../bus/engine/HeldMail.ts"
import { Bus, type Draft, type TooMuch } from "../bus/messages/Bus.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { MessageKind, Sent } from "../domain/Message.ts"
import { isSessionId } from "../domain/Name.ts"
import type { Identity, RosterEntry } from "../domain/Session.ts"
import { isAllowed } from "../policy/Decision.ts"
import { scope } from "../policy/Scope.ts"

/** Where a letter goes. */
export interface Addressed extends Pick<Draft, "mail"> {
  readonly sender: Pick<Identity, "id" | "project">
  /** `undefined`: nobody has the name now. */
  readonly receiver: RosterEntry | undefined
}

/** A letter, and who got it; `undefined`: it waits for the session that takes the name. */
export interface Posted {
  readonly messageId: number
  readonly receiver: RosterEntry | undefined
}

/** How long a letter may wait, and for which name. A receiver that goes by its id has none. */
export const mailFor = (name: string, life: number | undefined): Pick<Draft, "mail"> =>
  life === undefined ? {} : { mail: { life, name: isSessionId(name) ? null : name } }

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
    /** Of the receivers that were not written to, those for whom no more messages are taken. */
    readonly leftOut: (
      sent: ReadonlyArray<Sent>,
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<RosterEntry>, BusUnavailable>
    /** The second half: rings those who were written to, and says which of them got it; all, if the bus can't tell. */
    readonly announce: (
      sent: ReadonlyArray<Sent>,
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<Sent>>
    /** Takes back messages that were written to sessions which have left, as far as nobody took them. Says which. */
    readonly recall: (messageIds: ReadonlyArray<number>) => Effect.Effect<ReadonlySet<number>>
    /** Rings one receiver after a commit. `false`: it is dead, and off the roster now. */
    readonly ring: (receiver: RosterEntry) => Effect.Effect<boolean, BusUnavailable>
    /**
     * Rings the receiver of a letter that was written. One that waits for a name, since nobody has that or its holder was dead,
     * is given to the session that took it meanwhile: a session looks for its mail only when it takes a name. `undefined`: nobody
     * got it, and it waits for nobody.
     */
    readonly post: (sent: ReadonlyArray<Sent>, letter: Addressed) => Effect.Effect<Posted | undefined>
  }
>()("cc-dm/session/Courier") {
  static readonly layer = Layer.effect(
    Courier,
    Effect.gen(function* () {
      const bus = yield* Bus
      const doorbell = yield* Doorbell
      const heldMail = yield* HeldMail
      const receipts = yield* Receipts
      const registry = yield* Registry

      const ring = Effect.fnUntraced(function* (receiver: RosterEntry) {
        if ((yield* doorbell.reach(receiver)) !== "dead") return true
        yield* registry.remove(receiver.id)
        return false
      })

      const write = (draft: Omit<Draft, "to">, receivers: ReadonlyArray<RosterEntry>) =>
        bus.send({ ...draft, to: receivers.map(({ id }) => id) })

      const announce = Effect.fnUntraced(
        function* (sent: ReadonlyArray<Sent>, receivers: ReadonlyArray<RosterEntry>) {
          const written = receivers.filter(({ id }) => sent.some(({ to }) => to === id))
          const alive = yield* Effect.filter(written, ring, {
            concurrency: receivers.length === 1 ? 1 : "unbounded"
          })
          const isFor =
            (some: ReadonlyArray<RosterEntry>) =>
            ({ to }: Sent) =>
              some.some(({ id }) => id === to)
          const lost = sent.filter(isFor(written.filter((one) => !alive.includes(one))))
          if (lost.length > 0) yield* bus.retract(lost.map(({ messageId }) => messageId))
          return sent.filter(isFor(alive))
        },
        (announcing, sent) => Effect.orElseSucceed(announcing, () => sent)
      )

      const recall = Effect.fnUntraced(
        function* (messageIds: ReadonlyArray<number>) {
          if (messageIds.length === 0) return new Set<number>()
          yield* bus.retract(messageIds)
          const left = yield* receipts.of(messageIds)
          return new Set(messageIds.filter((id) => !left.some(({ messageId }) => messageId === id)))
        },
        Effect.orElseSucceed(() => new Set<number>())
      )

      // Nothing that the system says is too much.
      const deliver: Courier["Service"]["deliver"] = (draft, receivers) =>
        Effect.flatten(write(draft, receivers)).pipe(
          Effect.catchTag(["TooFast", "QueueFull"], Effect.die),
          Effect.flatMap((sent) => announce(sent, receivers))
        )

      const leftOut = Effect.fnUntraced(function* (
        sent: ReadonlyArray<Sent>,
        receivers: ReadonlyArray<RosterEntry>
      ) {
        const missed = receivers.filter(({ id }) => !sent.some(({ to }) => to === id))
        if (missed.length === 0) return []
        const ids = yield* bus.full(missed.map(({ id }) => id))
        return missed.filter(({ id }) => ids.has(id))
      })

      // What was written is sent: that the bus can't be asked about it from here on is no failure.
      const handOver = Effect.fnUntraced(
        function* (messageId: number, name: string, { id, project }: Addressed["sender"]) {
          const holder = yield* registry.find(name)
          if (holder === undefined || !isSessionId(holder.id) || holder.id === id) return undefined
          // One that is out of scope refuses it by itself, and says why.
          const sender = { name: "", role: "", project }
          if (!isAllowed(scope({ sender, receiver: holder }))) return undefined
          yield* heldMail.give([messageId], holder.id)
          return (yield* ring(holder)) ? holder : undefined
        },
        Effect.orElseSucceed(() => undefined)
      )

      const post = Effect.fnUntraced(function* (
        sent: ReadonlyArray<Sent>,
        { mail, receiver, sender }: Addressed
      ) {
        const got = yield* announce(sent, receiver === undefined ? [] : [receiver])
        const messageId = sent[0]?.messageId
        if (messageId === undefined) return undefined
        if (got.length > 0) return { messageId, receiver }
        const name = mail?.name ?? undefined
        return name === undefined
          ? undefined
          : { messageId, receiver: yield* handOver(messageId, name, sender) }
      })

      return Courier.of({ deliver, write, leftOut, announce, recall, ring, post })
    })
  )
}
