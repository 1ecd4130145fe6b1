/** A conversation goes on as the same session: after a crash of its server, and when it is resumed. */
import { describe, expect } from "bun:test"
import { readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Context, Effect, Layer } from "effect"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { sha256 } from "../../src/platform/System.ts"
import { idIn, named, nameIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { storage, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { noSockets, onFile } from "../support/underTest.ts"

const conversation = (id: string) => ({ CLAUDE_CODE_SESSION_ID: id })
const register = { name: "planner", role: "orchestrator", project: "myapp" }
const known = { name: "planner", role: "orchestrator", project: "myapp" }

describe("a server that starts in the same conversation", () => {
  for (const signal of ["SIGKILL", "SIGINT"] as const)
    it.live(
      `as one that ended by ${signal} is that session again: id, name, role and project`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const first = yield* startReady({ home, env: conversation("c-1") })
        yield* first.call("register", register)
        const id = idIn((yield* first.call("who")).json, "planner")
        yield* first.kill(signal)
        yield* first.ended
        const second = yield* startReady({ home, env: conversation("c-1") })
        const { json } = yield* second.call("who")
        expect(json["_note"]).toContain('"planner" (role orchestrator, project myapp)')
        expect(json["_note"]).not.toContain("/cc-dm:register")
        expect(json["_identity"]).toEqual(known)
        expect(idIn(json, "planner")).toBe(id)
        expect(json["count"]).toBe(1)
        const peer = yield* startReady({ home, env: named("peer") })
        yield* peer.call("dm", { to: "planner", content: "welcome back" })
        expect((yield* second.next).params.content).toBe("welcome back")
      })
    )

  it.live(
    "signs as that session still",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const peer = yield* startReady({ home, env: named("peer") })
      const env = { ...conversation("c-1"), ...named("planner") }
      const first = yield* startReady({ home, env })
      const id = idIn((yield* first.call("who")).json, "planner")
      yield* first.call("dm", { to: "peer", content: "before" })
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* startReady({ home, env })
      yield* second.call("dm", { to: "peer", content: "after" })
      for (const content of ["before", "after"]) {
        const { params } = yield* peer.next
        expect(params.content).toBe(content)
        expect(params.meta).not.toHaveProperty("from_proof")
      }
      const { json } = yield* peer.call("inbox", { unseen: false })
      expect(json["messages"]).toMatchObject([
        { content: "before", from_id: id },
        { content: "after", from_id: id }
      ])
    })
  )

  it.live(
    "gets what waited for it when its server died",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: { ...conversation("c-1"), ...named("planner") } })
      const peer = yield* startReady({ home, env: named("peer") })
      yield* first.kill("SIGSTOP")
      expect((yield* peer.call("dm", { to: "planner", content: "while you were away" })).isError).toBe(false)
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* startReady({ home, env: conversation("c-1") })
      expect((yield* second.next).params).toMatchObject({
        content: "while you were away",
        meta: { to_session: "planner" }
      })
    })
  )

  it.live(
    "follows its variables where they say something else",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: conversation("c-1") })
      yield* first.call("register", register)
      yield* first.kill("SIGINT")
      yield* first.ended
      const second = yield* startReady({ home, env: { ...conversation("c-1"), CC_DM_SESSION_NAME: "lead" } })
      expect((yield* second.call("who")).json["_identity"]).toEqual({ ...known, name: "lead" })
    })
  )

  it.live(
    "goes by its id where the name was taken meanwhile, and says so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: { ...conversation("c-1"), ...named("planner") } })
      yield* first.kill("SIGINT")
      yield* first.ended
      yield* startReady({ home, env: named("planner") })
      const second = yield* startReady({ home, env: conversation("c-1") })
      const { json } = yield* second.call("who")
      expect(nameIn(json)).toMatch(/^session-/)
      expect(json["_note"]).toContain('the name "planner" is held by another session')
    })
  )

  it.live(
    "while another one serves it is somebody else, and does not become its heir",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: conversation("c-1") })
      yield* first.call("register", register)
      // As `claude mcp list` does in the session's own shell.
      const visitor = yield* startReady({ home, env: conversation("c-1") })
      const { json } = yield* visitor.call("who")
      expect(nameIn(json)).toMatch(/^session-/)
      expect(json["count"]).toBe(2)
      yield* first.kill("SIGKILL")
      yield* first.ended
      yield* visitor.kill("SIGINT")
      yield* visitor.ended
      const second = yield* startReady({ home, env: conversation("c-1") })
      expect((yield* second.call("who")).json["_identity"]).toEqual(known)
    })
  )
})

