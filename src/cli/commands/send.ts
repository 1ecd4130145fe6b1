/** `cc-dm send`: a message to one session, from somebody at the command line. */
import { Console, Effect } from "effect"
import { Argument, Command } from "effect/cli"
import type { Draft } from "../../bus/Bus.ts"
import { HeldMail } from "../../bus/HeldMail.ts"
import { Registry } from "../../bus/Registry.ts"
import { type Metadata, mailboxLife } from "../../domain/Message.ts"
import { isSessionId, normalise } from "../../domain/Name.ts"
import { Courier } from "../../session/Courier.ts"
import { nobody, wrongUse } from "../Failure.ts"
import { expiresFlag, fromFlag, labelFlags, readTag, readText, textArgument, waitFlag } from "../Flags.ts"
import { SentJson } from "../Json.ts"
import { didYouMean } from "../Nearest.ts"
import { printJson } from "../Output.ts"
import { Person } from "../Person.ts"
import { type Copy, follow, judge, sentJson, sentLine } from "../Sending.ts"
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

interface Letter {
  readonly to: string
  readonly content: string
  readonly from: string | undefined
  readonly metadata: Metadata
  readonly expires: number | undefined
}

const nobodyCalled = (to: string, names: ReadonlyArray<string>) =>
  nobody(
    `nobody called "${to}" is on the bus, so nothing was sent${didYouMean(to, names)} ("cc-dm who" lists who is; with --expires 10m it waits for one)`
  )

/**
 * A session asks once for the mail of its name, when it takes that name. Who took it after it was looked for and before the
 * letter was written would never get it, so that one is given it here.
 */
const handOver = Effect.fnUntraced(function* (messageId: number, name: string) {
  const courier = yield* Courier
  const heldMail = yield* HeldMail
  const registry = yield* Registry
  const holder = yield* registry.find(name)
  if (holder === undefined || !isSessionId(holder.id)) return undefined
  yield* heldMail.give([messageId], holder.id)
  return (yield* courier.ring(holder)) ? holder : undefined
})

/** Finds the receiver before anything is written: a slip of the pen leaves no trace on the roster. */
const write = Effect.fnUntraced(function* ({ content, expires, from, metadata, to }: Letter) {
  const courier = yield* Courier
  const person = yield* Person
  const registry = yield* Registry
  const receiver = yield* registry.find(to)
  if (receiver === undefined && (expires === undefined || isSessionId(to)))
    return yield* nobodyCalled(
      to,
      (yield* registry.roster).map(({ name }) => name)
    )
  const me = yield* person.join(from)
  if (me.name === to || me.id === receiver?.id)
    return yield* wrongUse(`"${to}" is yourself; --from gives you another name`)
  // Nobody sits at a terminal all the time.
  const life = expires ?? (receiver?.kind === "command line" ? mailboxLife : undefined)
  const name = receiver?.name ?? to
  const draft: Omit<Draft, "to"> = {
    from: me.id,
    kind: "chat",
    content,
    metadata,
    ...(life === undefined ? {} : { mail: { life, name: isSessionId(name) ? null : name } })
  }
  const receivers = receiver === undefined ? [] : [receiver]
  const sent = yield* Effect.flatten(courier.write(draft, receivers))
  const got = yield* courier.announce(sent, receivers)
  const [written] = sent
  // Its receiver was dead. Mail stays, and waits for the next one of that name.
  const isHeld = got.length === 0 && life !== undefined && !isSessionId(name)
  if (written === undefined || (got.length === 0 && !isHeld)) return yield* nobodyCalled(to, [])
  const copy: Copy = {
    messageId: written.messageId,
    to: name,
    receiver: isHeld ? yield* handOver(written.messageId, name) : receiver
  }
  return copy
})

export const send = Command.make(
  "send",
  {
    to: Argument.String("name").pipe(
      Argument.withDescription("A session's name or id, or somebody at a terminal")
    ),
    text: textArgument,
    from: fromFlag,
    ...labelFlags,
    expires: expiresFlag,
    wait: waitFlag,
    json: jsonFlag
  },
  Effect.fn("send")(function* (input) {
    const id = normalise(input.to)
    const to = isSessionId(id) ? id : yield* readTag("the name", input.to)
    const content = yield* readText(input.text)
    const { expires, from, json, wait } = input
    const talk = Effect.gen(function* () {
      const copy = yield* write({ to, content, from, expires, metadata: metadataOf(input) })
      const progress = yield* follow([copy], wait)
      yield* Effect.forEach(
        progress,
        (one) => (json ? printJson(SentJson, sentJson(one)) : Console.log(sentLine(one))),
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
