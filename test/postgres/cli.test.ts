/** The command line and a bus in PostgreSQL: `cc-dm bus`, `doctor`, and where the address stands. */
import { describe, expect } from "bun:test"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { latest } from "../../src/bus/engine/postgres/Migrations.ts"
import { BusJson, DoctorJson } from "../../src/cli/Json.ts"
import { flooding, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { postgresBus, sessionOn } from "../../testkit/postgres/bus.ts"
import { addRole, freshDatabase, sharedPostgres } from "../../testkit/postgres/databases.ts"
import { ccdm } from "../cli/command.ts"
import { readAs } from "../cli/run.ts"
import { it } from "../support/it.ts"
import { fakeTime, withFakeTime } from "../support/mounts.ts"
import { putOldFile } from "../support/old.ts"
import { withPostgres } from "../support/withPostgres.ts"

const statusOf = (home: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.map(ccdm(home, ["bus", "status", "--json"], env), ({ stdout }) => readAs(BusJson, stdout))

describe("cc-dm bus", () => {
  withPostgres(
    "init makes a bus once, as somebody who may, and says what to grant; status says which one it is",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { name, server, sql } = yield* freshDatabase()
      const url = server.socketUrl(server.superuser, undefined, name)
      const before = yield* statusOf(home, { CC_DM_BUS_URL: url })
      expect(before).toMatchObject({ engine: "postgres", there: false, schema: null })

      const made = yield* ccdm(home, ["bus", "init", "--url", url])
      expect(made).toMatchObject({ code: 0, stderr: "" })
      expect(made.stdout).toContain("The bus is in postgres://")
      expect(made.stdout).toContain('GRANT cc_dm_member TO "NAME";')
      expect((yield* ccdm(home, ["bus", "init", "--url", url])).stdout).toContain("There is a bus in")

      const role = `ada_${name}`
      yield* addRole(server, role, "her-secret")
      const hers = server.url(role, "her-secret", name)
      const refused = yield* ccdm(home, ["who"], { CC_DM_BUS_URL: hers })
      expect(refused.code).not.toBe(0)
      expect(refused.stderr).toMatch(/has no bus in it|does not give this user the rights/)
      yield* sql(`GRANT cc_dm_member TO "${role}"`)
      const session = yield* sessionOn(hers, "alice")
      yield* session.call("who")
      const after = yield* statusOf(home, { CC_DM_BUS_URL: hers })
      expect(after).toMatchObject({ there: true, schema: latest, user: role, encrypted: false, sessions: 1 })
      const words = yield* ccdm(home, ["bus", "status"], { CC_DM_BUS_URL: hers })
      expect(words.stdout).toContain("1 on the roster")
      expect(words.stdout + JSON.stringify(after)).not.toContain("her-secret")
      yield* session.closeStdin
      yield* session.ended
      yield* sql(`REVOKE cc_dm_member FROM "${role}"; DROP ROLE "${role}"`)
    })
  )

  withPostgres(
    "init by somebody who may not make a schema says so, and leaves nothing",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { sql, users } = yield* postgresBus(["ada"])
      yield* sql("DROP SCHEMA cc_dm CASCADE")
      const { code, stderr } = yield* ccdm(home, ["bus", "init", "--url", users.ada.url])
      expect(code).not.toBe(0)
      expect(stderr).toContain("does not give this user the rights it needs")
      expect(stderr).not.toContain(users.ada.password)
      expect(yield* sql("SELECT to_regnamespace('cc_dm') IS NULL")).toBe("t")
    })
  )

  withPostgres(
    "move takes a file's history along once, for its user alone, and leaves the file as it is",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { users } = yield* postgresBus(["ada", "ben"])
      const alice = yield* startReady({ home, env: named("alice", flooding) })
      const bob = yield* startReady({ home, env: named("bob", flooding) })
      yield* alice.call("dm", { to: "bob", content: "old words" })
      yield* bob.next
      const moved = yield* ccdm(home, ["bus", "move", "--to", users.ada.url])
      expect(moved.stdout).toContain("Copied 1 message")
      expect(moved.stderr).toContain("Still on the file: alice, bob")
      expect((yield* ccdm(home, ["bus", "move", "--to", users.ada.url])).stdout).toContain(
        "Copied 0 messages"
      )
      const log = (url: string) =>
        Effect.map(ccdm(home, ["log"], { CC_DM_BUS_URL: url }), ({ stdout }) => stdout)
      expect(yield* log(users.ada.url)).toContain("old words")
      expect(yield* log(users.ben.url)).not.toContain("old words")
      expect((yield* ccdm(home, ["log"])).stdout).toContain("old words")
      expect((yield* alice.call("dm", { to: "bob", content: "goes on" })).isError).toBe(false)
    })
  )

  withPostgres(
    "move takes along what a file of an older version holds, and leaves that file as it is",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { users } = yield* postgresBus(["ada"])
      const file = putOldFile(home, "1.0.0")
      const before = readFileSync(file)
      const moved = yield* ccdm(home, ["bus", "move", "--to", users.ada.url])
      expect(moved.stdout).toContain("Copied 2 messages")
      expect(moved.stderr).toContain("Still on the file: planner, backend")
      const log = yield* ccdm(home, ["log"], { CC_DM_BUS_URL: users.ada.url })
      expect(log.stdout.match(/left in the bus/g)).toHaveLength(2)
      expect(readFileSync(file).equals(before)).toBe(true)
    })
  )
})

