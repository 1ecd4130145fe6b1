/** The support for tests on PostgreSQL does what it says. */
import { describe, expect } from "bun:test"
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect, Exit, Fiber } from "effect"
import { mustRun } from "../../scripts/support/run.ts"
import { eventually } from "../../testkit/eventually.ts"
import { addRole, freshDatabase, sharedPostgres } from "../../testkit/postgres/databases.ts"
import { type Postgres, psql, startPostgres } from "../../testkit/postgres/Postgres.ts"
import { reasonAgainstPostgres } from "../../testkit/postgres/programs.ts"
import { startStandby } from "../../testkit/postgres/standby.ts"
import { startForwarder } from "../support/forwarder.ts"
import { networks, onNetworks } from "../support/networks.ts"
import { withPostgres } from "../support/withPostgres.ts"

/** What an effect died of. */
const causeOf = <A>(effect: Effect.Effect<A>) =>
  Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? String(exit.cause) : "it succeeded"))

const parameters = (values: Readonly<Record<string, string>>) => `?${new URLSearchParams(values)}`

const verified = ({ caFile }: Postgres) => parameters({ sslmode: "verify-full", sslrootcert: caFile })

/** The time until an effect is over, in milliseconds. */
const timeOf = <A>(effect: Effect.Effect<A>) =>
  Effect.gen(function* () {
    const begun = performance.now()
    yield* effect
    return performance.now() - begun
  })

/** Waits until a server works on one `pg_sleep`. */
const isAsleep = (server: Postgres) =>
  eventually(
    server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"),
    (count) => count === "1"
  )

const commandLines = Effect.promise(() => mustRun(["ps", "-A", "-o", "args="]))

describe("a server", () => {
  withPostgres(
    "comes back with what was committed after it was stopped, and after it was killed",
    Effect.gen(function* () {
      const server = yield* startPostgres()
      yield* server.sql("CREATE TABLE kept (n int)")
      yield* server.sql("INSERT INTO kept VALUES (1)")
      yield* server.restart("fast")
      yield* server.sql("INSERT INTO kept VALUES (2)")
      yield* server.restart("immediate")
      yield* server.sql("INSERT INTO kept VALUES (3)")
      yield* server.kill
      expect(yield* causeOf(server.sql("SELECT 1"))).toContain("Connection refused")
      yield* server.start
      expect(yield* server.sql("SELECT n FROM kept ORDER BY n")).toBe("1\n2\n3")
      expect(server.log()).toContain("automatic recovery in progress")
    })
  )

  withPostgres(
    "says what is wrong with SQL, and takes settings",
    Effect.gen(function* () {
      const server = yield* startPostgres({ maxConnections: 7, settings: { work_mem: "1MB" } })
      expect(yield* causeOf(server.sql("SELECT nothing"))).toContain('column "nothing" does not exist')
      expect(yield* server.sql("SHOW max_connections")).toBe("7")
      expect(yield* server.sql("SHOW work_mem")).toBe("1MB")
      expect(yield* server.sql("SHOW fsync")).toBe("on")
    })
  )

  withPostgres(
    "lets in over TCP who has a password, speaks TLS and trusts its authority",
    Effect.gen(function* () {
      const server = yield* startPostgres({ tls: true })
      const other = yield* startPostgres({ tls: true, names: ["elsewhere.example"] })
      for (const each of [server, other]) yield* addRole(each, "ada", "s3cret/")
      const url = server.url("ada", "s3cret/", "postgres")
      const who = "SELECT current_user || ' ' || version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
      expect(yield* psql(url + verified(server), who)).toStartWith("ada TLSv1.")
      expect(yield* psql(server.socketUrl("ada", "s3cret/"), "SELECT current_user")).toBe("ada")

      const refusals: ReadonlyArray<readonly [string, string]> = [
        [server.url("ada", "wrong") + verified(server), "password authentication failed"],
        [server.socketUrl("ada", "wrong"), "password authentication failed"],
        [server.url(server.superuser) + verified(server), "no password supplied"],
        [url + parameters({ sslmode: "disable" }), "no encryption"],
        [url + verified(other), "certificate verify failed"],
        [other.url("ada", "s3cret/") + verified(other), "does not match host name"]
      ]
      for (const [way, why] of refusals) expect(yield* causeOf(psql(way, "SELECT 1"))).toContain(why)
    })
  )

  withPostgres(
    "lets in whoever speaks no TLS where it may",
    Effect.gen(function* () {
      const server = yield* startPostgres({ plain: true })
      yield* addRole(server, "ada", "secret")
      expect(yield* psql(server.url("ada", "secret"), "SELECT current_user")).toBe("ada")
    })
  )

  withPostgres(
    "refuses a database to everybody, ends who is there, and allows it again",
    Effect.gen(function* () {
      const server = yield* startPostgres()
      const database = yield* freshDatabase(server)
      const asleep = yield* Effect.forkChild(causeOf(database.sql("SELECT pg_sleep(50)")))
      yield* isAsleep(server)
      yield* server.refuse(database.name)
      expect(yield* Fiber.join(asleep)).toContain("terminating connection")
      expect(yield* causeOf(database.sql("SELECT 1"))).toContain("not currently accepting connections")
      yield* server.allow(database.name)
      expect(yield* database.sql("SELECT 1")).toBe("1")
    })
  )

  withPostgres(
    "stands still, and goes on where it was",
    Effect.gen(function* () {
      const server = yield* startPostgres()
      yield* server.pauseAll
      const answer = yield* Effect.forkChild(timeOf(server.sql("SELECT 1")))
      yield* Effect.sleep("400 millis")
      yield* server.resumeAll
      expect(yield* Fiber.join(answer)).toBeGreaterThan(350)
    })
  )
})

