/** Whatever stands where the bus should be: it is brought up to date, or refused and left as it is. */
import { Database as Sqlite } from "bun:sqlite"
import { describe, expect } from "bun:test"
import { createHash } from "node:crypto"
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { Database } from "../../src/bus/engine/Database.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { userId } from "../../src/platform/System.ts"
import { storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldBus, oldSend, oldSession, oldStart, oldSweep } from "../support/old.ts"
import { noFile, onFile } from "../support/underTest.ts"

const describeFile = onFile(noFile, describe)

const roster = Effect.flatMap(Registry, (registry) => registry.roster)
const open = (home: string) => Effect.provide(roster, storage(home))
const refusal = (home: string) => Effect.flip(open(home))
const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex")
const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)
const busFile = (home: string) => join(home, ".cc-dm/bus.db")

/** A bus of this version with some rows in it, closed. */
const ourBus = Effect.fnUntraced(function* (home: string) {
  yield* open(home)
  const database = new Sqlite(busFile(home))
  for (let n = 0; n < 500; n++)
    database.run(
      "INSERT INTO messages (from_session, to_session, content, delivered, created_at) VALUES ('a', 'b', ?, 1, '')",
      ["x".repeat(200)]
    )
  database.run("PRAGMA wal_checkpoint(TRUNCATE)")
  database.close()
})

/** The file is refused with these words, and not a byte of it changes. */
const refusedUnchanged = Effect.fnUntraced(function* (home: string, ...words: ReadonlyArray<string>) {
  const before = hash(busFile(home))
  const { message } = yield* refusal(home)
  for (const word of [busFile(home), ...words]) expect(message).toContain(word)
  expect(hash(busFile(home))).toBe(before)
})

describeFile("a new bus", () => {
  it.live(
    "is private to the user, with all that belongs to it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const modes = yield* Effect.provide(
        Effect.map(roster, () =>
          ["", "/bus.db", "/bus.db-wal", "/bus.db-shm", "/doorbell"].map((path) =>
            mode(join(home, `.cc-dm${path}`))
          )
        ),
        storage(home)
      )
      expect(modes).toEqual(["700", "600", "600", "600", "700"])
    })
  )
})

describeFile("a bus that is closed", () => {
  // SQLite keeps a file open for as long as a statement of it was not given back.
  it.live(
    "is not held open by anything",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const descriptors = existsSync("/proc/self/fd") ? "/proc/self/fd" : "/dev/fd"
      const held = () =>
        readdirSync(descriptors).filter((fd) => {
          try {
            return readlinkSync(join(descriptors, fd)).startsWith(busFile(home))
          } catch {
            return false
          }
        })
      const during = yield* Effect.provide(
        Effect.map(roster, () => held().length),
        storage(home)
      )
      if (process.platform === "linux") expect(during).toBeGreaterThan(0)
      expect(held()).toEqual([])
    })
  )
})

describeFile("a bus that others may look into", () => {
  for (const open of [0o640, 0o604, 0o660, 0o602])
    it.live(
      `as its mode ${open.toString(8)} allows is closed by the next server`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const files = ["/bus.db", "/bus.db-wal", "/bus.db-shm"].map((path) => join(home, `.cc-dm${path}`))
        const folders = ["", "/doorbell"].map((path) => join(home, `.cc-dm${path}`))
        yield* Effect.provide(
          Effect.gen(function* () {
            yield* roster
            for (const file of files) chmodSync(file, open)
            for (const folder of folders) chmodSync(folder, open | 0o110)
            yield* Effect.scoped(Effect.provide(roster, storage(home)))
            expect(files.map(mode)).toEqual(["600", "600", "600"])
            expect(folders.map(mode)).toEqual(["700", "700"])
          }),
          storage(home)
        )
      })
    )
})

describeFile("a bus of 1.3.1", () => {
  it.live(
    "opens in place, becomes private, and loses nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const now = new Date().toISOString()
      const old = oldBus(home)
      oldSession(old, "session-00000000000a", "planner", now, "myapp")
      oldSend(old, "planner", "session-00000000000b", "still waiting", now)
      const [entry] = yield* open(home)
      expect(entry).toMatchObject({
        name: "planner",
        project: "myapp",
        role: "worker",
        cwd: "/old",
        current: false
      })
      expect(old.query("SELECT from_session, to_session, content, delivered FROM messages").all()).toEqual([
        {
          from_session: "planner",
          to_session: "session-00000000000b",
          content: "still waiting",
          delivered: 0
        }
      ])
      expect([mode(join(home, ".cc-dm")), mode(busFile(home))]).toEqual(["700", "600"])
      old.close()
    })
  )

  it.live(
    "with two sessions of one name leaves it to the one seen last; the other goes by its id",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = oldBus(home)
      const earlier = new Date(Date.now() - 5_000).toISOString()
      oldSession(old, "session-00000000000a", "planner", earlier)
      oldSession(old, "session-00000000000b", "planner", new Date().toISOString())
      const entries = yield* open(home)
      expect(entries.map(({ id, name }) => [id, name])).toEqual([
        ["session-00000000000a", "session-00000000000a"],
        ["session-00000000000b", "planner"]
      ])
      old.close()
    })
  )

  it.live(
    "goes on serving 1.3.1 servers: their start, their inserts, their sweeps",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = oldBus(home)
      yield* open(home)
      oldStart(old)
      const now = new Date().toISOString()
      oldSession(old, "session-00000000000a", "twin", now)
      oldSession(old, "session-00000000000b", "twin", now)
      oldSend(old, "twin", "session-00000000000b", "hello", now)
      oldSweep(old, new Date(Date.now() - 15_000).toISOString(), new Date(Date.now() - 60_000).toISOString())
      expect((yield* open(home)).map(({ name }) => name)).toEqual(["twin", "session-00000000000b"])
      expect(old.query("SELECT content FROM messages").all()).toEqual([{ content: "hello" }])
      old.close()
    })
  )
})

