/** Sending, as one session does it: find the receiver, ask the rules, write, ring. */
import { Context, Effect, Layer, Option, Result } from "effect"
import type { TooMuch } from "../bus/messages/Bus.ts"
import { History, type LoggedMessage } from "../bus/messages/History.ts"
import { Requests } from "../bus/requests/Requests.ts"
import { Registry, type SenderAndReceiver } from "../bus/roster/Registry.ts"
import { BadInput, type BusUnavailable, type Forbidden, NobodyThere, type TooLate } from "../domain/Errors.ts"
import { type Copy, type DeliveryOptions, type Metadata, mailboxLife, system } from "../domain/Message.ts"
import { isSessionId, normalise, parseTag } from "../domain/Name.ts"
import type { DeliveryState, Doing, Reach, Receipt } from "../domain/Receipt.ts"
import { isMember, type RosterEntry, renamedFrom, serveTheSame } from "../domain/Session.ts"
import { lookAlike } from "../domain/Skeleton.ts"
import { quote } from "../domain/Text.ts"
import { randomHex } from "../platform/Platform.ts"
import { parseVerdict } from "../policy/Verdict.ts"
import { AccessPolicy } from "./AccessPolicy.ts"
import { Courier } from "./Courier.ts"
import { Identity } from "./Identity.ts"
import { Inbound } from "./Inbound.ts"
import { ReceiptWait } from "./ReceiptWait.ts"
import { makeTurns } from "./Turns.ts"

/** A direct message as a session writes it. */
export interface OutgoingMessage {
  /** A name in any spelling, or a session id. May be left out of an answer. */
  readonly to?: string | undefined
  readonly content: string
  readonly metadata: Metadata
  readonly options?: DeliveryOptions
  /** How long it may wait for its receiver, in milliseconds; then it also waits for a name that nobody holds now. */
  readonly life?: number | undefined
}

/** How far one receiver's copy of a message has come, and how that receiver can be reached. */
export interface CopyState {
  readonly to: string
  readonly messageId: number
  readonly state: DeliveryState
  /** Why it was refused or has expired. */
  readonly reason: string | undefined
  readonly reach: Reach
}

/** What became of a direct message. */
export type DmOutcome =
  | ({ readonly _tag: "Sent"; readonly doing: Doing | undefined } & CopyState)
  /** Nobody has that name now: it waits until somebody takes it. */
  | {
      readonly _tag: "Held"
      readonly to: string
      readonly messageId: number
      /** What the session is called now that had this name. */
      readonly renamed: string | undefined
    }
  /** It was an answer to a permission request of the receiver, and it was the first. */
  | { readonly _tag: "Answered"; readonly to: string }

/** To whom a message goes, as the roster has them. */
interface Addressed extends SenderAndReceiver {
  readonly nameOrId: string
  /** The thread of the message that it answers. */
  readonly threadId: string | undefined
  /** The message that it answers, if another session wrote that. */
  readonly answers: LoggedMessage | undefined
}

const bad = (problem: string) => new BadInput({ problems: [problem] })

const readReceiver = (to: string): Result.Result<string, BadInput> => {
  const id = normalise(to)
  if (isSessionId(id)) return Result.succeed(id)
  return Result.mapError(parseTag(to), (why) => bad(`to: ${why}`))
}

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Sends to one session, by name or id; if the words answer a permission request, answers it instead. */
    readonly dm: (
      message: OutgoingMessage
    ) => Effect.Effect<DmOutcome, BadInput | NobodyThere | Forbidden | TooLate | TooMuch | BusUnavailable>
    /** Sends to every other session that the sender's project reaches. */
    readonly broadcast: (
      content: string,
      metadata: Metadata
    ) => Effect.Effect<
      {
        readonly from: string
        readonly copies: ReadonlyArray<CopyState>
        /** The names of those that were left out, since too many messages wait for them. */
        readonly full: ReadonlyArray<string>
      },
      Forbidden | TooMuch | BusUnavailable
    >
  }