describe("what is left of servers", () => {
  /** The numbers of the pieces of shared memory that a server asked the kernel for; where that is Linux. */
  const memory = () =>
    existsSync("/proc/sysvipc/shm")
      ? [...readFileSync("/proc/sysvipc/shm", "utf8").matchAll(/^ *\S+ +(\d+) /gm)].map(([, id]) => id)
      : []
  const memoryOf = ({ socketFolder }: Postgres) =>
    readFileSync(join(socketFolder, "data/postmaster.pid"), "utf8").split("\n")[6]?.trim().split(/ +/)[1]

  const states: ReadonlyArray<readonly [string, (server: Postgres) => Effect.Effect<void>]> = [
    ["that ran", () => Effect.void],
    ["that stood still", (server) => server.pauseAll],
    ["that was killed", (server) => server.kill],
    ["that was stopped", (server) => server.stop()],
    ["whose test failed", () => Effect.die("the test failed")]
  ]
  for (const [which, bringInto] of states)
    withPostgres(
      `is nothing after the scope of one ${which}`,
      Effect.gen(function* () {
        let folder = ""
        let piece: string | undefined
        yield* Effect.exit(
          Effect.scoped(
            Effect.gen(function* () {
              const server = yield* startPostgres()
              folder = server.socketFolder
              piece = memoryOf(server)
              if (memory().length > 0) expect(memory()).toContain(piece)
              yield* bringInto(server)
            })
          )
        )
        expect(folder).not.toBe("")
        expect(existsSync(folder)).toBe(false)
        expect(yield* commandLines).not.toContain(folder)
        expect(memory()).not.toContain(piece)
      })
    )

  withPostgres(
    "is nothing after their process was killed",
    Effect.gen(function* () {
      const script = `
        import { Effect } from "effect"
        import { sharedPostgres } from "${join(import.meta.dir, "../../testkit/postgres/databases.ts")}"
        console.log((await Effect.runPromise(sharedPostgres)).socketFolder)
        setInterval(() => {}, 1000)`
      const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] })
      const folder = yield* Effect.promise(
        () =>
          new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(String(text).trim())))
      )
      expect(yield* commandLines).toContain(folder)
      child.kill("SIGKILL")
      yield* eventually(
        Effect.sync(() => existsSync(dirname(folder))),
        (isThere) => !isThere
      )
      expect(yield* commandLines).not.toContain(folder)
    })
  )
})

