/** What many do at once: they share statements, and nothing else. */
import { describe, expect, test } from "bun:test"
import { Effect } from "effect"
import type { Use } from "../../src/bus/engine/Database.ts"
import { Doorbell } from "../../src/bus/engine/Doorbell.ts"
import type { Draft } from "../../src/bus/messages/Bus.ts"
import { BusUnavailable } from "../../src/domain/Errors.ts"
import { isRung, joined, temporaryFolder, toName } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowd, crowdAt } from "../support/crowd.ts"
import type { Instead } from "../support/engine.ts"
import { it } from "../support/it.ts"
import { engineUnderTest, onFile } from "../support/underTest.ts"

const hour = 3_600_000

const onPostgres: typeof it.effect =
  engineUnderTest === "postgres" ? it.effect : (name) => test.skip(name, () => {})

type Some = Partial<Draft> & Pick<Draft, "to" | "content">

/** Has all of them accepted before any is written, and says of each whether it was. */
const sendAll = ({ bus }: Crowd, drafts: ReadonlyArray<Some>) =>
  Effect.gen(function* () {
    const accepted = yield* Effect.forEach(drafts, (draft) =>
      bus.send({ from: alice, kind: "chat", metadata: {}, ...draft })
    )
    return yield* Effect.forEach(
      accepted,
      (one) =>
        one.pipe(
          Effect.map((copies) => copies.length > 0),
          Effect.catchTag("BusUnavailable", () => Effect.succeed("failed" as const)),
          Effect.orElseSucceed(() => false)
        ),
      { concurrency: "unbounded" }
    )
  })

const several = (count: number, to = bob) =>
  Array.from({ length: count }, (_, index): Some => ({ to: [to], content: `${to} ${index}` }))

const contents = (all: Crowd, id = bob) =>
  Effect.map(all.bus.take(id), (messages) => messages.map(({ content }) => content))

describe("messages that are sent at once", () => {
  it.effect(
    "arrive in their order, also those to many and to a name among them",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.join(carol, "dora")
        const drafts: ReadonlyArray<Some> = [
          { to: [bob], content: "1" },
          { to: [carol], content: "2" },
          { to: [bob], content: "3" },
          { to: [bob, carol], content: "4", batch: "all" },
          { to: [bob], content: "5" },
          { to: [], content: "6", mail: { life: hour, name: "nobody" } },
          { to: [bob], content: "7" },
          { to: [bob], content: "8" }
        ]
        const sent = yield* sendAll(all, drafts)
        expect(sent).toEqual(drafts.map(() => true))
        expect(yield* contents(all)).toEqual(["1", "3", "4", "5", "7", "8"])
        expect(yield* contents(all, carol)).toEqual(["2", "4"])
      })
    )
  )

  it.effect(
    "are signed one by one, and to whoever has left none is written",
    crowd((all) =>
      Effect.gen(function* () {
        yield* all.registry.remove(carol)
        expect(yield* sendAll(all, [...several(2), ...several(1, carol), ...several(2)])).toEqual([
          true,
          true,
          false,
          true,
          true
        ])
        expect((yield* all.bus.take(bob)).map(({ proof }) => proof)).toEqual(Array(4).fill("signed"))
      })
    )
  )

  it.effect(
    "are counted as if they came one after the other: to one receiver",
    crowd(
      (all) =>
        Effect.gen(function* () {
          const sent = yield* sendAll(all, [...several(5), ...several(2, carol)])
          expect(sent).toEqual([true, true, true, false, false, true, true])
          expect(yield* contents(all)).toHaveLength(3)
        }),
      { rateLimit: { toOne: 3, inAll: 5 } }
    )
  )

  it.effect(
    "in all, of which what is refused takes no place",
    crowd(
      (all) =>
        Effect.gen(function* () {
          const sent = yield* sendAll(all, [...several(5), ...several(3, carol)])
          expect(sent).toEqual([true, true, true, false, false, true, true, false])
        }),
      { rateLimit: { toOne: 3, inAll: 5 } }
    )
  )

  it.effect(
    "the same words once",
    crowd(
      (all) =>
        Effect.gen(function* () {
          const same: Some = { to: [bob], content: "again" }
          expect(yield* sendAll(all, [same, ...several(1), same, ...several(1, carol)])).toEqual([
            true,
            true,
            false,
            true
          ])
        }),
      { rateLimit: { toOne: 10, inAll: 20 } }
    )
  )

  it.effect(
    "and as many as a receiver's queue has room for",
    crowd(
      (all) =>
        Effect.gen(function* () {
          expect(yield* sendAll(all, [...several(1), ...several(1, carol), ...several(4)])).toEqual([
            true,
            true,
            true,
            true,
            false,
            false
          ])
        }),
      { queueLimit: 3 }
    )
  )
})

