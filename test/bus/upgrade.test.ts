/**
 * Files of every version before this one: real ones, and each step between. They open in place and keep every row, also
 * where the way there was interrupted, or many go it at once.
 */
import { Database as Sqlite } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, renameSync } from "node:fs"
import { join } from "node:path"
import { Effect, Layer } from "effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { TestClock } from "effect/testing"
import { fileEngine } from "../../src/bus/engine/Engine.ts"
import { HeldMail } from "../../src/bus/engine/HeldMail.ts"
import { latest, migrate, migrations } from "../../src/bus/engine/sqlite/Migrations.ts"
import * as SqliteClient from "../../src/bus/engine/sqlite/SqliteClient.ts"
import { SqliteDatabase } from "../../src/bus/engine/sqlite/SqliteDatabase.ts"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { History } from "../../src/bus/messages/History.ts"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { BusServices } from "../../src/bus/Storage.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { quiet, settingsOf, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import {
  type OldVersion,
  oldBus,
  oldReceive,
  oldSend,
  oldSession,
  oldStart,
  oldSweep,
  oldVersions,
  putOldFile
} from "../support/old.ts"
import { putReleasedBus } from "../support/released.ts"
import { noFile, onFile } from "../support/underTest.ts"

const describeFile = onFile(noFile, describe)

type Row = Readonly<Record<string, string | number | null>>

const busFile = (home: string) => join(home, ".cc-dm/bus.db")

/** What stands in a file, read with SQLite alone. */
const look = <A>(file: string, read: (database: Sqlite) => A): A => {
  const database = new Sqlite(file)
  try {
    return read(database)
  } finally {
    database.close()
  }
}
const change = (file: string, ...statements: ReadonlyArray<string>) =>
  look(file, (database) => {
    for (const statement of statements) database.run(statement)
  })
const rowsOf = (file: string, table: "sessions" | "messages") =>
  look(file, (database) => database.query<Row, []>(`SELECT * FROM ${table} ORDER BY id`).all())
const numbersIn = (file: string) =>
  look(file, (database) =>
    database
      .query<{ id: number }, []>("SELECT migration_id AS id FROM cc_dm_migrations ORDER BY migration_id")
      .all()
      .map(({ id }) => id)
  )
/** Columns with their types, whether they may be empty, and what stands there then. */
const columnsOf = (file: string, table: string) =>
  look(file, (database) =>
    database
      .query<Row, []>(
        `SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${table}') ORDER BY name`
      )
      .all()
  )

const all = Array.from({ length: latest }, (_, index) => index + 1)

const roster = Effect.flatMap(Registry, (registry) => registry.roster)
const open = (home: string) => Effect.provide(roster, storage(home))
const refusal = (home: string) => Effect.map(Effect.flip(open(home)), ({ message }) => message)

/** The bus, to be looked at alone. */
const looking = (home: string) =>
  Layer.fresh(
    BusServices.pipe(
      Layer.provideMerge(fileEngine(SqliteDatabase.readOnly)),
      Layer.provide(Layer.succeed(Settings, settingsOf(home)))
    )
  )

/** All that stood there stands there still; a session of 0.x, which had no name, is called by its id. */
const keeps = (
  file: string,
  before: { readonly sessions: ReadonlyArray<Row>; readonly messages: ReadonlyArray<Row> }
) => {
  const named = before.sessions.map((row) => ({ ...row, name: row["name"] ?? row["id"] }))
  expect(rowsOf(file, "sessions")).toMatchObject(named)
  expect(rowsOf(file, "messages")).toMatchObject([...before.messages])
}
const rowsIn = (file: string) => ({ sessions: rowsOf(file, "sessions"), messages: rowsOf(file, "messages") })

/** Moves the clock to when the rows of a file were fresh. */
const toItsTime = (file: string) =>
  TestClock.setTime(
    Math.max(...rowsOf(file, "messages").map((row) => Date.parse(String(row["created_at"])))) + 1_000
  )

