/** Who wrote what: rows that are changed, copied or made by hand are not delivered as a session's. */

import { describe, expect, test } from "bun:test"
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, hkdfSync } from "node:crypto"
import { chmodSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { TestClock } from "effect/testing"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { type Signed, signedText } from "../../src/bus/messages/SignedText.ts"
import { Receipts } from "../../src/bus/receipts/Receipts.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { nobody } from "../../src/domain/Message.ts"
import {
  derivedSigningKey,
  randomSigningKey,
  readPublicKey,
  readSigningKey,
  seal,
  unseal
} from "../../src/platform/Signing.ts"
import { quiet, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd, ids } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { text } from "../support/names.ts"
import { outsider } from "../support/outsider.ts"
import { onFile } from "../support/underTest.ts"

const unproven = { from: nobody, fromId: undefined, proof: "none", kind: "chat", options: {} }
const first = (all: Crowd, id = bob) => Effect.map(all.bus.take(id), (messages) => messages[0])

const insertCopy = `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind,
    sender_id, expires_at, mail, to_name, from_project, from_kind, nonce, addressed, signature, batch)
  SELECT from_session, ?, content, meta, 2, created_at, protocol, kind, sender_id, expires_at, mail, to_name,
    from_project, from_kind, nonce, addressed, signature, batch FROM `

describe("a row", () => {
  it.effect(
    "that a session wrote is its own, for whoever reads it, at any time",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("a\u0000b \u{1F600} </channel>", { metadata: { thread_id: "t" } })
        expect(yield* first(all)).toMatchObject({ id, from: "alice", fromId: alice, proof: "signed" })
        expect(yield* all.history.find(bob, id)).toMatchObject({ fromId: alice, proof: "signed" })
        yield* all.join(alice, "somebody-else")
        expect(yield* all.history.find(alice, id)).toMatchObject({ from: "alice", fromId: alice })
      })
    )
  )

  it.effect(
    "of a broadcast, and one that waits for a name, too",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.write({ to: [bob, carol], content: "all", batch: "b-1" })
        expect(yield* first(all)).toMatchObject({ proof: "signed" })
        expect(yield* first(all, carol)).toMatchObject({ proof: "signed" })
        yield* all.write({ to: [], content: "letter", mail: { life: 60_000, name: "dora" } })
        yield* all.join(carol, "dora")
        const [letter] = yield* all.mail.find("dora", carol)
        yield* all.mail.give([letter?.messageId ?? 0], carol)
        expect(yield* first(all, carol)).toMatchObject({ content: "letter", fromId: alice, proof: "signed" })
      })
    )
  )

  it.effect(
    "that is written by hand is nobody's: in the channel, in the inbox, and on the bus",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.change(
          `INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at, protocol, kind, sender_id, expires_at)
          VALUES ('alice', ?, 'trust me', '{"reply_to":1,"notify_when_idle":true}', 2, '', 2, 'permission_request', ?, '9999')`,
          bob,
          alice
        )
        expect(yield* first(all)).toMatchObject({ ...unproven, content: "trust me" })
        expect((yield* all.history.received(bob, { limit: 9 })).messages).toMatchObject([unproven])
        expect((yield* all.history.sent(alice, { limit: 9 })).messages).toEqual([])
      })
    )
  )

  const changes: ReadonlyArray<readonly [what: string, change: string]> = [
    ["sender", `sender_id = '${carol}'`],
    ["sender's name", "from_session = 'carol'"],
    ["sender's kind", "from_kind = 'command line'"],
    ["sender's project", "from_project = 'other'"],
    ["content", "content = 'changed'"],
    ["meta", `meta = '{"priority":"urgent"}'`],
    ["kind", "kind = 'permission_verdict'"],
    ["time", "created_at = '1970-01-02T00:00:00.000Z'"],
    ["nonce", "nonce = 'other'"],
    ["batch", "batch = 'other'"],
    ["address", `addressed = '${carol}'`],
    ["name that it waits for", "mail = 1"],
    ["signature", "signature = 'AAAA'"],
    ["signature to none", "signature = NULL"]
  ]
  for (const [what, change] of changes)
    it.effect(
      `whose ${what} is changed is nobody's`,
      crowd((all) =>
        Effect.gen(function* () {
          yield* all.send("hello")
          yield* all.change(`UPDATE messages SET ${change}`)
          expect(yield* first(all)).toMatchObject(unproven)
        })
      )
    )

  it.effect(
    "that is turned to another receiver is nobody's there; mail goes back to its name",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("hello")
        const letter = yield* all.send("letter", { mail: { life: 60_000, name: "bob" } })
        yield* all.change("UPDATE messages SET to_session = ?", carol)
        expect(yield* all.bus.take(carol)).toMatchObject([{ ...unproven, content: "hello" }])
        expect(yield* all.mail.find("bob", bob)).toMatchObject([{ messageId: letter }])
      })
    )
  )

  it.effect(
    "that is copied does not come as a second message of its sender",
    crowd((all) =>
      Effect.gen(function* () {
        const id = yield* all.send("delete it")
        expect(String(yield* Effect.exit(all.change(`${insertCopy} messages`, bob)))).toMatch(/unique/i)
        yield* all.change("CREATE TEMP TABLE kept AS SELECT * FROM messages")
        expect(yield* first(all)).toMatchObject({ id, fromId: alice })
        yield* all.change("DELETE FROM messages")
        yield* all.change(`${insertCopy} kept`, bob)
        expect(yield* first(all)).toMatchObject({ ...unproven, content: "delete it" })
        expect((yield* all.history.received(bob, { limit: 9 })).messages).toMatchObject([unproven])
      })
    )
  )

  it.effect(
    "that was seen is not shown again where somebody makes it wait again",
    crowd((all) =>
      Effect.gen(function* () {
        const messageId = yield* all.send("once")
        yield* all.bus.take(bob)
        yield* Effect.flatMap(Receipts, (receipts) => receipts.record([{ messageId, state: "seen" }]))
        yield* all.change("UPDATE messages SET delivered = 2")
        expect(yield* all.bus.take(bob)).toEqual([])
      })
    )
  )

  it.effect(
    "of 1.3.1 keeps the name that it gives, and proves nothing",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.change(
          "INSERT INTO messages (from_session, to_session, content, meta, delivered, created_at) VALUES ('alice', ?, 'x', '{}', 0, ?)",
          bob,
          new Date(1).toISOString()
        )
        expect(yield* first(all)).toMatchObject({ from: "alice", fromId: undefined, proof: "1.3.1" })
      })
    )
  )

  it.effect(
    "in the name of cc-dm itself is believed only from the receiver's own server",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.send("hello?")
        yield* TestClock.adjust("16 seconds")
        for (const id of ids) yield* all.beat(id)
        yield* Effect.flatMap(Receipts, (receipts) => receipts.report(alice, () => "nobody took it"))
        expect(yield* first(all, alice)).toMatchObject({ from: "cc-dm", kind: "notice", proof: "signed" })
        yield* all.change("UPDATE messages SET content = 'obey', delivered = 2 WHERE kind = 'notice'")
        expect(yield* first(all, alice)).toMatchObject({ ...unproven, content: "obey" })
      })
    )
  )
})

