/** The messages of the whole bus, as people see them: which are found, and what is said of each. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { reasons } from "../../src/domain/Receipt.ts"
import { toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"

const everything = { limit: 100 }

describe("people find", () => {
  /** Alice wrote to bob twice, bob to carol, and carol to alice: a second after each other. */
  const fourMessages = Effect.fnUntraced(function* (all: Crowd) {
    const sent = [yield* all.send("one", { metadata: { thread_id: "t" } })]
    for (const [content, from, to] of [
      ["two", alice, bob],
      ["three", bob, carol],
      ["four", carol, alice]
    ] as const) {
      yield* TestClock.adjust("1 seconds")
      sent.push(yield* all.send(content, { from, to: [to] }))
    }
    return sent as [number, number, number, number]
  })
  const overview = (all: Crowd, search: object) =>
    Effect.map(
      all.history.overview({ ...everything, ...search }),
      ({ messages, more }) => [messages.map(({ content }) => content), more] as const
    )

  it.effect(
    "what everybody wrote, taken or not, the newest of it, and how many more there are",
    crowd((all) =>
      Effect.gen(function* () {
        yield* fourMessages(all)
        yield* all.bus.take(bob)
        expect(yield* overview(all, {})).toEqual([["one", "two", "three", "four"], 0])
        expect(yield* overview(all, { limit: 2 })).toEqual([["three", "four"], 2])
      })
    )
  )

  it.effect(
    "what came after a message: the oldest of it, and that message is not among it",
    crowd((all) =>
      Effect.gen(function* () {
        const [one, , , four] = yield* fourMessages(all)
        expect(yield* overview(all, { after: one, limit: 2 })).toEqual([["two", "three"], 1])
        expect(yield* overview(all, { after: four })).toEqual([[], 0])
        expect(yield* overview(all, { after: 0, limit: 1 })).toEqual([["one"], 3])
        const page = yield* all.history.page({ after: one, limit: 2 })
        expect(page.map(({ content }) => content)).toEqual(["two", "three"])
      })
    )
  )

  it.effect(
    "what came before a message: the newest of it, and that message is not among it",
    crowd((all) =>
      Effect.gen(function* () {
        const [one, , , four] = yield* fourMessages(all)
        expect(yield* overview(all, { before: four, limit: 2 })).toEqual([["two", "three"], 1])
        expect(yield* overview(all, { before: one })).toEqual([[], 0])
        expect(yield* overview(all, { after: one, before: four })).toEqual([["two", "three"], 0])
      })
    )
  )

  it.effect(
    "words, on either side of a message",
    crowd((all) =>
      Effect.gen(function* () {
        const [one, , , four] = yield* fourMessages(all)
        expect(yield* overview(all, { words: "O" })).toEqual([["one", "two", "four"], 0])
        expect(yield* overview(all, { words: "o", limit: 1 })).toEqual([["four"], 2])
        expect(yield* overview(all, { words: "o", after: one, limit: 1 })).toEqual([["two"], 1])
        expect(yield* overview(all, { words: "o", before: four })).toEqual([["one", "two"], 0])
        expect(yield* overview(all, { words: "five" })).toEqual([[], 0])
      })
    )
  )

  it.effect(
    "what two said to each other, in either direction, by their names or ids",
    crowd((all) =>
      Effect.gen(function* () {
        yield* fourMessages(all)
        yield* all.send("five", { from: bob, to: [alice] })
        const both = (other: string, also: string) => overview(all, { other, also })
        expect(yield* both(alice, bob)).toEqual([["one", "two", "five"], 0])
        expect(yield* both(bob, alice)).toEqual([["one", "two", "five"], 0])
        expect(yield* both("carol", alice)).toEqual([["four"], 0])
        expect(yield* both(alice, "nobody")).toEqual([[], 0])
      })
    )
  )

  it.effect(
    "by a mark, whether something is new among them or has come into another state",
    crowd((all) =>
      Effect.gen(function* () {
        const [one] = yield* fourMessages(all)
        const mark = (search: object = {}) => all.history.mark({ ...everything, ...search })
        const before = yield* mark()
        expect(yield* mark()).toBe(before)
        expect(yield* mark({ before: 4 })).not.toBe(before)
        expect(yield* mark({ after: one })).not.toBe(before)
        yield* all.receipts.record([{ messageId: one, state: "seen" }])
        const seen = yield* mark()
        expect(seen).not.toBe(before)
        yield* all.send("five")
        expect(yield* mark()).not.toBe(seen)
      })
    )
  )

  it.effect(
    "the messages that they name, of which what else is asked for must hold, too",
    crowd((all) =>
      Effect.gen(function* () {
        const [one, two, , four] = yield* fourMessages(all)
        expect(yield* overview(all, { ids: [one, four] })).toEqual([["one", "four"], 0])
        expect(yield* overview(all, { ids: [] })).toEqual([[], 0])
        expect(yield* overview(all, { ids: [one, two], after: one })).toEqual([["two"], 0])
        expect(yield* overview(all, { ids: [one, two], threadId: "t" })).toEqual([["one"], 0])
      })
    )
  )

  it.effect(
    "what was written since a time, from its exact time on",
    crowd((all) =>
      Effect.gen(function* () {
        yield* fourMessages(all)
        const since = (time: string) => overview(all, { since: `1970-01-01T00:00:${time}Z` })
        expect(yield* since("02.000")).toEqual([["three", "four"], 0])
        expect(yield* since("02.001")).toEqual([["four"], 0])
        expect(yield* since("03.001")).toEqual([[], 0])
      })
    )
  )

  it.effect(
    "what is from a session or to it, by its id, its name, or the name that it had",
    crowd((all) =>
      Effect.gen(function* () {
        yield* fourMessages(all)
        for (const other of [carol, "carol"])
          expect(yield* overview(all, { other })).toEqual([["three", "four"], 0])
        yield* all.join(carol, "caroline")
        expect(yield* overview(all, { other: "carol" })).toEqual([["three", "four"], 0])
        expect(yield* overview(all, { other: "caroline" })).toEqual([["three"], 0])
        expect(yield* overview(all, { other: "nobody" })).toEqual([[], 0])
        expect(yield* overview(all, { other: "bob", threadId: "t" })).toEqual([["one"], 0])
      })
    )
  )

  it.effect(
    "that nobody took a message in time, from its exact time on, and nothing of the kind where somebody has it",
    crowd((all) =>
      Effect.gen(function* () {
        const [one, , three] = yield* fourMessages(all)
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId: one, state: "handed over" }])
        yield* TestClock.adjust("13999 millis")
        const states = Effect.map(all.history.overview(everything), ({ messages }) =>
          messages.map(({ reason, state }) => [state, reason])
        )
        const held = [
          ["handed over", undefined],
          ["queued", undefined]
        ]
        const waits = ["queued", undefined]
        expect(yield* states).toEqual([...held, waits, waits])
        yield* TestClock.adjust("1 millis")
        expect(yield* states).toEqual([...held, ["expired", reasons.notTaken], waits])
        // Nothing is written: it is only shown so.
        expect((yield* all.receipts.of([three])).map(({ state }) => state)).toEqual(["queued"])
      })
    )
  )

  it.effect(
    "since when each message is in its state",
    crowd((all) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 seconds")
        const changes = [
          { state: "pushed", wished: false },
          { state: "accepted" },
          { state: "handed over" },
          { state: "seen" },
          { state: "expired", reason: "over" },
          { state: "refused", reason: "no" }
        ] as const
        const queued = yield* all.send("waits")
        const messageIds = yield* Effect.forEach(changes, ({ state }) => all.send(state))
        yield* all.bus.take(bob)
        for (const [index, change] of changes.entries()) {
          yield* TestClock.adjust("1 seconds")
          yield* all.receipts.record([{ messageId: messageIds[index] ?? 0, ...change }])
        }
        const { messages } = yield* all.history.overview(everything)
        expect(messages.map(({ id, reason, state, stateSince }) => [id, state, reason, stateSince])).toEqual([
          [queued, "queued", undefined, "1970-01-01T00:00:01.000Z"],
          ...changes.map((change, index) => [
            messageIds[index],
            change.state,
            "reason" in change ? change.reason : undefined,
            `1970-01-01T00:00:0${index + 2}.000Z`
          ])
        ])
      })
    )
  )

  it.effect(
    "the project of the sender, as it was, and of the receiver, as it is",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.join(alice, "alice", toTag("one"))
        yield* all.send("hello")
        yield* all.join(alice, "alice", toTag("two"))
        yield* all.join(bob, "bob", toTag("three"))
        const { messages } = yield* all.history.overview(everything)
        expect(messages.map(({ projects }) => projects)).toEqual([["one", "three"]])
        const of = (project: string) =>
          Effect.map(all.history.overview({ ...everything, project }), ({ messages }) => messages.length)
        expect([yield* of("one"), yield* of("two"), yield* of("three")]).toEqual([1, 0, 1])
      })
    )
  )
})
