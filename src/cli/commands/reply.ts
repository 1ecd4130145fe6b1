/** `cc-dm reply`: an answer to a message, by its number. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { Receipts } from "../../bus/receipts/Receipts.ts"
import { Registry } from "../../bus/roster/Registry.ts"
import { system } from "../../domain/Message.ts"
import type { SessionId } from "../../domain/Name.ts"
import { isSettled } from "../../domain/Receipt.ts"
import { quote, worded } from "../../domain/Text.ts"
import { notFound, wrongUse } from "../Failure.ts"
import {
  expiresFlag,
  fileFlag,
  fromFlag,
  labelFlags,
  numberArgument,
  splitFlag,
  textArgument,
  waitFlag
} from "../Flags.ts"
import { takeAll } from "../Mailbox.ts"
import { Person } from "../Person.ts"
import { ExistingStorage } from "../PersonStorage.ts"
import { say } from "../Saying.ts"
import { whereNoBusIs } from "../Storage.ts"
import { readTexts } from "../Texts.ts"
import { metadataOf } from "./send.ts"
import { jsonFlag } from "./who.ts"

const notKept = (id: number) =>
  notFound(
    `there is no message ${id} on the bus (any more), so nothing was sent; "cc-dm log" lists those that are`
  )

/** The message that is answered: one that this name sent or received. */
const findOriginal = Effect.fnUntraced(function* (me: SessionId, id: number) {
  const history = yield* History
  const original = yield* history.find(me, id)
  if (original === undefined) {
    const [other] = (yield* history.overview({ ids: [id], limit: 1 })).messages
    if (other === undefined) return yield* notKept(id)
    return yield* wrongUse(
      `message ${id} was written by ${quote(other.from)} to ${quote(other.to)}, and you are neither here; if one of them is a name of yours, say so with --from`
    )
  }
  if (original.from === system)
    return yield* wrongUse(`message ${id} is from cc-dm itself, which does not read answers`)
  if (original.kind === "permission_request")
    return yield* wrongUse(
      `message ${id} asks for a permission: "cc-dm approve" lists what waits, and answers it`
    )
  return original
})

/** Whom an answer goes to, by id as long as that one is there. Only what may wait goes to whoever takes the name next. */
const receiverOf = Effect.fnUntraced(function* (original: LoggedMessage, me: SessionId, mayWait: boolean) {
  const registry = yield* Registry
  const isMine = original.fromId === me
  const id = isMine ? original.toId : (original.fromId ?? original.from)
  const name = isMine ? original.to : original.from
  if ((yield* registry.find(id)) !== undefined) return id
  if (mayWait) return name
  return yield* notFound(
    `${worded(name)} of message ${original.id} is not on the bus any more, so nothing was sent (with --expires 1h it waits for a session of that name)`
  )
})

/** Who answers a message has seen it. */
const markSeen = Effect.fnUntraced(function* (original: LoggedMessage, me: SessionId) {
  if (original.toId !== me || isSettled(original.state)) return
  const receipts = yield* Receipts
  yield* takeAll(me)
  yield* receipts.record([{ messageId: original.id, state: "seen" }])
})

export const reply = Command.make(
  "reply",
  {
    number: numberArgument,
    text: textArgument,
    from: fromFlag,
    ...labelFlags,
    file: fileFlag,
    split: splitFlag,
    expires: expiresFlag,
    wait: waitFlag,
    json: jsonFlag
  },
  Effect.fn("reply")(function* (input) {
    const { expires, from, number } = input
    const texts = yield* readTexts(input, `cc-dm reply ${input.number}`)
    const talk = Effect.gen(function* () {
      const person = yield* Person
      const { id } = yield* person.known(from)
      const original = yield* findOriginal(id, number)
      const to = yield* receiverOf(original, id, expires !== undefined)
      const { thread_id } = original.metadata
      const message = {
        to,
        from,
        expires,
        mayWait: expires !== undefined,
        metadata: { ...(thread_id === undefined ? {} : { thread_id }), ...metadataOf(input) },
        options: { replyTo: number }
      }
      yield* say(message, texts, input, markSeen(original, id))
    })
    yield* talk.pipe(
      Effect.provide(ExistingStorage),
      whereNoBusIs(() => notKept(number))
    )
  })
).pipe(
  Command.withDescription("Answer a message by its number, in its thread; it then counts as seen"),
  Command.withShortDescription("Answer a message by its number"),
  Command.withExamples([
    { command: 'cc-dm reply 12 "On Friday."' },
    {
      command: "make test 2>&1 | tail -50 | cc-dm reply 12 --from ci",
      description: "as the name that was asked"
    }
  ])
)