describe("servers that start together in one conversation", () => {
  /** Planner's conversation, after its server was killed: its row still stands on the roster. */
  const killed = Effect.gen(function* () {
    const home = yield* temporaryFolder
    const first = yield* startReady({ home, env: { ...conversation("c-1"), ...named("planner") } })
    const id = idIn((yield* first.call("who")).json, "planner")
    yield* first.kill("SIGKILL")
    yield* first.ended
    return { home, id }
  })

  it.live(
    "find its session dead at the same moment, and one of them goes on as it",
    Effect.gen(function* () {
      const { home, id } = yield* killed
      const heirs = yield* Effect.replicateEffect(
        Effect.map(Layer.build(storage(home)), (context) => Context.get(context, Conversations)),
        3
      )
      // Each has looked before any writes: whether a doorbell answers is known only a turn later.
      const found = yield* Effect.forEach(heirs, (one) => one.resume("c-1"), { concurrency: "unbounded" })
      expect(found.map(({ _tag }) => _tag).sort()).toEqual(["Resumed", "Served", "Served"])
      expect(found.find(({ _tag }) => _tag === "Resumed")).toMatchObject({ who: { id, name: "planner" } })
    })
  )

  it.live(
    "are one heir and others, and a message to it arrives once",
    Effect.gen(function* () {
      const { home, id } = yield* killed
      const peer = yield* startReady({ home, env: named("peer") })
      const servers = yield* Effect.replicateEffect(startReady({ home, env: conversation("c-1") }), 3, {
        concurrency: "unbounded"
      })
      const names = yield* Effect.forEach(servers, (one) =>
        Effect.map(one.call("who"), ({ json }) => nameIn(json))
      )
      expect(names.filter((name) => name === "planner")).toHaveLength(1)
      expect(new Set(names).size).toBe(3)
      const { json } = yield* peer.call("who")
      expect(json["count"]).toBe(4)
      expect(idIn(json, "planner")).toBe(id)
      expect((yield* peer.call("dm", { to: "planner", content: "to one" })).isError).toBe(false)
      const heir = servers[names.indexOf("planner")]
      if (heir === undefined) throw new Error("nobody is planner")
      expect((yield* heir.next).params.content).toBe("to one")
      for (const other of servers) expect(yield* other.unread).toEqual([])
    })
  )
})

describe("another conversation", () => {
  onFile(noSockets, it.live)(
    "is not the session that a row by hand says it is, whose key and socket were removed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const victim = yield* startReady({ home, env: { ...conversation("c-victim"), ...named("planner") } })
      const peer = yield* startReady({ home, env: named("peer") })
      const id = idIn((yield* victim.call("who")).json, "planner")
      // It can't mend anything meanwhile.
      yield* victim.kill("SIGSTOP")
      const { run } = yield* outsider(home)
      yield* run("DELETE FROM session_keys WHERE session_id = ?", id)
      yield* run(
        "INSERT INTO conversations (conversation, session_id, name, role, served_at) VALUES (?, ?, 'planner', 'worker', '9999')",
        sha256("c-mallory"),
        id
      )
      for (const file of readdirSync(join(home, ".cc-dm"), { recursive: true }).map(String))
        if (file.includes(id.slice("session-".length))) rmSync(join(home, ".cc-dm", file))
      const mallory = yield* startReady({ home, env: conversation("c-mallory") })
      const { json } = yield* mallory.call("who")
      expect(nameIn(json)).toMatch(/^session-/)
      expect(nameIn(json)).not.toBe(id)
      yield* mallory.call("dm", { to: "peer", content: "yes abcde" })
      expect((yield* peer.next).params.meta?.["from_session"]).toBe(nameIn(json))
      // The session itself goes on.
      yield* victim.kill("SIGCONT")
      expect(nameIn((yield* victim.call("who")).json)).toBe("planner")
    })
  )
  it.live(
    "is somebody else, and reading the bus does not tell how to be the first",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: conversation("c-secret-1") })
      yield* first.call("register", register)
      yield* first.kill("SIGKILL")
      yield* first.ended
      const { all } = yield* outsider(home)
      const rows = yield* all<{ conversation: string }>("SELECT * FROM conversations")
      expect(rows).toHaveLength(1)
      expect(JSON.stringify(rows)).not.toContain("c-secret-1")
      const other = yield* startReady({ home, env: conversation(rows[0]?.conversation ?? "") })
      expect(nameIn((yield* other.call("who")).json)).toMatch(/^session-/)
    })
  )
})
