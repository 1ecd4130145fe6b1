/**
 * Who this session is. The id is made here, at start, or is the one that the conversation had before; the name is what
 * the bus grants. Nothing here remembers a name that the bus does not hold: each question is answered with what stands on it.
 */
import { Context, Deferred, Effect, Layer, Queue, Ref, Schedule, Semaphore } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import type { KnownApprover } from "../bus/roster/Conversations.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { Agent } from "../domain/Agent.ts"
import type { BusUnavailable, NameTaken } from "../domain/Errors.ts"
import { isSessionId, type Name, SessionId } from "../domain/Name.ts"
import type { Presence } from "../domain/Receipt.ts"
import { defaultRole, type WantedIdentity, type Identity as Who } from "../domain/Session.ts"
import { Host } from "../hosts/Host.ts"
import { randomHex } from "../platform/Platform.ts"
import { thisProcess } from "../platform/ServerProcess.ts"
import { Settings } from "../settings/Settings.ts"
import { makeClaiming } from "./identity/Claiming.ts"
import { type Membership, membershipOf, type NameState, untroubled } from "./identity/Membership.ts"
import { makeMemory } from "./identity/Memory.ts"
import { type MailState, makeNameMail } from "./identity/NameMail.ts"
import { resume } from "./identity/Resuming.ts"
import { presenceOf } from "./routes/Route.ts"
import { evidenceAtStart, initial } from "./routes/State.ts"
import { sharing } from "./Sharing.ts"

interface State extends NameState {
  readonly wanted: WantedIdentity
  readonly roleChosen: boolean
}

/** A name that is taken may be that of a server which is about to end: so often is looked soon, and then at each heartbeat. */
const soonLooks = 8

export class Identity extends Context.Service<
  Identity,
  {
    readonly id: SessionId
    /** Waits for the next ring of this session's doorbell. */
    readonly nextRing: Effect.Effect<void>
    /** A ring from within: this server has written to its own session. */
    readonly knock: () => void
    /** What the bus says of this session; if it is off the roster, or was renamed by hand, it joins again first. */
    readonly current: Effect.Effect<Membership, BusUnavailable>
    /** Whether this is what the bus granted this session to be called. */
    readonly isMyName: (name: string) => boolean
    /** Somebody uses this server: it called a tool or a hook, or has stayed a while. Only then does it get mail. */
    readonly showLife: Effect.Effect<void>
    /** Whether it gets mail for its name. */
    readonly mail: () => MailState
    /** Takes a new name, role and project. Fails with `NameTaken`, changing nothing, if a live session holds it. */
    readonly register: (wanted: WantedIdentity) => Effect.Effect<Membership, NameTaken | BusUnavailable>
    /** Refreshes the heartbeat, and joins again if the row is gone: the machine slept, or the bus is new. */
    readonly beat: Effect.Effect<void, BusUnavailable>
    /** Whether the session has a name of its own, whenever that is settled anew. */
    readonly namings: Queue.Dequeue<boolean>
    /** Says on the roster how this session can be reached and what it does. */
    readonly present: (presence: Presence) => Effect.Effect<void, BusUnavailable>
    /** Which session had the approver's name when it was last asked, or answered; `undefined`: none yet. */
    readonly approver: Effect.Effect<KnownApprover | undefined>
    /** Remembers it, also for the next server of this conversation. */
    readonly noteApprover: (approver: KnownApprover) => Effect.Effect<void>
    /** Waits until the next server of this conversation would know who this session is. */
    readonly remembered: Effect.Effect<void>
    /** The session goes on in another conversation: its context was cleared, or another one was resumed. */
    readonly goOn: (conversation: string) => Effect.Effect<void>
    /** The session works in another folder than its server was started in. */
    readonly workIn: (folder: string) => Effect.Effect<void>
    /** The agent has said what it is, and that it is not the one in whose way it has started the server. */
    readonly isOf: (agent: Agent) => Effect.Effect<void>
    /** Which agent it has said to be then; `undefined`: it is the one. */
    readonly misplaced: Effect.Effect<Agent | undefined>
    /** What is known without the bus: the id alone, as a name. */
    readonly withoutBus: Effect.Effect<Membership>
  }
