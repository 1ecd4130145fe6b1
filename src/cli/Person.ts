/**
 * Who somebody at the command line is on the bus: a name of their own kind, leased for a day each time it is used, so
 * that sessions can answer. The same name is the same receiver again: its id is made of it.
 */
import { Context, Effect, Layer, type Queue, Result, type Scope } from "effect"
import { Database } from "../bus/Database.ts"
import { Doorbell } from "../bus/Doorbell.ts"
import { HeldMail } from "../bus/HeldMail.ts"
import { Proofs } from "../bus/Proofs.ts"
import { type Joining, Registry } from "../bus/Registry.ts"
import { Settings } from "../Config.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import { mailboxLife } from "../domain/Message.ts"
import { normalise, parseName, SessionId, type Tag } from "../domain/Name.ts"
import type { Identity } from "../domain/Session.ts"
import { quote } from "../domain/Text.ts"
import { userName } from "../platform/CommandLine.ts"
import { sha256 } from "../platform/Platform.ts"
import { type Failure, failed, wrongUse } from "./Failure.ts"

/** The name of somebody who gives none: the user's, marked as at the command line. */
export const defaultName = (): string => {
  const parsed = parseName(userName === "" ? "cli" : `${normalise(userName)}-cli`)
  return Result.isSuccess(parsed) ? parsed.success : "cli"
}

/** Of two users who give themselves the same name, one after the other, each is a receiver of its own. */
const idOf = (user: string | undefined, name: string) => {
  const who = user === undefined ? name : `${user}: ${name}`
  return SessionId.make(`session-${sha256(`command line: ${who}`).slice(0, 12)}`)
}

/** Somebody who listens. */
export interface Listening {
  readonly me: Identity
  /** At most one ring waits. */
  readonly rings: Queue.Dequeue<void>
  /** Takes the place on the roster anew: it is leased for a day, and others may have taken it for dead. */
  readonly renew: Effect.Effect<void, Failure | BusUnavailable>
}

export class Person extends Context.Service<
  Person,
  {
    /**
     * Takes a place on the roster under a name, or the default one. Fails where a session has that name. `doorbell`: whether
     * somebody listens there; where it is left out, that stays as it is.
     */
    readonly join: (
      name: string | undefined,
      doorbell?: boolean
    ) => Effect.Effect<Identity, Failure | BusUnavailable>
    /** Joins, with a doorbell for as long as the scope is open. Fails where somebody listens under that name already. */
    readonly listen: (
      name: string | undefined
    ) => Effect.Effect<Listening, Failure | BusUnavailable, Scope.Scope>
  }
>()("cc-dm/cli/Person") {
  static readonly layer = Layer.effect(
    Person,
    Effect.gen(function* () {
      const { user } = yield* Database
      const doorbells = yield* Doorbell
      const registry = yield* Registry
      const heldMail = yield* HeldMail
      const proofs = yield* Proofs
      const { cwd } = yield* Settings

      const read = (wanted: string | undefined) =>
        Effect.mapError(Effect.fromResult(parseName(wanted ?? defaultName())), (why) =>
          wrongUse(`the name ${why}`)
        )

      /** Whether somebody listens under an id. A row may say so of one that was killed. */
      const isListening = Effect.fnUntraced(function* (id: SessionId) {
        const entry = yield* registry.find(id)
        return entry !== undefined && (yield* doorbells.ring(entry)) === "rung"
      })

      const join = Effect.fn("Person.join")(function* (wanted: string | undefined, doorbell?: boolean) {
        const name = yield* read(wanted)
        const id = idOf(user, name)
        const listening = doorbell ?? (yield* isListening(id))
        // The bus was looked at before: where there is none, no secret is made for it.
        yield* proofs.speakAsPerson(id)
        const joining: Joining = {
          id,
          cwd,
          doorbell: listening,
          presence: { reach: listening ? "wakes up" : "when it asks", doing: undefined, since: undefined },
          kind: "command line",
          lease: mailboxLife
        }
        const me = yield* Effect.catchTag(
          registry.claim(joining, { name, role: "person" as Tag, project: null }),
          "NameTaken",
          (taken) =>
            Effect.fail(
              failed(
                taken.holder.name === name
                  ? `a session is called ${quote(name)}; choose another name for yourself`
                  : taken.message
              )
            )
        )
        const letters = yield* heldMail.find(name, id)
        if (letters.length > 0)
          yield* heldMail.give(
            letters.map(({ messageId }) => messageId),
            id
          )
        return me
      })

      const listen = Effect.fn("Person.listen")(function* (wanted: string | undefined) {
        const name = yield* read(wanted)
        const id = idOf(user, name)
        if (yield* isListening(id))
          return yield* failed(
            `somebody listens as ${quote(name)} already; choose another name, or end that one`
          )
        // The id is the same each time, so one that was killed has left its doorbell in the way.
        yield* doorbells.clear(id)
        // Before anybody is told of a doorbell there is one, and a session of that name is known.
        const me = yield* join(name, false)
        const { rings, works } = yield* doorbells.listen(id)
        yield* Effect.acquireRelease(join(name, works), () => Effect.ignore(join(name, false)))
        return { me, rings, renew: Effect.asVoid(join(name, works)) }
      })

      return Person.of({ join, listen })
    })
  )
}
