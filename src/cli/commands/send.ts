/** `cc-dm send`: a message to one session, from somebody at the command line. */
import { Effect } from "effect"
import { Command } from "effect/cli"
import type { Metadata } from "../../domain/Message.ts"
import { worded } from "../../domain/Text.ts"
import {
  expiresFlag,
  fileFlag,
  fromFlag,
  labelFlags,
  readReceiver,
  receiverArgument,
  splitFlag,
  textArgument,
  waitFlag
} from "../Flags.ts"
import { say } from "../Saying.ts"
import { onBusOf } from "../SendAsPerson.ts"
import { readTexts } from "../Texts.ts"
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
    file: fileFlag,
    split: splitFlag,
    expires: expiresFlag,
    wait: waitFlag,
    json: jsonFlag
  },
  Effect.fn("send")(function* (input) {
    const to = yield* readReceiver(input.to)
    const texts = yield* readTexts(input, `cc-dm send ${worded(to)}`)
    const { expires, from } = input
    const message = { to, from, expires, mayWait: expires !== undefined, metadata: metadataOf(input) }
    yield* say(message, texts, input, Effect.void).pipe(onBusOf(to, expires !== undefined))
  })
).pipe(
  Command.withDescription("Write to a session, from the argument or from standard input"),
  Command.withExamples([
    { command: 'cc-dm send backend "How many tests fail?"' },
    { command: "git diff | cc-dm send reviewer --type review --wait", description: "until it was seen" },
    {
      command: "git diff main | cc-dm send reviewer --split",
      description: "in parts, if it is longer than a message may be"
    },
    {
      command: 'cc-dm send reviewer "Please look at this" --file changes.diff',
      description: "the path of the file, for what is longer still"
    },
    { command: 'cc-dm send tester "Run them again" --expires 2h', description: "also before it starts" }
  ])
)