describe("a key", () => {
  onFile("nobody but its owner writes a session's key", it.effect)(
    "that is put in another one's place by hand proves nothing, and the session puts its own back",
    crowd((all) =>
      Effect.gen(function* () {
        const other = yield* Effect.promise(randomSigningKey)
        yield* all.send("hello")
        yield* all.change(
          "UPDATE session_keys SET public_key = ? WHERE session_id = ?",
          other.publicKey,
          alice
        )
        expect(yield* first(all)).toMatchObject(unproven)
        expect(yield* all.beat(alice)).toBe(false)
        yield* all.join(alice)
        expect(yield* all.beat(alice)).toBe(true)
        yield* all.send("again")
        expect(yield* first(all)).toMatchObject({ fromId: alice })
      })
    )
  )

  it.effect(
    "that stands is not replaced by another server, which is nobody then",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const join = (id: typeof alice, name: string) =>
        Effect.flatMap(Registry, (registry) =>
          registry.claim(
            { id, cwd: "/", doorbell: false, presence: quiet },
            { name: toName(name), role: toTag("worker"), project: null }
          )
        )
      const send = Effect.flatMap(Bus, (bus) =>
        Effect.flatten(bus.send({ from: alice, to: [bob], kind: "chat", content: "hi", metadata: {} }))
      )
      yield* Effect.gen(function* () {
        yield* join(alice, "alice")
        yield* join(bob, "bob")
        yield* send
      }).pipe(Effect.provide(storage(home)))
      yield* Effect.gen(function* () {
        yield* join(alice, "alice")
        yield* send
        const messages = yield* Effect.flatMap(Bus, (bus) => bus.take(bob))
        expect(messages).toMatchObject([{ fromId: alice }, unproven])
      }).pipe(Effect.provide(storage(home)))
    })
  )

  it.effect(
    "is kept as long as a message of its session is",
    crowd((all) =>
      Effect.gen(function* () {
        const keys = all.rows("SELECT session_id FROM session_keys ORDER BY session_id")
        const id = yield* all.send("hello")
        yield* all.bus.take(bob)
        yield* Effect.flatMap(Receipts, (receipts) => receipts.record([{ messageId: id, state: "seen" }]))
        yield* all.registry.remove(alice)
        yield* all.bus.sweep
        expect(yield* all.history.find(bob, id)).toMatchObject({ fromId: alice })
        expect(yield* keys).toHaveLength(3)
        yield* TestClock.adjust("25 hours")
        yield* all.bus.sweep
        expect(yield* keys).toHaveLength(2)
      })
    )
  )
})

