/** How sessions reach a bus in PostgreSQL: addresses, encryption, passwords, the one connection, and whose clock it is. */
import { describe, expect } from "bun:test"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Result, type Scope } from "effect"
import { readBusUrl } from "../../src/bus/engine/postgres/BusUrl.ts"
import { connect } from "../../src/bus/engine/postgres/PostgresClient.ts"
import { eventually } from "../../testkit/eventually.ts"
import {
  builtServer,
  type ClaudeCode,
  flooding,
  named,
  sessionsIn,
  startReady
} from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { postgresBus, sessionOn } from "../../testkit/postgres/bus.ts"
import { freshDatabase, sharedPostgres } from "../../testkit/postgres/databases.ts"
import { startPostgres } from "../../testkit/postgres/Postgres.ts"
import { fakeTime, withFakeTime } from "../support/mounts.ts"
import { networks, onNetworks, onNetworksMeanwhile } from "../support/networks.ts"
import { withPostgres } from "../support/withPostgres.ts"

const withParameters = (url: string, parameters: Readonly<Record<string, string>>) =>
  `${url}?${new URLSearchParams(parameters)}`

/** What a session with this address says of its bus: what is wrong, or that all is well. */
const saidOf = Effect.fnUntraced(function* (url: string, env: Readonly<Record<string, string>> = {}) {
  const session = yield* sessionOn(url, "alice", env)
  const { isError, json } = yield* session.call("who")
  yield* session.closeStdin
  yield* session.ended
  const said = isError ? String(json["error"]) : "all is well"
  return { said, everything: `${session.stderr()}${session.lines().join("")}` }
})

const decided = (url: string, words: string, env?: Readonly<Record<string, string>>) =>
  Effect.map(saidOf(url, env), ({ everything, said }) => {
    expect(said).toContain(words)
    return everything
  })

