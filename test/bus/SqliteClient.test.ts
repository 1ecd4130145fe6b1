/** How a file of the bus is opened and copied. */
import { Database } from "bun:sqlite"
import { expect, spyOn } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Deferred, Effect, Fiber } from "effect"
import { open } from "../../src/bus/engine/sqlite/SqliteClient.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

it.live(
  "a file that its maker has not written to yet is copied as an empty one",
  Effect.gen(function* () {
    const file = join(yield* temporaryFolder, "bus.db")
    writeFileSync(file, "")
    const { copy } = yield* open(file, "read")
    const { sql } = yield* copy
    yield* sql`CREATE TABLE made (id INTEGER)`
    expect(yield* sql`SELECT * FROM made`).toEqual([])
  })
)

// SQLite tells nobody that it has made a new plan; that it does so for such parameters was seen by the time that it takes (docs/reference/speed.md).
it.live(
  "no parameter stands by itself in what SQLite plans, and each has its value all the same",
  Effect.gen(function* () {
    const file = join(yield* temporaryFolder, "bus.db")
    writeFileSync(file, "")
    const { peek, sql } = yield* open(file)
    yield* sql.unsafe("CREATE TABLE made (id INTEGER, name TEXT)")
    const prepare = spyOn(Database.prototype, "prepare")
    yield* Effect.addFinalizer(() => Effect.sync(() => prepare.mockRestore()))
    yield* sql.unsafe("INSERT INTO made (id, name) VALUES (?1, ?2), (?1 + 1, ?2)", [7, "seven"])
    expect(peek("SELECT id, name FROM made WHERE id = ?1 AND name = ?2", [8, "seven"])).toEqual([
      { id: 8, name: "seven" }
    ])
    const planned = prepare.mock.calls.map(([text]) => text)
    expect(planned).toHaveLength(2)
    for (const text of planned) expect(text.replaceAll(/\(\+\?\d+\)/g, "")).not.toContain("?")
  })
)

it.live(
  "what reads beside a transaction waits for its end",
  Effect.gen(function* () {
    const file = join(yield* temporaryFolder, "bus.db")
    writeFileSync(file, "")
    const { sql } = yield* open(file)
    yield* sql.unsafe("CREATE TABLE made (id INTEGER)")
    const written = yield* Deferred.make<void>()
    const mayEnd = yield* Deferred.make<void>()
    const writing = yield* Effect.forkChild(
      sql.withTransaction(
        Effect.gen(function* () {
          yield* sql.unsafe("INSERT INTO made VALUES (?1)", [1])
          yield* Deferred.succeed(written, undefined)
          yield* Deferred.await(mayEnd)
          return yield* Effect.fail("taken back")
        })
      )
    )
    yield* Deferred.await(written)
    const reading = yield* Effect.forkChild(sql.unsafe("SELECT id FROM made"))
    yield* Effect.yieldNow
    yield* Deferred.succeed(mayEnd, undefined)
    expect(yield* Effect.flip(Fiber.join(writing))).toBe("taken back")
    expect(yield* Fiber.join(reading)).toEqual([])
  })
)
