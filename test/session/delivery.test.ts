/** Sending and what comes of it, between whole sessions under the test clock: answers, mail, options, and coming back. */
import { describe, expect } from "bun:test"
import { Clock, Deferred, Effect, Fiber, Queue } from "effect"
import { TestClock } from "effect/testing"
import { type DeliveryOptions, system } from "../../src/domain/Message.ts"
import { defaultRole } from "../../src/domain/Session.ts"
import { CurrentCall } from "../../src/session/Inbound.ts"
import type { OutgoingMessage } from "../../src/session/Outbox.ts"
import { atRest, joined, session, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { hookCall } from "../support/host.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"

type Session = Effect.Success<ReturnType<typeof session>>

const planner = { name: toName("planner") }
/** A session whose client has hooks. */
const backend = { name: toName("backend"), delivery: "hooks" } as const
const hour = 3_600_000

/** Lets time pass in small steps, and the disk and the sockets work meanwhile, until something is there. */
const until = Effect.fnUntraced(function* <A, E, R>(look: Effect.Effect<A | undefined, E, R>) {
  for (let tries = 0; tries < 5_000; tries++) {
    const found = yield* look
    if (found !== undefined) return found
    yield* TestClock.withLive(Effect.sleep("1 millis"))
    yield* TestClock.adjust("20 millis")
  }
  return yield* Effect.die("it never came")
})

/** Runs something to its end, however much time it waits. */
const finish = Effect.fnUntraced(function* <A, E>(work: Effect.Effect<A, E>) {
  const fiber = yield* Effect.forkChild(work)
  yield* until(Effect.sync(() => fiber.pollUnsafe()))
  return yield* Fiber.join(fiber)
})

const dm = ({ outbox }: Session, to: string | undefined, more: Partial<OutgoingMessage> = {}) =>
  finish(outbox.dm({ to, content: "hello", metadata: {}, ...more }))
const problems = (from: Session, to: string | undefined, options: DeliveryOptions) =>
  Effect.map(Effect.flip(dm(from, to, { options })), (error) => error.message)
/** Sends, and gives the number of the message. */
const sent = (from: Session, to: string, more: Partial<OutgoingMessage> = {}) =>
  Effect.map(dm(from, to, more), (outcome) => ("messageId" in outcome ? outcome.messageId : 0))

let calls = 0
const hook = ({ inbound }: Session, event: string) =>
  Effect.map(inbound.hook(hookCall(event, { prompt: "go on" }), ++calls), (answer) => answer?.context)
const stateOf = ({ history, identity }: Session, id: number) =>
  Effect.map(history.find(identity.id, id), (message) => message?.state)
/** Waits until the bus says so of a message that a session sent. */
const becomes = (from: Session, id: number, state: string) =>
  until(Effect.map(stateOf(from, id), (now) => (now === state ? now : undefined)))
const told = ({ pushed }: Session) =>
  pushed.messages.filter(({ from }) => from === system).map(({ content }) => content)
/** Has a session take what waits for it, as its server would. */
const take = ({ bus, identity }: Session) => bus.take(identity.id)

/** Two sessions without a life of their own. */
const two = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const alice = yield* atRest(home, planner)
  const bob = yield* atRest(home, backend)
  return { home, alice, bob }
})

