/** What becomes of a message: its states with their times, and what its sender is told of it, once. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Change, type Outcome, Receipts } from "../../src/bus/receipts/Receipts.ts"
import { alice, bob, type Crowd, carol, crowd, ids, looseCrowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { onFile, typedColumns } from "../support/underTest.ts"

const compose = (outcomes: ReadonlyArray<Outcome>) =>
  outcomes.map(({ messageId, reason, to, what }) => `${what} ${messageId} to ${to}: ${reason}`).join("\n")
const report = (who = alice) => Effect.flatMap(Receipts, (receipts) => receipts.report(who, compose))
const record = (messageId: number, ...changes: ReadonlyArray<Change>) =>
  Effect.flatMap(Receipts, (receipts) => receipts.record(changes.map((change) => ({ ...change, messageId }))))
const stateOf = (id: number) =>
  Effect.flatMap(Receipts, (receipts) => Effect.map(receipts.of([id]), ([receipt]) => receipt?.state))

/** A message from alice that bob's server has taken. */
const taken = Effect.fnUntraced(function* (crowd: Crowd, content = "hello") {
  const id = yield* crowd.send(content)
  yield* crowd.bus.take(bob)
  return id
})

const changes = [
  { state: "pushed", wished: false },
  { state: "accepted" },
  { state: "handed over" },
  { state: "seen" }
] as const

describe("a receipt", () => {
  it.effect(
    "says queued for what nobody has noted, and nothing for what the bus does not hold",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("hello")
        expect(yield* stateOf(id)).toBe("queued")
        expect(yield* stateOf(id + 1)).toBeUndefined()
      })
    )
  )

  it.effect(
    "goes through its states in order, each with its time",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        for (const change of changes) {
          yield* TestClock.adjust("1 seconds")
          yield* record(id, change)
          expect(yield* stateOf(id)).toBe(change.state)
        }
        expect(yield* all.rows("SELECT pushed_at, accepted_at, handed_at, seen_at FROM receipts")).toEqual([
          {
            pushed_at: "1970-01-01T00:00:01.000Z",
            accepted_at: "1970-01-01T00:00:02.000Z",
            handed_at: "1970-01-01T00:00:03.000Z",
            seen_at: "1970-01-01T00:00:04.000Z"
          }
        ])
      })
    )
  )

  it.effect(
    "of what the client dropped is as if it had never been pushed; what is further is left as it is",
    crowd((all) =>
      Effect.gen(function* () {
        const [dropped, seen] = [yield* taken(all, "dropped"), yield* taken(all, "seen")]
        for (const id of [dropped, seen]) yield* record(id, { state: "pushed", wished: true })
        yield* record(seen, { state: "seen" })
        for (const id of [dropped, seen]) yield* record(id, { state: "dropped" })
        expect(yield* stateOf(dropped)).toBe("queued")
        expect(yield* stateOf(seen)).toBe("seen")
        const rows = all.rows(
          "SELECT delivered, pushed_at, quiet FROM messages JOIN receipts ON message_id = id ORDER BY id"
        )
        expect(yield* rows).toMatchObject([{ delivered: 1, pushed_at: null, quiet: null }, { delivered: 4 }])
        yield* record(dropped, { state: "handed over" }, { state: "queued" })
        expect(yield* stateOf(dropped)).toBe("queued")
      })
    )
  )

  it.effect(
    "says what was noted last of what was noted together",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        yield* record(id, { state: "handed over" }, { state: "queued" })
        expect(yield* stateOf(id)).toBe("queued")
        yield* record(id, { state: "queued" }, { state: "handed over" })
        expect(yield* stateOf(id)).toBe("handed over")
      })
    )
  )

  for (const settled of [
    { state: "seen" },
    { state: "expired", reason: "too late" },
    { state: "refused", reason: "no" }
  ] as const)
    it.effect(
      `that is ${settled.state} never changes again`,
      crowd((all) =>
        Effect.gen(function* () {
          const id = yield* taken(all)
          yield* record(id, settled)
          const before = yield* all.rows("SELECT * FROM receipts, messages")
          yield* TestClock.adjust("1 seconds")
          yield* record(
            id,
            ...changes,
            { state: "queued" },
            { state: "expired", reason: "later" },
            { state: "refused", reason: "later" }
          )
          expect(yield* all.rows("SELECT * FROM receipts, messages")).toEqual(before)
        })
      )
    )

  it.effect(
    "keeps the reason of each of several refusals",
    crowd((all) =>
      Effect.gen(function* () {
        const receipts = yield* Receipts
        const messageIds = [yield* taken(all), yield* taken(all)]
        yield* receipts.record(
          messageIds.map((messageId) => ({ messageId, state: "refused", reason: `reason ${messageId}` }))
        )
        expect((yield* receipts.of(messageIds)).map(({ reason }) => reason)).toEqual(
          messageIds.map((id) => `reason ${id}`)
        )
      })
    )
  )

  it.effect(
    "of a message that is gone is not written",
    crowd((all) =>
      Effect.gen(function* () {
        yield* record(99, ...changes, { state: "not taken" }, { state: "kept quietly" })
        expect(yield* all.rows("SELECT * FROM receipts")).toEqual([])
      })
    )
  )
})

