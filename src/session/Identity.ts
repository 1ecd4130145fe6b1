/**
 * Who this session is. The id is made here, at start, or is the one that the conversation had before; the name is what
 * the bus grants. Nothing here remembers a name that the bus does not hold: whoever asks is told what stands on it.
 */
import { Context, Deferred, Effect, Layer, Queue, Ref } from "effect"
import { Conversations, type Found, type KnownApprover } from "../bus/Conversations.ts"
import { Doorbell, silent } from "../bus/Doorbell.ts"
import { HeldMail } from "../bus/HeldMail.ts"
import { Receipts } from "../bus/Receipts.ts"
import { Registry } from "../bus/Registry.ts"
import { Settings } from "../Config.ts"
import type { BusUnavailable, NameTaken } from "../domain/Errors.ts"
import { isSessionId, type Name, SessionId, whyNotAnew } from "../domain/Name.ts"
import type { Presence } from "../domain/Receipt.ts"
import { defaultRole, type Identity as Who, type Wish } from "../domain/Session.ts"
import { randomHex } from "../platform/Platform.ts"
import { scope } from "../policy/Scope.ts"
import { sharing } from "./Sharing.ts"
import { evidenceAtStart, initial } from "./ways/State.ts"
import { presenceOf } from "./ways/Way.ts"

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

/** Without a conversation, or where the bus can't tell, a server is nobody's heir. */
const served: Found = { _tag: "Served" }

/**
 * How long a bus may take to say who the conversation was, in milliseconds: longer than a lock, or a connection that is
 * silent, is waited for. One that can't be reached says so far sooner.
 */
const patience = 12_000

interface State {
  readonly wish: Wish
  readonly roleChosen: boolean
  readonly problems: ReadonlyArray<string>
}

