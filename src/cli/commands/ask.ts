/** `cc-dm ask`: a question to one session, and the answer to it. */
import { Effect, Scope } from "effect"
import { Command, Flag } from "effect/cli"
import { type DeliveryState, reasonInWords } from "../../domain/Receipt.ts"
import { visible, worded } from "../../domain/Text.ts"
import { isInteractive } from "../../platform/CommandLine.ts"
import { randomHex } from "../../platform/Platform.ts"
import { keepAnswers, keepThread } from "../Asking.ts"
import { awaitAnswer, type Waited } from "../AwaitAnswer.ts"
import { busTime } from "../BusTime.ts"
import { refused, timedOut } from "../Failure.ts"
import {
  asSpan,
  expiresFlag,
  fileFlag,
  fromFlag,
  labelFlags,
  readReceiver,
  receiverArgument,
  textArgument
} from "../Flags.ts"
import { AskJson } from "../Json.ts"
import { show, takeAll } from "../Mailbox.ts"
import { incomingLine, messageJson } from "../Messages.ts"
import { note, printJson, printLine } from "../Output.ts"
import { Person } from "../Person.ts"
import { onBusOf, sendAsPerson } from "../SendAsPerson.ts"
import { sendAndWait, sentJson } from "../Sending.ts"
import { readText } from "../Texts.ts"
import { metadataOf } from "./send.ts"
import { jsonFlag } from "./who.ts"

/** Nobody waits for a model longer than that. */
const longestTimeout = 7 * 24 * 3_600_000

/** What is known of a question that got no answer, and may still get one. */
const progressOf: Readonly<Record<Exclude<DeliveryState, "expired" | "refused">, string>> = {
  queued: "it has not taken the question yet",
  pushed: "the question was pushed to its channel, which confirms nothing",
  accepted: "it was woken for the question",
  "handed over": "it was handed the question",
  seen: "it has seen the question"
}

/** A span in the words of the flag. */
const spanOf = (milliseconds: number): string =>
  milliseconds % 60_000 === 0 ? `${milliseconds / 60_000} min` : `${milliseconds / 1_000} s`

/** Where a late answer is. */
const later = (name: string) => `A later answer goes to: cc-dm inbox --name ${worded(name)}`

interface AskOptions {
  readonly to: string
  readonly content: string
  readonly from: string | undefined
  readonly metadata: ReturnType<typeof metadataOf>
  readonly timeout: number
  readonly expires: number | undefined
  readonly json: boolean
}

/** What is said to somebody who got no answer. */
const noAnswer = ({ reason, state }: Waited, to: string, name: string, timeout: number) => {
  const why = reason === undefined ? "" : `: ${reasonInWords(reason)}`
  if (state === "refused") return refused(`${worded(to)} refused the question${why}`)
  if (state === "expired") return timedOut(`no answer from ${worded(to)}: the question has expired${why}`)
  return timedOut(
    `no answer from ${worded(to)} within ${spanOf(timeout)}; ${progressOf[state]}. ${later(name)}`
  )
}

const talk = Effect.fnUntraced(function* ({
  content,
  expires,
  from,
  json,
  metadata,
  timeout,
  to
}: AskOptions) {
  const person = yield* Person
  const { id: asker } = yield* person.known(from)
  // Nobody else is in this thread: who answers in it, answers this.
  const thread = metadata.thread_id ?? `question-${yield* randomHex(8)}`
  const isOwnThread = metadata.thread_id === undefined
  const ringOfThread = isOwnThread ? [yield* keepThread(asker, thread)] : []
  const waiting = Effect.acquireRelease(person.join(from, { stays: true }), () =>
    Effect.ignore(person.join(from))
  ).pipe(Scope.provide(yield* Effect.scope))
  const asking = sendAsPerson({
    to,
    join: waiting,
    content,
    from,
    expires: expires ?? timeout,
    mayWait: expires !== undefined,
    metadata: { message_type: "question", ...metadata, thread_id: thread }
  })
  const { sent, waited } = yield* sendAndWait(
    asking,
    Effect.fnUntraced(function* (sent) {
      const { messageId: id, receiver } = sent
      const rings = [yield* keepAnswers(asker, id), ...ringOfThread]
      if (isInteractive && !json)
        yield* note(
          `Message ${id} to ${worded(sent.to)}. Waiting for the answer, at most ${spanOf(timeout)}; after Ctrl-C it goes to your inbox.`
        )
      const question = { id, asker, thread, isOwnThread, receiver }
      return { sent, waited: yield* awaitAnswer(question, rings, timeout) }
    }),
    ({ me, messageId }) => `Message ${messageId} can still be answered. ${later(me.name)}`
  )
  const { answer, reason, state } = waited
  const document: typeof AskJson.Type = {
    ...sentJson({ ...sent, state, reason, over: true }),
    thread_id: thread,
    answer: answer === undefined ? null : messageJson(answer, "seen")
  }
  if (answer === undefined) {
    if (json) yield* printJson(AskJson, document)
    return yield* noAnswer(waited, sent.to, sent.me.name, timeout)
  }
  yield* takeAll(asker)
  const now = yield* busTime
  // A script gets the words alone. At a terminal nothing in them may look like a line of cc-dm's.
  const text = isInteractive ? incomingLine(answer, now) : visible(answer.content).replace(/\n$/, "")
  yield* show([answer], () => (json ? printJson(AskJson, document) : printLine(text)))
})

export const ask = Command.make(
  "ask",
  {
    to: receiverArgument,
    text: textArgument,
    from: fromFlag,
    ...labelFlags,
    file: fileFlag,
    timeout: Flag.String("timeout").pipe(
      Flag.withDescription("How long to wait for the answer, e.g. 30s (default: 5m)"),
      Flag.withDefault("5m"),
      asSpan("timeout", longestTimeout)
    ),
    expires: expiresFlag,
    json: jsonFlag
  },
  Effect.fn("ask")(function* (input) {
    const to = yield* readReceiver(input.to)
    const content = yield* readText(input, `cc-dm ask ${worded(to)}`)
    yield* Effect.scoped(talk({ ...input, to, content, metadata: metadataOf(input) })).pipe(
      onBusOf(to, input.expires !== undefined)
    )
  })
).pipe(
  Command.withDescription("Ask a session something, wait for the answer to that, and print it"),
  Command.withExamples([
    { command: 'cc-dm ask backend "How many tests fail?"' },
    {
      command: 'count=$(cc-dm ask backend "How many tests fail? Only the number." --from ci --timeout 2m)',
      description: "in a script: 0 answered, 3 nobody there, 4 no answer in time, 5 refused"
    }
  ])
)