>()("cc-dm/session/Identity") {
  static readonly layer = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const settings = yield* Settings
      const registry = yield* Registry
      const doorbell = yield* Doorbell
      const layerScope = yield* Effect.scope
      const found = yield* resume
      const former = found._tag === "Resumed" ? found.who : undefined
      const id = former?.id ?? SessionId.make(`session-${yield* randomHex(6)}`)
      const { knock, nextRing, repair, space, works } = yield* doorbell.listen(id)
      const mail = yield* makeNameMail(knock)
      const host = yield* Host
      const presence = yield* Ref.make(presenceOf(initial(evidenceAtStart(settings, host))))
      const namings = yield* Queue.unbounded<boolean>()
      const folder = yield* Ref.make(settings.cwd)
      const misplaced = yield* Ref.make<Agent | undefined>(undefined)
      const isMyName = (name: string) => registry.isGranted(id, name)
      const server = thisProcess()
      const state = yield* Ref.make<State>({
        wanted: {
          name: settings.name ?? former?.name ?? undefined,
          role: settings.role ?? former?.role ?? defaultRole,
          project: settings.project ?? former?.project ?? null
        },
        roleChosen: (settings.role ?? former?.role ?? undefined) !== undefined,
        ...untroubled
      })
      const memory = yield* makeMemory(found, Ref.get(state))
      const joining = Effect.gen(function* () {
        return {
          id,
          cwd: yield* Ref.get(folder),
          doorbell: works,
          socketSpace: space(),
          server,
          agent: (yield* Ref.get(misplaced)) ?? host.agent,
          nested: settings.nested,
          conversation: yield* memory.conversation,
          presence: yield* Ref.get(presence)
        }
      })
      const membership = (identity: Who) =>
        Effect.map(Ref.get(state), (now) => membershipOf(identity, now, now.roleChosen, settings))
      const { claim, whyReserved } = yield* makeClaiming(joining)

      /** What a session that has just got its name does first. */
      const settleIn = Effect.fnUntraced(function* (identity: Who) {
        yield* Queue.offer(namings, !isSessionId(identity.name))
        yield* mail.look(identity)
      })

      const goNameless = (wanted: WantedIdentity, why: Pick<State, "refused"> | Pick<State, "missed">) =>
        Ref.update(state, (before) => ({
          ...before,
          wanted: { ...wanted, name: undefined },
          regained: undefined,
          ...why
        })).pipe(Effect.andThen(claim({ ...wanted, name: undefined })))

      const whyNotMine = (name: Name | undefined) =>
        name === undefined || name === former?.name || isMyName(name)
          ? Effect.succeed(undefined)
          : whyReserved(name)

      /** Whether the bus has granted or refused what was wanted: a row of a conversation that is taken up stands there before. */
      let hasJoined = false
      const joinAnew = Effect.gen(function* () {
        const { wanted } = yield* Ref.get(state)
        yield* repair
        const why = yield* whyNotMine(wanted.name)
        const claiming = why === undefined ? claim(wanted) : goNameless(wanted, { refused: why })
        const identity = yield* claiming.pipe(
          Effect.catchTag("NameTaken", (taken) =>
            goNameless(wanted, {
              missed: wanted.name === undefined ? undefined : { name: wanted.name, taken }
            })
          ),
          // Without a name there is none to be taken.
          Effect.catchTag("NameTaken", Effect.die)
        )
        hasJoined = true
        yield* memory.rememberSoon(identity)
        yield* settleIn(identity)
        return yield* membership(identity)
      })

      /** Who comes while this session joins shares the outcome: on a slow bus one try takes seconds. */
      const join = yield* sharing(joinAnew)

      // A name that the user chose in between is left alone.
      const naming = Semaphore.makeUnsafe(1)
      const regain = naming.withPermit(
        Effect.gen(function* () {
          const { missed, wanted } = yield* Ref.get(state)
          if (missed === undefined) return
          const again = { ...wanted, name: missed.name }
          const keepMissing = (taken: NameTaken) =>
            Effect.as(
              Ref.update(state, (before) => ({ ...before, missed: { ...missed, taken } })),
              undefined
            )
          const identity = yield* Effect.catchTag(claim(again), "NameTaken", keepMissing)
          if (identity === undefined) return
          yield* Ref.update(state, (before) => ({
            ...before,
            wanted: again,
            missed: undefined,
            regained: missed.name
          }))
          yield* Effect.logInfo(`the name "${missed.name}" is free, and this session's now`)
          yield* memory.remember(identity)
          yield* settleIn(identity)
        })
      )

      const joined = yield* Deferred.make<void>()
      const joinFirst = settings.isHealthCheck
        ? Effect.void
        : Effect.catch(join, (error) => Effect.logWarning(error.message))
      // The session's key is made in another thread meanwhile.
      yield* joinFirst.pipe(
        Effect.ensuring(Deferred.succeed(joined, undefined)),
        Effect.andThen(
          Effect.repeat(
            Effect.delay(Effect.ignore(regain), settings.timing.poll),
            Schedule.recurs(soonLooks - 1)
          )
        ),
        Effect.forkScoped({ startImmediately: true })
      )
      // One bounded try each: a session that looks for this one finds its doorbell dead, and the sweep does the rest. What becomes of a
      // session that leaves depends on whether its conversation is known.
      const atEnd = <E>(task: Effect.Effect<void, E>) =>
        Effect.interruptible(task).pipe(Effect.timeout("80 millis"), Effect.ignore)
      yield* Effect.addFinalizer(() => Effect.andThen(atEnd(memory.settled), atEnd(registry.remove(id))))

      const onBus = Effect.flatMap(registry.self(id), (identity) =>
        identity === undefined || !hasJoined || !isMyName(identity.name) ? join : membership(identity)
      )
      /** What is said of the holder of a name that was missed is to be true now. */
      const regainIfFree = ({ taken }: NonNullable<State["missed"]>) =>
        Effect.flatMap(registry.find(taken.holder.id), (holder) =>
          holder === undefined ? regain : Effect.void
        )
      const current = Effect.suspend(() => {
        if (!Deferred.isDoneUnsafe(joined)) return join
        const { missed } = Ref.getUnsafe(state)
        return missed === undefined ? onBus : Effect.andThen(regainIfFree(missed), onBus)
      })

      const register = Effect.fn("Identity.register")(function* (wanted: WantedIdentity) {
        yield* Deferred.await(joined)
        const identity = yield* naming.withPermit(
          Effect.tap(claim(wanted), () =>
            Ref.set(state, {
              wanted,
              roleChosen: true,
              ...untroubled
            })
          )
        )
        yield* memory.remember(identity)
        yield* settleIn(identity)
        return yield* membership(identity)
      })

      const beat = Effect.gen(function* () {
        yield* Deferred.await(joined)
        if (settings.isHealthCheck && !hasJoined) return
        yield* repair
        if (!(yield* registry.heartbeat(id)) || !hasJoined) return yield* Effect.asVoid(join)
        yield* regain
        // Mail may have been written while this session took the name, or have come back to it since.
        const { identity } = yield* current
        yield* mail.look(identity)
      }).pipe(Effect.withSpan("Identity.beat"))

      const lookForMail = Effect.flatMap(current, ({ identity }) => mail.look(identity)).pipe(
        Effect.andThen(Effect.sync(knock)),
        Effect.catch((error) => Effect.logWarning(error.message)),
        Effect.forkIn(layerScope),
        Effect.asVoid
      )
      const showLife = Effect.suspend(() => (mail.showLife() ? lookForMail : Effect.void))

      const present = Effect.fnUntraced(function* (now: Presence) {
        yield* Ref.set(presence, now)
        yield* registry.present(id, now)
      })

      const rememberNow = memory.orLogged(
        Effect.flatMap(current, ({ identity }) => memory.remember(identity))
      )
      const noteApprover = (holder: KnownApprover) =>
        Effect.flatMap(memory.noteApprover(holder), (isNews) => (isNews ? rememberNow : Effect.void))

      const goOn = Effect.fn("Identity.goOn")(function* (now: string) {
        yield* memory.moveTo(now)
        yield* memory.orLogged(registry.goOn(id, now))
        yield* rememberNow
      })

      const workIn = Effect.fnUntraced(function* (now: string) {
        if ((yield* Ref.getAndSet(folder, now)) !== now) yield* memory.orLogged(registry.settleIn(id, now))
      })

      const isOf = Effect.fnUntraced(function* (agent: Agent) {
        yield* Ref.set(misplaced, agent)
        // Whoever joins at this moment may have looked before.
        yield* Effect.forkIn(memory.orLogged(Effect.andThen(current, registry.isOf(id, agent))), layerScope)
      })

      const withoutBus = Effect.flatMap(Ref.get(state), ({ wanted }) =>
        membership({ ...wanted, id, name: id })
      )

      return Identity.of({
        id,
        nextRing,
        knock,
        current,
        isMyName,
        showLife,
        mail: mail.state,
        register,
        beat,
        namings,
        present,
        approver: memory.approver,
        noteApprover,
        remembered: memory.settled,
        goOn,
        workIn,
        isOf,
        misplaced: Ref.get(misplaced),
        withoutBus
      })
    })
  )
}
