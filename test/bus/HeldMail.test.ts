/** Mail for those who are away, and what a session leaves behind. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd, looseCrowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { onFile, typedColumns } from "../support/underTest.ts"

const hour = 3_600_000

/** A letter from alice to a name. */
const letter = (all: Crowd, name: string, to: ReadonlyArray<string> = []) =>
  all.send("a letter", { to, mail: { life: hour, name } })
const found = (all: Crowd, name: string, holder = carol) =>
  Effect.map(all.mail.find(name, holder), (letters) => letters.map(({ messageId }) => messageId))
/** What somebody finds who takes the name. */
const waitsFor = (all: Crowd, name: string, holder = carol) =>
  Effect.andThen(all.join(holder, name), found(all, name, holder))
const stateOf = (all: Crowd, id: number) => Effect.map(all.receipts.of([id]), ([receipt]) => receipt?.state)
const report = (all: Crowd) =>
  Effect.map(
    all.receipts.report(alice, () => "report"),
    (outcomes) => outcomes.map(({ messageId }) => messageId)
  )

describe("a letter to a name that nobody holds", () => {
  it.effect(
    "is found by the next holder of that name alone, and given once",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        expect(yield* waitsFor(all, "dorothea")).toEqual([])
        expect(yield* waitsFor(all, "dora")).toEqual([id])
        yield* all.join(carol, "dora")
        yield* all.mail.give([id], carol)
        yield* all.mail.give([id], bob)
        expect(yield* found(all, "dora", bob)).toEqual([])
        expect(yield* all.bus.take(bob)).toEqual([])
        expect((yield* all.bus.take(carol)).map((message) => message.id)).toEqual([id])
      })
    )
  )

  it.effect(
    "goes back to the name where its holder has another one before its server takes it",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        yield* all.join(carol, "dora")
        yield* all.mail.give([id], carol)
        yield* all.join(carol, "carol")
        expect(yield* all.bus.take(carol)).toEqual([])
        yield* all.join(bob, "dora")
        expect(yield* waitsFor(all, "dora", bob)).toEqual([id])
        yield* all.mail.give([id], bob)
        expect(yield* all.bus.take(bob)).toMatchObject([{ id, proof: "signed", fromId: alice }])
      })
    )
  )

  it.effect(
    "is not found by its own sender",
    crowd((all) =>
      Effect.gen(function* () {
        yield* letter(all, "dora")
        expect(yield* waitsFor(all, "dora", alice)).toEqual([])
      })
    )
  )

  it.effect(
    "tells its sender's project as it was when it was written",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.join(alice, "alice", toTag("one"))
        yield* letter(all, "dora")
        yield* all.join(alice, "alice", toTag("two"))
        yield* all.join(carol, "dora")
        expect(yield* all.mail.find("dora", carol)).toMatchObject([{ fromProject: "one" }])
      })
    )
  )

  it.effect(
    "waits longer than its sender stays, and than the sweeps",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        yield* all.registry.remove(alice)
        yield* TestClock.adjust("59 minutes")
        yield* all.registry.sweep
        yield* all.bus.sweep
        expect(yield* waitsFor(all, "dora")).toEqual([id])
      })
    )
  )

  it.effect(
    "expires in its time, and its sender is told",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        yield* TestClock.adjust("59 minutes")
        expect(yield* report(all)).toEqual([])
        yield* TestClock.adjust("1 minutes")
        expect(yield* waitsFor(all, "dora")).toEqual([])
        expect(yield* report(all)).toEqual([id])
        expect(yield* stateOf(all, id)).toBe("expired")
      })
    )
  )

  it.effect(
    "that was refused is given to nobody any more",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        yield* all.receipts.record([{ messageId: id, state: "refused", reason: "no" }])
        yield* all.mail.give([id], carol)
        expect(yield* waitsFor(all, "dora")).toEqual([])
        expect(yield* all.bus.take(carol)).toEqual([])
      })
    )
  )

  onFile(typedColumns, it.effect)(
    "is found although people wrote rows of nobody",
    looseCrowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "dora")
        yield* all.change("INSERT INTO sessions (id, name, last_seen) VALUES (NULL, NULL, '9')")
        yield* all.change(
          "INSERT INTO messages (to_name, mail, delivered, expires_at, sender_id, to_session) VALUES ('dora', 1, 2, '9', ?, NULL)",
          alice
        )
        expect(yield* waitsFor(all, "dora")).toEqual([id])
      })
    )
  )
})