/** Counts what is asked of the database. */
const counting = () => {
  const asked = { count: 0 }
  const counted =
    (use: Use): Use =>
    (body) =>
      Effect.suspend(() => {
        asked.count += 1
        return use(body)
      })
  const instead: Instead = (database) => ({
    ...database,
    run: counted(database.run),
    transaction: counted(database.transaction)
  })
  return { asked, instead }
}

describe("a bus in PostgreSQL", () => {
  onPostgres(
    "is asked once for a hundred messages that are sent at once, and once to take them",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { asked, instead } = counting()
      yield* crowdAt(
        home,
        (all) =>
          Effect.gen(function* () {
            asked.count = 0
            yield* sendAll(all, several(100))
            // Who the sender is, and the messages.
            expect(asked.count).toBe(2)
            yield* all.bus.take(bob)
            expect(asked.count).toBe(3)
          }),
        {},
        instead
      )
    })
  )

  onPostgres(
    "is asked once for all who are looked for at the same time",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { asked, instead } = counting()
      yield* crowdAt(
        home,
        ({ registry }) =>
          Effect.gen(function* () {
            asked.count = 0
            const found = yield* Effect.all(
              [
                registry.find("alice"),
                registry.find(bob),
                registry.find("nobody"),
                registry.self(carol),
                registry.findBoth(alice, "carol")
              ],
              { concurrency: "unbounded" }
            )
            expect(asked.count).toBe(1)
            expect(found).toMatchObject([
              { id: alice },
              { name: "bob" },
              undefined,
              { name: "carol" },
              { me: { id: alice }, other: { id: carol } }
            ])
          }),
        {},
        instead
      )
    })
  )
})

describe("a sender on a bus in PostgreSQL", () => {
  onPostgres(
    "is rung for bad news alone: for the rest it asks",
    crowd((all) =>
      Effect.gen(function* () {
        const { nextRing } = yield* (yield* Doorbell).listen(alice)
        const messageId = yield* all.send("hello")
        yield* all.bus.take(bob)
        yield* all.receipts.record([{ messageId, state: "pushed", wished: false }])
        expect(yield* isRung(nextRing)).toBe(false)
        yield* all.receipts.record([{ messageId, state: "refused", reason: "not now" }])
        expect(yield* isRung(nextRing)).toBe(true)
      })
    )
  )

  onPostgres(
    "is told with what it has written whose receiver is connected",
    crowd((all, home) =>
      Effect.gen(function* () {
        const { identity } = yield* joined(home, { name: toName("dora") })
        expect(yield* all.write({ to: [identity.id, bob], content: "hello" })).toMatchObject([
          { to: identity.id, connected: true },
          { to: bob, connected: false }
        ])
      })
    )
  )
})

/** A bus that fails at one of the statements to come, or seems lost although that was done. */
const failing = (at: { statement: number }, uncertain: boolean): Instead => {
  const why = new BusUnavailable({
    file: "bus",
    problem: "fails",
    advice: "",
    ...(uncertain ? { uncertain } : {})
  })
  return (database) => ({
    ...database,
    run: (body) =>
      Effect.suspend(() => {
        at.statement -= 1
        if (at.statement !== 0) return database.run(body)
        return uncertain ? Effect.andThen(database.run(body), Effect.fail(why)) : Effect.fail(why)
      })
  })
}

