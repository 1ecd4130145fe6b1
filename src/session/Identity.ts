/**
 * Who this session is. The id is made here, at start, or is the one that the conversation had before; the name is what
 * the bus grants. Nothing here remembers a name that the bus does not hold: each question is answered with what stands on it.
 */
import { Context, Deferred, Effect, Layer, Queue, Ref, Schedule, Semaphore } from "effect"
import { Doorbell } from "../bus/engine/Doorbell.ts"
import { HeldMail } from "../bus/engine/HeldMail.ts"
import { Receipts } from "../bus/receipts/Receipts.ts"
import { Conversations, type KnownApprover, type Resumption } from "../bus/roster/Conversations.ts"
import { Registry } from "../bus/roster/Registry.ts"
import type { BusUnavailable, NameTaken } from "../domain/Errors.ts"
import { isSessionId, type Name, SessionId, whyNotAnew } from "../domain/Name.ts"
import type { Presence } from "../domain/Receipt.ts"
import { defaultRole, type WantedIdentity, type Identity as Who } from "../domain/Session.ts"
import { Host } from "../hosts/Host.ts"
import { randomHex } from "../platform/Platform.ts"
import { thisProcess } from "../platform/ServerProcess.ts"
import { scope } from "../policy/Scope.ts"
import { Settings } from "../settings/Settings.ts"
import { presenceOf } from "./routes/Route.ts"
import { evidenceAtStart, initial } from "./routes/State.ts"
import { sharing } from "./Sharing.ts"

/** What holds of this session now. */
export interface Standing {
  readonly identity: Who
  /** What nobody has chosen yet. A session that lacks neither is registered. */
  readonly missing: ReadonlyArray<"name" | "role">
  /** It was started from within another session, and has no name of its own: no full member, and not to be made one unasked. */
  readonly nested: boolean
  /** What went wrong with its variables or with its name, one sentence each. */
  readonly problems: ReadonlyArray<string>
}

/** Without a conversation, or if the bus can't tell, a server goes on as no other session. */
const served: Resumption = { _tag: "Served" }

/**
 * How long a bus may take to say who the conversation was, in milliseconds: longer than a lock, or a connection that is
 * silent, is waited for. One that can't be reached says so far sooner.
 */
const patience = 12_000

/** So often is looked again, at the spacing of polls, whether a conversation that is served is free: its own, or the one it is forked from. */
const looksForOwn = 3
const looksForFork = 8

interface State {
  readonly wish: WantedIdentity
  readonly roleChosen: boolean
  /** Why it does not get the name that it asked for. */
  readonly refused: string | undefined
  /** The name that it would have, and who had it at the last look. */
  readonly missed: { readonly name: Name; readonly taken: NameTaken } | undefined
  /** The name that it got only after it was free. */
  readonly regained: Name | undefined
}

/** A name that is taken may be that of a server which is about to end: so often is looked soon, and then at each heartbeat. */
const soonLooks = 8

export class Identity extends Context.Service<
  Identity,
  {
    readonly id: SessionId
    /** The rings of this session's doorbell. */
    readonly rings: Queue.Dequeue<void>
    /** A ring from within: this server has written to its own session. */
    readonly knock: () => void
    /** What the bus says of this session; if it is off the roster, or was renamed by hand, it joins again first. */
    readonly current: Effect.Effect<Standing, BusUnavailable>
    /** Whether this is what the bus granted this session to be called. */
    readonly isMyName: (name: string) => boolean
    /** Somebody uses this server: it called a tool or a hook, or has stayed a while. Only then does it get mail. */
    readonly showLife: Effect.Effect<void>
    /**
     * Whether it gets mail for its name: `yes` once it has shown life. `waits`: there is some, or may be, which comes before whatever
     * is written to it now.
     */
    readonly mail: () => "yes" | "not yet" | "waits"
    /** Takes a new name, role and project. Fails with `NameTaken`, changing nothing, if a live session holds it. */
    readonly register: (wish: WantedIdentity) => Effect.Effect<Standing, NameTaken | BusUnavailable>
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
    /** The session goes on in another conversation: its context was cleared, or another one was resumed. */
    readonly goOn: (conversation: string) => Effect.Effect<void>
    /** What is known without the bus: the id alone, as a name. */
    readonly withoutBus: Effect.Effect<Standing>
  }