const me = { id: SessionId.make("session-000000000001"), cwd: "/me", doorbell: false, presence: quiet }
const wish = (name: string | undefined, project?: string) => ({
  name: name === undefined ? undefined : toName(name),
  role: toTag("worker"),
  project: project === undefined ? null : toTag(project)
})

describe("the numbers of migrations", () => {
  test("have no gap: what comes under the last one would be skipped without a word", () => {
    expect(Object.keys(migrations).map((name) => Number.parseInt(name, 10))).toEqual(all)
    for (const name of Object.keys(migrations)) expect(name).toMatch(/^\d{4}_[a-z0-9_]+$/)
  })
})

describeFile("a new file", () => {
  it.live(
    "is made in one go, and has what all migrations together make",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* open(home)
      const stepByStep = join(yield* temporaryFolder, "bus.db")
      new Sqlite(stepByStep).close(true)
      const file = yield* SqliteClient.open(stepByStep)
      yield* Effect.provideService(migrate, SqlClient.SqlClient, file.sql)
      const schema = (path: string) =>
        look(path, (database) =>
          database.query("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all()
        )
      const had = (path: string) =>
        look(path, (database) => database.query("SELECT migration_id, name FROM cc_dm_migrations").all())
      expect(schema(busFile(home))).toEqual(schema(stepByStep))
      expect(had(busFile(home))).toEqual(had(stepByStep))
    }).pipe(Effect.scoped)
  )

  it.live(
    "has the tables of 1.3.1, column by column, and every migration",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* open(home)
      const old = putOldFile(yield* temporaryFolder, "1.3.1")
      for (const table of ["sessions", "messages"]) {
        const theirs = columnsOf(old, table)
        const names = theirs.map(({ name }) => name)
        expect(columnsOf(busFile(home), table).filter(({ name }) => names.includes(name))).toEqual(theirs)
      }
      expect(numbersIn(busFile(home))).toEqual(all)
    })
  )
})

for (const version of oldVersions)
  describeFile(`the file of ${version}`, () => {
    it.effect(
      "opens in place, loses no row, and works: roster, names, messages both ways, broadcast, mail, sweeps",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const file = putOldFile(home, version)
        const before = rowsIn(file)
        yield* toItsTime(file)
        yield* Effect.provide(
          Effect.gen(function* () {
            const registry = yield* Registry
            const bus = yield* Bus
            const history = yield* History
            const theirs = yield* registry.roster
            keeps(file, before)
            expect(numbersIn(file)).toEqual(all)
            expect(
              theirs.map(({ name, role, project, current }) => ({ name, role, project, current }))
            ).toEqual(
              ["planner", "backend"].map((name) => ({ name, role: "worker", project: null, current: false }))
            )
            const [planner, backend] = theirs.map(({ id }) => id) as [string, string]

            // What they hold, or look like, is theirs.
            for (const taken of ["planner", "p1anner"])
              expect(yield* Effect.flip(registry.claim(me, wish(taken)))).toMatchObject({ _tag: "NameTaken" })
            for (const [name, project] of [
              [undefined, undefined],
              ["ours", undefined],
              ["ours", "shop"],
              ["ours", undefined]
            ] as const)
              expect(yield* registry.claim(me, wish(name, project))).toMatchObject({
                project: project ?? null
              })
            expect((yield* registry.find("ours"))?.project).toBeNull()
            expect(yield* registry.find("planner")).toMatchObject({ id: planner })

            const draft = { from: me.id, kind: "chat", metadata: {} } as const
            yield* Effect.flatten(bus.send({ ...draft, to: [planner], content: "hello" }))
            yield* Effect.flatten(bus.send({ ...draft, to: [planner, backend], content: "all", batch: "b" }))
            yield* Effect.flatten(
              bus.send({ ...draft, to: [], content: "a letter", mail: { life: 600_000, name: "dora" } })
            )
            look(file, (database) => {
              expect(oldReceive(database, planner)).toEqual(["hello", "all"])
              expect(oldReceive(database, backend)).toEqual(["left in the bus", "left in the bus", "all"])
              oldSend(
                database,
                "planner",
                me.id,
                "hello yourself",
                new Date(Date.parse(theirs[0]!.lastSeen) + 5_000).toISOString()
              )
            })
            expect(yield* bus.take(me.id)).toMatchObject([
              { from: "planner", content: "hello yourself", proof: "1.3.1", fromProject: null, metadata: {} }
            ])
            expect((yield* history.overview({ limit: 10 })).messages.map(({ content }) => content)).toEqual([
              "a letter",
              "hello yourself"
            ])

            const mail = yield* HeldMail
            yield* TestClock.adjust("61 seconds")
            yield* registry.heartbeat(me.id)
            yield* registry.sweep
            yield* bus.sweep
            expect((yield* registry.roster).map(({ name }) => name)).toEqual(["ours"])
            const dora = { ...me, id: SessionId.make("session-000000000002") }
            yield* registry.claim(dora, wish("dora"))
            expect(yield* mail.find("dora", dora.id)).toHaveLength(1)
          }),
          storage(home)
        )
      })
    )

    it.effect(
      "is looked at as it is: the roster and what was said are shown, and not a byte changes",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const file = putOldFile(home, version)
        yield* toItsTime(file)
        const hash = () => createHash("sha256").update(readFileSync(file)).digest("hex")
        const before = hash()
        yield* Effect.provide(
          Effect.gen(function* () {
            const history = yield* History
            expect((yield* roster).map(({ name }) => name)).toEqual(["planner", "backend"])
            expect((yield* history.overview({ limit: 10 })).messages).toMatchObject([
              { from: "planner", to: "backend", content: "left in the bus" },
              { from: "planner", to: "backend", content: "left in the bus" }
            ])
            expect(hash()).toBe(before)
            expect(readdirSync(join(home, ".cc-dm"))).toEqual(["bus.db"])
          }),
          looking(home)
        )
      })
    )
  })

