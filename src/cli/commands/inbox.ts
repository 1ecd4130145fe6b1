/** `cc-dm inbox`: what came for somebody at the command line. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { History, type LoggedMessage } from "../../bus/messages/History.ts"
import { Receipts } from "../../bus/receipts/Receipts.ts"
import { inline } from "../../domain/Text.ts"
import { reportOf } from "../../session/Reports.ts"
import { busTime } from "../BusTime.ts"
import { nameFlag } from "../Flags.ts"
import { InboxJson } from "../Json.ts"
import { collect, most, show } from "../Mailbox.ts"
import { incomingLine, messageJson } from "../Messages.ts"
import { note, printJsonLine, printLine } from "../Output.ts"
import { Person } from "../Person.ts"
import { ExistingStorage } from "../Storage.ts"
import { jsonFlag } from "./who.ts"

export const inbox = Command.make(
  "inbox",
  {
    name: nameFlag,
    all: Flag.Boolean("all").pipe(
      Flag.withDescription("Also messages that were seen and are still kept"),
      Flag.withDefault(false)
    ),
    json: jsonFlag
  },
  Effect.fn("inbox")(function* ({ all, json, name }) {
    const look = Effect.gen(function* () {
      const history = yield* History
      const person = yield* Person
      const receipts = yield* Receipts
      const me = yield* person.join(name)
      // No server of this sender's runs, so what became of what was sent is told when somebody looks.
      yield* receipts.report(me.id, reportOf)
      const waiting = yield* collect(me.id)
      const { messages, more } = all ? yield* history.received(me.id, { limit: most }) : waiting
      const now = yield* busTime
      const print = (messages: ReadonlyArray<LoggedMessage>) =>
        json
          ? printJsonLine(InboxJson, {
              name: me.name,
              messages: messages.map((message) => messageJson(message, "seen")),
              count: messages.length,
              more
            })
          : Effect.forEach(messages, (message) => printLine(incomingLine(message, now)), { discard: true })
      yield* show(messages, print)
      if (json) return
      if (messages.length === 0) yield* note(`Nothing waits for ${inline(me.name)}.`)
      if (more > 0) yield* note(all ? `${more} older ones are kept.` : `${more} more wait; run it again.`)
    })
    yield* Effect.provide(look, ExistingStorage)
  })
).pipe(
  Command.withDescription("Print your messages; they then count as seen"),
  Command.withExamples([
    { command: "cc-dm inbox" },
    {
      command: "cc-dm inbox --name ci --all --json",
      description: "for a script, with messages that were seen"
    }
  ])
)
