/** What a server takes for its session, and what the rows say of it then. */
import { describe, expect } from "bun:test"
import { Context, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { Database, type Use } from "../../src/bus/engine/Database.ts"
import { fileEngine } from "../../src/bus/engine/Engine.ts"
import { HeldMail } from "../../src/bus/engine/HeldMail.ts"
import { SqliteDatabase } from "../../src/bus/engine/sqlite/SqliteDatabase.ts"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { BusServices } from "../../src/bus/Storage.ts"
import { BusUnavailable } from "../../src/domain/Errors.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { quiet, settingsOf, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { alice, bob, type Crowd, carol, crowdAt } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { noOldServers, onFile } from "../support/underTest.ts"

const hour = 3_600_000
const day = 24 * hour

const keptUntil = (all: Crowd) =>
  Effect.map(all.rows<{ kept_until: string | null }>("SELECT kept_until FROM messages ORDER BY id"), (rows) =>
    rows.map((row) => row.kept_until)
  )

describe("what was taken is kept", () => {
  /** Alice writes with one history, bob's server takes a second later with another. */
  const keptWith = (histories: { readonly sender: number; readonly receiver: number }) =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* crowdAt(home, (all) => all.send("hello"), { history: histories.sender })
      yield* TestClock.adjust("1 seconds")
      return yield* crowdAt(home, (all) => Effect.andThen(all.bus.take(bob), keptUntil(all)), {
        history: histories.receiver
      })
    })

  it.effect(
    "from then on, as long as its receiver's history says",
    Effect.gen(function* () {
      expect(yield* keptWith({ sender: day, receiver: hour })).toEqual(["1970-01-01T01:00:01.000Z"])
      yield* TestClock.setTime(0)
      // Not from the time at which it would have expired.
      expect(yield* keptWith({ sender: day, receiver: day })).toEqual(["1970-01-02T00:00:01.000Z"])
    })
  )

  it.effect(
    "no longer than its sender's history says",
    Effect.gen(function* () {
      expect(yield* keptWith({ sender: hour, receiver: day })).toEqual(["1970-01-01T01:00:15.000Z"])
    })
  )

  it.effect(
    "until it is settled, if its sender keeps no history",
    Effect.gen(function* () {
      expect(yield* keptWith({ sender: 0, receiver: day })).toEqual([null])
    })
  )

  onFile(noOldServers, it.effect)(
    "as its receiver says, if a 1.3.1 server wrote it",
    Effect.flatMap(temporaryFolder, (home) =>
      crowdAt(
        home,
        (all) =>
          Effect.gen(function* () {
            yield* all.change(
              "INSERT INTO messages (from_session, to_session, content, delivered, created_at) VALUES ('old', ?, 'hello', 0, '1970-01-01T00:00:00.000Z')",
              bob
            )
            yield* all.bus.take(bob)
            expect(yield* keptUntil(all)).toEqual(["1970-01-01T01:00:00.000Z"])
          }),
        { history: hour }
      )
    )
  )
})

/** A file whose connection seems to be lost at one of the statements to come, which is done nevertheless. */
const losing = (at: { statement: number }) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const context = yield* Layer.build(SqliteDatabase.layer)
      const { run, ...more } = Context.get(context, Database)
      const lost = new BusUnavailable({ file: "bus.db", problem: "is lost", advice: "", uncertain: true })
      const losingRun: Use = (body) =>
        Effect.suspend(() => {
          at.statement -= 1
          return at.statement === 0 ? Effect.andThen(run(body), Effect.fail(lost)) : run(body)
        })
      return Context.make(Database, Database.of({ ...more, run: losingRun }))
    })
  )

describe("mail that was claimed while the connection was lost", () => {
  const claimed = (nameThen: string) =>
    Effect.gen(function* () {
      const home = yield* temporaryHome
      const at = { statement: 0 }
      const layer = BusServices.pipe(
        Layer.provideMerge(fileEngine(losing(at))),
        Layer.provide(Layer.succeed(Settings, settingsOf(home, { busUrl: undefined })))
      )
      return yield* Effect.gen(function* () {
        const bus = yield* Bus
        const mail = yield* HeldMail
        const registry = yield* Registry
        const join = (id: typeof alice, name: string) =>
          registry.claim(
            { id, cwd: "/", doorbell: false, presence: quiet },
            { name: toName(name), role: toTag("worker"), project: null }
          )
        yield* join(alice, "alice")
        const draft = { from: alice, kind: "chat", content: "for dora", metadata: {} } as const
        const [sent] = yield* Effect.flatten(
          bus.send({ ...draft, to: [], mail: { life: hour, name: "dora" } })
        )
        yield* join(carol, "dora")
        yield* mail.give([sent?.messageId ?? 0], carol)
        // The first statement looks, the second claims.
        at.statement = 2
        expect(yield* Effect.flip(bus.take(carol))).toMatchObject({ uncertain: true })
        yield* join(carol, nameThen)
        return yield* bus.take(carol)
      }).pipe(Effect.provide(Layer.fresh(layer)))
    })

  it.effect(
    "comes to the session that it was for, once the connection is back",
    Effect.gen(function* () {
      expect(yield* claimed("dora")).toMatchObject([{ content: "for dora", proof: "signed", fromId: alice }])
    })
  )

  it.effect(
    "proves nothing to a session that has lost the name since",
    Effect.gen(function* () {
      expect(yield* claimed("carol")).toMatchObject([{ content: "for dora", proof: "none", options: {} }])
    })
  )
})
