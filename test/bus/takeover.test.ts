/**
 * Whether rows that somebody wrote by hand make a server take up a session whose secret it does not have. They are generated
 * of what a shell can find or make: a victim's rows, those of a conversation of one's own, older ones of it, and rubbish.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { Proofs } from "../../src/bus/Proofs.ts"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { derivedSigningKey, seal, unseal } from "../../src/platform/Signing.ts"
import { sha256 } from "../../src/platform/System.ts"
import { quiet, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { type Outsider, outsider } from "../support/outsider.ts"
import { engineUnderTest } from "../support/underTest.ts"

const victim = SessionId.make("session-00000000000a")
const mallory = SessionId.make("session-00000000000b")
const [own, theirs, another] = ["c-mallory", "c-victim", "c-another"]

/** A server of a conversation, as far as the bus knows it. What it leaves stays. */
const serve = (home: string, id: SessionId, name: string, conversations: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const registry = yield* Registry
    const memory = yield* Conversations
    const joining = { id, cwd: "/", doorbell: false, presence: quiet }
    yield* registry.claim(joining, { name: toName(name), role: toTag("worker"), project: null })
    for (const conversation of conversations) {
      const who = { id, name: toName(name), role: null, project: null, approver: null }
      yield* memory.remember(conversation, who)
    }
    const { mark, publicKey } = yield* (yield* Proofs).published(id)
    return { publicKey, mark }
  }).pipe(Effect.provide(storage(home)), Effect.scoped)

const sealedOf = ({ all }: Outsider, conversation: string) =>
  Effect.map(
    all<{ sealed_key: string }>(
      "SELECT sealed_key FROM conversations WHERE conversation = ?",
      sha256(conversation)
    ),
    (rows) => rows[0]?.sealed_key ?? ""
  )

/** What may stand in a row. */
const cases = Schema.Struct({
  sealed: Schema.Literals(["nothing", "empty", "rubbish", "own", "theirs", "another's", "of another secret"]),
  key: Schema.Literals(["gone", "theirs", "mallory's", "rubbish", "as it is"]),
  gone: Schema.Literals(["nothing", "the session", "the session and its conversation"]),
  messages: Schema.Boolean
})
type Case = typeof cases.Type

const resume = (home: string, conversation: string) =>
  Effect.gen(function* () {
    return yield* (yield* Conversations).resume(conversation)
  }).pipe(Effect.provide(storage(home)), Effect.scoped)