describe("an address", () => {
  withPostgres(
    "that does not lead to the bus is an error in plain words, and shows no password",
    Effect.gen(function* () {
      const server = yield* sharedPostgres
      const { users } = yield* postgresBus(["ada"])
      const { ada } = users
      const empty = yield* freshDatabase()
      const other = yield* startPostgres({ tls: true })
      const named = yield* startPostgres({ tls: true, names: ["db.example.com"] })
      const elsewhere = named.url("postgres", ada.password)
      const trusted = { sslrootcert: named.caFile }
      // It takes connections, and says nothing: what a firewall or a stuck server looks like.
      const silent = yield* Effect.acquireRelease(
        Effect.sync(() => Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } })),
        (listener) => Effect.sync(() => listener.stop(true))
      )
      const wrong = (change: (url: URL) => void) => {
        const url = new URL(ada.tcpUrl)
        change(url)
        return url.href
      }
      const verified = { sslmode: "verify-full", sslrootcert: server.caFile }
      const cases: ReadonlyArray<readonly [url: string, words: string]> = [
        [ada.tcpUrl, "all is well"],
        [withParameters(ada.tcpUrl, verified), "all is well"],
        [withParameters(ada.tcpUrl, { ...verified, sslmode: "require" }), "all is well"],
        [
          wrong((url) => (url.password = "wrong-secret")),
          `does not let this user in (${JSON.stringify(`password authentication failed for user "${ada.name}"`)})`
        ],
        [wrong((url) => (url.password = "")), "does not let this user in"],
        [
          wrong((url) => (url.pathname = "/nowhere")),
          "names a database that does not exist. Create it with createdb"
        ],
        [wrong((url) => (url.port = "1")), "does not answer"],
        [
          wrong((url) => (url.port = String(silent.port))),
          "does not answer. Start the server, or check the address"
        ],
        [wrong((url) => (url.hostname = "no-such-host.invalid")), "can't be found"],
        [empty.url, "has no bus in it. Ask the owner of the database to run this once: cc-dm bus init"],
        [
          withParameters(ada.tcpUrl, { sslmode: "verify-full", sslrootcert: other.caFile }),
          "has a certificate from an unknown authority"
        ],
        [
          withParameters(elsewhere, { ...trusted, sslmode: "verify-full" }),
          "has a certificate for another name"
        ],
        [withParameters(elsewhere, { ...trusted, sslmode: "verify-ca" }), "does not let this user in"],
        [
          withParameters(ada.tcpUrl, { sslmode: "verify-full" }),
          "has a certificate from an unknown authority"
        ],
        [withParameters(ada.tcpUrl, { sslmode: "sometimes" }), "sslmode must be one of"],
        [withParameters(ada.tcpUrl, { ...verified, sslrootcert: "/nowhere.crt" }), "can't be read"],
        [
          withParameters(other.url("postgres", ada.password), { sslmode: "disable" }),
          'does not let this user in ("no pg_hba.conf entry'
        ],
        [`postgres://ada:${ada.password}%zz@127.0.0.1/x`, "is not an address such as"],
        [`mysql://ada:${ada.password}@127.0.0.1/x`, "must begin with postgres://"],
        [`postgres://ada:${ada.password}@db.example.com/x?sslmode=prefer`, "may send unencrypted"]
      ]
      const logs = yield* Effect.forEach(cases, ([url, words]) => decided(url, words), { concurrency: 4 })
      for (const log of logs) {
        expect(log).not.toContain(ada.password)
        expect(log).not.toContain("wrong-secret")
      }
    })
  )

  withPostgres(
    "takes the password from PGPASSWORD, or from a ~/.pgpass that is the user's alone, and keeps it there",
    Effect.gen(function* () {
      const { server, sql, users } = yield* postgresBus(["ada"])
      const { ada } = users
      const bare = ada.tcpUrl.replace(`:${ada.password}@`, "@")
      const logs = [yield* decided(bare, "all is well", { PGPASSWORD: ada.password })]
      const home = yield* temporaryHome
      const file = join(home, ".pgpass")
      const line = `127.0.0.1:*:*:${ada.name}:${ada.password}`
      writeFileSync(file, `# mine\nelse:*:*:*:no\n${line}\n`, { mode: 0o600 })
      logs.push(yield* decided(bare, "all is well", { HOME: home }))
      for (const open of [0o644, 0o640]) {
        chmodSync(file, open)
        logs.push(yield* decided(bare, "does not let this user in", { HOME: home }))
      }
      chmodSync(file, 0o600)
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      const config = join(home, ".cc-dm/config.json")
      writeFileSync(config, JSON.stringify({ bus_url: bare }), { mode: 0o600 })
      const session = yield* startReady({ home, env: named("alice", flooding) })
      expect((yield* session.call("who")).json).toMatchObject({ count: 1 })
      logs.push(session.stderr() + session.lines().join(""))
      chmodSync(config, 0o644)
      const other = yield* startReady({ home, env: named("bob", flooding) })
      const { json } = yield* other.call("who")
      expect(json["error"]).toContain(`can be read by others: chmod 600 ${config}`)
      const rows = yield* sql(
        "SELECT string_agg(t::text, '') FROM (SELECT s::text FROM cc_dm.sessions AS s UNION ALL SELECT m::text FROM cc_dm.messages AS m) AS t"
      )
      for (const text of [...logs, rows, server.log()]) expect(text).not.toContain(ada.password)
    })
  )
})

/** The log of a server that writes down every statement, as which process ran what. */
const statementsIn = (log: string) =>
  log.split("\n").flatMap((line) => {
    const found = /\[(\d+)\] \S+ LOG: {2}(?:statement|execute [^:]+): (.*)/.exec(line)
    return found === null ? [] : [{ pid: found[1] ?? "", text: found[2] ?? "" }]
  })