export class Identity extends Context.Service<
  Identity,
  {
    readonly id: SessionId
    /** The rings of this session's doorbell. */
    readonly rings: Queue.Dequeue<void>
    /** What the bus says of this session; where it is off the roster, or was renamed by hand, it joins again first. */
    readonly current: Effect.Effect<Standing, BusUnavailable>
    /** Whether this is what the bus granted this session to be called. */
    readonly isMyName: (name: string) => boolean
    /** Takes a new name, role and project. Fails with `NameTaken`, changing nothing, where a live session holds it. */
    readonly register: (wish: Wish) => Effect.Effect<Standing, NameTaken | BusUnavailable>
    /** Refreshes the heartbeat, and joins again where the row is gone: the machine slept, or the bus is new. */
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
      const resume = (conversation: string) =>
        conversations.resume(conversation).pipe(
          Effect.timeout(patience),
          Effect.orElseSucceed(() => served)
        )
      // The same conversation goes on as the same session, also after its server died or was started anew.
      const known = settings.conversation === undefined ? served : yield* resume(settings.conversation)
      // So does one that was forked from it, as by /background, unless the other one goes on, too.
      const forked =
        known._tag === "New" && settings.forkOf !== undefined ? yield* resume(settings.forkOf) : known
      const found = forked._tag === "Served" ? known : forked
      const former = found._tag === "Resumed" ? found.who : undefined
      const id = former?.id ?? SessionId.make(`session-${yield* randomHex(6)}`)
      const heldMail = yield* HeldMail
      const receipts = yield* Receipts
      const { mend, rings, works } = yield* doorbell.listen(id)
      const joining = yield* Ref.make({
        id,
        cwd: settings.cwd,
        doorbell: works,
        nested: settings.nested,
        presence: presenceOf(initial(evidenceAtStart(settings)))
      })
      const namings = yield* Queue.unbounded<boolean>()
      const conversation = yield* Ref.make(settings.conversation)
      const approver = yield* Ref.make(former?.approver ?? undefined)
      const isMyName = (name: string) => registry.isGranted(id, name)

      const state = yield* Ref.make<State>({
        wish: {
          name: settings.name ?? former?.name ?? undefined,
          role: settings.role ?? former?.role ?? defaultRole,
          project: settings.project ?? former?.project ?? null
        },
        roleChosen: (settings.role ?? former?.role ?? undefined) !== undefined,
        problems: settings.problems
      })
      const standing = (identity: Who) =>
        Effect.map(
          Ref.get(state),
          ({ problems, roleChosen }): Standing => ({
            identity,
            missing: [
              ...(identity.name === id ? (["name"] as const) : []),
              ...(roleChosen ? [] : (["role"] as const))
            ],
            nested: settings.nested && identity.name === id,
            problems
          })
        )

      /** Takes the mail that waited for a name. `false`: there was none. The sender's project decides, as it does for a dm. */
      const collectMail = Effect.fnUntraced(function* (me: Who) {
        const letters = yield* heldMail.find(me.name, me.id)
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
        if (refused.length > 0) yield* receipts.note(refused)
        if (allowed.length === 0) return false
        yield* heldMail.give(
          allowed.map(({ messageId }) => messageId),
          me.id
        )
        return true
      })

      const lookForMail = Effect.fnUntraced(function* (identity: Who) {
        if (isSessionId(identity.name)) return
        if (yield* collectMail(identity)) yield* doorbell.ring({ id, doorbell: works })
      })

      /** What a session that has just got its name does first. */
      const settleIn = Effect.fnUntraced(function* (identity: Who) {
        yield* Queue.offer(namings, !isSessionId(identity.name))
        yield* lookForMail(identity)
      })

      // A holder that was killed is known to be dead by its doorbell, long before its heartbeat is stale.
      const claim = Effect.fnUntraced(function* (wish: Wish) {
        const me = yield* Ref.get(joining)
        const again = (taken: NameTaken) =>
          Effect.flatMap(doorbell.reach(taken.holder), (ring) =>
            ring === "dead"
              ? Effect.andThen(registry.remove(taken.holder.id), registry.claim(me, wish))
              : Effect.fail(taken)
          )
        return yield* Effect.catchTag(registry.claim(me, wish), "NameTaken", again)
      })

      const goNameless = (why: string, wish: Wish) =>
        Ref.update(state, (before) => ({
          ...before,
          wish: { ...wish, name: undefined },
          problems: [...settings.problems, `this session goes by its id, since ${why}`]
        })).pipe(Effect.andThen(claim({ ...wish, name: undefined })))

      /** Why this session does not get a name that is reserved, and that it does not have from before. */
      const whyNotMine = Effect.fnUntraced(function* (name: Name | undefined) {
        if (name === undefined || name === former?.name || isMyName(name)) return undefined
        const why = whyNotAnew(name)
        return why === undefined || (yield* registry.isKnown(name)) ? undefined : `its name ${why}`
      })

      // What the roster says is what the conversation will be again; a role that nobody chose is not.
      const whoIs = Effect.fnUntraced(function* (identity: Who) {
        const { roleChosen } = yield* Ref.get(state)
        const name = isSessionId(identity.name) ? null : identity.name
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
        yield* mend
        const why = yield* whyNotMine(wish.name)
        const claiming = why === undefined ? claim(wish) : goNameless(why, wish)
        const identity = yield* claiming.pipe(
          Effect.catchTag("NameTaken", (taken) => goNameless(taken.message, wish)),
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
      const joined = yield* Deferred.make<void>()
      yield* join.pipe(
        Effect.catch((error) => Effect.logWarning(error.message)),
        Effect.ensuring(Deferred.succeed(joined, undefined)),
        Effect.forkScoped
      )
      // Some file systems hold sockets that nobody can connect to: then others must not take silence for death.
      const checkDoorbell = Effect.gen(function* () {
        if (!works || (yield* doorbell.ring({ id, doorbell: true })) === "rung") return
        yield* silent("its socket does not answer")
        yield* Ref.update(joining, (before) => ({ ...before, doorbell: false }))
        yield* joinAnew
      })
      yield* checkDoorbell.pipe(Effect.ignore, Effect.delay(settings.timing.poll), Effect.forkScoped)
      // One bounded try: whoever misses this session finds its doorbell dead, and the sweep does the rest.
      yield* Effect.addFinalizer(() =>
        Effect.interruptible(registry.remove(id)).pipe(Effect.timeout("80 millis"), Effect.ignore)
      )

      const current = Effect.gen(function* () {
        if (!(yield* Deferred.isDone(joined))) return yield* join
        const identity = yield* registry.self(id)
        return yield* identity === undefined || !hasJoined || !isMyName(identity.name)
          ? join
          : standing(identity)
      })

      const register = Effect.fn("Identity.register")(function* (wish: Wish) {
        yield* Deferred.await(joined)
        const identity = yield* claim(wish)
        yield* Ref.set(state, { wish, roleChosen: true, problems: settings.problems })
        yield* remember(identity)
        yield* settleIn(identity)
        return yield* standing(identity)
      })

      const beat = Effect.gen(function* () {
        yield* Deferred.await(joined)
        if (!(yield* registry.heartbeat(id)) || !hasJoined) return yield* Effect.asVoid(join)
        // A letter may have been written while this session took the name, or have come back to it since.
        const { identity } = yield* current
        yield* lookForMail(identity)
      }).pipe(Effect.withSpan("Identity.beat"))

      const present = Effect.fnUntraced(function* (presence: Presence) {
        yield* Ref.update(joining, (before) => ({ ...before, presence }))
        yield* registry.present(id, presence)
      })

      const noteApprover = Effect.fnUntraced(function* (holder: KnownApprover) {
        const before = yield* Ref.getAndSet(approver, holder)
        if (before?.id === holder.id && before.name === holder.name) return
        yield* Effect.flatMap(current, ({ identity }) => remember(identity)).pipe(noting)
      })

      const goOn = Effect.fn("Identity.goOn")(function* (now: string) {
        yield* Ref.set(conversation, now)
        yield* Effect.flatMap(current, ({ identity }) => remember(identity)).pipe(noting)
      })

      const withoutBus = Effect.flatMap(Ref.get(state), ({ wish }) => standing({ ...wish, id, name: id }))

      return Identity.of({
        id,
        rings,
        current,
        isMyName,
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
