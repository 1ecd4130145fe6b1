/** What happens by itself, under the test clock: delivery by the poll, heartbeats, sweeps, and waking up after a sleep. */
import { describe, expect } from "bun:test"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { atRest, joined, session, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"

const planner = { name: toName("planner"), role: toTag("orchestrator") }
const backend = { name: toName("backend"), role: toTag("worker") }
const message = (content: string) => ({ to: "backend", content, metadata: {} })

type Session = Effect.Success<ReturnType<typeof session>>

/** Sends, and lets the time pass in which the sender waits for news. */
const dm = Effect.fnUntraced(function* (from: Session, content: string) {
  const sending = yield* Effect.forkChild(from.outbox.dm(message(content)))
  // Its commit takes real time, and only then does it wait.
  const passTime = Effect.andThen(TestClock.withLive(Effect.sleep("1 millis")), TestClock.adjust("50 millis"))
  yield* passTime.pipe(Effect.repeat({ until: () => sending.pollUnsafe() !== undefined }))
  return yield* Fiber.join(sending)
})

/** The reports that a session was pushed. */
const told = ({ pushed }: Session) =>
  pushed.messages.filter(({ from }) => from === "cc-dm").map(({ content }) => content)

describe("the poll", () => {
  it.effect(
    "delivers within 500 ms what no ring announced",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner, { background: false })
      const receiver = yield* joined(home, backend)
      const me = (yield* sender.identity.current).identity
      const draft = { from: me.id, to: [receiver.identity.id], kind: "chat", metadata: {} } as const
      yield* Effect.flatten(sender.bus.send({ ...draft, content: "quietly" }))
      expect(receiver.pushed.messages).toEqual([])
      yield* TestClock.adjust("500 millis")
      expect(receiver.pushed.messages.map(({ content }) => content)).toEqual(["quietly"])
      yield* TestClock.adjust("5 seconds")
      expect(receiver.pushed.messages.length).toBe(1)
    })
  )
})

describe("the heartbeat", () => {
  it.effect(
    "keeps a session on the roster for as long as it runs",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const watcher = yield* session(home, planner, { background: false })
      yield* joined(home, backend)
      for (let minute = 0; minute < 5; minute++) {
        yield* TestClock.adjust("1 minutes")
        expect(yield* watcher.registry.find("backend")).toBeDefined()
      }
    })
  )

  it.effect(
    "beats every 30 s",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const runner = yield* joined(home, backend)
      const seen = Effect.map(runner.registry.find("backend"), (entry) => entry?.lastSeen)
      yield* TestClock.adjust("29 seconds")
      expect(yield* seen).toBe("1970-01-01T00:00:00.000Z")
      yield* TestClock.adjust("1 seconds")
      expect(yield* seen).toBe("1970-01-01T00:00:30.000Z")
    })
  )

  it.effect(
    "brings a session back whose row is gone, as after a sleep, within one poll and under its name",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sleeper = yield* joined(home, { ...backend, project: toTag("myapp") })
      yield* Effect.scoped(Effect.flatMap(outsider(home), ({ run }) => run("DELETE FROM sessions")))
      yield* TestClock.adjust("500 millis")
      expect(yield* sleeper.registry.roster).toMatchObject([
        { id: sleeper.identity.id, name: "backend", role: "worker", project: "myapp" }
      ])
    })
  )

  it.effect(
    "brings it back under its id where the name was taken meanwhile, and says so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sleeper = yield* atRest(home, backend)
      yield* sleeper.registry.remove(sleeper.identity.id)
      yield* atRest(home, backend)
      const standing = yield* sleeper.identity.current
      expect(standing.identity).toMatchObject({ name: sleeper.identity.id, role: "worker" })
      expect(standing.missing).toEqual(["name"])
      expect(standing.problems.join()).toContain('"backend" is held by another session')
    })
  )
})

describe("a server that is started only to see whether it starts", () => {
  it.effect(
    "is on the roster once its client has stayed for 2 s, and not before, however often it looks at the bus",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const tried = yield* session(home, { ...backend, isHealthCheck: true })
      const names = Effect.map(tried.registry.roster, (roster) => roster.map(({ name }) => name))
      yield* TestClock.adjust("1999 millis")
      expect(yield* names).toEqual([])
      yield* TestClock.adjust("1 seconds")
      expect(yield* names).toEqual(["backend"])
    })
  )
})