describe("an answer", () => {
  it.effect(
    "goes to the sender of the message, in its thread",
    Effect.gen(function* () {
      const { alice, bob } = yield* two
      const replyTo = yield* sent(alice, "backend", { metadata: { thread_id: "t" } })
      yield* take(bob)
      expect(yield* dm(bob, undefined, { content: "yes", options: { replyTo } })).toMatchObject({
        _tag: "Sent",
        to: "planner"
      })
      expect(yield* take(alice)).toMatchObject([
        { content: "yes", from: "backend", metadata: { thread_id: "t" }, options: { replyTo } }
      ])
    })
  )

  it.effect(
    "stays in a thread of its own where it has one",
    Effect.gen(function* () {
      const { alice, bob } = yield* two
      const replyTo = yield* sent(alice, "backend", { metadata: { thread_id: "t" } })
      yield* take(bob)
      yield* dm(bob, undefined, { metadata: { thread_id: "mine" }, options: { replyTo } })
      expect(yield* take(alice)).toMatchObject([{ metadata: { thread_id: "mine" } }])
    })
  )

  it.effect(
    "finds its sender under another name, and lets itself be addressed to the old and the new one",
    Effect.gen(function* () {
      const { alice, bob } = yield* two
      const replyTo = yield* sent(alice, "backend")
      yield* take(bob)
      yield* alice.identity.register({ name: toName("boss"), role: defaultRole, project: null })
      for (const to of [undefined, "planner", "boss", alice.identity.id])
        expect(yield* dm(bob, to, { options: { replyTo } })).toMatchObject({ _tag: "Sent", to: "boss" })
    })
  )

  it.effect(
    "does not go to another session than its message came from",
    Effect.gen(function* () {
      const { alice, bob, home } = yield* two
      const carol = yield* atRest(home, { name: toName("carol") })
      const replyTo = yield* sent(alice, "backend")
      yield* take(bob)
      expect(yield* problems(bob, "carol", { replyTo })).toContain(
        `message ${replyTo} is not one that "carol" wrote`
      )
      expect(yield* take(carol)).toEqual([])
    })
  )

  it.effect(
    "to a message that one wrote oneself goes to its receiver",
    Effect.gen(function* () {
      const { alice, bob } = yield* two
      const replyTo = yield* sent(alice, "backend")
      expect(yield* dm(alice, undefined, { content: "and", options: { replyTo } })).toMatchObject({
        to: "backend"
      })
      expect((yield* take(bob)).map(({ content }) => content)).toEqual(["hello", "and"])
    })
  )

  it.effect(
    "to a message of others, or to none, is refused alike",
    Effect.gen(function* () {
      const { alice, bob, home } = yield* two
      const carol = yield* atRest(home, { name: toName("carol") })
      const replyTo = yield* sent(alice, "backend")
      yield* take(bob)
      const words = (id: number) =>
        Effect.map(problems(carol, undefined, { replyTo: id }), (text) => text.replace(String(id), "N"))
      expect(yield* words(replyTo)).toBe(yield* words(99))
    })
  )

  it.effect(
    "to a notice of cc-dm itself is refused",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      yield* atRest(home, backend)
      yield* sent(alice, "backend")
      yield* TestClock.adjust("15 seconds")
      const notice = yield* until(Effect.sync(() => alice.pushed.messages[0]))
      expect(notice.from).toBe(system)
      expect(yield* problems(alice, undefined, { replyTo: notice.id })).toContain("is from cc-dm itself")
    })
  )

  it.effect(
    "makes what it answers seen",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const bob = yield* joined(home, { ...backend, delivery: "channel" })
      const replyTo = yield* sent(alice, "backend")
      yield* becomes(alice, replyTo, "pushed")
      yield* dm(bob, undefined, { options: { replyTo } })
      expect(yield* becomes(alice, replyTo, "seen")).toBe("seen")
    })
  )
})

describe("a direct message", () => {
  it.effect(
    "returns with the first news of it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      yield* joined(home, { ...backend, delivery: "channel" })
      expect(yield* dm(alice, "backend")).toMatchObject({ state: "pushed", reach: "channel" })
    })
  )

  it.effect(
    "returns after 200 ms without any, and says that it is queued",
    Effect.gen(function* () {
      const { alice } = yield* two
      const before = yield* Clock.currentTimeMillis
      expect(yield* dm(alice, "backend")).toMatchObject({ state: "queued", reach: "when it asks" })
      expect((yield* Clock.currentTimeMillis) - before).toBeGreaterThanOrEqual(200)
    })
  )
})

