/** Version 2.0.0 as it was released: `test/fixtures/2.0.0` has its server, and a bus that it made. */
import { Database } from "bun:sqlite"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliDecompressSync } from "node:zlib"
import { Effect } from "effect"
import { temporaryFolder } from "./bus.ts"
import { engineUnderTest } from "./underTest.ts"

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../fixtures/2.0.0", name))

/** Puts the server of 2.0.0 beside a home folder's bus. Gives the command line that starts it. */
export const putReleased = (home: string): ReadonlyArray<string> => {
  const folder = join(home, "2.0.0")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "cc-dm.js"), brotliDecompressSync(fixture("cc-dm.js.br")))
  return ["bun", join(folder, "cc-dm.js"), "serve"]
}

/** Puts the bus of 2.0.0 under `home`, with the secret of its proofs. Gives the file's path. */
export const putReleasedBus = (home: string): string => {
  const folder = join(home, ".cc-dm")
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, "bus.db")
  writeFileSync(file, brotliDecompressSync(fixture("bus.db.br")), { mode: 0o600 })
  writeFileSync(join(folder, "secret"), fixture("secret"), { mode: 0o600 })
  return file
}

/** The same with nobody on it and nothing in it. */
const putEmptyReleasedBus = (home: string): void => {
  const database = new Database(putReleasedBus(home))
  const tables = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'cc_dm%'"
    )
    .all()
  for (const { name } of tables) database.run(`DELETE FROM ${name}`)
  database.run("DELETE FROM removals")
  database.close()
}

/** A folder with a bus whose columns take anything, `NULL` among it, as those do that 2.0.0 made, and those in PostgreSQL. */
export const looseFolder = Effect.tap(temporaryFolder, (home) =>
  Effect.sync(() => {
    if (engineUnderTest === "sqlite") putEmptyReleasedBus(home)
  })
)
