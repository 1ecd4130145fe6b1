/** Sending, as one session does it: find the receiver, ask the rules, write, ring. */
import { Context, Effect, Layer, Result, Semaphore } from "effect"
import { Registry } from "../bus/Registry.ts"
import { Requests } from "../bus/Requests.ts"
import { BadInput, type BusUnavailable, type Forbidden, NobodyThere, type TooLate } from "../domain/Errors.ts"
import type { Metadata } from "../domain/Message.ts"
import { isSessionId, normalise, parseTag, type SessionId } from "../domain/Name.ts"
import type { RosterEntry } from "../domain/Session.ts"
import { parseVerdict } from "../policy/Verdict.ts"
import { AccessPolicy } from "./AccessPolicy.ts"
import { Courier } from "./Courier.ts"
import { Identity } from "./Identity.ts"

/** A direct message as a session writes it. */
export interface DirectMessage {
  /** A name in any spelling, or a session id. */
  readonly to: string
  readonly content: string
  readonly metadata: Metadata
}

/** What became of a direct message. */
export type DmOutcome =
  | { readonly _tag: "Sent"; readonly to: string; readonly messageId: number }
  /** It was an answer to a permission request of the receiver, and it was the first. */
  | { readonly _tag: "Answered"; readonly to: string }

const readReceiver = (to: string): Effect.Effect<string, BadInput> => {
  const id = normalise(to)
  if (isSessionId(id)) return Effect.succeed(id)
  const tag = parseTag(to)
  return Result.isSuccess(tag)
    ? Effect.succeed(tag.success)
    : Effect.fail(new BadInput({ problems: [`to: ${tag.failure}`] }))
}

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Sends to one session, by name or id; where the words answer a permission request, answers it instead. */
    readonly dm: (
      message: DirectMessage
    ) => Effect.Effect<DmOutcome, BadInput | NobodyThere | Forbidden | TooLate | BusUnavailable>
    /** Sends to every other session that the sender's project reaches. */
    readonly broadcast: (
      content: string,
      metadata: Metadata
    ) => Effect.Effect<{ readonly from: string; readonly recipients: number }, Forbidden | BusUnavailable>
  }
>()("cc-dm/session/Outbox") {
  static readonly layer = Layer.effect(
    Outbox,
    Effect.gen(function* () {
      const access = yield* AccessPolicy
      const courier = yield* Courier
      const identity = yield* Identity
      const registry = yield* Registry
      const requests = yield* Requests

      // Calls that come together are accepted one after the other, so that each receiver reads them in that order.
      const inOrder = Semaphore.makeUnsafe(1)

      /** Answers a permission request. `false`: this session was not asked, so the words are chat. */
      const answer = (me: SessionId, receiver: RosterEntry, content: string) => {
        const verdict = parseVerdict(content)
        return verdict === undefined
          ? Effect.succeed(false)
          : requests.answer(me, receiver.id, verdict, content)
      }

      const write = Effect.fnUntraced(function* ({ content, metadata, to }: DirectMessage) {
        const nameOrId = yield* readReceiver(to)
        const meeting = yield* registry.meet(identity.id, nameOrId)
        const me = meeting.me ?? (yield* identity.current).identity
        const receiver = meeting.other
        if (receiver === undefined) return yield* new NobodyThere({ to: nameOrId })
        if (receiver.id === me.id)
          return yield* new BadInput({
            problems: ["to: is this session itself, and a dm goes to another one"]
          })
        if (yield* answer(me.id, receiver, content)) return { receiver, writing: undefined }
        yield* access.dm(me, receiver)
        const draft = { from: me.id, kind: "chat", content, metadata } as const
        return { receiver, writing: yield* courier.write(draft, [receiver]) }
      })

      const dm = Effect.fnUntraced(function* (message: DirectMessage) {
        const { receiver, writing } = yield* inOrder.withPermit(write(message))
        const gone = new NobodyThere({ to: receiver.name })
        if (writing === undefined) {
          if (!(yield* courier.ring(receiver))) return yield* gone
          return { _tag: "Answered", to: receiver.name } as const
        }
        const [got] = yield* courier.announce(yield* writing, [receiver])
        if (got === undefined) return yield* gone
        return { _tag: "Sent", to: receiver.name, messageId: got.messageId } as const
      })

      const broadcast = Effect.fnUntraced(function* (content: string, metadata: Metadata) {
        const write = Effect.gen(function* () {
          const me = (yield* identity.current).identity
          yield* access.broadcast(me)
          const receivers = (yield* registry.roster).filter(
            (other) => other.id !== me.id && access.reaches(me, other)
          )
          const draft = { from: me.id, kind: "chat", content, metadata } as const
          return { me, receivers, writing: yield* courier.write(draft, receivers) }
        })
        const { me, receivers, writing } = yield* inOrder.withPermit(write)
        const got = yield* courier.announce(yield* writing, receivers)
        return { from: me.name, recipients: got.length }
      })

      return Outbox.of({ dm, broadcast })
    })
  )
}