describe("a sender is told once", () => {
  const once = (name: string, body: (all: Crowd) => Effect.Effect<string, unknown, Receipts>) =>
    it.effect(
      name,
      crowd((all) =>
        Effect.gen(function* () {
          const words = yield* body(all)
          const outcomes = yield* report()
          expect(compose(outcomes)).toContain(words)
          expect(yield* report()).toEqual([])
          const [notice, ...others] = yield* all.bus.take(alice)
          expect(notice).toMatchObject({ kind: "notice", from: "cc-dm", fromId: undefined })
          expect(notice?.content).toBe(compose(outcomes))
          expect(others).toEqual([])
        })
      )
    )

  once("what nobody took in time", (all) =>
    Effect.gen(function* () {
      const id = yield* all.send("hello")
      yield* TestClock.adjust("15 seconds")
      return `expired ${id} to bob: nobody took it in time`
    })
  )

  once("what its receiver gave up", (all) =>
    Effect.gen(function* () {
      const id = yield* taken(all)
      yield* record(id, { state: "expired", reason: "kept too long" })
      return `expired ${id} to bob: kept too long`
    })
  )

  once("what was refused", (all) =>
    Effect.gen(function* () {
      const id = yield* taken(all)
      yield* record(id, { state: "refused", reason: "another project" })
      return `refused ${id} to bob: another project`
    })
  )

  once("what its receiver had not seen when it left", (all) =>
    Effect.gen(function* () {
      const id = yield* taken(all)
      yield* record(id, { state: "handed over" })
      yield* all.registry.remove(bob)
      expect(yield* stateOf(id)).toBe("queued")
      yield* TestClock.adjust("59 seconds")
      expect(yield* report()).toEqual([])
      yield* TestClock.adjust("1 seconds")
      yield* all.beat(alice)
      return `expired ${id} to bob: its session ended before it was seen`
    })
  )

  once("what was pushed, on a hope, to a session that has left", (all) =>
    Effect.gen(function* () {
      const id = yield* taken(all)
      yield* record(id, { state: "pushed", wished: false })
      yield* all.registry.remove(bob)
      yield* TestClock.adjust("60 seconds")
      return `expired ${id} to bob: it was pushed to that session's channel`
    })
  )

  once("what waits since its receiver did not take the doorbell", (all) =>
    Effect.gen(function* () {
      const id = yield* taken(all)
      yield* record(id, { state: "not taken" })
      return `waits ${id} to bob: that session is idle`
    })
  )

  once("of a broadcast, all of it together, when it is known of each copy whether it was taken", (all) =>
    Effect.gen(function* () {
      const sent = yield* all.write({ to: [bob, carol], content: "all", batch: "b" })
      const [first, second] = sent.map(({ messageId }) => messageId)
      yield* all.bus.take(bob)
      yield* record(first ?? 0, { state: "not taken" })
      yield* TestClock.adjust("20 seconds")
      expect(yield* report()).toEqual([])
      yield* TestClock.adjust("10 seconds")
      return [
        `waits ${first} to bob: that session is idle and did not take the doorbell`,
        `expired ${second} to carol: nobody took it in time`
      ].join("\n")
    })
  )

  it.effect(
    "more, where what waited is never seen",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        yield* record(id, { state: "not taken" })
        expect((yield* report()).map(({ what }) => what)).toEqual(["waits"])
        yield* record(id, { state: "expired", reason: "over" })
        expect((yield* report()).map(({ what }) => what)).toEqual(["expired"])
        expect(yield* report()).toEqual([])
      })
    )
  )

  it.effect(
    "also when the bus was swept as soon as its receiver gave a message up",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        yield* TestClock.adjust("1 day")
        for (const one of ids) yield* all.beat(one)
        yield* record(id, { state: "expired", reason: "kept long enough" })
        yield* all.bus.sweep
        expect((yield* report()).map(({ messageId }) => messageId)).toEqual([id])
        yield* all.bus.sweep
        expect(yield* all.rows("SELECT id FROM messages WHERE id = ?", id)).toEqual([])
      })
    )
  )

  it.effect(
    "also when it was away meanwhile",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("hello")
        yield* all.registry.remove(alice)
        yield* TestClock.adjust("15 seconds")
        yield* all.bus.sweep
        yield* all.join(alice)
        expect((yield* report()).map(({ messageId }) => messageId)).toEqual([id])
      })
    )
  )

  it.effect(
    "also while it is off the roster, as after a long sleep, and is shown that when it is back",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("hello")
        yield* all.registry.remove(alice)
        yield* TestClock.adjust("15 seconds")
        expect((yield* report()).map(({ messageId }) => messageId)).toEqual([id])
        yield* all.join(alice)
        expect(yield* all.bus.take(alice)).toMatchObject([{ kind: "notice", from: "cc-dm" }])
      })
    )
  )
})

