/** How a bus in PostgreSQL is made and brought up to date, from one that 2.0.0 made and uses. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { latest, statementsOf } from "../../src/bus/engine/postgres/Migrations.ts"
import { eventually } from "../../testkit/eventually.ts"
import { type ClaudeCode, flooding, idIn, named, root, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { addRole, type FreshDatabase, freshDatabase } from "../../testkit/postgres/databases.ts"
import { programOf } from "../../testkit/postgres/programs.ts"
import { version200 } from "../../testkit/postgres/released.ts"
import { ccdm, pathOf, program } from "../cli/command.ts"
import { settled, withPostgres } from "../support/withPostgres.ts"

const folder = join(root, "src/bus/engine/postgres")
const files = readdirSync(folder).filter((name) => name.endsWith(".sql"))
const textOf = (file: string) => readFileSync(join(folder, file), "utf8")

describe("the files of SQL", () => {
  test("are numbered from 1, and none is missing", () => {
    expect(files.sort().map((name) => Number.parseInt(name, 10))).toEqual(
      Array.from({ length: latest }, (_, index) => index + 1)
    )
  })

  test("hold no question mark, which would be taken for a parameter", () => {
    expect(files.filter((name) => textOf(name).includes("?"))).toEqual([])
  })
})

const asSuperuser = ({ name, server }: FreshDatabase) => server.socketUrl(server.superuser, undefined, name)

const init = (home: string, url: string) => ccdm(home, ["bus", "init", "--url", url])

const versionsOf = ({ sql }: Pick<FreshDatabase, "sql">) =>
  Effect.map(
    sql("SELECT string_agg(version::text, ' ' ORDER BY version) FROM cc_dm.versions"),
    (text) => text
  )

const all = Array.from({ length: latest }, (_, index) => index + 1).join(" ")

/** What `pg_dump` says of a bus, without the marks that differ each time. */
const dumpOf = (database: FreshDatabase) =>
  Effect.promise(async () => {
    const text = await mustRun([
      programOf("pg_dump"),
      "--schema-only",
      "-n",
      "cc_dm",
      "-d",
      asSuperuser(database)
    ])
    return text
      .split("\n")
      .filter((line) => !line.startsWith("\\"))
      .join("\n")
  })

/** A database with a bus that 2.0.0 made, and users of it. */
const busOf200 = <const Name extends string>(...names: ReadonlyArray<Name>) =>
  Effect.gen(function* () {
    const released = yield* version200
    const database = yield* freshDatabase()
    const home = yield* temporaryHome
    const made = yield* released.ccdm(home, ["bus", "init", "--url", asSuperuser(database)])
    expect(made.stderr).toBe("")
    const users = {} as Record<Name, { readonly role: string; readonly url: string }>
    for (const name of names) {
      const role = `${name}_${database.name}`
      yield* Effect.acquireRelease(addRole(database.server, role, "secret", "cc_dm_member"), () =>
        Effect.ignore(Effect.exit(database.server.sql(`DROP ROLE "${role}"`)))
      )
      users[name] = { role, url: database.server.socketUrl(role, "secret", database.name) }
    }
    return { released, database, home, url: asSuperuser(database), users }
  })

const sessionAt = (
  home: string,
  url: string,
  name: string,
  more: { readonly env?: Readonly<Record<string, string>>; readonly command?: ReadonlyArray<string> } = {}
): Effect.Effect<ClaudeCode, never, Scope.Scope> =>
  startReady({
    home,
    env: named(name, { ...flooding, CC_DM_BUS_URL: url, ...more.env }),
    ...(more.command === undefined ? {} : { command: more.command })
  })

const request = (id: string) => ({
  request_id: id,
  tool_name: "Bash",
  description: "d",
  input_preview: "i"
})
const requests = "notifications/claude/channel/permission_request"
const verdicts = "notifications/claude/channel/permission"

/** What comes next of a kind. */
const nextOf = Effect.fnUntraced(function* (session: ClaudeCode, method: string, part = "") {
  let one = yield* session.next
  while (one.method !== method || !JSON.stringify(one.params).includes(part)) one = yield* session.next
  return one.params
})

const chat = "notifications/claude/channel"

