/** What one session may write, as the bus counts it: with time, across restarts, and between processes. */
import { describe, expect } from "bun:test"
import { Effect, Exit, Random } from "effect"
import { TestClock } from "effect/testing"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { Proofs } from "../../src/bus/Proofs.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { type QueueFull, TooFast } from "../../src/domain/Errors.ts"
import type { SessionId } from "../../src/domain/Name.ts"
import { everybody, pauseBefore, type Sending } from "../../src/domain/Pace.ts"
import { quiet, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd, crowdAt } from "../support/crowd.ts"
import { it } from "../support/it.ts"

const limited = { rateLimit: { toOne: 3, inAll: 5 }, queueLimit: 10 }

/** Sends, and tells what came of it. */
const attempt = (effect: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.exit(effect), (exit) => (Exit.isSuccess(exit) ? "sent" : "refused"))
const attempts = (count: number, send: (n: number) => Effect.Effect<unknown, unknown>) =>
  Effect.map(
    Effect.forEach(Array.from({ length: count }), (_, n) => attempt(send(n))),
    (all) => all.filter((one) => one === "sent").length
  )
const refusal = ({ write }: Crowd, draft: Parameters<Crowd["write"]>[0]) =>
  Effect.map(Effect.flip(write(draft)), (error) => error as TooFast | QueueFull)

let number = 0
/** A text that was never said before. */
const news = () => `news ${++number}`

describe("a session that sends too fast", () => {
  it.effect(
    "is refused to one receiver, is told how long to wait, and writes nothing",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const { rows, send, write } = they
          expect(yield* attempts(3, () => send(news()))).toBe(3)
          yield* TestClock.adjust("20 seconds")
          const { message } = yield* refusal(they, { to: [bob], content: "one more" })
          expect(message).toContain("3 messages went to this receiver within a minute")
          expect(message).toContain("Wait 40 s")
          expect(message).toContain("CC_DM_RATE_LIMIT")
          expect(yield* rows("SELECT id FROM messages")).toHaveLength(3)
          expect(yield* rows("SELECT message_id FROM sendings")).toHaveLength(3)
          // Another receiver is another matter.
          yield* write({ to: [carol], content: "one more" })
          yield* they.beat(alice)
          yield* they.beat(bob)
          yield* TestClock.adjust("40 seconds")
          yield* send("one more")
        }),
      limited
    )
  )

  it.effect(
    "is refused in all",
    crowd(
      (they) =>
        Effect.gen(function* () {
          expect(yield* attempts(5, (n) => they.write({ to: [[bob, carol][n % 2]!], content: news() }))).toBe(
            5
          )
          expect((yield* refusal(they, { to: [carol], content: news() })).message).toContain(
            "this session sent 5 messages within a minute"
          )
          // Another session's words are its own.
          yield* they.write({ from: bob, to: [carol], content: news() })
        }),
      limited
    )
  )

  it.effect(
    "may not repeat itself to one receiver within 10 s",
    crowd(
      (they) =>
        Effect.gen(function* () {
          yield* they.send("thank you")
          expect((yield* refusal(they, { to: [bob], content: "thank you" })).message).toContain(
            "the same text went to the same receiver within the last 10 s, so nothing was sent. Wait 10 s"
          )
          yield* they.write({ to: [carol], content: "thank you" })
          yield* TestClock.adjust("10 seconds")
          yield* they.send("thank you")
        }),
      limited
    )
  )

  it.effect(
    "may give two questions the same answer, each once",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const answer = (replyTo: number) => ({ to: [bob], content: "yes", options: { replyTo } })
          yield* they.write(answer(7))
          yield* they.write(answer(8))
          expect((yield* refusal(they, answer(8))).message).toContain("the same text")
        }),
      limited
    )
  )

  it.effect(
    "is counted one for a broadcast, and may make five a minute",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const broadcast = () => they.write({ to: [bob, carol], content: news(), batch: "b" })
          expect(yield* attempts(5, broadcast)).toBe(5)
          expect((yield* refusal(they, { to: [bob, carol], content: news(), batch: "b" })).message).toContain(
            "5 broadcasts within a minute"
          )
          expect(yield* they.rows("SELECT id FROM messages")).toHaveLength(10)
          yield* they.send(news())
        }),
      { rateLimit: { toOne: 20, inAll: 60 } }
    )
  )

  it.effect(
    "goes on where limits are off",
    crowd((they) =>
      Effect.map(
        attempts(100, () => they.send("again")),
        (sent) => expect(sent).toBe(100)
      )
    )
  )

  it.effect(
    "writes permission requests, answers and notices all the while",
    crowd(
      (they) =>
        Effect.gen(function* () {
          yield* attempts(9, () => they.send(news()))
          for (const kind of ["permission_request", "permission_verdict", "notice"] as const)
            expect(yield* attempts(20, () => they.send("same", { kind }))).toBe(20)
        }),
      { ...limited, queueLimit: 3 }
    )
  )

  it.effect(
    "is not charged with what was taken back",
    crowd(
      (they) =>
        Effect.gen(function* () {
          for (let n = 0; n < 10; n++) yield* they.bus.retract([yield* they.send("are you there?")])
          yield* they.send("are you there?")
        }),
      limited
    )
  )

  it.effect(
    "leaves no text in its account, and the sweep closes that",
    crowd(
      (they) =>
        Effect.gen(function* () {
          yield* they.send("a secret")
          const account = Effect.map(they.rows("SELECT * FROM sendings"), (rows) => JSON.stringify(rows))
          expect(yield* account).toContain(bob)
          expect(yield* account).not.toContain("secret")
          yield* TestClock.adjust("1 minutes")
          yield* they.bus.sweep
          expect(yield* account).toBe("[]")
        }),
      limited
    )
  )
})

