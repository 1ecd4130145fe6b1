/**
 * Who somebody at the command line is on the bus: a name of their own kind, leased for a day each time it is used, so
 * that sessions can answer. The same name is the same receiver again: its id is made of it.
 */
import { Context, Effect, Layer, Result } from "effect"
import { HeldMail } from "../bus/HeldMail.ts"
import { Proofs } from "../bus/Proofs.ts"
import { type Joining, Registry } from "../bus/Registry.ts"
import { Settings } from "../Config.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import { mailboxLife } from "../domain/Message.ts"
import { normalise, parseName, SessionId, type Tag } from "../domain/Name.ts"
import type { Identity } from "../domain/Session.ts"
import { userName } from "../platform/CommandLine.ts"
import { sha256 } from "../platform/Platform.ts"
import { type Failure, failed, wrongUse } from "./Failure.ts"

/** The name of somebody who gives none: the user's, marked as at the command line. */
export const defaultName = (): string => {
  const parsed = parseName(`${normalise(userName)}-cli`)
  return Result.isSuccess(parsed) ? parsed.success : "cli"
}

export class Person extends Context.Service<
  Person,
  {
    /**
     * Takes a place on the roster under a name, or the default one. Fails where a session has that name. `doorbell`: whether
     * somebody listens there.
     */
    readonly join: (
      name: string | undefined,
      doorbell?: boolean
    ) => Effect.Effect<Identity, Failure | BusUnavailable>
  }
>()("cc-dm/cli/Person") {
  static readonly layer = Layer.effect(
    Person,
    Effect.gen(function* () {
      const registry = yield* Registry
      const heldMail = yield* HeldMail
      const proofs = yield* Proofs
      const { cwd } = yield* Settings

      const join = Effect.fn("Person.join")(function* (wanted: string | undefined, doorbell = false) {
        const name = yield* Effect.mapError(Effect.fromResult(parseName(wanted ?? defaultName())), (why) =>
          wrongUse(`the name ${why}`)
        )
        const id = SessionId.make(`session-${sha256(`command line: ${name}`).slice(0, 12)}`)
        yield* proofs.speakAsPerson(id)
        const joining: Joining = {
          id,
          cwd,
          doorbell,
          presence: { reach: "when it asks", doing: undefined, since: undefined },
          kind: "command line",
          lease: mailboxLife
        }
        const me = yield* Effect.catchTag(
          registry.claim(joining, { name, role: "person" as Tag, project: null }),
          "NameTaken",
          () => Effect.fail(failed(`a session is called "${name}"; choose another name for yourself`))
        )
        const letters = yield* heldMail.find(name, id)
        if (letters.length > 0)
          yield* heldMail.give(
            letters.map(({ messageId }) => messageId),
            id
          )
        return me
      })

      return Person.of({ join })
    })
  )
}
