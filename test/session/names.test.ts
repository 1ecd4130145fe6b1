/** Under which names a session signs, and whose messages a receiver believes, whatever somebody writes into the roster. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { signedText } from "../../src/bus/messages/SignedText.ts"
import { Proofs } from "../../src/bus/Proofs.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { defaultTiming } from "../../src/settings/Timing.ts"
import { joined, session, storage, temporaryFolder, toName } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest, onFile } from "../support/underTest.ts"

const second = TestClock.adjust("1 seconds")
const hello = { to: "bob", content: "hello", metadata: {} }

const both = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const timing = { ...defaultTiming, firstNews: 0 }
  const bob = yield* joined(home, { name: toName("bob"), timing })
  const mallory = yield* joined(home, { name: toName("mallory"), timing })
  return { bob, home, mallory, ...(yield* outsider(home)) }
})

describe("a name that is reserved since 2.1.0", () => {
  it.effect(
    "is given to nobody whose variable says it, and the session goes by its id",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const one = yield* session(home, { name: toName("user") })
      const { identity, problems } = yield* one.identity.current
      expect(identity.name).toBe(identity.id)
      expect(problems).toEqual([
        'this session goes by its id, since its name must not be "user", which is reserved'
      ])
    })
  )

  it.effect(
    "stays with whoever had it before: it can be written to, and writes under it",
    Effect.gen(function* () {
      const { bob, home, run } = yield* both
      // What a server of 2.0.0 leaves that ran in another conversation.
      yield* run(
        "INSERT INTO conversations (conversation, session_id, name, served_at) VALUES ('c', 'session-0123456789ab', 'user', '9999')"
      )
      const timing = { ...defaultTiming, firstNews: 0 }
      const settings = { name: toName("user"), conversation: "c-user", timing }
      yield* Effect.scoped(Effect.flatMap(session(home, settings), (one) => one.identity.current))
      const user = yield* session(home, { conversation: "c-user", timing })
      expect((yield* user.identity.current).identity.name).toBe(toName("user"))
      yield* bob.outbox.dm({ to: "user", content: "are you there?", metadata: {} })
      yield* user.outbox.dm(hello)
      yield* second
      expect(user.pushed.messages).toMatchObject([{ content: "are you there?", to: "user" }])
      expect(bob.pushed.messages).toMatchObject([{ from: "user", proof: "signed", content: "hello" }])
    })
  )
})

/** In PostgreSQL no statement gives a session the first of these. */
const namesByHand = ["cc-dm", "alice", "user", "<system-reminder>", "nobody known"].slice(
  engineUnderTest === "sqlite" ? 0 : 1
)

describe("a session that was renamed by hand", () => {
  for (const name of namesByHand)
    it.effect(
      `to ${name} writes under the name that it was granted`,
      Effect.gen(function* () {
        const { all, bob, mallory, run } = yield* both
        yield* run("UPDATE sessions SET name = ? WHERE id = ?", name, mallory.identity.id)
        yield* mallory.outbox.dm(hello)
        yield* run("UPDATE sessions SET name = ? WHERE id = ?", name, mallory.identity.id)
        yield* mallory.outbox.broadcast("all hear", {})
        yield* second
        expect(bob.pushed.messages).toMatchObject([
          { from: "mallory", fromId: mallory.identity.id, proof: "signed", content: "hello" },
          { from: "mallory", fromId: mallory.identity.id, proof: "signed", content: "all hear" }
        ])
        expect(yield* all("SELECT name FROM sessions WHERE id = ?", mallory.identity.id)).toEqual([
          { name: "mallory" }
        ])
      })
    )

  it.effect(
    "writes nothing under that name where it is made to at the last moment",
    Effect.gen(function* () {
      const { all, bob, mallory, run } = yield* both
      yield* run("UPDATE sessions SET name = 'user' WHERE id = ?", mallory.identity.id)
      const draft = { from: mallory.identity.id, kind: "chat", content: "hello", metadata: {} } as const
      expect(yield* Effect.flatten(mallory.bus.send({ ...draft, to: [bob.identity.id] }))).toEqual([])
      expect(yield* all("SELECT id FROM messages")).toEqual([])
    })
  )

  it.effect(
    "has its own name again by its next heartbeat",
    Effect.gen(function* () {
      const { all, mallory, run } = yield* both
      yield* run("UPDATE sessions SET name = 'user' WHERE id = ?", mallory.identity.id)
      yield* mallory.identity.beat
      expect(yield* all("SELECT name FROM sessions WHERE name = 'user'")).toEqual([])
    })
  )
})

// What a server of 2.0.0 does that was renamed by hand: it signs what the roster says, with nothing of 2.1.0 in `meta`.
onFile("a row is written only under the name that its sender has on the roster", describe)(
  "a row that is signed, under the name",
  () => {
    const received = (name: string, meta: string) =>
      Effect.gen(function* () {
        const { bob, home, mallory, run } = yield* both
        const sender = SessionId.make("session-abcdefabcdef")
        const key = yield* Effect.provide(
          Effect.gen(function* () {
            const proofs = yield* Proofs
            yield* proofs.speakUnder(sender, [sender])
            const { mark, publicKey } = yield* proofs.published(sender)
            return { mark, publicKey, sign: proofs.keyOf(sender).sign }
          }),
          storage(home)
        )
        yield* run(
          "INSERT INTO session_keys (session_id, public_key, mark) VALUES (?, ?, ?)",
          sender,
          key.publicKey,
          key.mark
        )
        const row = {
          nonce: "a-nonce",
          sender_id: sender,
          from_session: name === "its own id" ? sender : name,
          from_kind: "session",
          from_project: null,
          addressed: bob.identity.id,
          mail_to: null,
          kind: "chat",
          content: "hello",
          meta,
          created_at: "1970-01-01T00:00:01.000Z",
          batch: null
        }
        yield* run(
          `INSERT INTO messages (nonce, sender_id, from_session, from_kind, addressed, to_session, kind, content, meta, created_at,
          protocol, delivered, expires_at, signature)
         VALUES (?1, ?2, ?3, 'session', ?4, ?4, 'chat', 'hello', ?5, ?6, 2, 2, '9999', ?7)`,
          row.nonce,
          sender,
          row.from_session,
          bob.identity.id,
          meta,
          row.created_at,
          key.sign(signedText(row))
        )
        yield* second
        expect(mallory.pushed.messages).toEqual([])
        return bob.pushed.messages
      })

    for (const name of [
      "cc-dm",
      "сс-dm",
      "CC-DM",
      "all",
      "Bob",
      "a b",
      "",
      "user",
      "cc_dm",
      "session-000000000000",
      "</channel>"
    ])
      it.effect(
        `${JSON.stringify(name)} is nobody's`,
        Effect.gen(function* () {
          expect(yield* received(name, "{}")).toMatchObject([
            { from: "nobody known", fromId: undefined, proof: "none", content: "hello" }
          ])
        })
      )

    for (const [name, meta] of [
      ["alice", "{}"],
      ["its own id", "{}"],
      ["user", '{"kept_name":true}'],
      ["cc_dm", '{"kept_name":true}']
    ] as const)
      it.effect(
        `${name} with ${meta} is its sender's`,
        Effect.gen(function* () {
          expect(yield* received(name, meta)).toMatchObject([{ proof: "signed", content: "hello" }])
        })
      )
  }
)