>()("cc-dm/session/Identity") {
  static readonly layer = Layer.effect(
    Identity,
    Effect.gen(function* () {
      const settings = yield* Settings
      const conversations = yield* Conversations
      const registry = yield* Registry
      const doorbell = yield* Doorbell
      const layerScope = yield* Effect.scope
      const resume = (conversation: string) =>
        conversations.resume(conversation).pipe(
          Effect.timeout(patience),
          Effect.orElseSucceed(() => served)
        )
      /** Its server may be about to end, or have died so lately that the database does not know yet. */
      const resumeSoon = (conversation: string, looks: number) =>
        Effect.repeat(resume(conversation), {
          schedule: Schedule.spaced(settings.timing.poll),
          times: looks,
          until: ({ _tag }) => _tag !== "Served"
        })
      // The same conversation goes on as the same session, also after its server died or was started anew.
      const known =
        settings.conversation === undefined || settings.isHealthCheck
          ? served
          : yield* resumeSoon(settings.conversation, looksForOwn)
      // So does one that was forked from it, as by /background, unless the other one goes on, too.
      const forked =
        known._tag === "New" && settings.forkOf !== undefined
          ? yield* resumeSoon(settings.forkOf, looksForFork)
          : known
      const found = forked._tag === "Served" ? known : forked
      const former = found._tag === "Resumed" ? found.who : undefined
      const id = former?.id ?? SessionId.make(`session-${yield* randomHex(6)}`)
      const heldMail = yield* HeldMail
      const receipts = yield* Receipts
      const { knock, repair, rings, space, works } = yield* doorbell.listen(id)
      const presence = yield* Ref.make(presenceOf(initial(evidenceAtStart(settings, yield* Host))))
      const namings = yield* Queue.unbounded<boolean>()
      const conversation = yield* Ref.make(settings.conversation)
      const approver = yield* Ref.make(former?.approver ?? undefined)
      const isMyName = (name: string) => registry.isGranted(id, name)
      const server = thisProcess()
      const joining = Effect.gen(function* () {
        return {
          id,
          cwd: settings.cwd,
          doorbell: works,
          socketSpace: space(),
          server,
          nested: settings.nested,
          conversation: yield* Ref.get(conversation),
          presence: yield* Ref.get(presence)
        }
      })

      const state = yield* Ref.make<State>({
        wish: {
          name: settings.name ?? former?.name ?? undefined,
          role: settings.role ?? former?.role ?? defaultRole,
          project: settings.project ?? former?.project ?? null
        },
        roleChosen: (settings.role ?? former?.role ?? undefined) !== undefined,
        refused: undefined,
        missed: undefined,
        regained: undefined
      })
      const standing = (identity: Who) =>
        Effect.map(
          Ref.get(state),
          ({ missed, refused, regained, roleChosen }): Standing => ({
            identity,
            missing: [
              ...(identity.name === id ? (["name"] as const) : []),
              ...(roleChosen ? [] : (["role"] as const))
            ],
            nested: settings.nested && identity.name === id,
            problems: [
              ...settings.problems,
              ...(refused === undefined ? [] : [`this session goes by its id, since ${refused}`]),
              ...(missed === undefined
                ? []
                : [
                    `this session goes by its id, since ${missed.taken.why}; it takes that name once it is free, unless the user chooses another one`
                  ]),
              ...(regained === undefined
                ? []
                : [`the name "${regained}" was in use when this session started, and is its own since`])
            ]
          })
        )

      let hasShownLife = false
      let hasLooked = false
      let mailWaits = false

      /** Takes the mail that waited for a name. `false`: there was none. The sender's project decides, as it does for a dm. */
      const collectMail = Effect.fnUntraced(function* (me: Who) {
        const letters = yield* heldMail.find(me.name, me.id)
        mailWaits = !hasShownLife && letters.length > 0
        if (mailWaits) return false
        const decisions = letters.map(({ fromProject, messageId }) => ({
          messageId,
          decision: scope({ sender: { name: "", role: "", project: fromProject }, receiver: me })
        }))
        const allowed = decisions.filter(({ decision }) => decision._tag === "Allowed")
        const refused = decisions.flatMap(({ decision, messageId }) =>
          decision._tag === "Refused"
            ? [{ messageId, state: "refused" as const, reason: decision.reason }]
            : []
        )
        if (refused.length > 0) yield* receipts.record(refused)
        if (allowed.length === 0) return false
        yield* heldMail.give(
          allowed.map(({ messageId }) => messageId),
          me.id
        )
        return true
      })

      const lookForMail = Effect.fnUntraced(function* (identity: Who) {
        const found = !isSessionId(identity.name) && (yield* collectMail(identity))
        if (found || !hasLooked) knock()
        hasLooked = true
      })

      /** What a session that has just got its name does first. */
      const settleIn = Effect.fnUntraced(function* (identity: Who) {
        yield* Queue.offer(namings, !isSessionId(identity.name))
        yield* lookForMail(identity)
      })

      // A holder that was killed is known to be dead by its doorbell, long before its heartbeat is stale.
      const claim = Effect.fnUntraced(function* (wish: WantedIdentity) {
        const me = yield* joining
        const again = Effect.fnUntraced(function* (taken: NameTaken) {
          const holder = yield* registry.find(taken.holder.id)
          if (holder !== undefined && (yield* doorbell.reach(holder)) !== "dead") return yield* taken
          yield* registry.remove(taken.holder.id)
          return yield* registry.claim(me, wish)
        })
        return yield* Effect.catchTag(registry.claim(me, wish), "NameTaken", again)
      })

      const goNameless = (wish: WantedIdentity, why: Pick<State, "refused"> | Pick<State, "missed">) =>
        Ref.update(state, (before) => ({
          ...before,
          wish: { ...wish, name: undefined },
          regained: undefined,
          ...why
        })).pipe(Effect.andThen(claim({ ...wish, name: undefined })))

      /** Why this session does not get a name that is reserved, and that it does not have from before. */
      const whyNotMine = Effect.fnUntraced(function* (name: Name | undefined) {
        if (name === undefined || name === former?.name || isMyName(name)) return undefined
        const why = whyNotAnew(name)
        return why === undefined || (yield* registry.isKnown(name)) ? undefined : `its name ${why}`
      })

      // What the roster says is what the conversation will be again; a role that nobody chose is not.
      const whoIs = Effect.fnUntraced(function* (identity: Who) {
        const { missed, roleChosen } = yield* Ref.get(state)
        const name = isSessionId(identity.name) ? (missed?.name ?? null) : identity.name
        const asked = (yield* Ref.get(approver)) ?? null
        return { ...identity, name, role: roleChosen ? identity.role : null, approver: asked }
      })
      const noting = Effect.catch((error: BusUnavailable) =>
        Effect.logWarning(`this session is not remembered: ${error.message}`)
      )
      const remember = Effect.fnUntraced(function* (identity: Who) {
        if (settings.conversation === undefined || found._tag === "Served") return
        const who = yield* whoIs(identity)
        const now = (yield* Ref.get(conversation)) ?? settings.conversation
        yield* noting(conversations.remember(settings.conversation, who))
        if (now !== settings.conversation) yield* noting(conversations.goOn(now, who))
      })

      /** Whether the bus has granted or refused the wish: a row of a conversation that is taken up stands there before. */
      let hasJoined = false
      const joinAnew = Effect.gen(function* () {
        const { wish } = yield* Ref.get(state)
        yield* repair
        const why = yield* whyNotMine(wish.name)
        const claiming = why === undefined ? claim(wish) : goNameless(wish, { refused: why })
        const identity = yield* claiming.pipe(
          Effect.catchTag("NameTaken", (taken) =>
            goNameless(wish, { missed: wish.name === undefined ? undefined : { name: wish.name, taken } })
          ),
          // Without a name there is none to be taken.
          Effect.catchTag("NameTaken", Effect.die)
        )
        hasJoined = true
        yield* remember(identity)
        yield* settleIn(identity)
        return yield* standing(identity)
      })

      /** Who comes while this session joins shares the outcome: on a slow bus one try takes seconds. */
      const join = yield* sharing(joinAnew)

      // A name that the user chose in between is left alone.
      const naming = Semaphore.makeUnsafe(1)
      const regain = naming.withPermit(
        Effect.gen(function* () {
          const { missed, wish } = yield* Ref.get(state)
          if (missed === undefined) return
          const wanted = { ...wish, name: missed.name }
          const keepMissing = (taken: NameTaken) =>
            Effect.as(
              Ref.update(state, (before) => ({ ...before, missed: { ...missed, taken } })),
              undefined
            )
          const identity = yield* Effect.catchTag(claim(wanted), "NameTaken", keepMissing)
          if (identity === undefined) return
          yield* Ref.update(state, (before) => ({
            ...before,
            wish: wanted,
            missed: undefined,
            regained: missed.name
          }))
          yield* Effect.logInfo(`the name "${missed.name}" is free, and this session's now`)
          yield* remember(identity)
          yield* settleIn(identity)
        })
      )

      const joined = yield* Deferred.make<void>()
      const joinFirst = settings.isHealthCheck
        ? Effect.void
        : Effect.catch(join, (error) => Effect.logWarning(error.message))
      yield* joinFirst.pipe(
        Effect.ensuring(Deferred.succeed(joined, undefined)),
        Effect.andThen(
          Effect.repeat(
            Effect.delay(Effect.ignore(regain), settings.timing.poll),
            Schedule.recurs(soonLooks - 1)
          )
        ),
        Effect.forkScoped
      )
      // One bounded try: a session that looks for this one finds its doorbell dead, and the sweep does the rest.
      yield* Effect.addFinalizer(() =>
        Effect.interruptible(registry.remove(id)).pipe(Effect.timeout("80 millis"), Effect.ignore)
      )

      const current = Effect.gen(function* () {
        if (!(yield* Deferred.isDone(joined))) return yield* join
        const { missed } = yield* Ref.get(state)
        // What is said of the name's holder is true now.
        if (missed !== undefined && (yield* registry.find(missed.taken.holder.id)) === undefined)
          yield* regain
        const identity = yield* registry.self(id)
        return yield* identity === undefined || !hasJoined || !isMyName(identity.name)
          ? join
          : standing(identity)
      })

      const register = Effect.fn("Identity.register")(function* (wish: WantedIdentity) {
        yield* Deferred.await(joined)
        const identity = yield* naming.withPermit(
          Effect.tap(claim(wish), () =>
            Ref.set(state, {
              wish,
              roleChosen: true,
              refused: undefined,
              missed: undefined,
              regained: undefined
            })
          )
        )
        yield* remember(identity)
        yield* settleIn(identity)
        return yield* standing(identity)
      })

      const beat = Effect.gen(function* () {
        yield* Deferred.await(joined)
        if (settings.isHealthCheck && !hasJoined) return
        yield* repair
        if (!(yield* registry.heartbeat(id)) || !hasJoined) return yield* Effect.asVoid(join)
        yield* regain
        // A letter may have been written while this session took the name, or have come back to it since.
        const { identity } = yield* current
        yield* lookForMail(identity)
      }).pipe(Effect.withSpan("Identity.beat"))

      const showLife = Effect.suspend(() => {
        if (hasShownLife) return Effect.void
        hasShownLife = true
        return Effect.andThen(
          Effect.flatMap(current, ({ identity }) => lookForMail(identity)),
          Effect.sync(knock)
        )
      }).pipe(
        Effect.catch((error) => Effect.logWarning(error.message)),
        Effect.forkIn(layerScope),
        Effect.asVoid
      )
      const mail = () => (!hasLooked || mailWaits ? "waits" : hasShownLife ? "yes" : "not yet")

      const present = Effect.fnUntraced(function* (now: Presence) {
        yield* Ref.set(presence, now)
        yield* registry.present(id, now)
      })

      const noteApprover = Effect.fnUntraced(function* (holder: KnownApprover) {
        const before = yield* Ref.getAndSet(approver, holder)
        if (before?.id === holder.id && before.name === holder.name) return
        yield* Effect.flatMap(current, ({ identity }) => remember(identity)).pipe(noting)
      })

      const goOn = Effect.fn("Identity.goOn")(function* (now: string) {
        yield* Ref.set(conversation, now)
        yield* noting(registry.goOn(id, now))
        yield* Effect.flatMap(current, ({ identity }) => remember(identity)).pipe(noting)
      })

      const withoutBus = Effect.flatMap(Ref.get(state), ({ wish }) => standing({ ...wish, id, name: id }))

      return Identity.of({
        id,
        rings,
        knock,
        current,
        isMyName,
        showLife,
        mail,
        register,
        beat,
        namings,
        present,
        approver: Ref.get(approver),
        noteApprover,
        goOn,
        withoutBus
      })
    })
  )
}