describe("a bus of 2.0.0", () => {
  withPostgres(
    "is what the first file makes",
    Effect.gen(function* () {
      const { database } = yield* busOf200()
      const other = yield* freshDatabase()
      const first = statementsOf(textOf(files.sort()[0] ?? "")).join("\n")
      yield* other.sql(
        `BEGIN; CREATE SCHEMA cc_dm; SET LOCAL search_path = cc_dm; ${first} INSERT INTO versions (version) VALUES (1); COMMIT`
      )
      expect(yield* dumpOf(other)).toBe(yield* dumpOf(database))
    })
  )

  withPostgres(
    "is brought up to date under its sessions, which go on; messages, proofs, receipts, requests and mail stay valid",
    Effect.gen(function* () {
      const { database, home, released, url, users } = yield* busOf200("ada", "ben")
      const old = { command: released.server }
      const relay = {
        CC_DM_PERMISSION_RELAY: "1",
        CC_DM_PERMISSION_APPROVER: `bob@${users.ben.role}`,
        CLAUDE_CODE_SESSION_ID: "c-1"
      }
      const bob = yield* sessionAt(yield* temporaryHome, users.ben.url, "bob", old)
      const alice = yield* sessionAt(home, users.ada.url, "alice", { ...old, env: relay })
      const told = yield* alice.call("dm", { to: "bob", content: "before" })
      expect((yield* nextOf(bob, chat)).content).toBe("before")
      yield* alice.call("dm", { to: "carol", content: "a letter", expires_in: 3_600 })
      yield* alice.notify(requests, request("abcde"))
      yield* nextOf(bob, chat, "Permission request abcde")
      yield* released.ccdm(home, ["send", "bob", "of a person", "--from", "deploy"], {
        CC_DM_BUS_URL: users.ada.url
      })
      expect((yield* nextOf(bob, chat)).meta).toMatchObject({ from_kind: "command line" })

      // Ours waits meanwhile, and says for whom.
      const waiting = yield* ccdm(home, ["who"], { CC_DM_BUS_URL: users.ada.url })
      expect(waiting.stderr).toContain(
        "has a bus of an older version of cc-dm. Ask the owner of the database to run this once: cc-dm bus init"
      )
      const eager = yield* sessionAt(yield* temporaryHome, users.ben.url, "eager")
      expect((yield* eager.call("who")).json["error"]).toContain("has a bus of an older version of cc-dm")
      const refused = yield* init(home, users.ada.url)
      expect(refused.code).toBe(1)
      expect(refused.stderr).toContain(
        `has a bus that belongs to the user "${database.server.superuser}", and only that user can bring it up to date. Run cc-dm bus init as that user.`
      )
      expect(yield* versionsOf(database)).toBe("1")

      const migrated = yield* init(home, url)
      expect(migrated).toMatchObject({ code: 0, stderr: "" })
      expect(migrated.stdout).toContain("is brought up to date")
      expect(yield* versionsOf(database)).toBe(all)

      // A request that was asked before is answered after it, by those of 2.0.0.
      yield* bob.call("dm", { to: "alice", content: "yes abcde" })
      expect(yield* nextOf(alice, verdicts)).toEqual({ request_id: "abcde", behavior: "allow" })
      yield* alice.notify(requests, request("abcdf"))
      yield* nextOf(bob, chat, "Permission request abcdf")
      yield* bob.call("dm", { to: "alice", content: "no abcdf" })
      expect(yield* nextOf(alice, verdicts)).toEqual({ request_id: "abcdf", behavior: "deny" })
      for (const [from, to, name] of [
        [alice, bob, "bob"],
        [bob, alice, "alice"]
      ] as const) {
        expect((yield* from.call("dm", { to: name, content: "after" })).json).toMatchObject({ success: true })
        const { meta } = yield* nextOf(to, chat, "after")
        expect(meta?.["from_proof"]).toBeUndefined()
      }
      expect((yield* alice.call("register", { name: "alice2", role: "worker" })).isError).toBe(false)
      expect((yield* alice.call("register", { name: "alice", role: "worker" })).isError).toBe(false)

      yield* eventually(eager.call("who"), ({ isError }) => !isError)

      // One of 2.0.0 that comes now is told, and so is its command line.
      const late = yield* sessionAt(yield* temporaryHome, users.ben.url, "late", old)
      expect((yield* late.call("who")).json["error"]).toContain(
        "has a bus of a newer version of cc-dm. Update cc-dm."
      )
      const command = yield* released.ccdm(home, ["who"], { CC_DM_BUS_URL: users.ada.url })
      expect(command.stderr).toContain("Update cc-dm")

      // Ours takes the letter, reads what was written before as proven, and is the same person.
      const carol = yield* sessionAt(yield* temporaryHome, users.ben.url, "carol")
      expect(yield* nextOf(carol, chat)).toMatchObject({
        content: "a letter",
        meta: { from_session: "alice" }
      })
      const log = yield* ccdm(home, ["log", "--json", "--limit", "100"], { CC_DM_BUS_URL: users.ada.url })
      const lines = log.stdout.trim().split("\n")
      const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      expect(logged.find(({ message_id }) => message_id === told.json["message_id"])).toMatchObject({
        content: "before",
        from_proof: "signed",
        state: "pushed"
      })
      expect(logged.filter(({ from_proof }) => from_proof !== "signed")).toEqual([])
      const again = yield* ccdm(home, ["send", "bob", "of the same", "--from", "deploy"], {
        CC_DM_BUS_URL: users.ada.url
      })
      expect(again).toMatchObject({ code: 0, stderr: "" })
      expect((yield* nextOf(bob, chat, "of the same")).meta?.["from_proof"]).toBeUndefined()

      // The conversation of one of 2.0.0 goes on with ours, as the same session.
      const id = idIn((yield* alice.call("who")).json, "alice")
      yield* settled(database)
      yield* alice.kill("SIGKILL")
      yield* alice.ended
      const resumed = yield* sessionAt(home, users.ada.url, "alice", { env: relay })
      const { json } = yield* eventually(resumed.call("who"), ({ json }) => idIn(json, "alice") !== "")
      expect(idIn(json, "alice")).toBe(id)
      yield* resumed.call("dm", { to: "bob", content: "still me" })
      const { meta } = yield* nextOf(bob, chat, "still me")
      expect(meta).toMatchObject({ from_session: "alice" })
      expect(meta?.["from_proof"]).toBeUndefined()
    })
  )

  withPostgres(
    "is brought up to date by the superuser with all of it still its owner's",
    Effect.gen(function* () {
      const { database, home, released } = yield* busOf200()
      yield* database.sql("DROP SCHEMA cc_dm CASCADE")
      const owner = database.owner
      yield* database.sql(`ALTER ROLE "${owner}" CREATEROLE`)
      const made = yield* released.ccdm(home, ["bus", "init", "--url", database.socketUrl])
      expect(made).toMatchObject({ stderr: "" })
      expect((yield* init(home, asSuperuser(database))).stdout).toContain("is brought up to date")
      const others = `SELECT count(*) FROM pg_proc, pg_namespace AS n
        WHERE pronamespace = n.oid AND nspname = 'cc_dm' AND proowner <> nspowner`
      expect(yield* database.sql(others)).toBe("0")
      const tables = `SELECT string_agg(DISTINCT tableowner, ' ') FROM pg_tables WHERE schemaname = 'cc_dm'`
      expect(yield* database.sql(tables)).toBe(owner)
      // And so is one that is made by a user who may make no roles, where they are there.
      yield* database.sql(`DROP SCHEMA cc_dm CASCADE; ALTER ROLE "${owner}" NOCREATEROLE`)
      expect((yield* init(home, database.socketUrl)).stdout).toContain("The bus is in")
      yield* database.sql("DROP SCHEMA cc_dm CASCADE")
    })
  )

  withPostgres(
    "is as it was where its migration is killed in the middle, and is brought up to date the next time",
    Effect.gen(function* () {
      const { database, home, url } = yield* busOf200()
      const before = yield* dumpOf(database)
      // Somebody reads the table that the migration changes, so that it stops half way.
      const reader = Bun.spawn([programOf("psql"), "-X", "-q", "-d", url], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit"
      })
      reader.stdin.write("BEGIN; SELECT count(*) FROM cc_dm.messages;\n")
      reader.stdin.flush()
      const waits = (query: string) =>
        Effect.map(
          database.sql(
            `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND ${query}`
          ),
          Number
        )
      yield* eventually(waits("state = 'idle in transaction'"), (count) => count === 1)
      const child = Bun.spawn([program, "bus", "init", "--url", url], {
        cwd: home,
        env: { HOME: home, PATH: pathOf(home) },
        stdout: "ignore",
        stderr: "ignore"
      })
      yield* eventually(
        waits("wait_event_type = 'Lock' AND query LIKE '%ALTER TABLE messages%'"),
        (count) => count === 1
      )
      child.kill("SIGKILL")
      yield* Effect.promise(() => child.exited)
      reader.stdin.write("COMMIT;\n\\q\n")
      reader.stdin.end()
      yield* Effect.promise(() => reader.exited)
      yield* eventually(
        waits("pid <> pg_backend_pid() AND backend_type = 'client backend'"),
        (count) => count === 0
      )
      expect(yield* dumpOf(database)).toBe(before)
      expect(yield* versionsOf(database)).toBe("1")
      expect((yield* init(home, url)).stdout).toContain("is brought up to date")
      expect(yield* versionsOf(database)).toBe(all)
    })
  )

  withPostgres(
    "is brought up to date once by two who do it at once, and made once",
    Effect.gen(function* () {
      const { database, home, url } = yield* busOf200()
      const both = Effect.map(
        Effect.all([init(home, url), init(home, url)], { concurrency: 2 }),
        (outcomes) =>
          outcomes.map(({ code, stderr, stdout }) => `${code}${stderr}${stdout.split("\n")[0]}`).sort()
      )
      const [one = "", other = ""] = yield* both
      expect(one).toMatch(/^0The bus in .* is brought up to date\.$/)
      expect(other).toMatch(/^0There is a bus in .* already\.$/)
      yield* database.sql("DROP SCHEMA cc_dm CASCADE")
      const [made = "", there = ""] = yield* both
      expect(made).toMatch(/^0The bus is in /)
      expect(there).toMatch(/^0There is a bus in .* already\.$/)
      expect(yield* versionsOf(database)).toBe(all)
    })
  )
})

