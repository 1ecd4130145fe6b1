/** `cc-dm send`: a message to one session, from somebody at the command line. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import type { Metadata } from "../../domain/Message.ts"
import {
  expiresFlag,
  fromFlag,
  labelFlags,
  readReceiver,
  readText,
  receiverArgument,
  textArgument,
  waitFlag
} from "../Flags.ts"
import { SentJson } from "../Json.ts"
import { print, printJson } from "../Output.ts"
import { nobodyCalled, sendAsPerson } from "../SendAsPerson.ts"
import { follow, judge, sentJson, sentLine } from "../Sending.ts"
import { ExistingStorage, WritingStorage, whereNoBusIs } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

/** What goes with a message, as its flags say. */
export const metadataOf = (flags: {
  readonly priority: Metadata["priority"] | undefined
  readonly type: Metadata["message_type"] | undefined
  readonly thread: string | undefined
}): Metadata => ({
  ...(flags.priority === undefined ? {} : { priority: flags.priority }),
  ...(flags.type === undefined ? {} : { message_type: flags.type }),
  ...(flags.thread === undefined ? {} : { thread_id: flags.thread })
})

export const send = Command.make(
  "send",
  {
    to: receiverArgument,
    text: textArgument,
    from: fromFlag,
    ...labelFlags,
    expires: expiresFlag,
    wait: waitFlag,
    json: jsonFlag
  },
  Effect.fn("send")(function* (input) {
    const to = yield* readReceiver(input.to)
    const content = yield* readText(input.text)
    const { expires, from, json, wait } = input
    const talk = Effect.gen(function* () {
      const copy = yield* sendAsPerson({
        to,
        content,
        from,
        expires,
        mayWait: expires !== undefined,
        metadata: metadataOf(input)
      })
      const progress = yield* follow([copy], wait)
      yield* Effect.forEach(
        progress,
        (one) => (json ? printJson(SentJson, sentJson(one)) : print(sentLine(one))),
        { discard: true }
      )
      yield* judge(progress, wait)
    })
    yield* expires === undefined
      ? talk.pipe(
          Effect.provide(ExistingStorage),
          whereNoBusIs(() => nobodyCalled(to, []))
        )
      : Effect.provide(talk, WritingStorage)
  })
).pipe(
  Command.withDescription("Write to a session, from the argument or from standard input"),
  Command.withExamples([
    { command: 'cc-dm send backend "How many tests fail?"' },
    { command: "git diff | cc-dm send reviewer --type review --wait", description: "until it was seen" },
    { command: 'cc-dm send tester "Run them again" --expires 2h', description: "also before it starts" }
  ])
)
