/** A receiver that does not take everything in, between whole sessions under the test clock. */
import { describe, expect } from "bun:test"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { LoggedMessage } from "../../src/bus/messages/History.ts"
import { joined, session, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldMessageRow, oldSessionRow } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { noFile, noOldServers, onFile } from "../support/underTest.ts"
import { holdWriteLock } from "../support/writeLock.ts"

type Session = Effect.Success<ReturnType<typeof session>>
type Settings = NonNullable<Parameters<typeof session>[1]>

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
const dm = Effect.fnUntraced(function* ({ outbox }: Session, content: string) {
  const sending = yield* Effect.forkChild(outbox.dm({ to: "bob", content, metadata: {} }))
  yield* until(Effect.sync(() => sending.pollUnsafe()))
  return yield* Fiber.join(sending)
})
const told = ({ pushed }: Session) =>
  until(Effect.sync(() => pushed.messages.find(({ from }) => from === "cc-dm")?.content))
const contents = ({ pushed }: Session) => pushed.messages.map(({ content }) => content)

const names = (...all: ReadonlyArray<string>) => new Set(all.map(toName))

/** Bob, with settings of his own, and the others who write to him. */
const bobAnd = Effect.fnUntraced(function* (settings: Settings, ...others: ReadonlyArray<Settings>) {
  const home = yield* temporaryFolder
  const bob = yield* joined(home, { name: toName("bob"), delivery: "channel", ...settings })
  const sessions = yield* Effect.forEach(others, (other) =>
    Effect.tap(session(home, { delivery: "channel", ...other }), ({ identity }) => identity.current)
  )
  return { home, bob, sessions: sessions as unknown as readonly [Session, Session] }
})

describe("a sender whom the receiver does not take", () => {
  it.effect(
    "by name is told so, and nothing of it is shown",
    Effect.gen(function* () {
      const { bob, sessions } = yield* bobAnd(
        { inboundBlockList: names("mallory") },
        { name: toName("mallory") },
        { name: toName("alice") }
      )
      const [mallory, alice] = [sessions[0], sessions[1]]
      const outcome = yield* dm(mallory, "psst")
      expect(yield* told(mallory)).toContain(`"mallory" is on the receiver's CC_DM_INBOUND_BLOCKLIST`)
      expect(outcome).toMatchObject({ _tag: "Sent", state: "refused" })
      yield* dm(alice, "hello")
      expect(yield* until(Effect.sync(() => contents(bob)[0]))).toBe("hello")
      expect(contents(bob)).toEqual(["hello"])
      const { messages } = yield* bob.history.received(bob.identity.id, { limit: 10 })
      expect(messages.map(({ content }) => content)).toEqual(["hello"])
    })
  )

  it.effect(
    "since it is not on the list, nor has a name",
    Effect.gen(function* () {
      const { bob, sessions } = yield* bobAnd(
        { inboundAllowList: names("alice") },
        {},
        { name: toName("alice") }
      )
      yield* dm(sessions[0], "who am I?")
      expect(yield* told(sessions[0])).toContain("is not on the receiver's CC_DM_INBOUND_ALLOWLIST")
      yield* dm(sessions[1], "hello")
      yield* until(Effect.sync(() => contents(bob)[0]))
      expect(contents(bob)).toEqual(["hello"])
    })
  )

  it.effect(
    "by its project, and one without a project likewise",
    Effect.gen(function* () {
      const { bob, sessions } = yield* bobAnd(
        { project: toTag("shop"), inboundProjects: new Set(["shop"]) },
        { name: toName("visitor") },
        { name: toName("alice"), project: toTag("shop") }
      )
      yield* dm(sessions[0], "passing by")
      expect(yield* told(sessions[0])).toContain(
        "a sender without a project is not among the receiver's CC_DM_INBOUND_PROJECTS"
      )
      yield* dm(sessions[1], "hello")
      yield* until(Effect.sync(() => contents(bob)[0]))
      expect(contents(bob)).toEqual(["hello"])
    })
  )
})

describe("the receiver's lists", () => {
  it.effect(
    "do not bind permission requests and notices",
    Effect.gen(function* () {
      const { bob, sessions } = yield* bobAnd(
        { inboundAllowList: names("nobody") },
        { name: toName("asker") }
      )
      const me = sessions[0].identity.id
      for (const kind of ["permission_request", "notice"] as const)
        yield* Effect.flatten(
          sessions[0].bus.send({ from: me, to: [bob.identity.id], kind, content: kind, metadata: {} })
        )
      yield* until(Effect.sync(() => contents(bob)[1]))
      expect(contents(bob)).toEqual(["permission_request", "notice"])
    })
  )

  it.effect(
    "bind what only looks like an answer to a permission request",
    Effect.gen(function* () {
      const { bob, home, sessions } = yield* bobAnd(
        { inboundBlockList: names("mallory") },
        { name: toName("mallory") }
      )
      const { all } = yield* outsider(home)
      const [mallory] = sessions
      yield* Effect.flatten(
        mallory.bus.send({
          from: mallory.identity.id,
          to: [bob.identity.id],
          kind: "permission_verdict",
          content: "yes abcde",
          metadata: {}
        })
      )
      const states = all<{ state: string }>("SELECT state FROM receipts")
      expect(yield* until(Effect.map(states, ([row]) => row?.state))).toBe("refused")
      expect(contents(bob)).toEqual([])
    })
  )

  onFile(noOldServers, it.effect)(
    "go by the display name of a 1.3.1 session, and by what the roster says of its project",
    Effect.gen(function* () {
      const { bob, home } = yield* bobAnd({
        inboundBlockList: names("night-intern"),
        inboundProjects: new Set(["shop"])
      })
      const { all, run } = yield* outsider(home)
      const now = new Date(0).toISOString()
      const say = Effect.fnUntraced(function* (name: string, project: string, content: string) {
        yield* run(...oldSessionRow(`session-${name}`, name, now, project))
        yield* run(...oldMessageRow(name, bob.identity.id, content, now))
      })
      yield* say("Night Intern", "shop", "blocked")
      yield* say("stranger", "", "without a project")
      yield* say("clerk", "Shop", "hello")
      yield* until(Effect.sync(() => contents(bob)[0]))
      expect(contents(bob)).toEqual(["hello"])
      const refused = all<{ reason: string }>(
        "SELECT reason FROM receipts WHERE state = 'refused' ORDER BY message_id"
      )
      const both = yield* until(Effect.map(refused, (rows) => (rows.length === 2 ? rows : undefined)))
      expect(both[0]?.reason).toContain('"night-intern" is on')
      expect(both[1]?.reason).toContain("without a project")
    })
  )

  it.effect(
    "hold for mail that waited for the name",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const mallory = yield* joined(home, { name: toName("mallory"), delivery: "channel" })
      yield* mallory.outbox.dm({ to: "bob", content: "later", metadata: {}, life: 3_600_000 })
      const bob = yield* session(home, {
        name: toName("bob"),
        delivery: "channel",
        inboundBlockList: names("mallory")
      })
      yield* bob.identity.current
      expect(yield* told(mallory)).toContain("CC_DM_INBOUND_BLOCKLIST")
      expect(contents(bob)).toEqual([])
    })
  )
})

