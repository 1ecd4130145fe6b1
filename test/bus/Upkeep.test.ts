/** What the sweep removes, and what it leaves: as long as history goes back, and as long as somebody is to be told. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Change } from "../../src/bus/receipts/Receipts.ts"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { alice, bob, type Crowd, carol, crowd, ids } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { noOldServers, onFile } from "../support/underTest.ts"

/** A message from alice that bob's server has taken, and what that server says of it. */
const held = Effect.fnUntraced(function* (all: Crowd, content: string, ...changes: ReadonlyArray<Change>) {
  const messageId = yield* all.send(content)
  yield* all.bus.take(bob)
  yield* all.receipts.record(changes.map((change) => ({ ...change, messageId })))
  return messageId
})

/** Tells alice what became of her messages. */
const tell = (all: Crowd) => all.receipts.report(alice, () => "report")

/** Sweeps while some are there, and gives what is left of what alice wrote. */
const left = Effect.fnUntraced(function* (all: Crowd, present: ReadonlyArray<(typeof ids)[number]> = ids) {
  for (const id of present) yield* all.beat(id)
  yield* all.bus.sweep
  const rows = yield* all.rows<{ content: string }>(
    "SELECT content FROM messages WHERE sender_id = ? ORDER BY id",
    alice
  )
  return rows.map(({ content }) => content)
})

/** What is settled, or of no concern to its sender: each under what it is. */
const everySettled = Effect.fnUntraced(function* (all: Crowd) {
  yield* held(all, "pushed", { state: "pushed", wished: false })
  yield* held(all, "seen", { state: "seen" })
  yield* held(all, "kept quietly", { state: "kept quietly" })
  yield* held(all, "told", { state: "refused", reason: "no" })
  expect(yield* tell(all)).toHaveLength(1)
})

describe("what history keeps", () => {
  it.effect(
    "is removed at its exact time where it is settled, and an hour later where it is not",
    crowd((all) =>
      Effect.gen(function* () {
        yield* everySettled(all)
        yield* held(all, "in its receiver's hands")
        yield* held(all, "handed over", { state: "handed over" })
        yield* held(all, "not told", { state: "expired", reason: "over" })
        const everything = yield* left(all)
        expect(everything).toHaveLength(7)
        yield* TestClock.adjust("86399999 millis")
        expect(yield* left(all)).toEqual(everything)
        yield* TestClock.adjust("1 millis")
        const unsettled = ["in its receiver's hands", "handed over", "not told"]
        expect(yield* left(all)).toEqual(unsettled)
        yield* TestClock.adjust("3599999 millis")
        expect(yield* left(all)).toEqual(unsettled)
        yield* TestClock.adjust("1 millis")
        expect(yield* left(all)).toEqual([])
      })
    )
  )

  it.effect(
    "and nobody took stays while its sender is there to be told, and goes with it at its exact time",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("nobody took it")
        yield* TestClock.adjust("86414999 millis")
        expect(yield* left(all, [bob])).toEqual(["nobody took it"])
        yield* TestClock.adjust("1 millis")
        expect(yield* left(all)).toEqual(["nobody took it"])
        yield* TestClock.adjust("59999 millis")
        expect(yield* left(all, [bob])).toEqual(["nobody took it"])
        yield* TestClock.adjust("1 millis")
        expect(yield* left(all, [bob])).toEqual([])
      })
    )
  )
})

describe("what no history keeps", () => {
  it.effect(
    "goes as soon as its sender knows what became of it",
    crowd(
      (all) =>
        Effect.gen(function* () {
          yield* held(all, "refused", { state: "refused", reason: "no" })
          expect(yield* left(all)).toEqual(["refused"])
          yield* tell(all)
          expect(yield* left(all)).toEqual([])
        }),
      { history: 0 }
    )
  )

  it.effect(
    "stays while its sender or its receiver is there, and goes when neither is",
    crowd(
      (all) =>
        Effect.gen(function* () {
          yield* held(all, "handed over", { state: "handed over" })
          for (const one of [alice, bob, carol]) {
            yield* TestClock.adjust("2 minutes")
            expect(yield* left(all, [one])).toEqual(one === carol ? [] : ["handed over"])
          }
        }),
      { history: 0 }
    )
  )
})

onFile(noOldServers, it.effect)(
  "a message of a 1.3.1 server that nobody took is removed once its 15 s are over",
  crowd((all) =>
    Effect.gen(function* () {
      yield* all.change(
        "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) VALUES ('old', ?, 'hello', '{}', 0, ?)",
        bob,
        "1970-01-01T00:00:00.000Z"
      )
      const count = Effect.map(all.rows("SELECT id FROM messages"), (rows) => rows.length)
      yield* TestClock.adjust("14999 millis")
      yield* all.bus.sweep
      expect(yield* count).toBe(1)
      yield* TestClock.adjust("1 millis")
      yield* all.bus.sweep
      expect(yield* count).toBe(0)
    })
  )
)

describe("the key of a session", () => {
  const keys = (all: Crowd) =>
    Effect.map(
      all.rows<{ session_id: string }>("SELECT session_id FROM session_keys ORDER BY session_id"),
      (rows) => rows.map(({ session_id }) => session_id)
    )

  it.effect(
    "stays while the session is there, or its conversation is known, or a message that it wrote is kept",
    crowd((all) =>
      Effect.gen(function* () {
        const conversations = yield* Conversations
        yield* all.send("hello")
        const who = { id: bob, name: null, role: null, project: null, approver: null }
        yield* conversations.remember("of bob", who)
        expect(yield* keys(all)).toEqual([alice, bob, carol])
        for (const id of [alice, bob]) yield* all.registry.remove(id)
        yield* all.bus.sweep
        expect(yield* keys(all)).toEqual([alice, bob, carol])
        yield* all.registry.remove(carol)
        yield* all.bus.sweep
        expect(yield* keys(all)).toEqual([alice, bob])
        yield* TestClock.adjust("25 hours")
        yield* all.bus.sweep
        expect(yield* keys(all)).toEqual([bob])
      })
    )
  )
})