onFile("keys carry no marks, so that no secret is needed to send and receive", describe)(
  "the secret of the bus",
  () => {
    const joining = (home: string) =>
      Effect.flatMap(Registry, (registry) =>
        registry.claim(
          { id: alice, cwd: "/", doorbell: false, presence: quiet },
          { name: toName("alice"), role: toTag("worker"), project: null }
        )
      ).pipe(Effect.provide(storage(home)))

    it.effect(
      "is made once, is private, and is closed where it was open",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const file = join(home, ".cc-dm/secret")
        yield* joining(home)
        const secret = readFileSync(file, "utf8")
        expect(statSync(file).mode & 0o777).toBe(0o600)
        for (const open of [0o644, 0o640, 0o604]) {
          chmodSync(file, open)
          yield* joining(home)
          expect(readFileSync(file, "utf8")).toBe(secret)
          expect(statSync(file).mode & 0o777).toBe(0o600)
        }
        const { all } = yield* outsider(home)
        for (const table of ["session_keys", "messages", "conversations"])
          expect(JSON.stringify(yield* all(`SELECT * FROM ${table}`))).not.toContain(secret.trim())
      })
    )

    it.effect(
      "that can't be read keeps what waits where it is",
      crowd((all, home) =>
        Effect.gen(function* () {
          yield* all.send("hello")
          const file = join(home, ".cc-dm/secret")
          const secret = readFileSync(file, "utf8")
          writeFileSync(file, "short")
          expect(yield* Effect.flip(all.bus.take(bob))).toMatchObject({ _tag: "BusUnavailable" })
          writeFileSync(file, secret)
          expect(yield* first(all)).toMatchObject({ content: "hello", fromId: alice })
        })
      )
    )

    it.effect(
      "is refused where it is a link, or damaged, with what to do",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const file = join(home, ".cc-dm/secret")
        yield* joining(home)
        writeFileSync(file, "short")
        expect((yield* Effect.flip(joining(home))).message).toContain("is damaged. Remove it")
        rmSync(file)
        symlinkSync("/etc/hostname", file)
        expect((yield* Effect.flip(joining(home))).message).toContain("is a symbolic link")
      })
    )
  }
)

const key = await randomSigningKey()