describe("the sweeps", () => {
  it.effect(
    "remove expired messages whose sender is gone, and sessions, when their time is over",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* session(home, planner)
      const count = (table: string) =>
        Effect.scoped(
          Effect.map(
            Effect.flatMap(outsider(home), ({ all }) => all(`SELECT id FROM ${table}`)),
            (rows) => rows.length
          )
        )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const dying = yield* session(
            home,
            { ...backend, history: 0, holdFor: 300_000 },
            { background: false }
          )
          const { identity } = yield* dying.identity.current
          const draft = { from: identity.id, kind: "chat", content: "hello", metadata: {} } as const
          yield* Effect.flatten(dying.bus.send({ ...draft, to: [identity.id] }))
          yield* TestClock.adjust("59 seconds")
          // What is left is the notice to its sender that it expired.
          expect(yield* count("messages")).toBe(1)
          yield* TestClock.adjust("6 minutes")
          expect(yield* count("messages")).toBe(0)
          expect(yield* count("sessions")).toBe(1)
        })
      )
    })
  )
})

describe("a message that was accepted and that nobody will see", () => {
  it.effect(
    "is reported to its sender once: its receiver hangs",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner)
      const hanging = yield* atRest(home, backend)
      yield* dm(sender, "are you there?")
      yield* TestClock.adjust("30 seconds")
      expect(told(sender)).toHaveLength(1)
      for (const words of ['"backend"', '"are you there?"', "nobody took it in time"])
        expect(told(sender)[0]).toContain(words)
      yield* TestClock.adjust("2 minutes")
      expect(told(sender)).toHaveLength(1)
      expect(yield* hanging.bus.take(hanging.identity.id)).toEqual([])
    })
  )

  it.effect(
    "is reported to its sender once: its receiver took it and is gone",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner)
      const dying = yield* atRest(home, backend)
      yield* dm(sender, "last words")
      expect(yield* dying.bus.take(dying.identity.id)).toHaveLength(1)
      yield* TestClock.adjust("2 minutes")
      expect(told(sender)).toHaveLength(1)
      expect(told(sender)[0]).toContain(
        'to "backend", which begins "last words": its session ended before it was seen'
      )
    })
  )

  it.effect(
    "is not given up at once where its receiver slept before: whoever leaves has a minute to come back",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* joined(home, planner)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const receiver = yield* joined(home, { ...backend, delivery: "pull" })
          yield* dm(sender, "when you are back")
          // As a sweep does with who was silent for a minute.
          yield* sender.registry.remove(receiver.identity.id)
          yield* TestClock.adjust("1 seconds")
          expect(yield* sender.registry.find("backend")).toBeDefined()
          yield* TestClock.adjust("5 minutes")
          expect(told(sender)).toEqual([])
        })
      )
      yield* TestClock.adjust("50 seconds")
      expect(told(sender)).toEqual([])
      yield* TestClock.adjust("40 seconds")
      expect(told(sender)).toHaveLength(1)
    })
  )

  it.effect(
    "is no concern of a session that was started as a channel and was pushed everything",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const receiver = yield* joined(home, { ...backend, startedAsChannel: true })
          yield* dm(sender, "hello")
          yield* Effect.sleep("1 millis").pipe(TestClock.withLive)
          yield* TestClock.adjust("500 millis")
          expect(receiver.pushed.messages).toHaveLength(1)
        })
      )
      yield* TestClock.adjust("2 minutes")
      expect(told(sender)).toEqual([])
    })
  )
})

describe("leaving", () => {
  it.effect(
    "takes a session off the roster at once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const watcher = yield* session(home, planner, { background: false })
      yield* Effect.scoped(Effect.flatMap(session(home, backend), ({ identity }) => identity.current))
      expect(yield* watcher.registry.find("backend")).toBeUndefined()
    })
  )
})