describe("a session", () => {
  it.live(
    "is taken up by nobody who has not its secret, whatever rows are written, changed and removed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* serve(home, victim, "victim", [theirs])
      const malloryKey = yield* serve(home, mallory, "mallory", [own, another])
      const bus = yield* outsider(home)
      const values: Readonly<Record<Case["sealed"], string | null>> = {
        nothing: null,
        empty: "",
        rubbish: Buffer.from("rubbish that is long enough to be something").toString("base64url"),
        own: yield* sealedOf(bus, own),
        theirs: yield* sealedOf(bus, theirs),
        "another's": yield* sealedOf(bus, another),
        "of another secret": yield* Effect.promise(async () =>
          seal("another", own, `${victim} ${(await derivedSigningKey("another", victim)).seed}`)
        )
      }
      const [standing] = yield* bus.all<{ public_key: string; mark: string }>(
        "SELECT public_key, mark FROM session_keys WHERE session_id = ?",
        victim
      )
      const setKey = (publicKey: string, mark: string) =>
        Effect.andThen(
          bus.run("DELETE FROM session_keys WHERE session_id = ?", victim),
          bus.run(
            "INSERT INTO session_keys (session_id, public_key, mark) VALUES (?, ?, ?)",
            victim,
            publicKey,
            mark
          )
        )
      const attempt = (one: Case) =>
        Effect.gen(function* () {
          if (one.key === "gone") yield* bus.run("DELETE FROM session_keys WHERE session_id = ?", victim)
          if (one.key === "theirs") yield* setKey(standing?.public_key ?? "", standing?.mark ?? "")
          if (one.key === "mallory's") yield* setKey(malloryKey.publicKey, malloryKey.mark)
          if (one.key === "rubbish") yield* setKey("AAAA", "none")
          if (one.gone !== "nothing") yield* bus.run("DELETE FROM sessions WHERE id = ?", victim)
          if (one.gone === "the session and its conversation")
            yield* bus.run("DELETE FROM conversations WHERE session_id = ?", victim)
          if (one.messages) yield* bus.run("DELETE FROM messages")
          yield* bus.run("UPDATE sessions SET last_seen = '1970-01-01T00:00:00.000Z' WHERE id = ?", victim)
          yield* bus.run("DELETE FROM conversations WHERE conversation = ?", sha256(own))
          yield* bus.run(
            `INSERT INTO conversations (conversation, session_id, name, role, project, served_at, sealed_key)
              VALUES (?, ?, 'victim', 'worker', NULL, '9999', ?)`,
            sha256(own),
            victim,
            values[one.sealed]
          )
          const found = yield* resume(home, own)
          return found._tag !== "Resumed"
        })
      const checked = yield* Arbitrary.checkEffect(Arbitrary.schema(cases), attempt, {
        runs: engineUnderTest === "sqlite" ? 300 : 30
      })
      expect(Arbitrary.formatCheckFailure(checked)).toBeUndefined()
      // The same rows do for the conversation that has the secret.
      yield* setKey(standing?.public_key ?? "", standing?.mark ?? "")
      yield* bus.run("DELETE FROM conversations WHERE conversation = ?", sha256(theirs))
      yield* bus.run("UPDATE sessions SET last_seen = '1970-01-01T00:00:00.000Z' WHERE id = ?", victim)
      yield* bus.run(
        "INSERT INTO conversations (conversation, session_id, served_at, sealed_key) VALUES (?, ?, '9999', ?)",
        sha256(theirs),
        victim,
        values.theirs
      )
      const found = yield* resume(home, theirs)
      expect(found).toMatchObject({ _tag: "Resumed", who: { id: victim, name: "victim" } })
    })
  )
})

describe("what is sealed for a conversation", () => {
  it.live(
    "says who its session is, whatever the columns beside it say",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* serve(home, mallory, "mallory", [own])
      const { run } = yield* outsider(home)
      yield* run("UPDATE conversations SET name = 'victim', role = 'lead', project = 'theirs'")
      yield* run("DELETE FROM sessions")
      const resumed = yield* resume(home, own)
      expect(resumed).toMatchObject({ _tag: "Resumed", who: { name: "mallory", role: null, project: null } })
    })
  )

  // 2.0.0 reads all behind the id as base64, which ends at the sign: seen with its server, on Bun 1.3.0 and 1.4.5.
  test("is a key for a server of 2.0.0", async () => {
    const { seed } = await derivedSigningKey("secret", mallory)
    const sealed = await seal("secret", own, `${mallory} ${seed}={"name":"mallory"}`)
    const text = (await unseal("secret", own, sealed)) ?? ""
    expect(Buffer.from(text.slice(mallory.length + 1), "base64url").toString("base64url")).toBe(seed)
  })

  it.live(
    "may be the key alone, as 2.0.0 leaves it: then the columns say who it was, but for names that nobody has",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* serve(home, mallory, "mallory", [own])
      const { run } = yield* outsider(home)
      yield* run("DELETE FROM sessions")
      const asOld = yield* Effect.gen(function* () {
        yield* (yield* Conversations).resume(own)
        const secret = yield* Effect.promise(() => Bun.file(`${home}/.cc-dm/secret`).text())
        const { seed } = (yield* Proofs).keyOf(mallory)
        return yield* Effect.promise(() => seal(secret.trim(), own, `${mallory} ${seed}`))
      }).pipe(Effect.provide(storage(home)), Effect.scoped)
      for (const [name, expected] of [
        ["user", "user"],
        ["cc-dm", null],
        ["<b>", null]
      ] as const) {
        yield* run("UPDATE conversations SET name = ?, role = 'lead', sealed_key = ?", name, asOld)
        yield* run("DELETE FROM sessions")
        const found = yield* resume(home, own)
        expect(found).toMatchObject({ _tag: "Resumed", who: { id: mallory, name: expected, role: "lead" } })
      }
    })
  )
})