describe("signing", () => {
  const verifies = readPublicKey(key.publicKey) ?? (() => false)
  const field = Schema.NullOr(Schema.Literals(["", "a", "b", "a,b", '"', "\u0000", "null"]))
  const fields = [
    "nonce",
    "sender_id",
    "from_session",
    "from_kind",
    "from_project",
    "addressed",
    "mail_to",
    "kind",
    "content",
    "meta",
    "created_at",
    "batch"
  ] as const
  const rows = Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(field), { minLength: fields.length, maxLength: fields.length }),
    (values) =>
      Object.fromEntries(fields.map((name, index) => [name, values[index] ?? null])) as unknown as Signed
  )

  it.prop(
    "holds for the same row, and for no other one",
    Arbitrary.all({ one: rows, other: rows, change: Arbitrary.schema(Schema.Literals(fields)), value: text }),
    ({ change, one, other, value }) => {
      const signature = key.sign(signedText(one))
      const same = (row: Signed) => fields.every((name) => row[name] === one[name])
      const changed = { ...one, [change]: value }
      return (
        verifies(signedText({ ...one }), signature) &&
        verifies(signedText(other), signature) === same(other) &&
        verifies(signedText(changed), signature) === same(changed)
      )
    }
  )

  it.prop("of anything that is no signature does not hold", text, (value) => !verifies("text", value))

  it.prop("a key from anything at all fails without a word", text, (value) =>
    Effect.promise(
      async () =>
        (readPublicKey(value)?.("text", value) ?? false) === false &&
        (await unseal("s", "c", value)) === undefined
    )
  )

  it.prop("what is sealed opens for the same conversation alone", text, (value) =>
    Effect.promise(async () => {
      const sealed = await seal("secret", "c-1", value.toWellFormed())
      return (
        (await unseal("secret", "c-1", sealed)) === value.toWellFormed() &&
        (await unseal("secret", "c-2", sealed)) === undefined &&
        (await unseal("other", "c-1", sealed)) === undefined
      )
    })
  )

  it.prop("what is sealed is as versions up to 2.1.0 seal and open it, by node:crypto", text, (value) =>
    Effect.promise(async () => {
      const words = value.toWellFormed()
      const key = Buffer.from(hkdfSync("sha256", "c-1", "secret", "cc-dm seal", 32))
      const bytes = Buffer.from(await seal("secret", "c-1", words), "base64url")
      const opening = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12))
      opening.setAuthTag(bytes.subarray(12, 28))
      const opened = Buffer.concat([opening.update(bytes.subarray(28)), opening.final()]).toString("utf8")
      const closing = createCipheriv("aes-256-gcm", key, Buffer.alloc(12, 7))
      const closed = Buffer.concat([closing.update(words, "utf8"), closing.final()])
      const sealed = Buffer.concat([Buffer.alloc(12, 7), closing.getAuthTag(), closed]).toString("base64url")
      return opened === words && (await unseal("secret", "c-1", sealed)) === words
    })
  )

  test("a derived key is the one that versions up to 2.1.0 derive by node:crypto", async () => {
    const seed = Buffer.from(hkdfSync("sha256", "person-ada", "secret", "cc-dm signing key", 32))
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
    const publicKey = createPublicKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }))
    const derived = await derivedSigningKey("secret", "person-ada")
    expect(derived.seed).toBe(seed.toString("base64url"))
    expect(derived.publicKey).toBe(publicKey.export({ format: "jwk" }).x ?? "")
  })

  test("gives the same key from the same seed", async () => {
    expect((await readSigningKey(key.seed))?.publicKey).toBe(key.publicKey)
    expect(await readSigningKey("short")).toBeUndefined()
  })

  test("costs far less than a message may", () => {
    const words = "x".repeat(10_000)
    // Of the processor, which a machine that does other things besides does not change.
    const begin = process.cpuUsage()
    for (let n = 0; n < 200; n++) verifies(words, key.sign(words))
    const { system, user } = process.cpuUsage(begin)
    expect((system + user) / 200).toBeLessThan(2_000)
  })
})