describe("of messages that several statements write in PostgreSQL", () => {
  const sentWith = (uncertain: boolean) =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const at = { statement: 0 }
      return yield* crowdAt(
        home,
        (all) =>
          Effect.gen(function* () {
            // Who the sender is, the first hundred, and the rest.
            at.statement = 3
            const sent = yield* sendAll(all, several(120))
            const arrived = [...(yield* contents(all)), ...(yield* contents(all))]
            return { sent, arrived }
          }),
        {},
        failing(at, uncertain)
      )
    })

  onPostgres(
    "those stand that were written before one failed, and only the others are said to have failed",
    Effect.gen(function* () {
      const { arrived, sent } = yield* sentWith(false)
      expect(sent).toEqual([...Array(100).fill(true), ...Array(20).fill("failed")])
      expect(arrived).toEqual(several(100).map(({ content }) => content))
    })
  )

  onPostgres(
    "each arrives once, if the answer to one of these was lost",
    Effect.gen(function* () {
      const { arrived, sent } = yield* sentWith(true)
      expect(sent).toEqual(Array(120).fill(true))
      expect(arrived).toEqual(several(120).map(({ content }) => content))
    })
  )
})

describe("what was claimed while the connection was lost", () => {
  it.effect(
    "comes once, in its order, when the connection is back",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const at = { statement: 0 }
      yield* crowdAt(
        home,
        (all) =>
          Effect.gen(function* () {
            yield* sendAll(all, several(2))
            // The file looks first, and then claims.
            at.statement = engineUnderTest === "postgres" ? 1 : 2
            expect(yield* Effect.flip(all.bus.take(bob))).toMatchObject({ uncertain: true })
            yield* all.send("later")
            expect(yield* contents(all)).toEqual([`${bob} 0`, `${bob} 1`, "later"])
            expect(yield* contents(all)).toEqual([])
            yield* all.join(carol, toName("carol"))
            yield* all.send("last")
            expect(yield* contents(all)).toEqual(["last"])
          }),
        {},
        failing(at, true)
      )
    })
  )
})

onFile("each message has a signature of its own", describe)("what is written at once", () => {
  const signaturesOf = (all: Crowd) =>
    Effect.map(all.rows<{ signature: string }>("SELECT signature FROM messages ORDER BY id"), (rows) =>
      rows.map(({ signature }) => signature)
    )

  const provenContents = (all: Crowd, id = bob) =>
    Effect.map(all.bus.take(id), (messages) =>
      messages.map(({ content, from, proof }) => [content, from, proof])
    )

  it.effect(
    "shares signatures, and all of it is its sender's",
    crowd((all) =>
      Effect.gen(function* () {
        yield* sendAll(all, several(40))
        expect(new Set(yield* signaturesOf(all)).size).toBe(3)
        expect(yield* provenContents(all)).toEqual(
          several(40).map(({ content }) => [content, "alice", "signed"])
        )
      })
    )
  )

  it.effect(
    "a broadcast too",
    crowd((all) =>
      Effect.gen(function* () {
        yield* sendAll(all, [{ to: [bob, carol], content: "to all", batch: "all" }])
        expect(new Set(yield* signaturesOf(all)).size).toBe(1)
        for (const id of [bob, carol])
          expect(yield* provenContents(all, id)).toEqual([["to all", "alice", "signed"]])
      })
    )
  )

  it.effect(
    "of which one message was changed by hand, loses the sender of that one alone",
    crowd((all) =>
      Effect.gen(function* () {
        yield* sendAll(all, several(4))
        yield* all.change("UPDATE messages SET content = 'forged' WHERE content = ?", `${bob} 2`)
        expect(yield* provenContents(all)).toEqual([
          [`${bob} 0`, "alice", "signed"],
          [`${bob} 1`, "alice", "signed"],
          ["forged", "nobody known", "none"],
          [`${bob} 3`, "alice", "signed"]
        ])
      })
    )
  )

  it.effect(
    "has a signature for each message while a session that does not know shared ones is on the roster, and for each letter",
    crowd((all) =>
      Effect.gen(function* () {
        const letter = (name: string): Some => ({ to: [], content: name, mail: { life: hour, name } })
        yield* sendAll(all, [letter("dora"), letter("emil")])
        yield* all.change("UPDATE sessions SET protocol = 2 WHERE id = ?", carol)
        yield* sendAll(all, several(3))
        const signatures = yield* signaturesOf(all)
        expect(new Set(signatures).size).toBe(5)
        expect(signatures.join()).not.toContain(".")
        // Who joins again is of the version that it is served by.
        yield* all.join(carol)
        yield* sendAll(all, several(2))
        expect(new Set((yield* signaturesOf(all)).slice(5)).size).toBe(1)
      })
    )
  )
})
