/** Whose answer to a permission request counts, whatever somebody writes into the bus by hand. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { atRest, joined, sqlite, temporaryFolder, toName } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldSend, oldSession } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest, noOldServers, onFile } from "../support/underTest.ts"

const request = {
  request_id: "abcde" as never,
  tool_name: "Bash",
  description: "List",
  input_preview: "ls"
}
const relay = { name: toName("backend"), approver: { _tag: "Session", name: toName("planner") } } as const
const answer = (content: string) => ({ to: "backend", content, metadata: {} })
const second = TestClock.adjust("1 seconds")
const old = "session-0123456789ab"

/** Backend asks planner; mallory was not asked. */
const asked = (more: object = {}) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const mallory = yield* joined(home, { name: toName("mallory") })
    const asker = yield* joined(home, { ...relay, ...more })
    const { run } = yield* outsider(home)
    const ask = Effect.andThen(
      Effect.sync(() => asker.pushed.ask(request)),
      second
    )
    return { asker, ask, home, mallory, run }
  })

const withPlanner = Effect.gen(function* () {
  const all = yield* asked()
  const planner = yield* joined(all.home, { name: toName("planner") })
  yield* all.ask
  return { ...all, planner }
})

const insertVerdict = `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind,
    sender_id, expires_at)
  SELECT 'planner', ?, 'yes abcde', '{"request":"' || nonce || '"}', 2, created_at, 2, 'permission_verdict', ?, '9999'
  FROM permission_requests`

describe("a verdict", () => {
  it.effect(
    "is none where it was written by hand, with all that the bus notes of an answer",
    Effect.gen(function* () {
      const { asker, planner, run } = yield* withPlanner
      yield* run(
        "UPDATE permission_requests SET behavior = 'allow', answered_by = ?, answered_at = created_at",
        planner.identity.id
      )
      yield* second
      expect(asker.pushed.messages).toEqual([])
      yield* run(insertVerdict, asker.identity.id, planner.identity.id)
      yield* second
      expect(asker.pushed.verdicts).toEqual([])
      expect(asker.pushed.messages).toMatchObject([{ kind: "chat", proof: "none", content: "yes abcde" }])
    })
  )

  it.effect(
    "is none from a session that was put among those who were asked",
    Effect.gen(function* () {
      const { asker, mallory, run } = yield* withPlanner
      yield* run(
        "INSERT INTO permission_asked SELECT asker_id, request_id, ? FROM permission_requests",
        mallory.identity.id
      )
      yield* run("UPDATE permission_requests SET asked = ?", JSON.stringify([mallory.identity.id]))
      yield* mallory.outbox.dm(answer("yes abcde"))
      yield* second
      expect(asker.pushed.verdicts).toEqual([])
      expect(asker.pushed.messages).toMatchObject([{ from: "mallory", content: "yes abcde" }])
    })
  )

  it.effect(
    "is none from a session that the roster was made to call a person",
    Effect.gen(function* () {
      const { asker, mallory, run } = yield* withPlanner
      yield* run(
        "INSERT INTO permission_asked SELECT asker_id, request_id, ? FROM permission_requests",
        mallory.identity.id
      )
      yield* run("UPDATE sessions SET kind = 'command line' WHERE name = 'mallory'")
      // In PostgreSQL the server refuses it already.
      yield* Effect.exit(mallory.outbox.dm(answer("yes abcde")))
      yield* second
      expect(asker.pushed.verdicts).toEqual([])
    })
  )

  it.effect(
    "answers the request that it was given for, not a later one with the same letters",
    Effect.gen(function* () {
      const { ask, asker, planner, run } = yield* withPlanner
      yield* run("CREATE TEMP TABLE kept AS SELECT * FROM messages WHERE false")
      yield* planner.outbox.dm(answer("yes abcde"))
      yield* run("INSERT INTO kept SELECT * FROM messages WHERE kind = 'permission_verdict'")
      // The asker may have taken it already.
      yield* run("UPDATE kept SET delivered = 2")
      yield* second
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "allow" }])
      yield* ask
      yield* run("DELETE FROM messages WHERE kind = 'permission_verdict'")
      yield* run("INSERT INTO messages SELECT * FROM kept")
      yield* run("UPDATE messages SET delivered = 2 WHERE kind = 'permission_verdict'")
      yield* run(
        "UPDATE permission_requests SET answered_by = ?, answered_at = created_at, behavior = 'allow'",
        planner.identity.id
      )
      yield* second
      expect(asker.pushed.verdicts).toHaveLength(1)
    })
  )

  it.effect(
    "answers one of several requests, of one session or of several with the same letters, and leaves the others open",
    Effect.gen(function* () {
      const { ask, asker, home, planner } = yield* withPlanner
      const another = yield* joined(home, { ...relay, name: toName("tester") })
      another.pushed.ask(request)
      asker.pushed.ask({ ...request, request_id: "fghij" as never })
      yield* second
      expect(yield* planner.requests.open).toHaveLength(3)
      yield* planner.outbox.dm({ ...answer("no abcde"), to: "tester" })
      yield* planner.outbox.dm(answer("yes fghij"))
      yield* second
      expect(another.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "deny" }])
      expect(asker.pushed.verdicts).toEqual([{ requestId: "fghij", behavior: "allow" }])
      // The first is asked again: it stands there once.
      yield* ask
      expect(yield* planner.requests.open).toHaveLength(1)
      yield* planner.outbox.dm(answer("yes abcde"))
      yield* second
      expect(asker.pushed.verdicts).toHaveLength(2)
    })
  )

  it.effect(
    "is passed on once, also where the server ended before it noted that, and its message comes again",
    Effect.gen(function* () {
      const { asker, planner, run } = yield* withPlanner
      yield* run("CREATE TEMP TABLE kept AS SELECT * FROM messages WHERE false")
      yield* planner.outbox.dm(answer("yes abcde"))
      yield* run("INSERT INTO kept SELECT * FROM messages WHERE kind = 'permission_verdict'")
      // The asker may have taken it already.
      yield* run("UPDATE kept SET delivered = 2")
      yield* second
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "allow" }])
      yield* run("DELETE FROM messages WHERE kind = 'permission_verdict'")
      yield* run("DELETE FROM receipts")
      yield* run("INSERT INTO messages SELECT * FROM kept")
      // PostgreSQL rings by itself, and the asker may have looked already.
      if (engineUnderTest === "sqlite")
        expect(yield* asker.bus.glance(asker.identity.id)).toMatchObject({ waiting: true })
      yield* second
      expect(yield* asker.bus.glance(asker.identity.id)).toMatchObject({ waiting: false })
      expect(asker.pushed.verdicts).toHaveLength(1)
    })
  )

  it.effect(
    "is no message to read, also before it was passed on",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* joined(home, { name: toName("planner") })
      const asker = yield* atRest(home, relay)
      asker.pushed.ask(request)
      yield* second
      yield* planner.outbox.dm(answer("yes abcde"))
      expect((yield* asker.bus.take(asker.identity.id)).map(({ kind }) => kind)).toEqual([
        "permission_verdict"
      ])
      for (const unseen of [true, false])
        expect((yield* asker.history.received(asker.identity.id, { unseen, limit: 10 })).messages).toEqual([])
    })
  )

  it.effect(
    "says what the one who answered wrote, not what was made of it on the bus",
    Effect.gen(function* () {
      const { asker, planner, run } = yield* withPlanner
      yield* planner.outbox.dm(answer("no abcde"))
      yield* run("UPDATE permission_requests SET behavior = 'allow'")
      yield* second
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "deny" }])
    })
  )
})