describe("what happens while the bus or the client is slow", () => {
  it.effect(
    "a message that the inbox showed before the channel took it stays handed over",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const gate = yield* Deferred.make<void>()
      const alice = yield* session(home, planner)
      const channel = { background: true, beforePush: Deferred.await(gate) }
      const bob = yield* session(home, { ...backend, delivery: "channel" }, channel)
      yield* bob.identity.current
      const id = yield* sent(alice, "backend")
      const { messages } = yield* bob.history.received(bob.identity.id, { limit: 1 })
      yield* bob.inbound.fetched(messages)
      yield* becomes(alice, id, "handed over")
      yield* Deferred.succeed(gate, undefined)
      yield* until(Effect.sync(() => bob.pushed.messages[0]))
      // What is sent next is noted behind it.
      yield* becomes(alice, yield* sent(alice, "backend"), "pushed")
      expect(yield* stateOf(alice, id)).toBe("handed over")
    })
  )

  it.effect(
    "of long messages it is given few at once, so that the inbox can still show the others instead",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const permits = yield* Queue.unbounded<void>()
      const alice = yield* session(home, planner)
      const slowly = { background: true, beforePush: Queue.take(permits) }
      const bob = yield* session(home, { ...backend, delivery: "channel" }, slowly)
      yield* bob.identity.current
      const ids: Array<number> = []
      for (const letter of "abcdefg")
        ids.push(yield* sent(alice, "backend", { content: letter.repeat(10_000) }))
      const pushed = () => bob.pushed.messages.map(({ id }) => id)
      const pieces: Array<number> = []
      while (pushed().length < ids.length) {
        const before = pushed().length
        yield* Queue.offer(permits, undefined)
        yield* until(Effect.sync(() => (pushed().length > before ? true : undefined)))
        pieces.push(pushed().length - before)
      }
      expect(pushed()).toEqual(ids)
      expect(Math.max(...pieces)).toBeLessThanOrEqual(4)
    })
  )

  it.effect(
    "a message in an answer that the client had given up before it was made is shown anew",
    Effect.gen(function* () {
      const { alice, bob } = yield* Effect.gen(function* () {
        const home = yield* temporaryFolder
        const alice = yield* session(home, planner)
        const bob = yield* joined(home, backend)
        return { alice, bob }
      })
      const id = yield* sent(alice, "backend")
      const messages = yield* until(
        Effect.map(bob.history.received(bob.identity.id, { limit: 1 }), ({ messages }) =>
          messages.length === 0 ? undefined : messages
        )
      )
      yield* bob.inbound.cancelled(7)
      yield* bob.inbound
        .fetched(messages)
        .pipe(Effect.provideService(CurrentCall, { call: 7, use: undefined }))
      expect(yield* hook(bob, "UserPromptSubmit")).toContain("| hello")
      expect(yield* becomes(alice, id, "handed over")).toBe("handed over")
    })
  )

  it.effect(
    "what could not be written is written when the bus is back, in order",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const bob = yield* joined(home, backend)
      const id = yield* sent(alice, "backend")
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { run } = yield* outsider(home)
          yield* run("ALTER TABLE receipts RENAME TO elsewhere")
          yield* until(hook(bob, "PostToolBatch"))
          // The next batch proves that the model has seen it.
          yield* hook(bob, "PostToolBatch")
          yield* TestClock.adjust("1 seconds")
          yield* run("ALTER TABLE elsewhere RENAME TO receipts")
        })
      )
      expect(yield* becomes(alice, id, "seen")).toBe("seen")
      // What was seen is settled: it was noted as handed over before that, or it never would have been.
      const { all } = yield* outsider(home)
      expect(
        yield* all("SELECT CASE WHEN handed_at IS NULL THEN 0 ELSE 1 END AS was_handed FROM receipts")
      ).toEqual([{ was_handed: 1 }])
    })
  )
})

describe("mail", () => {
  it.effect(
    "to a name that nobody has is held for the next who takes it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const outcome = yield* dm(alice, "Backend", { life: hour })
      expect(outcome).toMatchObject({ _tag: "Held", to: "backend" })
      yield* TestClock.adjust("10 minutes")
      const bob = yield* session(home, backend)
      expect(yield* until(hook(bob, "PostToolBatch"))).toContain("| hello")
    })
  )

  it.effect(
    "is none without a time of its own: nobody is there",
    Effect.gen(function* () {
      const { alice } = yield* two
      expect(yield* Effect.flip(dm(alice, "dora"))).toMatchObject({ _tag: "NobodyThere" })
    })
  )

  it.effect(
    "is not given across projects, and its sender is told so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, { ...planner, project: toTag("one") })
      const id = yield* sent(alice, "backend", { life: hour })
      const bob = yield* joined(home, { ...backend, project: toTag("two") })
      yield* becomes(alice, id, "refused")
      yield* until(Effect.sync(() => told(alice)[0]))
      expect(told(alice)[0]).toContain(`message ${id} to "backend"`)
      expect(yield* hook(bob, "PostToolBatch")).toBeUndefined()
    })
  )

  it.effect(
    "that its holder left unseen goes to the next holder of the name, with the same number",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const id = yield* Effect.scoped(
        Effect.gen(function* () {
          const bob = yield* joined(home, backend)
          const id = yield* sent(alice, "backend", { life: hour })
          yield* until(hook(bob, "PostToolBatch"))
          yield* becomes(alice, id, "handed over")
          return id
        })
      )
      yield* becomes(alice, id, "queued")
      const next = yield* session(home, backend)
      expect(yield* until(hook(next, "PostToolBatch"))).toContain(`Message ${id} from "planner"`)
      expect(told(alice)).toEqual([])
    })
  )

  it.effect(
    "that was written while somebody took the name reaches them all the same",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* joined(home, planner)
      const bob = yield* joined(home, backend)
      const mail = { life: hour, name: "backend" }
      yield* Effect.flatten(
        alice.bus.send({
          from: alice.identity.id,
          to: [],
          kind: "chat",
          content: "late",
          metadata: {},
          mail
        })
      )
      yield* TestClock.adjust("30 seconds")
      expect(yield* until(hook(bob, "PostToolBatch"))).toContain("| late")
    })
  )

  it.effect(
    "that was written while somebody took the name is handed over by its sender",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, { ...planner, project: toTag("shop") })
      const me = (yield* alice.identity.current).identity
      const letter = (name: string, content: string) =>
        alice.courier
          .sendToOne({ from: me.id, kind: "chat", content, metadata: {} }, me, {
            name,
            entry: undefined,
            life: hour
          })
          .pipe(
            Effect.flatMap(({ outcome }) => outcome),
            Effect.map((posted) => posted?.receiver)
          )
      expect(yield* letter("nobody", "early")).toBeUndefined()
      const bob = yield* joined(home, { ...backend, project: toTag("shop") })
      yield* joined(home, { name: toName("other"), project: toTag("garden") })
      // Out of scope: its own server refuses it, and says so.
      expect(yield* letter("other", "no")).toBeUndefined()
      expect(yield* letter("backend", "late")).toMatchObject({ id: bob.identity.id })
      expect(yield* until(hook(bob, "PostToolBatch"))).toContain("| late")
    })
  )
})