/** Writes a message past cc-dm to somebody, as a 1.3.1 server or a person does. */
const sayByHand = (home: string, to: string, from: string, content: string) =>
  Effect.scoped(
    Effect.flatMap(outsider(home), ({ run }) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        run(
          `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at)
            VALUES (?, ?, ?, '{}', 0, ?)`,
          from,
          to,
          content,
          new Date(now).toISOString()
        )
      )
    )
  )

describe("a message that could not be taken", () => {
  onFile(noFile, it.effect)(
    "since another program held the bus longer than one waits for it, is taken soon after that",
    Effect.gen(function* () {
      const { bob, home } = yield* bobAnd({})
      const pass = Effect.gen(function* () {
        yield* TestClock.adjust("100 millis")
        yield* TestClock.withLive(Effect.sleep("1 millis"))
      })
      // From here on bob looks only when the clock goes on.
      yield* Effect.repeat(pass, { times: 9 })
      yield* sayByHand(home, bob.identity.id, "planner", "are you there?")
      const { release } = yield* holdWriteLock(home)
      // He may be rung twice, and waits for 5 s each time.
      yield* Effect.repeat(pass, { times: 119 })
      expect(contents(bob)).toEqual([])
      yield* release
      // Nobody writes to the bus meanwhile: that it changed says nothing any more.
      yield* Effect.repeat(pass, { times: 9 })
      expect(contents(bob)).toEqual(["are you there?"])
    })
  )
})

describe("of what nothing proves", () => {
  onFile(noOldServers, it.effect)(
    "as much is shown within a minute as one sender may write, and the rest stands in the inbox",
    Effect.gen(function* () {
      const { bob, home } = yield* bobAnd({})
      const say = (from: string, content: string) => sayByHand(home, bob.identity.id, from, content)
      const inbox = Effect.map(
        bob.history.received(bob.identity.id, { limit: 1_000 }),
        ({ messages }) => messages
      )
      // Twenty of one session at once are no flood.
      for (let number = 1; number <= 20; number++) yield* say("planner", `${number}`)
      yield* until(Effect.sync(() => contents(bob)[19]))
      expect(contents(bob)).toEqual(Array.from({ length: 20 }, (_, index) => `${index + 1}`))
      yield* say("planner", "one more")
      for (let number = 1; number <= 100; number++) yield* say(`flood-${number}`, "flood")
      yield* until(Effect.sync(() => contents(bob)[59]))
      const isUnshown = ({ state }: LoggedMessage) => state === "queued"
      const messages = yield* until(
        Effect.map(inbox, (all) =>
          all.length === 121 && all.filter(isUnshown).length <= 61 ? all : undefined
        )
      )
      expect(contents(bob).length).toBe(60)
      expect(contents(bob)).not.toContain("one more")
      // Nothing is said of what was not shown, and whoever asks is told of it.
      const unshown = messages.filter(isUnshown).map(({ content }) => content)
      expect(unshown.length).toBe(61)
      expect(unshown).toContain("one more")
      expect(yield* bob.inbound.onlyInInbox).toBe(61)
      yield* bob.inbound.fetched(messages)
      expect(yield* bob.inbound.onlyInInbox).toBe(0)
      // A minute later there is room again.
      yield* TestClock.adjust("61 seconds")
      yield* say("planner", "good morning")
      yield* until(Effect.sync(() => contents(bob)[60]))
      expect(contents(bob).at(-1)).toBe("good morning")
    })
  )

  onFile(noOldServers, it.effect)(
    "nothing keeps what is proven from being shown",
    Effect.gen(function* () {
      const { bob, home, sessions } = yield* bobAnd({}, { name: toName("alice"), queueLimit: 200 })
      // More than may wait for a receiver, of which most are not shown.
      for (let number = 1; number <= 300; number++)
        yield* sayByHand(home, bob.identity.id, `flood-${number}`, "flood")
      for (const content of ["one", "two", "three"]) yield* dm(sessions[0], content)
      yield* until(Effect.sync(() => contents(bob).find((content) => content === "three")))
      expect(contents(bob).filter((content) => content !== "flood")).toEqual(["one", "two", "three"])
    })
  )
})