describeFile("a file of an older version that is looked at", () => {
  it.effect(
    "is shown as it is now: what its servers write, and the one that brings it up to date",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = oldBus(home)
      const now = "1970-01-01T00:00:00.000Z"
      oldSession(old, "session-00000000000a", "planner", now)
      yield* Effect.provide(
        Effect.gen(function* () {
          const names = Effect.map(roster, (entries) => entries.map(({ name }) => name))
          expect(yield* names).toEqual(["planner"])
          oldSession(old, "session-00000000000b", "backend", now)
          expect(yield* names).toEqual(["planner", "backend"])
          expect(yield* names).toEqual(["planner", "backend"])
          yield* open(home)
          oldSession(old, "session-00000000000c", "reviewer", now)
          expect(yield* names).toEqual(["planner", "backend", "reviewer"])
        }),
        looking(home)
      )
      old.close()
    })
  )
})

describeFile("1.3.1 and this version on one file", () => {
  for (const first of ["1.3.1", "this version"] as const)
    it.effect(
      `both write and read where ${first} was there first`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const now = "1970-01-01T00:00:00.000Z"
        if (first === "1.3.1") oldBus(home).close()
        else yield* open(home)
        const old = new Sqlite(busFile(home))
        oldStart(old)
        oldSession(old, "session-00000000000a", "planner", now, "shop")
        yield* Effect.provide(
          Effect.gen(function* () {
            const registry = yield* Registry
            const bus = yield* Bus
            // Without and with a name and a project.
            for (const mine of [wish(undefined), wish("ours"), wish("ours", "shop"), wish("ours")]) {
              yield* registry.claim(me, mine)
              oldStart(old)
            }
            expect(yield* Effect.flip(registry.claim(me, wish("planner")))).toMatchObject({
              _tag: "NameTaken"
            })
            // As 1.3.1 says that there is none, so that its servers do not take it for a project.
            expect(old.query("SELECT name, project FROM sessions ORDER BY id").all()).toEqual([
              { name: "ours", project: "" },
              { name: "planner", project: "shop" }
            ])
            const draft = { from: me.id, kind: "chat", metadata: {} } as const
            yield* Effect.flatten(bus.send({ ...draft, to: ["session-00000000000a"], content: "hello" }))
            expect(oldReceive(old, "session-00000000000a")).toEqual(["hello"])
            oldSend(old, "planner", me.id, "hello yourself", now)
            expect(yield* bus.take(me.id)).toMatchObject([{ content: "hello yourself", fromProject: "shop" }])
            yield* TestClock.adjust("16 seconds")
            oldSweep(old, new Date(1_000).toISOString(), now)
            expect((yield* registry.roster).map(({ name }) => name).sort()).toEqual(["ours", "planner"])
          }),
          storage(home)
        )
        old.close()
      })
    )
})

