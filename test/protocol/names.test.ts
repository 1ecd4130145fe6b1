/** Names that look like one in use, between real servers and at the command line. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named, nameIn, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn } from "../cli/run.ts"
import { sqlite, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldSession } from "../support/old.ts"
import { noOldServers, onFile } from "../support/underTest.ts"

describe("a name that looks like one in use", () => {
  it.live(
    "is not taken at the start: the session goes on under its id, and says why",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const mallory = yield* startReady({ home, env: named("аlice") })
      const { json } = yield* mallory.call("who")
      expect(nameIn(json)).toMatch(/^session-/)
      expect(json["_note"]).toContain(
        'goes by its id, since the name "аlice" (with U+0430) looks like "alice", which is in use'
      )
      expect(sessionsIn(json).map(({ name }) => name)).toEqual(["alice", nameIn(json)])
      yield* mallory.call("dm", { to: "alice", content: "it is me" })
      expect((yield* alice.next).params.meta).toMatchObject({ from_session: nameIn(json) })
    })
  )

  onFile(noOldServers, it.live)(
    "is not taken by register, also from a session of 1.3.1 or a person; one's own is changed freely",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("modern") })
      const bob = yield* startReady({ home, env: named("bob") })
      const { json } = yield* bob.call("who")
      const database = yield* sqlite(home)
      oldSession(database, "session-aaaaaaaaaaaa", "DEV1", sessionsIn(json)[0]?.last_seen ?? "")
      expect((yield* runIn(home)(["send", "bob", "hello", "--from", "ci-0"])).code).toBe(0)
      const register = (session: typeof alice, name: string) =>
        Effect.map(session.call("register", { name, role: "worker" }), ({ json }) => json["error"] ?? "")
      expect(yield* register(bob, "modem")).toContain('the name "modem" looks like "modern", which is in use')
      expect(yield* register(bob, "devl")).toContain('looks like "DEV1"')
      expect(yield* register(bob, "ci-o")).toContain('looks like "ci-0"')
      expect(yield* register(bob, "cc-drn")).toContain('must not look like "cc-dm"')
      expect(nameIn((yield* bob.call("who")).json)).toBe("bob")
      expect(yield* register(alice, "modem")).toBe("")
      expect(yield* register(bob, "modem-2")).toBe("")
    })
  )

  it.live(
    "is free as soon as its holder was killed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      yield* alice.kill("SIGKILL")
      yield* alice.ended
      const heir = yield* startReady({ home, env: named("a1ice") })
      expect(nameIn((yield* heir.call("who")).json)).toBe("a1ice")
    })
  )

  it.live(
    "is not written to: the error says who is meant",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      expect((yield* bob.call("dm", { to: "аlice", content: "x" })).json["error"]).toBe(
        'nobody called "аlice" (with U+0430) is on the bus now, but "alice", which looks like it, is, so nothing was sent; `who` lists who is'
      )
      const sent = yield* runIn(home)(["send", "rn", "x"])
      expect(sent.stderr).not.toContain("did you mean")
      const meant = yield* runIn(home)(["send", "аӏісе", "x"])
      expect(meant.code).toBe(3)
      expect(meant.stderr).toContain('did you mean "alice"?')
      expect(yield* alice.unread).toEqual([])
    })
  )

  it.live(
    "is no sender at the command line",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      yield* startReady({ home, env: named("bob") })
      const run = runIn(home)
      for (const args of [
        ["send", "bob", "x", "--from", "alicе"],
        ["broadcast", "x", "--from", "alicе"],
        ["inbox", "--name", "alicе"],
        ["listen", "--name", "alicе", "--once"]
      ]) {
        const { code, stderr } = yield* run(args)
        expect([args, code, stderr]).toMatchObject([
          args,
          1,
          expect.stringContaining('the name "alicе" (with U+0435) looks like "alice", which is in use')
        ])
      }
      const { code, stderr } = yield* run(["launch", "аӏl"])
      expect([code, stderr]).toMatchObject([2, expect.stringContaining('must not look like "all"')])
      expect(sessionsIn((yield* alice.call("who")).json)).toHaveLength(2)
    })
  )
})
