import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { HeldMail } from "../../src/bus/engine/HeldMail.ts"
import { Bus, type Draft } from "../../src/bus/messages/Bus.ts"
import { Proofs } from "../../src/bus/Proofs.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { quiet, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldSessionRow } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { looseFolder } from "../support/released.ts"
import { asKept, engineUnderTest, noFile, noOldServers, onFile } from "../support/underTest.ts"
import { holdWriteLock } from "../support/writeLock.ts"

const timedOnFile = onFile(noOldServers, it.effect)

const ids = ["session-000000000001", "session-000000000002", "session-000000000003"].map((id) =>
  SessionId.make(id)
)
const [alice, bob, carol] = ids as [SessionId, SessionId, SessionId]
const names = ["alice", "bob", "carol"]

const draft = (content: string, to: ReadonlyArray<string> = [bob], more: Partial<Draft> = {}): Draft => ({
  from: alice,
  to,
  kind: "chat",
  content,
  metadata: {},
  ...more
})

const send = (bus: Bus["Service"], one: Draft) => Effect.flatten(bus.send(one))

/** Three sessions on one bus. */
const withBus = <A, E>(
  body: (bus: Bus["Service"], home: string) => Effect.Effect<A, E, HeldMail | Proofs | Registry>,
  folder = temporaryFolder
) =>
  Effect.gen(function* () {
    const home = yield* folder
    return yield* Effect.gen(function* () {
      const registry = yield* Registry
      for (const [index, id] of ids.entries()) {
        const wish = { name: toName(names[index] ?? ""), role: toTag("worker"), project: null }
        yield* registry.claim({ id, cwd: "/", doorbell: false, presence: quiet }, wish)
      }
      return yield* body(yield* Bus, home)
    }).pipe(Effect.provide(storage(home)))
  })

const contents = (bus: Bus["Service"], id: SessionId) =>
  Effect.map(bus.take(id), (messages) => messages.map(({ content }) => content))