describeFile("the file of 2.0.0", () => {
  it.effect(
    "goes on: its rows, its conversations, its proofs and its mail",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putReleasedBus(home)
      const before = rowsIn(file)
      yield* toItsTime(file)
      yield* Effect.provide(
        Effect.gen(function* () {
          const registry = yield* Registry
          const bus = yield* Bus
          const history = yield* History
          yield* roster
          keeps(file, before)
          // It never had the eighth.
          expect(numbersIn(file)).toEqual(all.filter((number) => number !== 8))
          const planner = (yield* registry.find("planner"))?.id ?? ""
          const backend = (yield* registry.find("backend"))?.id ?? ""
          expect(yield* registry.find("planner")).toMatchObject({ project: null, version: "2.0.0" })
          expect((yield* history.overview({ limit: 10 })).messages).toMatchObject([
            {
              content: "left in the bus",
              fromId: planner,
              toId: backend,
              proof: "signed",
              state: "handed over"
            },
            { content: "a letter", fromId: planner, proof: "signed", state: "queued" }
          ])

          const conversations = yield* Conversations
          yield* TestClock.adjust("61 seconds")
          for (const [conversation, who] of [
            ["c-planner", { id: planner, name: "planner", project: null }],
            ["c-backend", { id: backend, name: "backend", project: "shop" }],
            ["c-nameless", { name: null, role: null, project: null }]
          ] as const)
            expect(yield* conversations.resume(conversation)).toMatchObject({ _tag: "Resumed", who })
          // What it was handed had stood in its channel, where it may have seen it.
          expect(yield* history.find(SessionId.make(backend), 1)).toMatchObject({ state: "pushed" })
          // It signs as it did.
          const [again] = [planner, backend].map((id) => SessionId.make(id)) as [SessionId, SessionId]
          yield* registry.claim({ ...me, id: again }, wish("planner"))
          yield* registry.claim({ ...me, id: SessionId.make(backend) }, wish("backend", "shop"))
          yield* Effect.flatten(
            bus.send({ from: again, kind: "chat", metadata: {}, to: [backend], content: "still me" })
          )
          expect(yield* bus.take(SessionId.make(backend))).toMatchObject([
            { content: "still me", fromId: planner, proof: "signed" }
          ])
          const mail = yield* HeldMail
          yield* registry.claim(me, wish("dora"))
          const [letter] = yield* mail.find("dora", me.id)
          yield* mail.give([letter?.messageId ?? 0], me.id)
          expect(yield* bus.take(me.id)).toMatchObject([
            { content: "a letter", fromId: planner, proof: "signed" }
          ])
        }),
        storage(home)
      )
    })
  )
})

/** Brings a file up to one migration, as a version did that knew no later ones. The eighth was in none. */
const upTo = (file: string, last: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { sql } = yield* SqliteClient.open(file)
      const known = Object.entries(migrations).filter(([name]) => {
        const number = Number.parseInt(name, 10)
        return number <= last && number !== 8
      })
      yield* Effect.provideService(
        Migrator.make({})({
          loader: Migrator.fromRecord(Object.fromEntries(known)),
          table: "cc_dm_migrations"
        }),
        SqlClient.SqlClient,
        sql
      )
    })
  )

