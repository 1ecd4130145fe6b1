/** A text that somebody at the command line sends to one receiver, in parts if it is long, and what became of it. */
import { Effect } from "effect"
import { randomHex } from "../platform/Platform.ts"
import { PartsJson, SentJson } from "./Json.ts"
import { note, printJson, printLine } from "./Output.ts"
import { type PersonalMessage, sendAsPerson } from "./SendAsPerson.ts"
import { follow, judge, type NamedCopy, sendAndWait, sentJson, sentLine, staysOnBus } from "./Sending.ts"

interface SayOptions {
  readonly wait: number | undefined
  readonly split: boolean
  readonly json: boolean
}

/** Sends the parts one after the other. If one can't be sent, it is said how many were. */
const sendAll = Effect.fnUntraced(function* (
  message: Omit<PersonalMessage, "content">,
  texts: ReadonlyArray<string>
) {
  const copies: Array<NamedCopy> = []
  for (const content of texts) {
    const sending = sendAsPerson({ ...message, content })
    const copy = yield* Effect.tapError(sending, () =>
      copies.length === 0
        ? Effect.void
        : note(`Of ${texts.length} parts, the first ${copies.length} were sent; the others were not.`)
    )
    copies.push(copy)
  }
  return copies
})

/** Sends, waits as long as is wanted, prints how far it came, and fails if it will not be seen. `once`: is done as soon as it is sent. */
export const say = Effect.fnUntraced(function* <E, R>(
  message: Omit<PersonalMessage, "content">,
  texts: ReadonlyArray<string>,
  { json, split, wait }: SayOptions,
  once: Effect.Effect<void, E, R>
) {
  const given = message.metadata.thread_id
  const thread = given ?? (texts.length > 1 ? `parts-${yield* randomHex(8)}` : undefined)
  const metadata = { ...message.metadata, ...(thread === undefined ? {} : { thread_id: thread }) }
  const progress = yield* sendAndWait(
    Effect.tap(sendAll({ ...message, metadata }, texts), () => once),
    (copies) => follow(copies, wait),
    staysOnBus
  )
  const parts = progress.map(sentJson)
  if (json && split) yield* printJson(PartsJson, { thread_id: thread ?? null, parts, count: parts.length })
  else
    yield* Effect.forEach(
      progress,
      (one) => (json ? printJson(SentJson, sentJson(one)) : printLine(sentLine(one))),
      { discard: true }
    )
  yield* judge(progress, wait)
})