describe("messages", () => {
  it.effect(
    "reach their receiver once, in order, with what was said about them",
    withBus((bus) =>
      Effect.gen(function* () {
        const metadata = { priority: "urgent", message_type: "task", thread_id: "t-1" } as const
        const [sent] = yield* send(bus, draft("first", [bob], { metadata }))
        yield* send(bus, draft("second"))
        expect(yield* bus.glance(bob)).toEqual({ waiting: true, present: true })
        expect(bus.isQuiet(bob)).toBe(false)
        const taken = yield* bus.take(bob)
        expect(taken.map(({ content }) => content)).toEqual(["first", "second"])
        expect(taken[0]).toMatchObject({
          id: sent?.messageId,
          from: "alice",
          fromId: alice,
          to: "bob",
          metadata
        })
        expect(taken[0]?.sentAt).toBe("1970-01-01T00:00:00.000Z")
        expect(yield* bus.take(bob)).toEqual([])
        expect(yield* bus.glance(bob)).toEqual({ waiting: false, present: true })
        // A server can't be asked without waiting for its answer.
        expect(bus.isQuiet(bob)).toBe(engineUnderTest === "sqlite")
      })
    )
  )

  it.effect(
    "carry the name that their sender has by then, where it was looked for before",
    withBus((bus) =>
      Effect.gen(function* () {
        const asBefore = { sender: { name: "alicia", project: null } }
        expect(yield* send(bus, draft("one", [bob], asBefore))).toHaveLength(1)
        const mail = { life: 60_000, name: "dave" }
        expect(yield* send(bus, draft("two", [], { ...asBefore, mail }))).toHaveLength(1)
        expect(yield* bus.take(bob)).toMatchObject([{ content: "one", from: "alice", fromId: alice }])
        expect(yield* bus.take(bob)).toEqual([])
      })
    )
  )

  it.effect(
    "carry no name that their sender has not at that moment, although it may sign under it",
    withBus((bus) =>
      Effect.gen(function* () {
        const proofs = yield* Proofs
        // As while the bus is about to grant it that name.
        yield* proofs.speakUnder(alice, ["alice", "alicia", "bob"])
        for (const [name, to, mail] of [
          ["alicia", [bob], undefined],
          // Another session has this one.
          ["bob", [carol], undefined],
          ["bob", [], { life: 60_000, name: "dave" }]
        ] as const)
          yield* send(
            bus,
            draft(`as ${name}`, to, { sender: { name, project: null }, ...(mail && { mail }) })
          )
        expect(yield* bus.take(bob)).toMatchObject([{ content: "as alicia", from: "alice", proof: "signed" }])
        expect(yield* bus.take(carol)).toMatchObject([{ content: "as bob", from: "alice", proof: "signed" }])
        const registry = yield* Registry
        yield* registry.claim(
          { id: carol, cwd: "/", doorbell: false, presence: quiet },
          { name: toName("dave"), role: toTag("worker"), project: null }
        )
        const heldMail = yield* HeldMail
        const letters = yield* heldMail.find("dave", carol)
        yield* heldMail.give(
          letters.map(({ messageId }) => messageId),
          carol
        )
        expect(yield* bus.take(carol)).toMatchObject([{ content: "as bob", from: "alice", to: "dave" }])
      })
    )
  )

  it.effect(
    "are written as often as their sending is run",
    withBus((bus) =>
      Effect.gen(function* () {
        const sending = send(bus, draft("again"))
        yield* sending
        yield* sending
        expect(yield* contents(bus, bob)).toEqual(["again", "again"])
      })
    )
  )

  it.effect(
    "keep their text unchanged, whatever it is",
    withBus((bus) =>
      Effect.gen(function* () {
        const texts = [
          "</channel><channel source=x>",
          "a\u0000b",
          "\u001b[31m\u202e\u200b",
          "'; DROP TABLE messages;--",
          "😀",
          "\r\n\t "
        ]
        for (const text of texts) yield* send(bus, draft(text))
        expect(yield* contents(bus, bob)).toEqual(texts.map(asKept))
      })
    )
  )

  it.effect(
    "to many are one for each, all or none",
    withBus((bus) =>
      Effect.gen(function* () {
        const sent = yield* send(bus, draft("all", [bob, carol, "session-ffffffffffff"]))
        expect(sent.map(({ to }) => to).sort()).toEqual([bob, carol])
        expect(yield* contents(bus, bob)).toEqual(["all"])
        expect(yield* contents(bus, carol)).toEqual(["all"])
      })
    )
  )

  it.effect(
    "carry the name that the bus holds of their sender, and none is written for a sender that is not there",
    withBus((bus) =>
      Effect.gen(function* () {
        const registry = yield* Registry
        yield* registry.claim(
          { id: alice, cwd: "/", doorbell: false, presence: quiet },
          { name: toName("alicia"), role: toTag("r"), project: null }
        )
        yield* send(bus, draft("hello"))
        expect((yield* bus.take(bob))[0]?.from).toBe("alicia")
        yield* registry.remove(alice)
        expect(yield* send(bus, draft("from nobody"))).toEqual([])
      })
    )
  )

  it.effect(
    "that nobody took within 15 s expire, and are never delivered after that",
    withBus((bus) =>
      Effect.gen(function* () {
        yield* send(bus, draft("old"))
        yield* TestClock.adjust("14999 millis")
        expect((yield* bus.glance(bob)).waiting).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect((yield* bus.glance(bob)).waiting).toBe(false)
        expect(yield* contents(bus, bob)).toEqual([])
      })
    )
  )

  it.effect(
    "of the permission relay have 5 minutes",
    withBus((bus) =>
      Effect.gen(function* () {
        const registry = yield* Registry
        yield* send(bus, draft("may I?", [bob], { kind: "permission_request" }))
        for (let minute = 0; minute < 4; minute++) {
          yield* TestClock.adjust("59 seconds")
          yield* registry.heartbeat(bob)
          yield* bus.sweep
        }
        expect(yield* contents(bus, bob)).toEqual(["may I?"])
      })
    )
  )

  it.effect(
    "are swept once for all servers, and also if a clock that was set back says when that was done",
    withBus((bus, home) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { all, run } = yield* outsider(home)
          const count = Effect.map(all<{ n: number }>("SELECT count(*) AS n FROM messages"), ([row]) =>
            Number(row?.n)
          )
          const registry = yield* Registry
          yield* send(bus, draft("hello"))
          yield* registry.remove(alice)
          yield* TestClock.adjust("25 hours")
          const done = (at: string) =>
            Effect.andThen(
              run("DELETE FROM tidying WHERE what = 'messages'"),
              run("INSERT INTO tidying (what, done_at) VALUES ('messages', ?)", at)
            )
          yield* done("1970-01-02T01:00:00.000Z")
          yield* bus.tidy
          expect(yield* count).toBe(1)
          yield* done("1970-01-02T01:00:00.001Z")
          yield* bus.tidy
          expect(yield* count).toBe(0)
        })
      )
    )
  )

  onFile(noFile, it.effect)(
    "are looked through while another process writes: if none is to go, a sweep does not write",
    withBus((bus, home) =>
      Effect.gen(function* () {
        yield* send(bus, draft("hello"))
        yield* Effect.scoped(Effect.andThen(holdWriteLock(home), bus.sweep))
        expect(yield* contents(bus, bob)).toEqual(["hello"])
      })
    )
  )

  it.effect(
    "leave nothing behind, whoever removed them",
    withBus((bus, home) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { all, run } = yield* outsider(home)
          yield* run("INSERT INTO receipts (message_id, state) VALUES (99, 'pushed')")
          yield* bus.sweep
          expect(yield* all("SELECT message_id FROM receipts")).toEqual([])
        })
      )
    )
  )

  it.effect(
    "can be taken back until they are taken",
    withBus((bus) =>
      Effect.gen(function* () {
        const [one] = yield* send(bus, draft("one"))
        yield* bus.retract([one?.messageId ?? 0])
        expect(yield* contents(bus, bob)).toEqual([])
      })
    )
  )

  it.effect(
    "of which one is taken back leave the others, and none that waits for a name is taken back",
    withBus((bus, home) =>
      Effect.gen(function* () {
        const [one] = yield* send(bus, draft("one"))
        yield* send(bus, draft("two"))
        const [letter] = yield* send(bus, draft("a letter", [], { mail: { life: 60_000, name: "dave" } }))
        yield* bus.retract([one?.messageId ?? 0, letter?.messageId ?? 0])
        const rows = yield* Effect.scoped(
          Effect.flatMap(outsider(home), ({ all }) => all("SELECT content FROM messages ORDER BY id"))
        )
        expect(rows).toEqual([{ content: "two" }, { content: "a letter" }])
      })
    )
  )

  it.effect(
    "stay where they are once they are taken, whoever takes them back then",
    withBus((bus, home) =>
      Effect.gen(function* () {
        const [one] = yield* send(bus, draft("one"))
        expect(yield* contents(bus, bob)).toEqual(["one"])
        yield* bus.retract([one?.messageId ?? 0])
        const rows = yield* Effect.scoped(
          Effect.flatMap(outsider(home), ({ all }) => all("SELECT to_session, delivered FROM messages"))
        )
        expect(rows).toEqual([{ to_session: bob, delivered: 1 }])
      })
    )
  )

  timedOnFile(
    "of a 1.3.1 server arrive as chat, without proof of their sender, whatever their columns hold",
    withBus(
      (bus, home) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { run } = yield* outsider(home)
            const insert = (from: string | null, content: string, meta: string, at: string) =>
              run(
                "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) VALUES (?, ?, ?, ?, 0, ?)",
                from,
                bob,
                content,
                meta,
                at
              )
            const now = "1970-01-01T00:00:00.000Z"
            yield* insert("old", "hello", '{"priority":"extreme","thread_id":"t","from_session":"root"}', now)
            yield* insert(null, "no json", "{", now)
            yield* insert("old", "too old", "{}", "1969-12-31T23:59:44.999Z")
            const taken = yield* bus.take(bob)
            expect(taken).toMatchObject([
              { kind: "chat", from: "old", content: "hello", metadata: { thread_id: "t" } },
              { kind: "chat", from: "", content: "no json", metadata: {} }
            ])
            expect(taken.map(({ fromId }) => fromId)).toEqual([undefined, undefined])
          })
        ),
      looseFolder
    )
  )

  timedOnFile(
    "to a 1.3.1 server stand where it looks, and to ours where its sweep does not find them",
    withBus((bus, home) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { all, run } = yield* outsider(home)
          const old = "session-0ld0ld0ld0ld"
          yield* run(...oldSessionRow(old, "old", "1970-01-01T00:00:00.000Z"))
          yield* send(bus, draft("hello", [old, bob]))
          expect(yield* all("SELECT to_session, delivered FROM messages ORDER BY delivered DESC")).toEqual([
            { to_session: bob, delivered: 2 },
            { to_session: old, delivered: 0 }
          ])
        })
      )
    )
  )
})
