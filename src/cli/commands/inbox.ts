/** `cc-dm inbox`: what came for somebody at the command line, and what became of what they sent. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { HeldMail } from "../../bus/engine/HeldMail.ts"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { Receipts } from "../../bus/receipts/Receipts.ts"
import { inline } from "../../domain/Text.ts"
import { isInteractive } from "../../platform/CommandLine.ts"
import { reportOf } from "../../session/Reports.ts"
import { notAwaited } from "../Asking.ts"
import { busTime } from "../BusTime.ts"
import { wrongUse } from "../Failure.ts"
import { nameFlag } from "../Flags.ts"
import { InboxJson } from "../Json.ts"
import { collect, most, show } from "../Mailbox.ts"
import { incomingLine, messageJson, sentMessageLine } from "../Messages.ts"
import { note, printJsonLine, printLine } from "../Output.ts"
import { Person, readPersonName } from "../Person.ts"
import { ExistingStorage, LookingStorage } from "../PersonStorage.ts"
import { nobodyYet } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

/** What is printed: for whom, which messages, and how many there are beside them. */
interface Found {
  readonly name: string
  readonly messages: ReadonlyArray<LoggedMessage>
  readonly more: number
}

const printFound = Effect.fnUntraced(function* (
  { messages, more, name }: Found,
  json: boolean,
  line: (message: LoggedMessage, now: number) => string,
  shown?: "seen"
) {
  const now = yield* busTime
  if (!json) return yield* Effect.forEach(messages, (one) => printLine(line(one, now)), { discard: true })
  yield* printJsonLine(InboxJson, {
    name,
    messages: messages.map((message) => messageJson(message, shown ?? message.state)),
    count: messages.length,
    more
  })
})

/** Takes what came, and prints it: it then counts as seen. */
const read = Effect.fnUntraced(function* (wanted: string | undefined, all: boolean, json: boolean) {
  const history = yield* History
  const person = yield* Person
  const receipts = yield* Receipts
  const me = yield* person.join(wanted)
  // No server of this sender's runs, so what became of what was sent is told when somebody looks.
  yield* receipts.report(me.id, (outcomes) => reportOf(outcomes, "cc-dm inbox --sent"))
  const waiting = yield* collect(me.id)
  const kept = all ? yield* history.received(me.id, { limit: most }) : undefined
  const messages = kept === undefined ? waiting.messages : yield* notAwaited(me.id, kept.messages)
  const more = kept?.more ?? waiting.more
  yield* show(messages, (some) =>
    printFound({ name: me.name, messages: some, more }, json, incomingLine, "seen")
  )
  if (json) return
  if (messages.length === 0) yield* note(`Nothing waits for ${inline(me.name)}.`)
  if (more > 0) yield* note(all ? `${more} older ones are kept.` : `${more} more wait; run it again.`)
  const last = messages.findLast(({ fromId }) => fromId !== undefined)
  if (isInteractive && last !== undefined) yield* note(`To answer: cc-dm reply ${last.id} "..."`)
})

/** Prints what came and leaves it as it is: nothing is taken, and nobody is told. */
const peek = Effect.fnUntraced(function* (wanted: string | undefined, all: boolean, json: boolean) {
  const heldMail = yield* HeldMail
  const history = yield* History
  const person = yield* Person
  const { id, name } = yield* person.known(wanted)
  const unread = yield* history.unread(id, most)
  const held = (yield* heldMail.find(name, id)).map(({ messageId }) => messageId)
  const mail = held.length === 0 ? [] : (yield* history.overview({ ids: held, limit: most })).messages
  const kept = all ? yield* history.received(id, { limit: most }) : { messages: [], more: 0 }
  const found = new Map([...kept.messages, ...unread.messages, ...mail].map((one) => [one.id, one]))
  const messages = [...found.values()].sort((one, other) => one.id - other.id)
  const more = kept.more + unread.more
  yield* printFound({ name, messages, more }, json, incomingLine)
  if (!json && messages.length === 0) yield* note(`Nothing waits for ${inline(name)}.`)
  if (!json && more > 0) yield* note(`There are ${more} more.`)
})

/** Prints what somebody sent, and what became of it. */
const sent = Effect.fnUntraced(function* (wanted: string | undefined, json: boolean) {
  const history = yield* History
  const person = yield* Person
  const { id, name } = yield* person.known(wanted)
  const { messages: mine, more } = yield* history.sent(id, { limit: most })
  // What nobody took in its time counts as expired there, also if nobody has written that down yet.
  const { messages } = yield* history.overview({ ids: mine.map((message) => message.id), limit: most })
  yield* printFound({ name, messages, more }, json, sentMessageLine)
  if (!json && messages.length === 0) yield* note(`${inline(name)} has sent nothing that is still kept.`)
  if (!json && more > 0) yield* note(`${more} older ones are kept.`)
})

const flag = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

export const inbox = Command.make(
  "inbox",
  {
    name: nameFlag,
    all: flag("all", "Also messages that were seen and are still kept"),
    peek: flag("peek", "Only look: messages stay unseen, and their senders are told nothing"),
    sent: flag("sent", "What you sent instead, and what became of it"),
    json: jsonFlag
  },
  Effect.fn("inbox")(function* ({ all, json, name, peek: onlyLook, sent: ofMine }) {
    if (ofMine && (all || onlyLook))
      return yield* wrongUse(
        "--sent shows what you wrote, --all and --peek what came for you: use one of them"
      )
    const look = ofMine
      ? Effect.provide(sent(name, json), LookingStorage)
      : onlyLook
        ? Effect.provide(peek(name, all, json), LookingStorage)
        : Effect.provide(read(name, all, json), ExistingStorage)
    const empty = { name: yield* readPersonName(name), messages: [], count: 0, more: 0 }
    yield* look.pipe(nobodyYet(json ? printJsonLine(InboxJson, empty) : undefined))
  })
).pipe(
  Command.withDescription("Print your messages; they then count as seen"),
  Command.withExamples([
    { command: "cc-dm inbox" },
    { command: "cc-dm inbox --peek", description: "leaves them unseen" },
    { command: "cc-dm inbox --sent", description: "what became of what you sent" },
    {
      command: "cc-dm inbox --name ci --all --json",
      description: "for a script, with messages that were seen"
    }
  ])
)
