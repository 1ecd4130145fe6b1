/** How a file of the bus is opened and copied. */
import { expect } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
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
