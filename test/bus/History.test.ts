/** What is remembered, for how long, and for whom. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { MessagesFound } from "../../src/bus/messages/History.ts"
import { toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd, ids, looseCrowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { onFile, typedColumns } from "../support/underTest.ts"

const everything = { limit: 100 }
const contents = ({ messages }: MessagesFound) => messages.map(({ content }) => content)
const seen = (all: Crowd, messageId: number) => all.receipts.record([{ messageId, state: "seen" }])
const sweep = Effect.fnUntraced(function* (all: Crowd) {
  for (const id of ids) yield* all.beat(id)
  yield* all.bus.sweep
})

/** Alice wrote to bob, bob to carol, and both were taken. */
const twoMessages = Effect.fnUntraced(function* (all: Crowd) {
  const first = yield* all.send("to bob", { metadata: { thread_id: "t" } })
  const second = yield* all.send("to carol", { from: bob, to: [carol] })
  yield* all.bus.take(bob)
  yield* all.bus.take(carol)
  return { first, second }
})

describe("a session finds", () => {
  it.effect(
    "what it received and what it sent, and nothing else",
    crowd((all) =>
      Effect.gen(function* () {
        const { first, second } = yield* twoMessages(all)
        expect(contents(yield* all.history.received(alice, everything))).toEqual([])
        expect(contents(yield* all.history.received(bob, everything))).toEqual(["to bob"])
        expect(contents(yield* all.history.sent(alice, everything))).toEqual(["to bob"])
        expect(contents(yield* all.history.sent(bob, everything))).toEqual(["to carol"])
        expect(contents(yield* all.history.sent(carol, everything))).toEqual([])
        expect(yield* all.history.find(carol, first)).toBeUndefined()
        expect(yield* all.history.find(alice, second)).toBeUndefined()
        expect(yield* all.history.find(bob, first)).toMatchObject({ content: "to bob" })
        expect(yield* all.history.find(bob, second)).toMatchObject({ content: "to carol", toId: carol })
      })
    )
  )

  it.effect(
    "who wrote it, also after its sender has joined a project",
    crowd((all) =>
      Effect.gen(function* () {
        const { first } = yield* twoMessages(all)
        yield* all.join(alice, "alice", toTag("myapp"))
        const [message] = (yield* all.history.received(bob, everything)).messages
        expect(message).toMatchObject({ proof: "signed", from: "alice", fromId: alice, projects: [] })
        expect(yield* all.history.find(bob, first)).toMatchObject({ proof: "signed", fromId: alice })
        expect(contents(yield* all.history.sent(alice, everything))).toEqual(["to bob"])
      })
    )
  )

  it.effect(
    "nothing that its server has not taken yet",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("hello")
        expect(contents(yield* all.history.received(bob, everything))).toEqual([])
      })
    )
  )

  it.effect(
    "each with its state, and since when",
    crowd((all) =>
      Effect.gen(function* () {
        const { first } = yield* twoMessages(all)
        yield* TestClock.adjust("1 seconds")
        yield* all.receipts.record([{ messageId: first, state: "handed over" }])
        expect((yield* all.history.sent(alice, everything)).messages).toMatchObject([
          { to: "bob", state: "handed over", stateSince: "1970-01-01T00:00:01.000Z" }
        ])
      })
    )
  )

  it.effect(
    "what it may not have seen, oldest first, and how many more there are",
    crowd((all) =>
      Effect.gen(function* () {
        const sent = yield* Effect.forEach(["one", "two", "three", "four"], (text) => all.send(text))
        yield* all.bus.take(bob)
        yield* seen(all, sent[0] ?? 0)
        const unseen = yield* all.history.received(bob, { unseen: true, limit: 2 })
        expect([contents(unseen), unseen.more]).toEqual([["two", "three"], 1])
        const newest = yield* all.history.received(bob, { limit: 2 })
        expect([contents(newest), newest.more]).toEqual([["three", "four"], 2])
      })
    )
  )

  it.effect(
    "those of a thread, or with one session",
    crowd((all) =>
      Effect.gen(function* () {
        yield* twoMessages(all)
        yield* all.send("from carol", { from: carol })
        yield* all.bus.take(bob)
        const received = (search: object) =>
          Effect.map(all.history.received(bob, { ...everything, ...search }), contents)
        expect(yield* received({ threadId: "t" })).toEqual(["to bob"])
        expect(yield* received({ other: "carol" })).toEqual(["from carol"])
        expect(yield* received({ other: alice })).toEqual(["to bob"])
        const sent = (search: object) =>
          Effect.map(all.history.sent(bob, { ...everything, ...search }), contents)
        expect(yield* sent({ other: "carol" })).toEqual(["to carol"])
        expect(yield* sent({ other: "alice" })).toEqual([])
      })
    )
  )
})

