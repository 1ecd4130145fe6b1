/** Numbers of messages, on a bus to which somebody writes the largest that there are. */
import { describe, expect } from "bun:test"
import { Effect, Exit } from "effect"
import { highest } from "../../src/bus/engine/sqlite/Numbering.ts"
import { temporaryFolder } from "../support/bus.ts"
import { alice, bob, type Crowd, crowd, crowdAt } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { noFile, onFile } from "../support/underTest.ts"

const triggers = ["messages_numbered", "messages_renumbered"]

/** A row that somebody writes by hand, with a number of its own. */
const insert = (number: string, content = "by hand") =>
  `INSERT INTO messages (id, from_session, to_session, content, meta, delivered, created_at)
    VALUES (${number}, 'mallory', '${bob}', '${content}', '{}', 0, '1970-01-01T00:00:00.000Z')`

/** As on a bus of 2.0.0, or where somebody means to. */
const withoutTriggers = (all: Crowd) =>
  Effect.forEach(triggers, (trigger) => all.change(`DROP TRIGGER ${trigger}`), { discard: true })

const contentsOf = (all: Crowd) =>
  Effect.map(all.bus.take(bob), (messages) => messages.map(({ content }) => content))
const stateOf = (all: Crowd, id: number) => Effect.map(all.receipts.of([id]), ([receipt]) => receipt?.state)

describe("a number of a message", () => {
  for (const number of ["9223372036854775807", `${highest + 1}`, "0", "-1"])
    onFile(noFile, it.effect)(
      `is not ${number}, whoever writes it`,
      crowd((all) =>
        Effect.gen(function* () {
          expect(Exit.isFailure(yield* Effect.exit(all.change(insert(number))))).toBe(true)
          const id = yield* all.send("hello")
          expect(Exit.isFailure(yield* Effect.exit(all.change(`UPDATE messages SET id = ${number}`)))).toBe(
            true
          )
          expect(yield* contentsOf(all)).toEqual(["hello"])
          expect(id).toBeLessThan(10)
        })
      )
    )

  const ways: ReadonlyArray<readonly [name: string, ...statements: ReadonlyArray<string>]> = [
    ["a row with the largest number", insert("9223372036854775807")],
    ["a row that JavaScript reads wrong", insert("9007199254740993")],
    [
      "many rows above all others",
      ...[1, 2, 3].map((more) => insert(`9223372036854775${more}00`, `${more}`))
    ],
    ["a row below all others", insert("-9223372036854775808")],
    ["the last number given away", "UPDATE sqlite_sequence SET seq = 9223372036854775807"],
    ["a last number that JavaScript reads wrong", "UPDATE sqlite_sequence SET seq = 9007199254740993"],
    ["a last number that is none", "UPDATE sqlite_sequence SET seq = 'x'"],
    [
      "two last numbers",
      "UPDATE sqlite_sequence SET seq = 9223372036854775807",
      "INSERT INTO sqlite_sequence (name, seq) VALUES ('messages', 9223372036854775807)"
    ]
  ]

  for (const [name, ...statements] of ways) {
    const then = (all: Crowd, before: number, written: number) =>
      Effect.gen(function* () {
        const after = yield* all.send("after")
        expect(after).toBeGreaterThan(before)
        expect(after).toBeLessThanOrEqual(highest)
        const last = yield* all.send("last", { content: "last" })
        expect(last).toBe(after + 1)
        const taken = yield* all.bus.take(bob)
        expect(taken.map(({ content }) => content).filter((content) => !/by hand|\d/.test(content))).toEqual([
          "before",
          "after",
          "last"
        ])
        // Nothing of what was written by hand is lost either.
        expect(taken.length).toBe(3 + written)
        expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
        yield* all.receipts.record([{ messageId: after, state: "seen" }])
        expect([yield* stateOf(all, before), yield* stateOf(all, after), yield* stateOf(all, last)]).toEqual([
          "handed over",
          "seen",
          "queued"
        ])
      })
    const written = statements.filter((statement) => statement.includes("INTO messages")).length

    onFile(noFile, it.effect)(
      `is there again after ${name}, while sessions run`,
      crowd((all) =>
        Effect.gen(function* () {
          const before = yield* all.send("before")
          yield* all.receipts.record([{ messageId: before, state: "handed over" }])
          yield* withoutTriggers(all)
          for (const statement of statements) yield* all.change(statement)
          yield* all.bus.sweep
          yield* then(all, before, written)
        })
      )
    )

    onFile(noFile, it.effect)(
      `is there again after ${name}, at the next start`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const before = yield* crowdAt(home, (all) =>
          Effect.gen(function* () {
            const id = yield* all.send("before")
            yield* all.receipts.record([{ messageId: id, state: "handed over" }])
            yield* withoutTriggers(all)
            for (const statement of statements) yield* all.change(statement)
            return id
          })
        )
        yield* crowdAt(home, (all) => then(all, before, written))
      })
    )
  }

  onFile(noFile, it.effect)(
    "is found in the moment that one is wanted, and the sender's message comes once",
    crowd((all) =>
      Effect.gen(function* () {
        const before = yield* all.send("before")
        yield* all.change("UPDATE sqlite_sequence SET seq = 9223372036854775807")
        const [one, other] = yield* Effect.all([all.send("one"), all.send("other", { from: alice })], {
          concurrency: 2
        })
        expect(new Set([before, one, other]).size).toBe(3)
        expect((yield* contentsOf(all)).sort()).toEqual(["before", "one", "other"])
      })
    )
  )

  onFile(noFile, it.effect)(
    "goes with its receipt, and what nobody can tell by its number is not taken before",
    crowd((all) =>
      Effect.gen(function* () {
        yield* withoutTriggers(all)
        yield* all.change(insert("9007199254740993"))
        yield* all.change(
          "INSERT INTO receipts (message_id, state, reason) VALUES (9007199254740993, 'queued', 'of this one')"
        )
        expect(yield* contentsOf(all)).toEqual([])
        yield* all.bus.sweep
        const [row] = yield* all.rows<{ id: number; reason: string }>(
          "SELECT id, reason FROM messages JOIN receipts ON message_id = id"
        )
        expect(row).toEqual({ id: 1_000_001, reason: "of this one" })
        expect(yield* contentsOf(all)).toEqual(["by hand"])
      })
    )
  )
})