describe("a fresh database", () => {
  withPostgres(
    "is empty, its owner's, and gone with its scope",
    Effect.gen(function* () {
      const server = yield* sharedPostgres
      const names = yield* Effect.scoped(
        Effect.gen(function* () {
          const one = yield* freshDatabase()
          const other = yield* freshDatabase()
          expect(other.name).not.toBe(one.name)
          expect(other.server).toBe(one.server)
          for (const url of [one.url + verified(server), one.url, one.socketUrl])
            expect(yield* psql(url, "SELECT current_user || ' in ' || current_database()")).toBe(
              `${one.owner} in ${one.name}`
            )
          yield* psql(one.url, "CREATE TABLE mine (n int)")
          expect(yield* one.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'mine'")).toBe(one.owner)
          expect(yield* other.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).toBe("0")
          return [one.name, other.name]
        })
      )
      const list = names.map((name) => `'${name}'`).join(",")
      expect(yield* server.sql(`SELECT count(*) FROM pg_database WHERE datname IN (${list})`)).toBe("0")
      expect(yield* server.sql(`SELECT count(*) FROM pg_roles WHERE rolname IN (${list})`)).toBe("0")
    })
  )

  withPostgres(
    "may be used by a role that has what its owner has",
    Effect.gen(function* () {
      const server = yield* startPostgres({ plain: true })
      const database = yield* freshDatabase(server)
      yield* psql(database.url, "CREATE TABLE mine (n int)")
      yield* addRole(server, "ada", "secret", database.owner)
      yield* addRole(server, "eve", "secret")
      const as = (name: string) =>
        psql(server.url(name, "secret", database.name), "SELECT count(*) FROM mine")
      expect(yield* as("ada")).toBe("0")
      expect(yield* causeOf(as("eve"))).toContain("permission denied")
    })
  )
})

describe("a forwarder", () => {
  /** A server, and a way to it through a forwarder. */
  const reached = Effect.gen(function* () {
    const { server, url } = yield* freshDatabase()
    const forwarder = yield* startForwarder(server)
    return { forwarder, server, url: forwarder.through(url) }
  })

  withPostgres(
    "passes on much, cuts, and heals",
    Effect.gen(function* () {
      const { forwarder, server, url } = yield* reached
      expect(yield* psql(url + verified(server), "SELECT length(repeat('x', 3000000))")).toBe("3000000")
      expect((yield* psql(url, "SELECT repeat('x', 3000000)")).length).toBe(3_000_000)
      const asleep = yield* Effect.forkChild(causeOf(psql(url, "SELECT pg_sleep(50)")))
      yield* isAsleep(server)
      yield* forwarder.cut
      expect(yield* Fiber.join(asleep)).toMatch(/reset|closed/)
      expect(yield* causeOf(psql(url, "SELECT 1"))).toContain("Connection refused")
      yield* forwarder.heal
      expect(yield* psql(url, "SELECT 1")).toBe("1")
    })
  )

  withPostgres(
    "stalls, and then passes on what waited",
    Effect.gen(function* () {
      const { forwarder, url } = yield* reached
      const slow = yield* Effect.forkChild(psql(url, "SELECT 'slow' FROM pg_sleep(0.5)"))
      yield* Effect.sleep("300 millis")
      yield* forwarder.stall
      const late = yield* Effect.forkChild(timeOf(psql(url, "SELECT 1")))
      yield* Effect.sleep("600 millis")
      yield* forwarder.heal
      expect(yield* Fiber.join(slow)).toBe("slow")
      expect(yield* Fiber.join(late)).toBeGreaterThan(500)
    })
  )
})

describe("a standby", () => {
  withPostgres(
    "has what was written, and takes over at the same address",
    Effect.gen(function* () {
      const first = yield* startPostgres({ tls: true })
      const database = yield* freshDatabase(first)
      const standby = yield* startStandby(first, { synchronous: true })
      const forwarder = yield* startForwarder(first)
      const url = forwarder.through(database.url) + verified(first)
      yield* psql(url, "CREATE TABLE kept (n int)")
      yield* psql(url, "INSERT INTO kept VALUES (1)")
      yield* standby.caughtUp
      expect(yield* standby.sql("SELECT n FROM kept", database.name)).toBe("1")
      expect(yield* causeOf(standby.sql("CREATE TABLE more (n int)"))).toContain("read-only")
      yield* first.kill
      yield* standby.promote
      yield* forwarder.pointTo(standby)
      yield* psql(url, "INSERT INTO kept VALUES (2)")
      expect(yield* psql(url, "SELECT n FROM kept ORDER BY n")).toBe("1\n2")
    })
  )
})

describe("networks", () => {
  const withBoth = reasonAgainstPostgres === undefined ? onNetworks : withPostgres

  withBoth(
    "reach each other, and not whose cable is pulled",
    Effect.gen(function* () {
      const [home, one, other] = yield* networks(3)
      if (home === undefined || one === undefined || other === undefined)
        throw new Error("three were asked for")
      const server = yield* startPostgres({ tls: true, within: home.within, address: home.address })
      const { url } = yield* freshDatabase(server)
      const ask = ({ run }: typeof one) =>
        run("psql", `${url}${verified(server)}&connect_timeout=4`, "-Atc", "SELECT inet_client_addr()")
      expect((yield* ask(one)).trim()).toBe(one.address)
      expect((yield* ask(other)).trim()).toBe(other.address)
      yield* one.cut
      expect(yield* causeOf(ask(one))).toContain("timeout expired")
      expect((yield* ask(other)).trim()).toBe(other.address)
      yield* one.heal
      expect((yield* ask(one)).trim()).toBe(one.address)
    })
  )
})