describe("a bus", () => {
  withPostgres(
    "that is new has had every file, and is what one of 2.0.0 becomes",
    Effect.gen(function* () {
      const { database, home, url } = yield* busOf200()
      yield* init(home, url)
      const fresh = yield* freshDatabase()
      expect((yield* init(home, asSuperuser(fresh))).stdout).toContain("The bus is in")
      expect(yield* versionsOf(fresh)).toBe(all)
      expect(yield* dumpOf(fresh)).toBe(yield* dumpOf(database))
      const names = "SELECT string_agg(migration_id || ' ' || name, ', ' ORDER BY 1) FROM cc_dm.migrations"
      expect(yield* fresh.sql(names)).toBe(yield* database.sql(names))
    })
  )

  withPostgres(
    "that a newer version made, that lacks a step, or that is none, is left as it is",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const database = yield* freshDatabase()
      const url = asSuperuser(database)
      yield* init(home, url)
      const left = Effect.fnUntraced(function* (change: string, words: string) {
        yield* database.sql(`SET search_path = cc_dm; ${change}`)
        const before = yield* dumpOf(database)
        const { code, stderr } = yield* init(home, url)
        expect([code, stderr]).toEqual([1, expect.stringContaining(words)])
        expect(yield* dumpOf(database)).toBe(before)
      })
      yield* left(
        `INSERT INTO versions (version) VALUES (${latest + 1})`,
        `has a bus of a newer version of cc-dm (${latest + 1}, and this one knows ${latest}). Update cc-dm.`
      )
      const who = yield* ccdm(home, ["who"], { CC_DM_BUS_URL: url })
      expect(who.stderr).toContain("has a bus of a newer version of cc-dm. Update cc-dm.")
      yield* left(
        `DELETE FROM versions WHERE version IN (1, ${latest + 1})`,
        `has a bus that lacks a migration (it has ${all.slice(2).replaceAll(" ", ", ")})`
      )
      yield* left(
        "DROP SCHEMA cc_dm CASCADE; CREATE SCHEMA cc_dm; CREATE TABLE cc_dm.others (id INTEGER)",
        "has a schema cc_dm that is not a bus"
      )
    })
  )

  withPostgres(
    "can't be made by a user who may make no schema, and is told so",
    Effect.gen(function* () {
      const { database, home, users } = yield* busOf200("ada")
      yield* database.sql("DROP SCHEMA cc_dm CASCADE")
      const { code, stderr } = yield* init(home, users.ada.url)
      expect(code).toBe(1)
      expect(stderr).toContain(
        "does not give this user the rights it needs. Run cc-dm bus init as a user who may make schemas and roles there."
      )
      expect(yield* database.sql("SELECT to_regnamespace('cc_dm') IS NULL")).toBe("t")
    })
  )
})