describeFile("a file that stands at", () => {
  for (const version of ["0.3.0", "1.0.0", "1.3.1"] as const satisfies ReadonlyArray<OldVersion>)
    for (let last = 0; last <= latest; last++)
      it.live(
        `migration ${last}, of a file of ${version}, goes on from there and loses no row`,
        Effect.gen(function* () {
          const home = yield* temporaryFolder
          const file = putOldFile(home, version)
          const before = rowsIn(file)
          yield* upTo(file, last)
          yield* open(home)
          keeps(file, before)
          // A file that has later ones is not given the eighth: it does nothing.
          expect(numbersIn(file)).toEqual(all.filter((number) => number !== 8 || last < 9))
          yield* Effect.provide(
            Effect.flatMap(Registry, (registry) => registry.claim(me, wish(undefined))),
            storage(home)
          )
        })
      )

  it.live(
    "the last of 2.0.0 without `project` and `meta`, as files of 1.0 did that 2.0.0 opened, gets them",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putOldFile(home, "1.0.0")
      yield* upTo(file, 11)
      change(file, "ALTER TABLE sessions DROP COLUMN project", "ALTER TABLE messages DROP COLUMN meta")
      const before = rowsIn(file)
      yield* open(home)
      keeps(file, before)
      expect(columnsOf(file, "sessions").map(({ name }) => name)).toContain("project")
      expect(columnsOf(file, "messages").map(({ name }) => name)).toContain("meta")
    })
  )
})

/** A process of its own that brings a file up to date, and is killed before the statement of this number. */
const killedAt = (home: string, statement: number): Effect.Effect<number | null> =>
  Effect.promise(async () => {
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "../support/migrate.ts"), home, String(statement)],
      { stdio: ["ignore", "ignore", "inherit"] }
    )
    await child.exited
    return child.exitCode
  })

describeFile("migrations", () => {
  for (const version of ["0.1.0", "1.3.1"] as const)
    it.live(
      `that are killed in the middle leave a file of ${version} as it was, and it opens the next time`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const file = putOldFile(home, version)
        const before = rowsIn(file)
        for (const statement of [1, 4, 9, 20, 35, 50]) {
          // Killed: there is no exit code.
          expect(yield* killedAt(home, statement)).toBeNull()
          expect(rowsIn(file)).toEqual(before)
        }
        yield* open(home)
        keeps(file, before)
        expect(numbersIn(file)).toEqual(all)
      })
    )

  for (const version of [undefined, "0.1.0", "1.3.1", "2.0.0"] as const)
    it.live(
      `are made once where eight processes open ${version === undefined ? "a new file" : `a file of ${version}`} at once`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        if (version === "2.0.0") putReleasedBus(home)
        else if (version !== undefined) putOldFile(home, version)
        const before = version === undefined ? { sessions: [], messages: [] } : rowsIn(busFile(home))
        const codes = yield* Effect.all(
          Array.from({ length: 8 }, () => killedAt(home, Number.POSITIVE_INFINITY)),
          { concurrency: "unbounded" }
        )
        expect(codes).toEqual(Array.from({ length: 8 }, () => 0))
        keeps(busFile(home), before)
        expect(numbersIn(busFile(home))).toEqual(all.filter((number) => version !== "2.0.0" || number !== 8))
      })
    )
})

describeFile("a file that is not in WAL mode", () => {
  it.live(
    "goes over to it while a server of 1.x has it open, which goes on",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putOldFile(home, "0.2.0")
      const old = new Sqlite(file)
      const count = old.query<{ count: number }, []>("SELECT count(*) AS count FROM messages")
      const write = old.query(
        "INSERT INTO messages (from_session, to_session, content, created_at) VALUES ('planner', 'backend', 'x', '')"
      )
      expect(count.get()).toEqual({ count: 2 })
      yield* open(home)
      write.run()
      expect(count.get()).toEqual({ count: 3 })
      expect(old.query("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" })
      old.close()
    })
  )

  it.live(
    "and whose server was killed in the middle of a write is not called damaged, and loses nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putOldFile(home, "1.3.1")
      const before = rowsIn(file)
      const child = Bun.spawnSync([
        process.execPath,
        "-e",
        `const database = new (require("bun:sqlite").Database)(process.argv[1])
         for (const text of ["PRAGMA cache_size = 1", "BEGIN IMMEDIATE", "UPDATE messages SET content = 'half'"]) database.run(text)
         for (let n = 0; n < 100; n++)
           database.run("INSERT INTO messages (from_session, to_session, content, created_at) VALUES ('a', 'b', ?, '')", ["x".repeat(2000)])
         process.kill(process.pid, "SIGKILL")`,
        file
      ])
      expect(child.signalCode).toBe("SIGKILL")
      expect(readdirSync(join(home, ".cc-dm")).sort()).toEqual(["bus.db", "bus.db-journal"])
      const { message } = yield* Effect.flip(Effect.provide(roster, looking(home)))
      expect(message).toContain(
        "was left in the middle of a write. The next session that starts puts it right."
      )
      yield* open(home)
      keeps(file, before)
    })
  )
})