describe("when a session leaves", () => {
  it.effect(
    "mail that it has not seen waits for the next holder of its name",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId: id, state: "handed over" }])
        yield* all.registry.remove(bob)
        expect(yield* stateOf(all, id)).toBe("queued")
        expect(yield* waitsFor(all, "bob")).toEqual([id])
        yield* TestClock.adjust("2 minutes")
        expect(yield* report(all)).toEqual([])
      })
    )
  )

  it.effect(
    "mail that it has seen is gone with it",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId: id, state: "seen" }])
        yield* all.registry.remove(bob)
        expect(yield* waitsFor(all, "bob")).toEqual([])
        expect(yield* stateOf(all, id)).toBe("seen")
      })
    )
  )

  it.effect(
    "mail that was pushed, so that it may have been seen, goes to no other session",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId: id, state: "pushed", wished: false }])
        yield* all.registry.remove(bob)
        expect(yield* waitsFor(all, "bob")).toEqual([])
        expect(yield* all.rows("SELECT to_session, delivered FROM messages")).toEqual([
          { to_session: bob, delivered: 1 }
        ])
      })
    )
  )

  it.effect(
    "mail whose time is over does not go back to its name",
    crowd((all) =>
      Effect.gen(function* () {
        yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* TestClock.adjust(hour)
        yield* all.registry.remove(bob)
        expect(yield* all.rows("SELECT to_session, delivered FROM messages")).toEqual([
          { to_session: bob, delivered: 1 }
        ])
      })
    )
  )

  it.effect(
    "other messages wait for nobody else",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("hello")
        yield* all.bus.take(bob)
        yield* all.registry.remove(bob)
        expect(yield* waitsFor(all, "bob")).toEqual([])
      })
    )
  )

  it.effect(
    "the sweep finds it as if it had said so",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* TestClock.adjust("61 seconds")
        yield* all.registry.sweep
        expect(yield* waitsFor(all, "bob")).toEqual([id])
      })
    )
  )

  it.effect(
    "so does the one who takes its name",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* letter(all, "bob", [bob])
        yield* all.bus.take(bob)
        yield* TestClock.adjust("61 seconds")
        yield* all.join(carol, "bob")
        expect(yield* waitsFor(all, "bob")).toEqual([id])
      })
    )
  )
})

describe("a session that is back", () => {
  const who = { id: bob, name: null, role: null, project: null, approver: null }
  /** Bob leaves, and another server goes on in his conversation. */
  const back = Effect.fnUntraced(function* (all: Crowd) {
    const conversations = yield* Conversations
    yield* conversations.remember("c", who)
    yield* all.registry.remove(bob)
    yield* TestClock.adjust("10 seconds")
    expect(yield* conversations.resume("c")).toMatchObject({ _tag: "Resumed" })
    return (yield* all.bus.take(bob)).map(({ content }) => content)
  })

  it.effect(
    "finds what it was handed and did not see, and what was queued, in order",
    crowd((all) =>
      Effect.gen(function* () {
        const [first] = [yield* all.send("one"), yield* all.send("two")]
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId: first, state: "handed over" }])
        expect(yield* back(all)).toEqual(["one", "two"])
        expect(yield* stateOf(all, first)).toBe("queued")
      })
    )
  )

  it.effect(
    "does not find again what it saw or was pushed",
    crowd((all) =>
      Effect.gen(function* () {
        const sent = [yield* all.send("one"), yield* all.send("two"), yield* all.send("three")]
        yield* all.bus.take(bob)
        yield* all.receipts.record([
          { messageId: sent[0] ?? 0, state: "seen" },
          { messageId: sent[1] ?? 0, state: "pushed", wished: false }
        ])
        expect(yield* back(all)).toEqual(["three"])
      })
    )
  )

  it.effect(
    "does not find again what was pushed before it was handed over, and that is pushed still",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("one")
        yield* all.bus.take(bob)
        yield* all.receipts.record([
          { messageId: id, state: "pushed", wished: false },
          { messageId: id, state: "handed over" }
        ])
        expect(yield* back(all)).toEqual([])
        expect(yield* stateOf(all, id)).toBe("pushed")
      })
    )
  )

  it.effect(
    "finds what it had not seen for a day more, but no question about a permission whose time is over",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("soon over")
        yield* all.send("may I?", { kind: "permission_request" })
        yield* all.send("yes abcde", { kind: "permission_verdict" })
        yield* all.send("for two days", { mail: { life: 48 * hour, name: null } })
        yield* all.bus.take(bob)
        expect(yield* back(all)).toHaveLength(4)
        expect(yield* all.rows("SELECT content, expires_at FROM messages ORDER BY id")).toEqual([
          { content: "soon over", expires_at: "1970-01-02T00:00:10.000Z" },
          { content: "may I?", expires_at: "1970-01-01T00:05:00.000Z" },
          { content: "yes abcde", expires_at: "1970-01-01T00:05:00.000Z" },
          { content: "for two days", expires_at: "1970-01-03T00:00:00.000Z" }
        ])
      })
    )
  )

  it.effect(
    "has not left: nobody is told so",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("one")
        yield* all.bus.take(bob)
        yield* back(all)
        yield* TestClock.adjust("55 seconds")
        yield* all.beat(alice)
        yield* all.beat(bob)
        yield* TestClock.adjust("55 seconds")
        expect(yield* report(all)).toEqual([])
      })
    )
  )

  it.effect(
    "has a whole minute to come back when it leaves once more",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("one")
        yield* all.bus.take(bob)
        yield* back(all)
        yield* TestClock.adjust("40 seconds")
        yield* all.registry.remove(bob)
        yield* TestClock.adjust("59 seconds")
        expect(yield* report(all)).toEqual([])
        yield* TestClock.adjust("1 seconds")
        expect(yield* report(all)).toEqual([id])
      })
    )
  )
})
