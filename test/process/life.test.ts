/** Every way in which a session ends: no process stays, and no row, but where the server itself was killed. */
import { describe, expect } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule } from "effect"
import { type ClaudeCode, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest, noFile, onFile } from "../support/underTest.ts"

const rows = (home: string) =>
  Effect.scoped(
    Effect.flatMap(outsider(home), ({ all }) => all<{ name: string }>("SELECT name FROM sessions"))
  )
/** The sockets in the bus folder; on PostgreSQL there are none. */
const expectDoorbells = (home: string, count: number) => {
  if (engineUnderTest === "sqlite") expect(readdirSync(join(home, ".cc-dm/doorbell"))).toHaveLength(count)
}

const ends: ReadonlyArray<readonly [string, (session: ClaudeCode) => Effect.Effect<void>]> = [
  ["SIGINT, as at a normal end", (session) => session.kill("SIGINT")],
  ["SIGTERM", (session) => session.kill("SIGTERM")],
  ["SIGHUP, as when a terminal closes", (session) => session.kill("SIGHUP")],
  ["the end of stdin, as when claude is killed", (session) => session.closeStdin],
  [
    "SIGINT and SIGTERM together",
    (session) => Effect.andThen(session.kill("SIGINT"), session.kill("SIGTERM"))
  ]
]

describe("a session that ends by", () => {
  for (const [what, end] of ends)
    it.live(
      what,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const session = yield* startReady({ home, env: named("alice") })
        expectDoorbells(home, 1)
        yield* end(session)
        expect(yield* session.ended).toMatchObject({ code: 0 })
        expect(yield* rows(home)).toEqual([])
        expectDoorbells(home, 0)
      })
    )

  it.live(
    "a stdout that nobody reads any more",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* startReady({ home, env: named("alice") })
      yield* session.closeStdout
      // What it answers before the pipe is really closed on this side, it can't know to be lost.
      const ping = session.write('{"jsonrpc":"2.0","id":99,"method":"ping"}\n')
      yield* Effect.forkScoped(Effect.repeat(ping, Schedule.spaced("100 millis")))
      expect(yield* session.ended).toMatchObject({ code: 0 })
      expect(yield* rows(home)).toEqual([])
    })
  )

  it.live(
    "SIGKILL of the server is found dead by the next who writes to it, and its name is free",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      yield* bob.kill("SIGKILL")
      yield* bob.ended
      expect(yield* rows(home)).toHaveLength(2)
      const lost = yield* alice.call("dm", { to: "bob", content: "are you there?" })
      expect(lost.isError).toBe(true)
      expect(lost.json["error"]).toContain('nobody called "bob"')
      expect(yield* rows(home)).toEqual([{ name: "alice" }])
      expectDoorbells(home, 1)
      const heir = yield* startReady({ home, env: named("bob") })
      expect((yield* heir.call("who")).json["_identity"]).toMatchObject({ name: "bob" })
    })
  )

  it.live(
    "SIGKILL leaves its name to the next who claims it, before any message or sweep",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: named("planner") })
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* startReady({ home, env: named("planner") })
      expect((yield* second.call("who")).json).toMatchObject({ count: 1, _identity: { name: "planner" } })
    })
  )

  it.live(
    "SIGKILL is not counted among those that a broadcast reached",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const carol = yield* startReady({ home, env: named("carol") })
      yield* bob.kill("SIGKILL")
      yield* bob.ended
      expect((yield* alice.call("broadcast", { content: "hello" })).json["recipientCount"]).toBe(1)
      expect((yield* carol.next).params.content).toBe("hello")
      const left = yield* Effect.scoped(
        Effect.flatMap(outsider(home), ({ all }) => all("SELECT id FROM messages WHERE delivered <> 1"))
      )
      expect(left).toEqual([])
    })
  )
})

onFile(noFile, describe)("starting", () => {
  it.live(
    "writes nothing but the bus folder",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* startReady({ home, env: named("alice") })
      yield* session.call("who")
      expect(readdirSync(home)).toEqual([".cc-dm"])
      expect(readdirSync(join(home, ".cc-dm")).sort()).toEqual([
        "bus.db",
        "bus.db-shm",
        "bus.db-wal",
        "doorbell",
        "secret"
      ])
      expect(existsSync(join(home, ".cc-dm/doorbell"))).toBe(true)
    })
  )
})
