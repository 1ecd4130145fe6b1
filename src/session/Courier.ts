/**
 * Sending, for sessions and for people alike: a message is written, and its receivers are rung. A receiver whose doorbell is dead
 * has not got it and never will: its copy is taken back, it leaves the roster, and the result does not count it.
 */
import { Context, Effect, Layer } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import { HeldMail } from "../bus/engine/HeldMail.ts"
import { Bus, type Draft, type TooMuch } from "../bus/messages/Bus.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import type { Copy, MessageKind } from "../domain/Message.ts"
import { isSessionId } from "../domain/Name.ts"
import type { Identity, RosterEntry } from "../domain/Session.ts"
import { isAllowed } from "../policy/Decision.ts"
import { scope } from "../policy/Scope.ts"

/** One receiver, and what is known of the name that its sender has for it. */
export interface Receiver {
  /** What the sender calls it. */
  readonly name: string
  /** `undefined`: the name is free now. */
  readonly entry: RosterEntry | undefined
  /** How long the message may wait, in milliseconds, also for the name if that is free; `undefined`: as long as any. */
  readonly life: number | undefined
}

/** One receiver's copy, and who got it; `undefined`: it waits for the session that takes the name. */
export interface CopyWithReceiver {
  readonly messageId: number
  readonly receiver: RosterEntry | undefined
}

/** What became of a message to several. */
export interface BroadcastOutcome {
  /** The copies of those that got it. */
  readonly copies: ReadonlyArray<Copy>
  /** Those that were left out, since too many messages wait for them. */
  readonly full: ReadonlyArray<RosterEntry>
}

/** A message that has its place in the order of what was sent. */
export interface Accepted<Outcome> {
  /** Waits until it is written, rings, and says what became of it. */
  readonly outcome: Effect.Effect<Outcome, TooMuch | BusUnavailable>
}

/** Who sends, as far as it is asked which project the receiver of held mail may be in. */
type SenderIdentity = Pick<Identity, "id" | "project">

/** What is said, before it is known to whom and for how long. */
type Unaddressed = Omit<Draft, "to" | "mail">

/** Those of whom something holds, which is asked of all at once. Mostly there is one. */
const those = <E>(
  all: ReadonlyArray<RosterEntry>,
  holds: (one: RosterEntry) => Effect.Effect<boolean, E>
): Effect.Effect<ReadonlyArray<RosterEntry>, E> => {
  const [only, ...others] = all
  return only === undefined || others.length > 0
    ? Effect.filter(all, holds, { concurrency: "unbounded" })
    : Effect.map(holds(only), (does) => (does ? all : []))
}

/** How long a message may wait, and for which name. A receiver that goes by its id has none. */
const mailFor = ({ life, name }: Receiver): Pick<Draft, "mail"> =>
  life === undefined ? {} : { mail: { life, name: isSessionId(name) ? null : name } }