describe("a session in rest", () => {
  withPostgres(
    "has one connection, and is woken by what it is sent alone; a broadcast is one statement and one commit",
    Effect.gen(function* () {
      const server = yield* startPostgres({ settings: { log_statement: "all" } })
      const { sql, users } = yield* postgresBus(["ada"], { server })
      const sessions = yield* Effect.forEach(
        ["a", "b", "c", "d", "e"],
        (name) => sessionOn(users.ada.url, name),
        { concurrency: "unbounded" }
      )
      const [a, b, c] = sessions as [ClaudeCode, ClaudeCode, ClaudeCode]
      yield* Effect.forEach(sessions, (session) => session.call("who"), { discard: true })
      yield* Effect.sleep("1200 millis")
      const connected = `SELECT count(*), count(DISTINCT pid) FROM pg_stat_activity WHERE usename = '${users.ada.name}'`
      expect(yield* sql(connected)).toBe("5|5")

      const before = server.log().length
      yield* a.call("dm", { to: "b", content: "for b alone" })
      expect((yield* b.next).params.content).toBe("for b alone")
      yield* Effect.sleep("700 millis")
      const busy = new Set(statementsIn(server.log().slice(before)).map(({ pid }) => pid))
      expect(busy.size).toBe(2)

      const start = server.log().length
      const { json } = yield* a.call("broadcast", { content: "for all" })
      expect(json["recipientCount"]).toBe(4)
      for (const session of sessions.slice(1)) expect((yield* session.next).params.content).toBe("for all")
      const said = statementsIn(server.log().slice(start))
      const writer = said.find(({ text }) => text.startsWith("INSERT INTO messages"))?.pid
      expect(said.filter(({ text }) => text.startsWith("INSERT INTO messages"))).toHaveLength(1)
      expect(said.filter(({ pid, text }) => pid === writer && /^(BEGIN|COMMIT)/.test(text))).toEqual([])
      expect(yield* sql(connected)).toBe("5|5")
      yield* c.closeStdin
      yield* eventually(sql(connected), (counts) => counts === "4|4")
    })
  )
})

describe("a machine that vanishes", () => {
  withPostgres(
    "leaves its locks and its connection for a minute at most",
    Effect.gen(function* () {
      const { users } = yield* postgresBus(["ada"])
      const { config } = Result.getOrThrow(readBusUrl(users.ada.tcpUrl))
      const { sql } = yield* Effect.orDie(connect(config))
      const [found] = yield* Effect.orDie(
        sql.unsafe(
          `SELECT current_setting('tcp_keepalives_idle')::int + current_setting('tcp_keepalives_interval')::int
              * current_setting('tcp_keepalives_count')::int AS connection,
            current_setting('idle_in_transaction_session_timeout') AS transaction`
        )
      )
      expect(found).toEqual({ connection: 60, transaction: "20s" })
    })
  )
})

/** Starts a session whose clock is off, by seconds that a file says and that may change. */
const withClock = (url: string, name: string, seconds: number) =>
  Effect.gen(function* () {
    const home = yield* temporaryHome
    const file = join(home, "clock")
    const set = (by: number) => writeFileSync(file, `${by < 0 ? "" : "+"}${by}`)
    set(seconds)
    const session = yield* sessionOn(url, name, {
      LD_PRELOAD: fakeTime ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1"
    })
    return { session, set }
  })

const clocks = (name: string, body: Effect.Effect<void, never, Scope.Scope>) => withFakeTime(name, body)

describe("machines whose clocks differ", () => {
  clocks(
    "by an hour write to each other as if they did not, also when one is set while its session runs",
    Effect.gen(function* () {
      const { sql, users } = yield* postgresBus(["ada"])
      const { session: early, set } = yield* withClock(users.ada.url, "early", -3_600)
      const { session: late } = yield* withClock(users.ada.url, "late", 3_600)
      const right = yield* sessionOn(users.ada.url, "right")
      const all = [
        ["early", early],
        ["late", late],
        ["right", right]
      ] as const
      const everybodyWrites = Effect.gen(function* () {
        for (const [name, session] of all)
          for (const [other, receiver] of all)
            if (other !== name) {
              const content = `${name} to ${other} ${Math.random()}`
              expect((yield* session.call("dm", { to: other, content })).json).toMatchObject({
                success: true
              })
              expect((yield* receiver.next).params.content).toBe(content)
            }
        for (const [, session] of all) {
          const { json } = yield* session.call("who")
          expect(sessionsIn(json).map(({ name }) => name)).toEqual(["early", "late", "right"])
          for (const { last_seen } of sessionsIn(json))
            expect(Math.abs(Date.parse(last_seen) - Date.now())).toBeLessThan(40_000)
        }
      })
      yield* everybodyWrites
      // None of them sweeps another away, or its messages: here they do at once what they do each minute.
      set(7_200)
      yield* Effect.sleep("1200 millis")
      yield* everybodyWrites
      set(-7_200)
      yield* Effect.sleep("1200 millis")
      yield* everybodyWrites
      const off =
        "SELECT count(*) FROM cc_dm.messages WHERE abs(extract(epoch FROM created_at::timestamptz - now())) > 30"
      expect(yield* sql(off)).toBe("0")
      expect(
        yield* sql(
          "SELECT count(*) FROM cc_dm.sessions WHERE abs(extract(epoch FROM last_seen::timestamptz - now())) > 40"
        )
      ).toBe("0")
    })
  )
})