describe("limits hold", () => {
  it.effect(
    "exactly as the rule says, whatever is tried",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const sent: Array<Sending> = []
          let now = 0
          let refusals = 0
          for (let n = 0; n < 600; n++) {
            const wait = [0, 0, 1, 900, 4_000, 10_000][yield* Random.nextIntBetween(0, 5)]!
            now += wait
            yield* TestClock.adjust(wait)
            if (n % 3 === 0) yield* Effect.forEach([alice, bob, carol], they.beat)
            const to = [bob, carol, everybody][yield* Random.nextIntBetween(0, 2)]!
            const words = `text ${yield* Random.nextIntBetween(0, 11)}`
            const draft =
              to === everybody
                ? { to: [bob, carol], content: words, batch: "b" }
                : { to: [to], content: words }
            const pause = pauseBefore(limited.rateLimit, { to, words, at: now }, sent)
            const exit = yield* Effect.exit(they.write(draft))
            if (pause === undefined) {
              expect(Exit.isSuccess(exit) && exit.value.length).toBe(draft.to.length)
              sent.push({ to, words, at: now })
            } else {
              refusals++
              expect(exit).toEqual(Exit.fail(new TooFast(pause)))
            }
            if (n % 50 === 0) yield* they.bus.sweep
          }
          expect(refusals).toBeGreaterThan(100)
          expect(sent.length).toBeGreaterThan(50)
        }).pipe(Random.withSeed("cc-dm")),
      { rateLimit: limited.rateLimit }
    )
  )

  it.effect(
    "for all the names of a person together, and for each session by itself",
    Effect.flatMap(temporaryFolder, (home) =>
      Effect.gen(function* () {
        const bus = yield* Bus
        const proofs = yield* Proofs
        const registry = yield* Registry
        const [ada, eve] = [
          yield* registry.idOfPerson(toName("ada")),
          yield* registry.idOfPerson(toName("eve"))
        ]
        const joining = { cwd: "/", doorbell: false, presence: quiet }
        const wish = (name: string) => ({ name: toName(name), role: toTag("worker"), project: null })
        for (const [id, name] of [
          [ada, "ada"],
          [eve, "eve"]
        ] as const) {
          yield* proofs.speakAsPerson(id, undefined, false)
          yield* registry.claim({ ...joining, id, kind: "command line" }, wish(name))
        }
        yield* registry.claim({ ...joining, id: alice }, wish("alice"))
        yield* registry.claim({ ...joining, id: bob }, wish("bob"))
        const sendAs = (from: SessionId) =>
          Effect.flatten(bus.send({ from, to: [bob], kind: "chat", content: news(), metadata: {} }))
        expect(yield* attempts(2, () => sendAs(ada))).toBe(2)
        expect(yield* attempts(2, () => sendAs(eve))).toBe(1)
        expect(yield* attempts(4, () => sendAs(alice))).toBe(3)
      }).pipe(Effect.provide(storage(home, limited)))
    )
  )

  it.effect(
    "after a restart of the server",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sendMany = crowdAt(home, (they) => attempts(4, () => they.send(news())), limited)
      expect(yield* sendMany).toBe(3)
      expect(yield* sendMany).toBe(0)
      yield* TestClock.adjust("1 minutes")
      expect(yield* sendMany).toBe(3)
    })
  )

  // On the real clock: whoever gets in the way of another one waits a moment.
  it.live(
    "for sends that come at once, from several processes",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* crowdAt(home, () => Effect.void)
      const one = Effect.gen(function* () {
        const bus = yield* Bus
        // A server of hers that was granted her name.
        const proofs = yield* Proofs
        yield* proofs.speakUnder(alice, ["alice"])
        const sends = Array.from({ length: 8 }, () => {
          const draft = { from: alice, to: [bob], kind: "chat", content: news(), metadata: {} } as const
          return attempt(Effect.flatten(bus.send(draft)))
        })
        return yield* Effect.all(sends, { concurrency: "unbounded" })
      })
      const results = yield* Effect.all(
        Array.from({ length: 4 }, () => Effect.scoped(Effect.provide(one, storage(home, limited)))),
        { concurrency: "unbounded" }
      )
      expect(results.flat().filter((result) => result === "sent")).toHaveLength(3)
    })
  )
})