export class Courier extends Context.Service<
  Courier,
  {
    /** Writes a message of the system's own to each receiver, rings, and says which of them got it. */
    readonly deliver: (
      draft: Omit<Draft, "to" | "kind"> & { readonly kind: Exclude<MessageKind, "chat"> },
      receivers: ReadonlyArray<RosterEntry>
    ) => Effect.Effect<ReadonlyArray<Copy>, BusUnavailable>
    /**
     * Sends to one. What waits for a name, since that is free or its holder was dead, is given to the session that took the name
     * meanwhile: a session looks for its mail only when it takes a name. `undefined`: nobody got it, and it waits for nobody.
     */
    readonly sendToOne: (
      draft: Unaddressed,
      sender: SenderIdentity,
      receiver: Receiver
    ) => Effect.Effect<Accepted<CopyWithReceiver | undefined>>
    /** Sends to several. `life`: how long each copy may wait, in milliseconds. */
    readonly sendToAll: (
      draft: Unaddressed,
      receivers: ReadonlyArray<RosterEntry>,
      life: number | undefined
    ) => Effect.Effect<Accepted<BroadcastOutcome>>
    /** Takes back messages that were written to sessions which have left, as far as nobody took them. Says which. */
    readonly recall: (messageIds: ReadonlyArray<number>) => Effect.Effect<ReadonlySet<number>>
    /** Rings one receiver after a commit. `false`: it is dead, and off the roster now. */
    readonly ring: (receiver: RosterEntry) => Effect.Effect<boolean, BusUnavailable>
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

      const ring = (receiver: RosterEntry) =>
        Effect.flatMap(doorbell.reach(receiver), (fate) =>
          fate === "dead" ? Effect.as(registry.remove(receiver.id), false) : Effect.succeed(true)
        )

      const write = (draft: Omit<Draft, "to">, receivers: ReadonlyArray<RosterEntry>) =>
        bus.send({ ...draft, to: receivers.map(({ id }) => id) })

      /** Rings those who were written to, and says which of them got it; all, if the bus can't tell. */
      const announce = Effect.fnUntraced(
        function* (copies: ReadonlyArray<Copy>, receivers: ReadonlyArray<RosterEntry>) {
          const written = receivers.filter(({ id }) => copies.some(({ to }) => to === id))
          const isConnected = ({ id }: RosterEntry) =>
            copies.some(({ connected, to }) => to === id && connected === true)
          const alive = yield* those(written, (one) => (isConnected(one) ? Effect.succeed(true) : ring(one)))
          const isFor =
            (some: ReadonlyArray<RosterEntry>) =>
            ({ to }: Copy) =>
              some.some(({ id }) => id === to)
          const lost = copies.filter(isFor(written.filter((one) => !alive.includes(one))))
          if (lost.length > 0) yield* bus.retract(lost.map(({ messageId }) => messageId))
          return copies.filter(isFor(alive))
        },
        (announcing, copies) => Effect.orElseSucceed(announcing, () => copies)
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
          Effect.flatMap((copies) => announce(copies, receivers))
        )

      /** Of the receivers that were not written to, those for whom no more messages are taken; none, if the bus can't tell. */
      const leftOut = Effect.fnUntraced(
        function* (copies: ReadonlyArray<Copy>, receivers: ReadonlyArray<RosterEntry>) {
          const missed = receivers.filter(({ id }) => !copies.some(({ to }) => to === id))
          if (missed.length === 0) return []
          const ids = yield* bus.full(missed.map(({ id }) => id))
          return missed.filter(({ id }) => ids.has(id))
        },
        Effect.orElseSucceed(() => [])
      )

      // What was written is sent: that the bus can't be asked about it from here on is no failure.
      const handOver = Effect.fnUntraced(
        function* (messageId: number, name: string, { id, project }: SenderIdentity) {
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

      /** Rings the receiver of a written copy, or gives what waits for a name to who has just taken it. */
      const finish = Effect.fnUntraced(function* (
        copies: ReadonlyArray<Copy>,
        sender: SenderIdentity,
        { entry, life, name }: Receiver
      ) {
        const got = yield* announce(copies, entry === undefined ? [] : [entry])
        const messageId = copies[0]?.messageId
        if (messageId === undefined) return undefined
        if (got.length > 0) return { messageId, receiver: entry }
        return life === undefined || isSessionId(name)
          ? undefined
          : { messageId, receiver: yield* handOver(messageId, name, sender) }
      })

      const sendToOne = (draft: Unaddressed, sender: SenderIdentity, receiver: Receiver) => {
        const receivers = receiver.entry === undefined ? [] : [receiver.entry]
        return Effect.map(write({ ...draft, ...mailFor(receiver) }, receivers), (written) => ({
          outcome: Effect.flatMap(written, (copies) => finish(copies, sender, receiver))
        }))
      }

      const sendToAll = Effect.fnUntraced(function* (
        draft: Unaddressed,
        receivers: ReadonlyArray<RosterEntry>,
        life: number | undefined
      ) {
        const written = yield* write(
          { ...draft, ...(life === undefined ? {} : { mail: { life, name: null } }) },
          receivers
        )
        const outcome = Effect.gen(function* () {
          const copies = yield* written
          const full = yield* leftOut(copies, receivers)
          return { full, copies: yield* announce(copies, receivers) }
        })
        return { outcome }
      })

      return Courier.of({ deliver, sendToOne, sendToAll, recall, ring })
    })
  )
}