describe("the address", () => {
  it.live(
    "shows no password wherever it was typed",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      for (const address of [
        "postgres://ada:12/secret-word@db.invalid/ccdm",
        "postgres:/ada:secret-word@db.invalid/ccdm"
      ])
        for (const args of [
          ["bus", "init", "--url", address],
          ["bus", "move", "--to", address],
          ["bus", "init", address],
          ["bus", "status", address],
          ["bus", "init", "--ulr", address],
          ["bus", address],
          [address]
        ]) {
          const { code, stderr, stdout } = yield* ccdm(home, args)
          expect(code).not.toBe(0)
          expect(stderr + stdout).not.toContain("secret-word")
        }
      for (const args of [["who"], ["doctor"], ["doctor", "--json"], ["bus", "status"], ["bus", "init"]]) {
        const { stderr, stdout } = yield* ccdm(home, args, {
          CC_DM_BUS_URL: "postgres://ada:12/secret-word@db.invalid/ccdm"
        })
        expect(stderr + stdout).toContain("has an @ after its first /")
        expect(stderr + stdout).not.toContain("secret-word")
      }
    })
  )

  withPostgres(
    "stands in config.json, which must be the user's alone; a variable comes before it",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { users } = yield* postgresBus(["ada", "ben"])
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      const file = join(home, ".cc-dm/config.json")
      writeFileSync(file, JSON.stringify({ bus_url: users.ada.url }), { mode: 0o600 })
      expect(yield* statusOf(home)).toMatchObject({ engine: "postgres", user: users.ada.name })
      expect(yield* statusOf(home, { CC_DM_BUS_URL: users.ben.url })).toMatchObject({ user: users.ben.name })
      for (const [content, mode, words] of [
        [JSON.stringify({ bus_url: users.ada.url }), 0o644, "can be read by others"],
        ["{", 0o600, "is not JSON"],
        ['{"bus_url": 7}', 0o600, "bus_url is not a string"]
      ] as const) {
        const other = yield* temporaryHome
        mkdirSync(join(other, ".cc-dm"), { mode: 0o700 })
        writeFileSync(join(other, ".cc-dm/config.json"), content, { mode })
        const { code, stderr, stdout } = yield* ccdm(other, ["who"])
        expect(code).not.toBe(0)
        expect(stderr + stdout).toContain(words)
        expect(stderr + stdout).not.toContain(users.ada.password)
      }
    })
  )
})

describe("doctor", () => {
  withPostgres(
    "says what is wrong with a bus in PostgreSQL, and shows no password",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const server = yield* sharedPostgres
      const { users } = yield* postgresBus(["ada", "wes"], { watchers: ["wes"] })
      const examine = Effect.fnUntraced(function* (url: string) {
        const { stdout } = yield* ccdm(home, ["doctor", "--json"], { CC_DM_BUS_URL: url })
        for (const { password } of Object.values(users)) expect(stdout).not.toContain(password)
        return readAs(DoctorJson, stdout)
          .findings.filter(({ check }) => ["bus", "encryption", "clocks", "connections"].includes(check))
          .map(({ message, state }) => `${state}: ${message}`)
          .join("\n")
      })
      const well = yield* examine(users.ada.tcpUrl)
      expect(well).toContain(`in which ${users.ada.name} takes part`)
      expect(well).toContain("ok: this machine's clock and the server's agree")
      expect(well).not.toContain("attention")
      expect(
        yield* examine(`${users.ada.tcpUrl}?sslmode=verify-full&sslrootcert=${server.caFile}`)
      ).toContain("ok: the connection to the server is encrypted")
      expect(yield* examine(users.wes.tcpUrl)).toContain("may look at the bus")
      expect(yield* examine(users.ada.tcpUrl.replace(users.ada.password, "wrong"))).toContain(
        "attention: postgres://"
      )
      expect(yield* examine(users.ada.tcpUrl.replace(/:\d+\//, ":1/"))).toContain("does not answer")
    })
  )
})

describe("what the command line says of times", () => {
  withFakeTime(
    "is by the bus's clock",
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const { users } = yield* postgresBus(["ada"])
      yield* sessionOn(users.ada.url, "alice")
      const { stdout } = yield* ccdm(home, ["who"], {
        CC_DM_BUS_URL: users.ada.url,
        LD_PRELOAD: fakeTime ?? "",
        FAKETIME: "+2h",
        FAKETIME_DONT_FAKE_MONOTONIC: "1"
      })
      expect(stdout).toContain("alice")
      expect(stdout).not.toMatch(/\b\dh|hour|120 ?min|\b2 h/)
    })
  )
})