onFile(noOldServers, describe)("a session of 1.3.1", () => {
  const oldPlanner = (more: object) =>
    Effect.gen(function* () {
      const all = yield* asked(more)
      const database = yield* sqlite(all.home)
      const now = new Date(1_000).toISOString()
      oldSession(database, old, "planner", now)
      yield* all.ask
      oldSend(database, "planner", all.asker.identity.id, "yes abcde", now)
      yield* second
      return { ...all, database }
    })

  it.effect(
    "gives no verdict",
    Effect.gen(function* () {
      const { asker } = yield* oldPlanner({})
      expect(asker.pushed.verdicts).toEqual([])
      expect(asker.pushed.messages).toMatchObject([{ from: "planner", proof: "1.3.1", content: "yes abcde" }])
    })
  )

  it.effect(
    "gives one where the user trusts it, once, and nobody else of 1.3.1 does",
    Effect.gen(function* () {
      const { asker, database, mallory } = yield* oldPlanner({ trustsOld: true })
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "allow" }])
      expect(asker.pushed.messages).toEqual([])
      oldSend(database, "planner", asker.identity.id, "no abcde", new Date(2_000).toISOString())
      oldSend(database, "mallory", asker.identity.id, "no abcde", new Date(2_000).toISOString())
      yield* mallory.identity.current
      yield* second
      expect(asker.pushed.verdicts).toHaveLength(1)
      expect(asker.pushed.messages.map(({ content }) => content)).toEqual(["no abcde", "no abcde"])
    })
  )
})

describe("a conversation", () => {
  const home = temporaryFolder
  const as = (folder: string, conversation: string) =>
    atRest(folder, { name: toName("planner"), conversation })

  it.effect(
    "that goes on in another one is the same session there, with the same key",
    Effect.gen(function* () {
      const folder = yield* home
      const backend = yield* joined(folder, { name: toName("backend") })
      const key = Effect.map(
        Effect.flatMap(outsider(folder), ({ all }) =>
          all<{ public_key: string }>("SELECT public_key FROM session_keys WHERE session_id = ?", id)
        ),
        ([row]) => row?.public_key
      )
      let id = ""
      yield* Effect.scoped(
        Effect.gen(function* () {
          const before = yield* as(folder, "c-1")
          id = before.identity.id
          yield* before.identity.goOn("c-2")
        })
      )
      const first = yield* key
      const after = yield* as(folder, "c-2")
      expect(after.identity.id as string).toBe(id)
      yield* Effect.flatten(
        after.bus.send({
          from: after.identity.id,
          to: [backend.identity.id],
          kind: "chat",
          content: "still me",
          metadata: {}
        })
      )
      yield* second
      expect(backend.pushed.messages).toMatchObject([{ from: "planner", fromId: id, proof: "signed" }])
      expect(yield* key).toBe(first ?? "")
    })
  )

  it.effect(
    "that the bus was made to take for another's session does not speak as it",
    Effect.gen(function* () {
      const folder = yield* home
      const victim = yield* Effect.scoped(
        Effect.gen(function* () {
          const victim = yield* as(folder, "c-1")
          yield* atRest(folder, { conversation: "c-2" })
          return victim.identity.id
        })
      )
      const { run } = yield* outsider(folder)
      yield* run(
        `UPDATE conversations SET session_id = ?1,
          sealed_key = (SELECT sealed_key FROM conversations WHERE session_id = ?1)`,
        victim
      )
      const thief = yield* atRest(folder, { conversation: "c-2" })
      expect(thief.identity.id as string).not.toBe(victim)
    })
  )
})
