/**
 * Who somebody at the command line is on the bus: a name of their own kind, leased for a day each time it is used, so
 * that sessions can answer. The same name is the same receiver again.
 *
 * A command within a session of Claude Code is no person: it has names that were first used there, and says so in what it
 * writes. Which use was the first, the key says that stands on the bus (`Proofs`).
 */
import { Context, Effect, Layer, Result, type Scope } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import { HeldMail } from "../bus/engine/HeldMail.ts"
import { Proofs } from "../bus/Proofs.ts"
import { type Joining, Registry } from "../bus/roster/Registry.ts"
import type { BusUnavailable } from "../domain/Errors.ts"
import { mailboxLife } from "../domain/Message.ts"
import {
  type Name,
  normalise,
  parseHeldName,
  parseName,
  type SessionId,
  type Tag,
  whyNotAnew
} from "../domain/Name.ts"
import type { Identity } from "../domain/Session.ts"
import { quote } from "../domain/Text.ts"
import { whatClaudeCodeStarted } from "../hosts/claude-code/Ancestor.ts"
import { thisProcess } from "../platform/ServerProcess.ts"
import { sha256 } from "../platform/System.ts"
import { userName } from "../platform/User.ts"
import { variableText } from "../platform/Variables.ts"
import { Settings } from "../settings/Settings.ts"
import { type Failure, failed, refused, wrongUse } from "./Failure.ts"

const nameOf = (ending: string): string => {
  const parsed = parseName(userName === "" ? ending : `${normalise(userName)}-${ending}`)
  return Result.isSuccess(parsed) ? parsed.success : ending
}

/** Whether a name is one that people get who give none, for any user. */
const isUsual = (name: string) => name === "cli" || name.endsWith("-cli")

/** The name of somebody who gives none: the user's, marked as at the command line. */
export const defaultName = (): string => nameOf("cli")

/** The name of a command within a session that is given none. What another session's commands are answered is not for it. */
const defaultNameInside = (conversation: string): string =>
  nameOf(conversation === "" ? "agent" : `agent-${sha256(`commands of ${conversation}`).slice(0, 6)}`)

/** The name that somebody goes by here who wants this one, or none. */
export const readPersonName = Effect.fnUntraced(function* (wanted: string | undefined) {
  const conversation = yield* variableText("CLAUDE_CODE_SESSION_ID")
  const usual = whatClaudeCodeStarted() === undefined ? defaultName() : defaultNameInside(conversation)
  return yield* Effect.mapError(Effect.fromResult(parseHeldName(wanted ?? usual)), (why) =>
    wrongUse(`the name ${why}`)
  )
})

/** What the roster says of somebody at the command line. */
export interface Place {
  /** Whether there is a doorbell. */
  readonly doorbell?: boolean
  /** Whether a command goes on that waits there, so that models are told of it. */
  readonly stays: boolean
}

const gone: Place = { doorbell: false, stays: false }

/** Somebody who listens. */
export interface Listening {
  readonly me: Identity
  /** Waits for the next ring. */
  readonly nextRing: Effect.Effect<void>
  /** Takes the place on the roster anew: it is leased for a day, and others may have taken it for dead. */
  readonly renew: Effect.Effect<void, Failure | BusUnavailable>
}

export class Person extends Context.Service<
  Person,
  {
    /** Who somebody is under a name, or under the default one, whether they are on the roster or not. */
    readonly known: (
      name: string | undefined
    ) => Effect.Effect<{ readonly name: Name; readonly id: SessionId }, Failure | BusUnavailable>
    /**
     * Takes a place on the roster under a name, or the default one. Fails if a session has that name. If nothing is said of the
     * place, it is that of somebody who listens under the name, or of nobody.
     */
    readonly join: (
      name: string | undefined,
      place?: Place
    ) => Effect.Effect<Identity, Failure | BusUnavailable>
    /** Joins, with a doorbell for as long as the scope is open. Fails if somebody listens under that name already. */
    readonly listen: (
      name: string | undefined
    ) => Effect.Effect<Listening, Failure | BusUnavailable, Scope.Scope>
  }
>()("cc-dm/cli/Person") {
  static readonly layer = Layer.effect(
    Person,
    Effect.gen(function* () {
      const doorbells = yield* Doorbell
      const registry = yield* Registry
      const heldMail = yield* HeldMail
      const proofs = yield* Proofs
      const { cwd } = yield* Settings
      const inside = whatClaudeCodeStarted()
      const read = readPersonName

      /** Speaks as the one who has this name at the command line, if that may be done here. */
      const speakAs = Effect.fnUntraced(function* (id: SessionId, name: Name) {
        const standing = yield* registry.publicKey(id)
        // It was somebody's before it was reserved, and is still.
        const why = standing === undefined ? whyNotAnew(name) : undefined
        if (why !== undefined) return yield* wrongUse(`the name ${why}`)
        if (inside === undefined) return yield* Effect.asVoid(proofs.speakAsPerson(id, standing, false))
        const isTheirs = isUsual(name) || (standing === undefined && (yield* registry.find(id)) !== undefined)
        if (isTheirs || (yield* proofs.speakAsPerson(id, standing, true)) === "person")
          return yield* refused(
            `${quote(name)} is the name of a person, and this runs inside a Claude Code session: ${inside}. Use another name, or none`
          )
      })

      /** Who listens under an id. A row may say so of one that was killed. */
      const listener = Effect.fnUntraced(function* (id: SessionId) {
        const entry = yield* registry.find(id)
        return entry !== undefined && (yield* doorbells.ring(entry)) === "rung" ? entry : undefined
      })

      const join = Effect.fn("Person.join")(function* (wanted: string | undefined, place?: Place) {
        const name = yield* read(wanted)
        const id = yield* registry.idOfPerson(name)
        const other = place?.doorbell === undefined ? yield* listener(id) : undefined
        const doorbell = place?.doorbell ?? other !== undefined
        const stays = place?.stays === true || other !== undefined
        // The bus was looked at before: if there is none, no secret is made for it.
        yield* speakAs(id, name)
        const joining: Joining = {
          id,
          cwd,
          doorbell,
          server: place?.doorbell === true ? thisProcess() : other?.server,
          socketSpace: other?.socketSpace,
          presence: { reach: stays ? "wakes up" : "when it asks", doing: undefined, since: undefined },
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
        const mail = yield* heldMail.find(name, id)
        if (mail.length > 0)
          yield* heldMail.give(
            mail.map(({ messageId }) => messageId),
            id
          )
        return me
      })

      const listen = Effect.fn("Person.listen")(function* (wanted: string | undefined) {
        const name = yield* read(wanted)
        const id = yield* registry.idOfPerson(name)
        yield* speakAs(id, name)
        if ((yield* listener(id)) !== undefined)
          return yield* failed(
            `somebody listens as ${quote(name)} already; choose another name, or end that one`
          )
        // The id is the same each time, so one that was killed has left its doorbell in the way.
        yield* doorbells.clear(id)
        // Before anybody is told of a doorbell there is one, and a session of that name is known.
        const me = yield* join(name, gone)
        const { nextRing, works } = yield* doorbells.listen(id)
        const here = join(name, { doorbell: works, stays: true })
        yield* Effect.acquireRelease(here, () => Effect.ignore(join(name, gone)))
        return { me, nextRing, renew: Effect.asVoid(here) }
      })

      const known = Effect.fnUntraced(function* (wanted: string | undefined) {
        const name = yield* read(wanted)
        return { name, id: yield* registry.idOfPerson(name) }
      })

      return Person.of({ known, join, listen })
    })
  )
}