describe("a laptop that slept", () => {
  withPostgres(
    "is back by itself, under its name, although it was taken off the roster and its connection is gone",
    Effect.gen(function* () {
      const { sql, users } = yield* postgresBus(["ada"])
      const alice = yield* sessionOn(users.ada.url, "alice")
      const bob = yield* sessionOn(users.ada.url, "bob")
      yield* bob.kill("SIGSTOP")
      expect((yield* alice.call("dm", { to: "bob", content: "while asleep" })).json).toMatchObject({
        success: true
      })
      yield* sql("DELETE FROM cc_dm.sessions WHERE name = 'bob'")
      yield* sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${users.ada.name}'
          AND query NOT LIKE '%notify%' ORDER BY backend_start DESC LIMIT 1`
      )
      expect((yield* alice.call("who")).json["count"]).toBe(1)
      yield* bob.kill("SIGCONT")
      expect((yield* bob.next).params.content).toBe("while asleep")
      yield* eventually(alice.call("who"), ({ json }) => json["count"] === 2)
      expect((yield* alice.call("dm", { to: "bob", content: "awake" })).isError).toBe(false)
      expect((yield* bob.next).params.content).toBe("awake")
    })
  )
})

/** Three machines, one of which has a server that speaks TLS where `tls` says so. */
const threeMachines = (options: { readonly tls?: boolean; readonly plain?: boolean }) =>
  Effect.gen(function* () {
    const [first, second, third] = yield* networks(3)
    if (first === undefined || second === undefined || third === undefined) throw new Error("no networks")
    const server = yield* startPostgres({ ...options, within: first.within, address: first.address })
    const bus = yield* postgresBus(["ada"], { server })
    return { machines: [first, second, third] as const, server, bus, ada: bus.users.ada }
  })

describe("three machines", () => {
  onNetworks(
    "tell each other nothing in plain text, unless they are asked to by name",
    Effect.gen(function* () {
      const { ada, machines, server } = yield* threeMachines({ plain: true })
      const at = (url: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            const session = yield* sessionOn(url, "alice", {}, [...machines[1].within, ...builtServer])
            const { isError, json } = yield* session.call("who")
            return isError ? String(json["error"]) : "all is well"
          })
        )
      expect(yield* at(ada.tcpUrl)).toContain("can't be used")
      for (const mode of ["require", "verify-ca", "verify-full"])
        expect(yield* at(withParameters(ada.tcpUrl, { sslmode: mode }))).toContain("can't be used")
      for (const mode of ["prefer", "allow"])
        expect(yield* at(withParameters(ada.tcpUrl, { sslmode: mode }))).toContain("may send unencrypted")
      expect(server.log()).not.toContain(ada.name)
      expect(yield* at(withParameters(ada.tcpUrl, { sslmode: "disable" }))).toBe("all is well")
    })
  )
})

onNetworksMeanwhile(
  "three machines go on with each other when a cable is pulled, and the one behind it is back by itself",
  Effect.gen(function* () {
    const { ada, machines, server } = yield* threeMachines({ tls: true })
    const url = withParameters(ada.tcpUrl, { sslmode: "verify-full", sslrootcert: server.caFile })
    const [alice, bob, carol] = (yield* Effect.forEach(
      ["alice", "bob", "carol"],
      (name, index) => sessionOn(url, name, {}, [...machines[index]!.within, ...builtServer]),
      { concurrency: "unbounded" }
    )) as [ClaudeCode, ClaudeCode, ClaudeCode]
    yield* machines[2].cut
    expect((yield* alice.call("dm", { to: "bob", content: "still here" })).isError).toBe(false)
    expect((yield* bob.next).params.content).toBe("still here")
    const { isError, json } = yield* carol.call("dm", { to: "bob", content: "from nowhere" })
    expect(isError).toBe(true)
    expect(json["error"]).toContain("nothing was answered for 10 s")
    yield* machines[2].heal
    yield* eventually(carol.call("dm", { to: "bob", content: "back again" }), ({ isError }) => !isError)
    const received = [yield* bob.next]
    while (received.at(-1)?.params.content !== "back again") received.push(yield* bob.next)
    // It was refused before it was written.
    expect(received.map(({ params }) => params.content)).toEqual(["back again"])
  })
)