describe("a permission request", () => {
  const request = {
    request_id: "abcde" as never,
    tool_name: "Bash",
    description: "List",
    input_preview: "ls"
  }
  const asking = { ...backend, approver: { _tag: "Session", name: toName("planner") } } as const
  const answer = (content: string) => ({ to: "backend", content, metadata: {} })
  /** Two sessions, a second after one asked the other. */
  const asked = Effect.gen(function* () {
    const home = yield* temporaryFolder
    const approver = yield* joined(home, planner)
    const asker = yield* joined(home, asking)
    asker.pushed.ask(request)
    yield* TestClock.adjust("1 seconds")
    return { approver, asker, home }
  })

  it.effect(
    "is forgotten after 5 minutes: an answer then comes too late",
    Effect.gen(function* () {
      const { approver, asker } = yield* asked
      expect(approver.pushed.messages.map(({ kind }) => kind)).toEqual(["permission_request"])
      yield* TestClock.adjust("5 minutes")
      expect(yield* Effect.flip(approver.outbox.dm(answer("yes abcde")))).toMatchObject({ _tag: "TooLate" })
      yield* TestClock.adjust("1 seconds")
      expect(asker.pushed.verdicts).toEqual([])
      expect(asker.pushed.messages).toEqual([])
    })
  )

  it.effect(
    "is over at its exact time, for who looks and for who answers",
    Effect.gen(function* () {
      const { approver } = yield* asked
      const ended = Effect.map(approver.requests.known("abcde"), (known) => known.map((one) => one.ended))
      yield* TestClock.adjust("298999 millis")
      expect(yield* ended).toEqual([undefined])
      expect(yield* approver.requests.open).toHaveLength(1)
      yield* TestClock.adjust("1 millis")
      expect(yield* ended).toEqual(["was not answered within 5 minutes"])
      expect(yield* approver.requests.open).toEqual([])
      expect(yield* Effect.flip(approver.outbox.dm(answer("yes abcde")))).toMatchObject({ _tag: "TooLate" })
    })
  )

  it.effect(
    "is answered a moment before its time is over",
    Effect.gen(function* () {
      const { approver, asker } = yield* asked
      yield* TestClock.adjust("298 seconds")
      expect(yield* approver.outbox.dm(answer("No ABCDE"))).toMatchObject({
        _tag: "Answered"
      })
      yield* TestClock.adjust("1 seconds")
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "deny" }])
      expect(asker.pushed.messages).toEqual([])
      expect(approver.pushed.messages.at(-1)?.kind).toBe("notice")
    })
  )

  it.effect(
    "is answered only by a session that was asked: the words of others are chat",
    Effect.gen(function* () {
      const { approver, asker, home } = yield* asked
      const bystander = yield* session(home, { name: toName("bystander") })
      expect(yield* dm(bystander, "yes abcde")).toMatchObject({ _tag: "Sent" })
      yield* TestClock.adjust("1 seconds")
      expect(asker.pushed.verdicts).toEqual([])
      expect(asker.pushed.messages.map(({ content, kind }) => [kind, content])).toEqual([
        ["chat", "yes abcde"]
      ])
      yield* approver.outbox.dm(answer("no abcde"))
      yield* TestClock.adjust("1 seconds")
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "deny" }])
    })
  )

  it.effect(
    "that nobody can answer is shown as not reachable",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const asker = yield* session(home, asking)
      const me = (yield* asker.identity.current).identity
      expect(yield* asker.relay.status(me, yield* asker.registry.roster)).toMatchObject({
        approver: "planner",
        reachable: false
      })
      yield* joined(home, planner)
      expect(yield* asker.relay.status(me, yield* asker.registry.roster)).toEqual({
        approver: "planner",
        reachable: true
      })
    })
  )
})

describe("sending", () => {
  it.effect(
    "to a session that was never there, or to oneself, is an error and writes nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner, { background: false })
      expect(yield* Effect.flip(sender.outbox.dm(message("hello")))).toMatchObject({ _tag: "NobodyThere" })
      expect(yield* Effect.flip(sender.outbox.dm({ ...message("hello"), to: "Planner" }))).toMatchObject({
        _tag: "BadInput"
      })
      const rows = yield* Effect.scoped(
        Effect.flatMap(outsider(home), ({ all }) => all("SELECT id FROM messages"))
      )
      expect(rows).toEqual([])
    })
  )
})