describe("a wish", () => {
  it.effect(
    "that a message comes at the end of the turn is granted",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const bob = yield* joined(home, backend)
      yield* hook(bob, "UserPromptSubmit")
      yield* dm(alice, "backend", { content: "later", options: { whenIdle: true } })
      yield* dm(alice, "backend", { content: "now" })
      const within = yield* until(hook(bob, "PostToolBatch"))
      expect(within).toContain("| now")
      expect(within).not.toContain("| later")
      expect(yield* hook(bob, "Stop")).toContain("| later")
    })
  )

  it.effect(
    "to be told when the receiver is idle is granted once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* session(home, planner)
      const bob = yield* joined(home, backend)
      yield* hook(bob, "UserPromptSubmit")
      const id = yield* sent(alice, "backend", { options: { notifyWhenIdle: true } })
      yield* until(hook(bob, "Stop"))
      yield* becomes(alice, id, "handed over")
      const notices = Effect.sync(() => alice.pushed.messages.filter(({ kind }) => kind === "notice"))
      expect(yield* notices).toEqual([])
      yield* hook(bob, "Stop")
      yield* until(Effect.map(notices, ([notice]) => notice))
      yield* hook(bob, "UserPromptSubmit")
      yield* hook(bob, "Stop")
      yield* TestClock.adjust("1 minutes")
      expect(yield* notices).toMatchObject([
        {
          from: "backend",
          content: `This session is idle now. You asked to be told, with message ${id}.`
        }
      ])
    })
  )
})

describe("a conversation that goes on in a new server", () => {
  /** Bob was shown a message, his server ended, and another one began in the same conversation. */
  const again = Effect.gen(function* () {
    const home = yield* temporaryFolder
    const alice = yield* session(home, planner)
    const first = yield* Effect.scoped(
      Effect.gen(function* () {
        const bob = yield* joined(home, { ...backend, conversation: "c" })
        const id = yield* sent(alice, "backend")
        yield* until(hook(bob, "PostToolBatch"))
        yield* becomes(alice, id, "handed over")
        return { id, session: bob.identity.id }
      })
    )
    return { alice, home, ...first }
  })

  it.effect(
    "has its name back, and what it had not seen, with the same number",
    Effect.gen(function* () {
      const { alice, home, id, session: before } = yield* again
      expect(yield* stateOf(alice, id)).toBe("queued")
      const bob = yield* session(home, { delivery: "hooks", conversation: "c" })
      expect((yield* bob.identity.current).identity).toMatchObject({ id: before, name: "backend" })
      expect(yield* until(hook(bob, "PostToolBatch"))).toContain(`Message ${id} from "planner"`)
      yield* hook(bob, "Stop")
      yield* becomes(alice, id, "seen")
      expect(told(alice)).toEqual([])
    })
  )

  it.effect(
    "and ends before it saw that is reported",
    Effect.gen(function* () {
      const { alice, home, id } = yield* again
      yield* Effect.scoped(
        Effect.gen(function* () {
          const bob = yield* joined(home, { delivery: "hooks", conversation: "c" })
          yield* until(
            Effect.map(bob.history.received(bob.identity.id, { limit: 1 }), ({ messages }) => messages[0])
          )
          yield* TestClock.adjust("1 seconds")
        })
      )
      yield* TestClock.adjust("2 minutes")
      yield* until(Effect.sync(() => told(alice)[0]))
      expect(told(alice)[0]).toContain(`message ${id} to `)
    })
  )

  it.effect(
    "is no other conversation's",
    Effect.gen(function* () {
      const { home, session: before } = yield* again
      const other = yield* session(home, { delivery: "hooks", conversation: "d" })
      expect((yield* other.identity.current).identity.id).not.toBe(before)
      expect((yield* other.history.received(other.identity.id, { limit: 1 })).messages).toEqual([])
    })
  )
})
