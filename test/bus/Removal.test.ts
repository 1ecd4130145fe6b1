/** What is removed is gone: its bytes stand neither in the file nor in the log. */
import { describe, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { sqlite, temporaryFolder } from "../support/bus.ts"
import { bob, type Crowd, carol, crowdAt } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { onFile } from "../support/underTest.ts"

const mark = "the-words-of-"

/** Which of the marked texts stand anywhere in the files of the bus. */
const found = (home: string) => {
  const bytes = (suffix: string) => readFileSync(join(home, `.cc-dm/bus.db${suffix}`)).toString("latin1")
  return new Set(`${bytes("")}${bytes("-wal")}`.match(new RegExp(`${mark}\\d+`, "g")) ?? [])
}

/** Texts of all lengths, so that rows are moved about in the file, and one of them is found again whole or not at all. */
const text = (n: number) => `${mark}${n} ${"x".repeat((n * 7_919) % 9_000)}`

const fill = ({ bus, receipts, send }: Crowd, count: number) =>
  Effect.gen(function* () {
    for (let n = 0; n < count; n++) yield* send(text(n))
    let taken = yield* bus.take(bob)
    while (taken.length > 0) {
      yield* receipts.record(taken.map(({ id }) => ({ messageId: id, state: "handed over" as const })))
      yield* receipts.record(taken.map(({ id }) => ({ messageId: id, state: "seen" as const })))
      taken = yield* bus.take(bob)
    }
  })

onFile("the server's own vacuum writes over what was removed", describe)("a text whose time is over", () => {
  it.effect(
    "is found in no file of the bus after the sweep",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* crowdAt(home, (they) =>
        Effect.gen(function* () {
          yield* fill(they, 400)
          expect(found(home).size).toBe(400)
          yield* TestClock.adjust("25 hours")
          yield* they.bus.sweep
          expect(yield* they.rows("SELECT id FROM messages")).toEqual([])
          expect([...found(home)]).toEqual([])
        })
      )
    })
  )

  it.effect(
    "is gone where nothing is kept, once it was seen",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const body = (they: Crowd) =>
        Effect.gen(function* () {
          yield* fill(they, 100)
          expect(yield* they.rows("SELECT id FROM messages")).toEqual([])
          yield* they.bus.tidy
          expect([...found(home)]).toEqual([])
        })
      yield* crowdAt(home, body, { history: 0 })
    })
  )

  it.effect(
    "goes whoever removed it, and at the next sweep where somebody reads the log",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const body = (they: Crowd) =>
        Effect.gen(function* () {
          yield* fill(they, 50)
          const reader = yield* sqlite(home)
          reader.run("BEGIN")
          reader.query("SELECT * FROM messages").all()
          yield* they.change("DELETE FROM messages")
          yield* they.bus.sweep
          expect(found(home).size).toBeGreaterThan(0)
          reader.run("COMMIT")
          yield* they.bus.sweep
          expect([...found(home)]).toEqual([])
        })
      yield* crowdAt(home, (they) => Effect.scoped(body(they)))
    })
  )

  it.effect(
    "is written over where it stood, long before the file is written anew",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const body = (they: Crowd) =>
        Effect.gen(function* () {
          yield* fill(they, 5)
          yield* they.bus.sweep
          yield* they.send(text(9))
          expect([...found(home)]).toEqual([`${mark}9`])
          const [message] = yield* they.bus.take(bob)
          yield* they.receipts.record([{ messageId: message!.id, state: "seen" }])
          yield* they.bus.sweep
          expect([...found(home)]).toEqual([])
        })
      yield* crowdAt(home, body, { history: 0 })
    })
  )

  it.effect(
    "is gone within an hour where much is removed all the time, and what is kept stays",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const body = (they: Crowd) =>
        Effect.gen(function* () {
          for (let round = 0; round < 3; round++) {
            yield* fill(they, 200)
            yield* they.write({ to: [carol], content: "kept", mail: { life: 24 * 3_600_000, name: null } })
            yield* they.bus.sweep
          }
          yield* TestClock.adjust("1 hours")
          yield* they.bus.sweep
          expect([...found(home)]).toEqual([])
          const kept = yield* they.rows("SELECT content FROM messages WHERE content = 'kept'")
          expect(kept).toHaveLength(3)
        })
      yield* crowdAt(home, body, { history: 0 })
    })
  )
})
