/** A message to one receiver, from somebody at the command line. */
import { Effect, type Layer, Schema } from "effect"
import { Registry } from "../bus/roster/Registry.ts"
import { type BusUnavailable, NobodyThere } from "../domain/Errors.ts"
import { Content, type DeliveryOptions, type Metadata, mailboxLife } from "../domain/Message.ts"
import { isSessionId } from "../domain/Name.ts"
import { type Identity, renamedFrom } from "../domain/Session.ts"
import { lookAlike } from "../domain/Skeleton.ts"
import { quote, spelledOut } from "../domain/Text.ts"
import { Courier } from "../session/Courier.ts"
import { type Failure, notFound, wrongUse } from "./Failure.ts"
import { didYouMean } from "./Nearest.ts"
import { Person } from "./Person.ts"
import { ExistingStorage, WritingStorage } from "./PersonStorage.ts"
import type { NamedCopy } from "./Sending.ts"
import { whereNoBusIs } from "./Storage.ts"

/** A message of somebody at the command line to one receiver. `to` is a name, normalised, or an id. */
export interface PersonalMessage {
  readonly to: string
  readonly content: string
  readonly from: string | undefined
  readonly metadata: Metadata
  readonly options?: DeliveryOptions
  /** How long it may wait, in milliseconds. */
  readonly expires: number | undefined
  /** Whether it may wait for a name that nobody has now. */
  readonly mayWait: boolean
  /** Takes the sender's place on the roster, if that is another one than of somebody who only sends. */
  readonly join?: Effect.Effect<Identity, Failure | BusUnavailable>
}

/** Says that nobody has that name, and who may be meant. */
export const nobodyCalled = (to: string, names: ReadonlyArray<string>) =>
  notFound(
    `nobody called ${names.some((name) => lookAlike(to, name)) ? spelledOut(to) : quote(to)} is on the bus, so nothing was sent${didYouMean(to, names)} ("cc-dm who" lists who is; with --expires 10m it waits for one)`
  )

/**
 * Gives the bus to who writes to a name. Where there is none, nobody has the name; it is made if the message may wait for somebody who
 * takes it.
 */
export const onBusOf =
  (to: string, mayWait: boolean) =>
  <A, E>(talk: Effect.Effect<A, E, Layer.Success<typeof WritingStorage>>) =>
    mayWait
      ? Effect.provide(talk, WritingStorage)
      : talk.pipe(
          Effect.provide(ExistingStorage),
          whereNoBusIs(() => nobodyCalled(to, []))
        )

/** Sends it. Finds the receiver before anything is written: a slip of the pen leaves no trace on the roster. */
export const sendAsPerson = Effect.fnUntraced(function* ({
  content,
  expires,
  from,
  join,
  mayWait,
  metadata,
  options,
  to
}: PersonalMessage) {
  const courier = yield* Courier
  const person = yield* Person
  const registry = yield* Registry
  const found = yield* registry.find(to)
  // What may wait would wait for the name of a session that is dead, too.
  const isDead = found !== undefined && expires !== undefined && !mayWait && !(yield* courier.ring(found))
  const receiver = isDead ? undefined : found
  if (receiver === undefined && (!mayWait || isSessionId(to))) {
    const roster = yield* registry.roster
    const renamed = renamedFrom(to, roster)
    if (renamed !== undefined) return yield* new NobodyThere({ to, renamed })
    return yield* nobodyCalled(
      to,
      roster.map(({ name }) => name)
    )
  }
  const me = yield* join ?? person.join(from)
  if (me.name === to || me.id === receiver?.id)
    return yield* wrongUse(`${quote(to)} is yourself; --from gives you another name`)
  // Nobody sits at a terminal all the time.
  const life = expires ?? (receiver?.kind === "command line" ? mailboxLife : undefined)
  const name = receiver?.name ?? to
  const words = {
    from: me.id,
    kind: "chat",
    content,
    metadata,
    ...(options === undefined ? {} : { options })
  } as const
  const accepted = yield* courier.sendToOne(words, me, { name, entry: receiver, life })
  const copy = yield* accepted.outcome
  if (copy === undefined) return yield* nobodyCalled(to, [])
  return { ...copy, to: name, me } satisfies NamedCopy & { readonly me: Identity }
})

/** What a text goes with: the message that it answers, and the thread of that one. */
export interface Answering {
  readonly replyTo: number | undefined
  readonly thread: string | undefined
}

/** Sends a text under the default name of a person who stays and looks. Gives the sentence that says so. */
export const sayTo = Effect.fn("sayTo")(function* (to: string, text: string, { replyTo, thread }: Answering) {
  const content = yield* Effect.mapError(Schema.decodeEffect(Content)(text), ({ message }) =>
    wrongUse(`the text ${message}`)
  )
  const person = yield* Person
  const copy = yield* sendAsPerson({
    to,
    content,
    from: undefined,
    metadata: thread === undefined ? {} : { thread_id: thread },
    options: replyTo === undefined ? {} : { replyTo },
    expires: undefined,
    mayWait: false,
    join: person.join(undefined, { stays: true })
  })
  return `Sent as message ${copy.messageId} to ${quote(copy.to)}.`
})