describeFile("refused, with the file named and left as it is:", () => {
  it.live(
    "a file that is not a database",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      writeFileSync(busFile(home), "my diary, not a database ".repeat(100), { mode: 0o600 })
      yield* refusedUnchanged(home, "is not an SQLite database", "Move it away")
    })
  )

  it.live(
    "a database whose pages are damaged",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* ourBus(home)
      const bytes = readFileSync(busFile(home))
      bytes.fill(0xff, 3 * 4096, 9 * 4096)
      writeFileSync(busFile(home), bytes)
      yield* refusedUnchanged(home, "is damaged", "Move it away")
    })
  )

  it.live(
    "a database that was cut off",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* ourBus(home)
      truncateSync(busFile(home), 5 * 4096 + 100)
      yield* refusedUnchanged(home, "is damaged", "Move it away")
    })
  )

  it.live(
    "a read-only file",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* ourBus(home)
      chmodSync(busFile(home), 0o400)
      yield* refusedUnchanged(home, "is read-only", "chmod u+w")
      expect(mode(busFile(home))).toBe("400")
    })
  )

  it.live(
    "a file of a newer version",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* ourBus(home)
      const database = new Sqlite(busFile(home))
      database.run("INSERT INTO cc_dm_migrations (migration_id, name) VALUES (999, 'from_the_future')")
      database.run("PRAGMA wal_checkpoint(TRUNCATE)")
      database.close()
      yield* refusedUnchanged(home, "newer version", "Update the plugin")
    })
  )

  it.live(
    "a database of something else that uses the same table names",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      const database = new Sqlite(busFile(home))
      database.run("PRAGMA journal_mode = WAL")
      database.run("CREATE TABLE messages (protocol TEXT)")
      database.run("PRAGMA wal_checkpoint(TRUNCATE)")
      database.close()
      yield* refusedUnchanged(
        home,
        'seems to belong to another program ("its table messages has no column id")',
        "It is left as it is"
      )
    })
  )

  it.live(
    "a folder that is a symbolic link",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, "elsewhere"))
      symlinkSync(join(home, "elsewhere"), join(home, ".cc-dm"))
      expect((yield* refusal(home)).message).toContain(`${join(home, ".cc-dm")} is a symbolic link`)
      expect(existsSync(join(home, "elsewhere/bus.db"))).toBe(false)
    })
  )

  it.live(
    "a bus file that is a symbolic link",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      writeFileSync(join(home, "victim"), "")
      symlinkSync(join(home, "victim"), busFile(home))
      expect((yield* refusal(home)).message).toContain("is a symbolic link")
      expect(readFileSync(join(home, "victim"), "utf8")).toBe("")
    })
  )

  // Only root can give a folder away.
  if (userId === 0)
    it.live(
      "a folder of another user",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
        chownSync(join(home, ".cc-dm"), 4_242, 4_242)
        expect((yield* refusal(home)).message).toContain("belongs to another user")
        expect(existsSync(busFile(home))).toBe(false)
      })
    )

  it.live(
    "a file in the folder's place",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      writeFileSync(join(home, ".cc-dm"), "")
      expect((yield* refusal(home)).message).toContain("is not a folder")
    })
  )
})

describeFile("once it is mended", () => {
  it.live(
    "the same connection works, without a restart",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      writeFileSync(join(home, ".cc-dm"), "")
      yield* Effect.provide(
        Effect.gen(function* () {
          yield* Effect.flip(roster)
          yield* Effect.promise(() => Bun.file(join(home, ".cc-dm")).delete())
          expect(yield* roster).toEqual([])
        }),
        storage(home)
      )
    })
  )
})

describeFile("a transaction", () => {
  it.live(
    "that has only read keeps others from writing, so that it can still write itself",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* open(home)
      const other = new Sqlite(join(home, ".cc-dm/bus.db"))
      const write = () => other.run("INSERT INTO tidying (what, done_at) VALUES ('other', '')")
      yield* Effect.gen(function* () {
        const database = yield* Database
        yield* database.transaction((sql) =>
          Effect.gen(function* () {
            yield* sql`SELECT count(*) FROM sessions`
            expect(write).toThrow("database is locked")
            yield* sql`INSERT INTO tidying (what, done_at) VALUES ('this', '')`
          })
        )
      }).pipe(Effect.provide(storage(home)))
      write()
      other.close()
    })
  )
})