describeFile("a new file in the place of one that 2.0.0 made", () => {
  it.live(
    "gets what was under way there, also what its columns would not take",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = putReleasedBus(home)
      yield* Effect.provide(
        Effect.gen(function* () {
          yield* roster
          change(
            file,
            "UPDATE messages SET content = NULL, meta = NULL, created_at = NULL WHERE id = 2",
            "INSERT INTO messages (id, delivered) VALUES (7, 2)"
          )
          renameSync(file, `${file}.old`)
          yield* roster
          expect(rowsOf(file, "messages")).toMatchObject([
            { id: 1, content: "left in the bus", from_session: "planner" },
            { id: 2, content: "", meta: "{}", created_at: "", to_name: "dora" },
            { id: 7, from_session: "", to_session: "", content: "", delivered: 2 }
          ])
        }),
        storage(home)
      )
    })
  )
})

describeFile("a file that somebody has worked on", () => {
  const withRows = (...statements: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = oldBus(home)
      for (const statement of statements) old.run(statement)
      old.close()
      return home
    })

  it.live(
    "opens with what 1.x files may hold: other times, no JSON, ids that are names, two of one name, rows of nobody",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const old = oldBus(home)
      const now = new Date().toISOString()
      oldSession(old, "session-00000000000a", "twin", now)
      oldSession(old, "session-00000000000b", "twin", now)
      oldSession(old, "session-00000000000c", "planner", now)
      // Of 0.x, whose id is its name.
      old.run("INSERT INTO sessions (id, last_seen, registered_at) VALUES ('planner', ?, ?)", [now, now])
      oldSession(old, "session-00000000000d", "sleeper", "2026-01-01 10:00:00")
      old.run("INSERT INTO sessions (id, name, last_seen, registered_at) VALUES (NULL, 'nobody', ?, ?)", [
        now,
        now
      ])
      old.run("INSERT INTO sessions (id, last_seen, registered_at) VALUES (NULL, ?, ?)", [now, now])
      oldSession(old, "x".repeat(10_000), "long", now)
      const insert = (id: number, meta: string, at: string) =>
        old.run(
          "INSERT INTO messages (id, from_session, to_session, content, meta, created_at) VALUES (?, 'twin', 'planner', 'x', ?, ?)",
          [id, meta, at]
        )
      insert(1, "no json", now)
      insert(2, "[]", "2026-01-01 10:00:00")
      insert(2 ** 53, '{"thread_id":7}', now)
      const before = {
        sessions: rowsOf(busFile(home), "sessions"),
        messages: rowsOf(busFile(home), "messages")
      }
      const entries = yield* open(home)
      expect(rowsOf(busFile(home), "sessions")).toHaveLength(before.sessions.length)
      expect(rowsOf(busFile(home), "messages")).toMatchObject(
        // A number that JavaScript can't tell from its neighbours is given anew; nothing else changes.
        before.messages.map((row) => (row["id"] === 2 ** 53 ? { ...row, id: 1_000_003 } : row))
      )
      const names = entries.map(({ name }) => name)
      expect(new Set(names).size).toBe(names.length)
      expect(entries.find(({ name }) => name === "planner")).toMatchObject({ id: "planner" })
      expect(entries.find(({ id }) => id === "session-00000000000c")).toMatchObject({
        name: "session-00000000000c"
      })
      expect(entries.find(({ name }) => name === "twin")).toMatchObject({ id: "session-00000000000b" })
      expect(names).not.toContain("sleeper")
      yield* Effect.provide(
        Effect.gen(function* () {
          const registry = yield* Registry
          yield* registry.claim(me, wish("ours"))
          expect(yield* registry.find("planner")).toMatchObject({ id: "planner" })
          expect((yield* (yield* History).overview({ limit: 10 })).messages).toHaveLength(3)
          yield* (yield* Bus).sweep
        }),
        storage(home)
      )
      old.close()
    })
  )

  it.live(
    "that has tables, views and triggers of theirs keeps them",
    Effect.gen(function* () {
      const home = yield* withRows(
        "CREATE TABLE notes (words TEXT)",
        "INSERT INTO notes VALUES ('mine')",
        "CREATE VIEW waiting AS SELECT * FROM messages WHERE delivered = 0",
        "CREATE VIEW broken AS SELECT gone FROM nowhere",
        "CREATE TRIGGER noted AFTER INSERT ON messages BEGIN INSERT INTO notes VALUES (NEW.content); END",
        "PRAGMA user_version = 7"
      )
      yield* open(home)
      expect(look(busFile(home), (database) => database.query("SELECT * FROM notes").all())).toEqual([
        { words: "mine" }
      ])
      expect(look(busFile(home), (database) => database.query("PRAGMA user_version").all())).toEqual([
        { user_version: 7 }
      ])
    })
  )

  it.live(
    "with an index of theirs that keeps cc-dm from writing is said to be in order, and nobody is told to part with it",
    Effect.gen(function* () {
      const home = yield* withRows("CREATE UNIQUE INDEX one_of_a_role ON sessions(role)")
      yield* Effect.provide(
        Effect.gen(function* () {
          const registry = yield* Registry
          yield* registry.claim(me, wish("ours"))
          const other = { ...me, id: SessionId.make("session-000000000002") }
          const { message } = yield* Effect.flip(registry.claim(other, wish("other")))
          for (const part of [
            busFile(home),
            "SQLITE_CONSTRAINT_UNIQUE",
            "UNIQUE constraint failed: sessions.role",
            "This is a bug in cc-dm, not a problem with the file",
            "Please report",
            "cc-dm 2."
          ])
            expect(message).toContain(part)
          expect(message).not.toMatch(partsWithIt)
        }),
        storage(home)
      )
    })
  )

  it.live(
    "with a trigger that refuses is not said to be cc-dm's fault",
    Effect.gen(function* () {
      const home = yield* withRows(
        "CREATE TRIGGER no BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'closed'); END"
      )
      const said = yield* Effect.provide(
        Effect.flatMap(Registry, (registry) => Effect.flip(registry.claim(me, wish("ours")))),
        storage(home)
      )
      expect(said.message).toContain("has a trigger that refuses what cc-dm writes. Remove that trigger")
    })
  )

  it.live(
    "so that a migration fails is said to be in order, and stays as it is",
    Effect.gen(function* () {
      const home = yield* withRows("ALTER TABLE sessions ADD COLUMN doorbell TEXT")
      const before = rowsIn(busFile(home))
      const said = yield* refusal(home)
      expect(said).toContain("duplicate column name: doorbell")
      expect(said).toContain("This is a bug in cc-dm, not a problem with the file: leave it where it is")
      expect(said).not.toMatch(partsWithIt)
      expect(rowsIn(busFile(home))).toEqual(before)
    })
  )

  it.live(
    "and has lost a table is damaged",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* open(home)
      change(busFile(home), "DROP TABLE messages")
      expect(yield* refusal(home)).toContain("has lost its table messages. Move it away")
    })
  )

  it.live(
    "as a database of another program is not touched, and nobody is told to part with it",
    Effect.gen(function* () {
      const home = yield* withRows("DROP TABLE messages", "CREATE VIEW messages AS SELECT 1 AS id")
      const said = yield* refusal(home)
      expect(said).toContain('seems to belong to another program ("messages is a view")')
      expect(said).not.toMatch(partsWithIt)
    })
  )
})

/** What a person is told who is to part with a file. */
const partsWithIt = /move it|moved away|delete|remove it|rm -/i