describe("a sender is told nothing", () => {
  const never = (name: string, body: (all: Crowd) => Effect.Effect<unknown, unknown, Receipts>) =>
    it.effect(
      name,
      crowd((all) =>
        Effect.gen(function* () {
          yield* body(all)
          expect(yield* report()).toEqual([])
          expect(yield* all.bus.take(alice)).toEqual([])
        })
      )
    )
  const gone = (all: Crowd) =>
    Effect.gen(function* () {
      yield* all.registry.remove(bob)
      yield* TestClock.adjust("2 minutes")
    })

  never("of what was seen", (all) =>
    Effect.gen(function* () {
      yield* record(yield* taken(all), { state: "seen" })
      yield* gone(all)
    })
  )

  never("of what was pushed to a session that was started as a channel", (all) =>
    Effect.gen(function* () {
      yield* record(yield* taken(all), { state: "pushed", wished: true })
      yield* gone(all)
    })
  )

  never("of what an unnamed session kept", (all) =>
    Effect.gen(function* () {
      yield* record(yield* taken(all), { state: "kept quietly" })
      yield* gone(all)
    })
  )

  never("of what an unnamed session kept for too long", (all) =>
    Effect.gen(function* () {
      yield* record(
        yield* taken(all),
        { state: "kept quietly" },
        { state: "expired", reason: "kept too long" }
      )
    })
  )

  never("of what the others sent", (all) =>
    Effect.gen(function* () {
      yield* all.write({ from: carol, to: [bob], content: "hello" })
      yield* TestClock.adjust("15 seconds")
    })
  )

  never("of what waits with a receiver that lives", (all) => taken(all))
})

onFile(typedColumns, describe)("rows that people wrote", () => {
  it.effect(
    "in a session's name are not told of as its own, whatever their columns hold, and keep nothing else from being told",
    looseCrowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        yield* all.change("INSERT INTO sessions (id, name, last_seen) VALUES (NULL, NULL, '9')")
        yield* all.change(
          `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind,
            sender_id, expires_at)
          VALUES (NULL, NULL, NULL, NULL, 2, NULL, 2, 'chat', ?, ''), (x'00', x'01', x'ff', '[', 2, x'02', 2, 'chat', ?, ''),
            ('a', 'b', 7, '{}', 2, '', 2, 'chat', ?, '')`,
          alice,
          alice,
          alice
        )
        yield* all.change("INSERT INTO receipts (message_id, state, reason) VALUES (4, 'expired', x'ff')")
        yield* record(id, { state: "expired", reason: "over" })
        const outcomes = yield* report()
        expect(outcomes.map(({ messageId }) => messageId)).toEqual([id])
        expect(yield* report()).toEqual([])
      })
    )
  )

  it.effect(
    "of nobody keep nobody from being told that a session has left",
    looseCrowd((all) =>
      Effect.gen(function* () {
        const id = yield* taken(all)
        yield* all.change("INSERT INTO sessions (id, name, last_seen) VALUES (NULL, NULL, '9')")
        yield* all.registry.remove(bob)
        yield* TestClock.adjust("61 seconds")
        expect((yield* report()).map(({ messageId }) => messageId)).toEqual([id])
      })
    )
  )
})

describe("sweeping", () => {
  it.effect(
    "leaves no receipt behind",
    crowd((all) =>
      Effect.gen(function* () {
        yield* record(yield* taken(all), { state: "seen" })
        yield* TestClock.adjust("25 hours")
        for (const id of ids) yield* all.beat(id)
        yield* all.bus.sweep
        expect(yield* all.rows("SELECT * FROM messages")).toEqual([])
        expect(yield* all.rows("SELECT * FROM receipts")).toEqual([])
      })
    )
  )
})
