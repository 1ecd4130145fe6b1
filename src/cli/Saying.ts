/** A person's words to one session. */
import { Effect, Schema } from "effect"
import { Registry } from "../bus/Registry.ts"
import { NobodyThere } from "../domain/Errors.ts"
import { Content, mailboxLife } from "../domain/Message.ts"
import { isSessionId } from "../domain/Name.ts"
import { Courier } from "../session/Courier.ts"
import { failed, wrongUse } from "./Failure.ts"
import { Person } from "./Person.ts"

/** Sends, under the person's default name. Gives the sentence that says so. */
export const sayTo = Effect.fn("sayTo")(function* (to: string, text: string) {
  const courier = yield* Courier
  const person = yield* Person
  const registry = yield* Registry
  const content = yield* Effect.mapError(Schema.decodeEffect(Content)(text), ({ message }) =>
    wrongUse(`the text ${message}`)
  )
  const me = yield* person.join(undefined)
  const receiver = yield* registry.find(to)
  if (receiver === undefined) return yield* new NobodyThere({ to })
  if (receiver.id === me.id) return yield* failed("that is yourself")
  const name = isSessionId(receiver.name) ? null : receiver.name
  const [sent] = yield* courier.deliver(
    {
      from: me.id,
      kind: "chat",
      content,
      metadata: {},
      // Nobody sits at a terminal all the time.
      ...(receiver.kind === "command line" ? { mail: { life: mailboxLife, name } } : {})
    },
    [receiver]
  )
  if (sent === undefined) return yield* new NobodyThere({ to: receiver.name })
  return `Sent as message ${sent.messageId} to "${receiver.name}".`
})