>()("cc-dm/session/Outbox") {
  static readonly layer = Layer.effect(
    Outbox,
    Effect.gen(function* () {
      const access = yield* AccessPolicy
      const courier = yield* Courier
      const history = yield* History
      const identity = yield* Identity
      const inbound = yield* Inbound
      const news = yield* ReceiptWait
      const registry = yield* Registry
      const requests = yield* Requests

      // Calls that come together are accepted one after the other, so that each receiver reads them in that order.
      const inOrder = makeTurns()

      const addressByName = (nameOrId: string): Effect.Effect<Addressed, BusUnavailable> =>
        Effect.map(registry.findBoth(identity.id, nameOrId), ({ isSame, me, other }) => ({
          me,
          other,
          isSame,
          nameOrId,
          threadId: undefined,
          answers: undefined
        }))

      /** Finds who wrote the message that is answered. `asked`: the name or the id that its sender has besides. */
      const addressAnswer = Effect.fnUntraced(function* (
        replyTo: number,
        asked: string | undefined,
        life: number | undefined
      ): Effect.fn.Return<Addressed, BadInput | BusUnavailable> {
        const original = yield* history.find(identity.id, replyTo)
        if (original === undefined)
          return yield* bad(
            `reply_to: this session neither sent nor received a message ${replyTo} that is still kept`
          )
        if (original.from === system)
          return yield* bad(`reply_to: message ${replyTo} is from cc-dm itself, which does not read answers`)
        const mine = original.fromId === identity.id
        const id = mine ? original.toId : (original.fromId ?? original.from)
        const meeting = yield* registry.findBoth(identity.id, id)
        const name = mine ? original.to : original.from
        const theirs = [id, name, meeting.other?.name]
        if (asked !== undefined && !theirs.includes(asked))
          return yield* bad(
            `to: message ${replyTo} is not one that ${quote(asked)} wrote; leave "to" out, or reply_to`
          )
        // Who left with a name may be back under it, in another conversation; only mail waits for that.
        const other = meeting.other ?? (life === undefined ? undefined : yield* registry.find(name))
        const answers = mine ? undefined : original
        const { isSame, me } = meeting
        return { me, other, isSame, nameOrId: name, threadId: original.metadata.thread_id, answers }
      })

      const address = ({ life, options, to }: OutgoingMessage) => {
        const asked = to === undefined ? undefined : readReceiver(to)
        if (asked !== undefined && Result.isFailure(asked)) return Effect.fail(asked.failure)
        const replyTo = options?.replyTo
        if (replyTo !== undefined) return addressAnswer(replyTo, asked?.success, life)
        return asked === undefined
          ? Effect.fail(bad("to: is required, unless reply_to says whom to answer"))
          : addressByName(asked.success)
      }

      const missing = Effect.fnUntraced(function* (to: string) {
        const roster = yield* registry.roster
        const renamed = renamedFrom(to, roster)
        if (renamed !== undefined) return yield* new NobodyThere({ to, renamed })
        // Who has the very name has come a moment ago, and was not there when it was looked for.
        const meant = roster.find(({ name }) => name !== to && lookAlike(to, normalise(name)))
        return yield* new NobodyThere({ to, ...(meant === undefined ? {} : { meant: meant.name }) })
      })

      const write = Effect.fnUntraced(function* (
        message: OutgoingMessage,
        { answers, isSame, me: found, nameOrId, other: receiver, threadId }: Addressed
      ) {
        const { content, options } = message
        // A row that was renamed by hand is put right first.
        const known = found !== undefined && identity.isMyName(found.name) ? found : undefined
        const me = known ?? (yield* identity.current).identity
        const isPerson = receiver?.kind === "command line"
        const life = message.life ?? (isPerson ? mailboxLife : undefined)
        const name = receiver?.name ?? nameOrId
        if (receiver === undefined && (life === undefined || isSessionId(nameOrId)))
          return yield* missing(nameOrId)
        if (receiver?.id === me.id)
          return yield* bad("to: is this session itself, and a dm goes to another one")
        if (isSame)
          return yield* bad(
            `to: ${quote(name)} is this session itself, which a second cc-dm server serves as well, and a dm goes to another one`
          )
        const verdict = receiver === undefined ? undefined : parseVerdict(content)
        // If the receiver did not ask this session, the words are chat.
        if (receiver !== undefined && verdict !== undefined)
          if (yield* requests.answer(me.id, receiver.id, verdict, content))
            return { name, receiver, answers, accepted: undefined }
        // Whether the one who takes the name is in the sender's project is decided then.
        // People at the command line are in no project; what goes to them leaves none.
        const party = receiver ?? { name, role: "", project: me.project }
        yield* access.dm(me, isPerson ? { ...party, project: me.project } : party)
        const words = {
          from: me.id,
          ...(known === undefined ? {} : { sender: known }),
          kind: "chat",
          content,
          metadata: threadId === undefined ? message.metadata : { thread_id: threadId, ...message.metadata },
          ...(options === undefined ? {} : { options })
        } as const
        const accepted = yield* courier.sendToOne(words, me, { name, entry: receiver, life })
        return { name, receiver, answers, accepted }
      })

      // A row that is gone was shown by a 1.3.1 server, or was seen by a session that keeps nothing.
      const copyStateOf = (
        { messageId }: Pick<Copy, "messageId">,
        receipts: ReadonlyArray<Receipt>,
        entry: RosterEntry
      ): CopyState => {
        const receipt = receipts.find((one) => one.messageId === messageId)
        return {
          to: entry.name,
          messageId,
          state: receipt?.state ?? (entry.current ? "seen" : "pushed"),
          reason: receipt?.reason,
          reach: entry.reach
        }
      }

      const dm = Effect.fnUntraced(function* (message: OutgoingMessage) {
        const { accepted, answers, name, receiver } = yield* inOrder(address(message), (found) =>
          write(message, found)
        )
        if (answers !== undefined) yield* inbound.answered(answers)
        const gone = () => new NobodyThere({ to: name })
        if (accepted === undefined) {
          if (receiver === undefined || !(yield* courier.ring(receiver))) return yield* gone()
          return { _tag: "Answered", to: name } as const
        }
        const copy = yield* accepted.outcome
        if (copy === undefined) return yield* gone()
        const { messageId, receiver: holder } = copy
        if (holder === undefined) {
          const roster = yield* Effect.orElseSucceed(registry.roster, () => [])
          return { _tag: "Held", to: name, messageId, renamed: renamedFrom(name, roster) } as const
        }
        const receipts = yield* news.first([messageId])
        const looked = yield* Effect.option(registry.find(holder.id))
        const now = Option.getOrUndefined(looked) ?? holder
        const state = copyStateOf(copy, receipts, { ...now, name: holder.name })
        const hasLeft = Option.isSome(looked) && looked.value === undefined && state.state === "queued"
        if (hasLeft && (yield* courier.recall([messageId])).has(messageId)) return yield* gone()
        return { _tag: "Sent", doing: now.doing, ...state } as const
      })

      const broadcast = Effect.fnUntraced(function* (content: string, metadata: Metadata) {
        const write = Effect.gen(function* () {
          const me = (yield* identity.current).identity
          yield* access.broadcast(me)
          const roster = yield* registry.roster
          const mine = roster.find(({ id }) => id === me.id)
          const receivers = roster.filter(
            (other) =>
              other.id !== me.id && isMember(other) && !serveTheSame(mine, other) && access.reaches(me, other)
          )
          const words = { from: me.id, kind: "chat", content, metadata, batch: yield* randomHex(8) } as const
          return { me, receivers, accepted: yield* courier.sendToAll(words, receivers, undefined) }
        })
        const { accepted, me, receivers } = yield* inOrder(Effect.void, () => write)
        const { copies: written, full } = yield* accepted.outcome
        const receipts = yield* news.first(written.map(({ messageId }) => messageId))
        const roster =
          written.length === 0 ? undefined : yield* Effect.orElseSucceed(registry.roster, () => undefined)
        const looked = written.flatMap((one) => {
          const isReceiver = ({ id }: RosterEntry) => id === one.to
          const now = roster?.find(isReceiver)
          const entry = now ?? receivers.find(isReceiver)
          const hasLeft = roster !== undefined && now === undefined
          return entry === undefined ? [] : [{ hasLeft, copy: copyStateOf(one, receipts, entry) }]
        })
        // Who has left meanwhile and took nothing was not there.
        const recalled = yield* courier.recall(
          looked.flatMap(({ copy, hasLeft }) => (hasLeft && copy.state === "queued" ? [copy.messageId] : []))
        )
        const copies = looked.flatMap(({ copy }) => (recalled.has(copy.messageId) ? [] : [copy]))
        return { from: me.name, copies, full: full.map(({ name }) => name) }
      })

      return Outbox.of({ dm, broadcast })
    })
  )
}