describe("history", () => {
  it.effect(
    "keeps a message for 24 hours after it was taken",
    crowd((all) =>
      Effect.gen(function* () {
        const { first } = yield* twoMessages(all)
        yield* seen(all, first)
        yield* TestClock.adjust("86399 seconds")
        yield* sweep(all)
        expect(yield* all.history.find(bob, first)).toBeDefined()
        yield* TestClock.adjust("1 seconds")
        yield* sweep(all)
        expect(yield* all.history.find(bob, first)).toBeUndefined()
      })
    )
  )

  it.effect(
    "of 0 keeps nothing that was seen",
    crowd(
      (all) =>
        Effect.gen(function* () {
          const { first } = yield* twoMessages(all)
          expect(yield* all.history.find(bob, first)).toBeDefined()
          yield* seen(all, first)
          expect(yield* all.rows("SELECT id FROM messages WHERE id = ?", first)).toEqual([])
        }),
      { history: 0 }
    )
  )

  it.effect(
    "of 0 keeps what was not seen for as long as somebody is concerned",
    crowd(
      (all) =>
        Effect.gen(function* () {
          const { first } = yield* twoMessages(all)
          yield* TestClock.adjust("10 days")
          yield* sweep(all)
          expect(yield* all.history.find(bob, first)).toBeDefined()
          yield* all.registry.remove(bob)
          yield* all.registry.remove(alice)
          yield* all.bus.sweep
          expect(yield* all.rows("SELECT id FROM messages WHERE id = ?", first)).toEqual([])
        }),
      { history: 0 }
    )
  )
})

describe("rows that people wrote", () => {
  const withMeta = (all: Crowd) =>
    Effect.forEach(["", "{", "[1]", "7", '{"thread_id":7}', '{"reply_to":"x","when":1}', null], (meta) =>
      all.change(
        "INSERT INTO messages (from_session, to_session, content, meta, delivered) VALUES ('old', ?, 'x', ?, 1)",
        bob,
        meta
      )
    )

  it.effect(
    "are shown as far as they can be read, and break no search",
    looseCrowd((all) =>
      Effect.gen(function* () {
        yield* twoMessages(all)
        yield* withMeta(all)
        const all8 = yield* all.history.received(bob, everything)
        expect(all8.messages).toHaveLength(8)
        expect(all8.messages.map(({ options }) => options)).toEqual(Array.from({ length: 8 }, () => ({})))
        const inThread = yield* all.history.received(bob, { ...everything, threadId: "t" })
        expect(contents(inThread)).toEqual(["to bob"])
      })
    )
  )

  onFile(typedColumns, it.effect)(
    "are so too with bytes where texts should be",
    crowd((all) =>
      Effect.gen(function* () {
        yield* twoMessages(all)
        yield* all.change(
          `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id,
            expires_at, kept_until) VALUES (x'ff', ?, x'ff', x'ff00', 1, x'ff', 'a', x'ff', x'ff', x'ff', x'ff')`,
          bob
        )
        const both = yield* all.history.received(bob, everything)
        expect(both.messages).toHaveLength(2)
        expect(both.messages.at(-1)).toMatchObject({ kind: "chat", fromId: undefined, sentAt: "unknown" })
        const inThread = yield* all.history.received(bob, { ...everything, threadId: "t" })
        expect(contents(inThread)).toEqual(["to bob"])
      })
    )
  )
})