describe("a receiver that does not read", () => {
  it.effect(
    "is written to until its queue is full, and again when it has read",
    crowd(
      (they) =>
        Effect.gen(function* () {
          expect(yield* attempts(12, () => they.send(news()))).toBe(10)
          const { message } = yield* refusal(they, { to: [bob], content: news() })
          expect(message).toContain('10 messages already wait for "bob"')
          expect(message).toContain("CC_DM_QUEUE_LIMIT")
          // Whoever took them has not shown them yet.
          const taken = yield* they.bus.take(bob)
          expect(yield* attempts(1, () => they.send(news()))).toBe(0)
          const [pushed, handed, seen, accepted] = taken.map(({ id }) => id)
          yield* they.receipts.record([
            { messageId: pushed!, state: "pushed", wished: false },
            { messageId: handed!, state: "handed over" },
            { messageId: seen!, state: "seen" },
            { messageId: accepted!, state: "accepted" }
          ])
          // "accepted" waits still.
          expect(yield* attempts(9, () => they.send(news()))).toBe(3)
        }),
      { queueLimit: 10 }
    )
  )

  it.effect(
    "is left out of a broadcast that the others get",
    crowd(
      (they) =>
        Effect.gen(function* () {
          yield* attempts(10, () => they.send(news()))
          const sent = yield* they.write({ to: [bob, carol], content: news(), batch: "b" })
          expect(sent.map(({ to }) => to)).toEqual([carol])
          expect([...(yield* they.bus.full([bob, carol]))]).toEqual([bob])
        }),
      { queueLimit: 10 }
    )
  )

  it.effect(
    "has room again when what waited has expired",
    crowd(
      (they) =>
        Effect.gen(function* () {
          yield* attempts(10, () => they.send(news()))
          yield* TestClock.adjust("15 seconds")
          expect(yield* attempts(1, () => they.send(news()))).toBe(1)
        }),
      { queueLimit: 10 }
    )
  )

  it.effect(
    "and a name that nobody holds has one queue, too",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const mail = { life: 3_600_000, name: "dave" }
          const write = () => they.write({ to: [], content: news(), mail })
          expect(yield* attempts(12, write)).toBe(10)
          expect((yield* refusal(they, { to: [], content: news(), mail })).message).toContain('"dave"')
        }),
      { queueLimit: 10 }
    )
  )

  it.effect(
    "and what waits for another name, or was given to the session that took the name, is not in that queue",
    crowd(
      (they) =>
        Effect.gen(function* () {
          const write = (name: string) => () =>
            they.write({ to: [], content: news(), mail: { life: 3_600_000, name } })
          expect(yield* attempts(4, write("dave"))).toBe(3)
          expect(yield* attempts(4, write("dora"))).toBe(3)
          expect(yield* attempts(4, () => they.send(news()))).toBe(3)
          yield* they.join(carol, "dave")
          const letters = yield* they.mail.find("dave", carol)
          yield* they.mail.give(
            letters.map(({ messageId }) => messageId),
            carol
          )
          // They wait for carol now.
          expect(yield* attempts(1, () => they.write({ to: [carol], content: news() }))).toBe(0)
          yield* they.join(carol, "carol")
          expect(yield* attempts(4, write("dave"))).toBe(3)
          expect(yield* attempts(1, write("dora"))).toBe(0)
        }),
      { queueLimit: 3 }
    )
  )

  it.effect(
    "and nothing that waits for somebody else is in it, whoever wrote that",
    crowd(
      (they) =>
        Effect.gen(function* () {
          expect(yield* attempts(4, () => they.write({ to: [carol], content: news() }))).toBe(3)
          expect(yield* attempts(1, () => they.send(news()))).toBe(1)
          expect(yield* attempts(4, () => they.write({ from: carol, to: [bob], content: news() }))).toBe(2)
          expect(yield* attempts(1, () => they.send(news()))).toBe(0)
        }),
      { queueLimit: 3 }
    )
  )
})
