import { describe, expect } from "bun:test"
import { Effect, Exit } from "effect"
import { TestClock } from "effect/testing"
import { Bus } from "../../src/bus/messages/Bus.ts"
import { Conversations } from "../../src/bus/roster/Conversations.ts"
import { Registry } from "../../src/bus/roster/Registry.ts"
import { SessionId } from "../../src/domain/Name.ts"
import { quiet, sqlite, storage, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldSession } from "../support/old.ts"
import { outsider } from "../support/outsider.ts"
import { looseFolder } from "../support/released.ts"
import { noOldServers, onFile } from "../support/underTest.ts"

const one = { id: SessionId.make("session-000000000001"), cwd: "/one", doorbell: false, presence: quiet }
const two = { id: SessionId.make("session-000000000002"), cwd: "/two", doorbell: false, presence: quiet }
const wish = (name?: string, project?: string) => ({
  name: name === undefined ? undefined : toName(name),
  role: toTag("worker"),
  project: project === undefined ? null : toTag(project)
})

const withRegistry = <A, E>(
  body: (registry: Registry["Service"], home: string) => Effect.Effect<A, E, never>,
  folder = temporaryFolder
) =>
  Effect.gen(function* () {
    const home = yield* folder
    return yield* Effect.provide(
      Effect.flatMap(Registry, (registry) => body(registry, home)),
      storage(home)
    )
  })

const names = (registry: Registry["Service"]) =>
  Effect.map(registry.roster, (roster) => roster.map(({ name }) => name))

describe("the roster", () => {
  it.effect(
    "shows a session that joined for a time as long as it beats, once it does",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim({ ...one, lease: 10_000 }, wish("planner"))
        yield* registry.claim({ ...two, lease: 10_000 }, wish("coder"))
        yield* TestClock.adjust("60 seconds")
        expect(yield* registry.heartbeat(one.id)).toBe(true)
        yield* TestClock.adjust("20 seconds")
        expect(yield* names(registry)).toEqual(["planner"])
      })
    )
  )

  it.effect(
    "shows who joined, under the name that was granted",
    withRegistry((registry) =>
      Effect.gen(function* () {
        expect(yield* registry.claim(one, wish("planner", "myapp"))).toMatchObject({
          name: "planner",
          project: "myapp"
        })
        expect(yield* registry.claim(two, wish())).toMatchObject({ name: two.id, project: null })
        expect(yield* registry.roster).toMatchObject([
          { id: one.id, name: "planner", role: "worker", project: "myapp", cwd: "/one", current: true },
          { id: two.id, name: two.id, project: null }
        ])
        expect(yield* registry.find("planner")).toMatchObject({ id: one.id })
        expect(yield* registry.find(two.id)).toMatchObject({ id: two.id })
        expect(yield* registry.find("nobody")).toBeUndefined()
        expect(yield* registry.findBoth(two.id, "planner")).toMatchObject({
          me: { id: two.id },
          other: { id: one.id }
        })
        expect(yield* registry.findBoth(two.id, "nobody")).toMatchObject({
          me: { id: two.id },
          other: undefined
        })
        expect(yield* registry.findBoth(two.id, two.id)).toMatchObject({
          me: { id: two.id },
          other: { id: two.id }
        })
      })
    )
  )

  it.effect(
    "gives a name to one session at a time, and a refusal changes nothing",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        yield* registry.claim(two, wish("backend"))
        const refused = yield* Effect.flip(registry.claim(two, wish("planner", "elsewhere")))
        expect(refused).toMatchObject({ _tag: "NameTaken", name: "planner", holder: { id: one.id } })
        expect(yield* registry.self(two.id)).toMatchObject({ name: "backend", project: null })
        expect(yield* names(registry)).toEqual(["planner", "backend"])
      })
    )
  )

  it.effect(
    "gives no name that looks like one in use, and says which",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("alice"))
        const refused = yield* Effect.flip(registry.claim(two, wish("аlice")))
        expect(refused).toMatchObject({ _tag: "NameTaken", holder: { id: one.id, name: "alice" } })
        expect(refused.message).toBe(
          `the name "аlice" (with U+0430) looks like "alice", which is in use (${one.id}); choose another one`
        )
        expect(yield* names(registry)).toEqual(["alice"])
        yield* registry.claim(two, wish("alicia"))
        // Its own name is in nobody's way.
        yield* registry.claim(one, wish("a1ice"))
        yield* registry.claim(one, wish("alice"))
        yield* TestClock.adjust("60 seconds")
        expect(yield* registry.claim(two, wish("аlice"))).toMatchObject({ name: "аlice" })
      })
    )
  )

  onFile(noOldServers, it.effect)(
    "counts names of 1.3.1 and of people as in use, and the very name before one that looks like it",
    withRegistry((registry, home) =>
      Effect.gen(function* () {
        const person = { ...one, kind: "command line", lease: 3_600_000 } as const
        yield* registry.claim(person, wish("ada-cli"))
        const lastSeen = (yield* registry.roster)[0]?.lastSeen ?? ""
        yield* Effect.scoped(
          Effect.map(sqlite(home), (database) => {
            oldSession(database, "session-aaaaaaaaaaaa", "Dev1\u001b[2J", lastSeen)
            oldSession(database, "session-bbbbbbbbbbbb", "DEV1", lastSeen)
            oldSession(database, "session-cccccccccccc", "devl", lastSeen)
          })
        )
        const refusal = (name: string) => Effect.flip(registry.claim(two, wish(name)))
        expect(yield* refusal("ada-c1i")).toMatchObject({ holder: { name: "ada-cli" } })
        expect(yield* refusal("dev1")).toMatchObject({ holder: { name: "DEV1" } })
        expect(yield* refusal("devl")).toMatchObject({ holder: { id: "session-cccccccccccc" } })
      })
    )
  )

  it.live(
    "gives one of two names that look alike to one of two sessions that claim them at once",
    withRegistry((registry) =>
      Effect.gen(function* () {
        const claims = yield* Effect.all(
          [Effect.exit(registry.claim(one, wish("modern"))), Effect.exit(registry.claim(two, wish("modem")))],
          { concurrency: "unbounded" }
        )
        expect(claims.filter(Exit.isSuccess)).toHaveLength(1)
        expect(yield* names(registry)).toHaveLength(1)
      })
    )
  )

  it.effect(
    "lets a session change its name, and frees the old one",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        yield* registry.claim(one, wish("lead"))
        yield* registry.claim(two, wish("planner"))
        expect(yield* names(registry)).toEqual(["lead", "planner"])
      })
    )
  )

  it.effect(
    "forgets a session 60 s after its last heartbeat, for every reader and before any sweep",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        yield* TestClock.adjust("59 seconds")
        expect(yield* names(registry)).toEqual(["planner"])
        expect(yield* registry.heartbeat(one.id)).toBe(true)
        yield* TestClock.adjust("59 seconds")
        expect(yield* registry.find("planner")).toBeDefined()
        yield* TestClock.adjust("1 second")
        expect(yield* registry.find("planner")).toBeUndefined()
        expect(yield* names(registry)).toEqual([])
        expect(yield* registry.heartbeat(one.id)).toBe(true)
        expect(yield* names(registry)).toEqual(["planner"])
      })
    )
  )

  it.effect(
    "replaces a stale holder of a name in the transaction that claims it",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        yield* TestClock.adjust("60 seconds")
        yield* registry.claim(two, wish("planner"))
        expect(yield* registry.self(one.id)).toBeUndefined()
        expect(yield* registry.heartbeat(one.id)).toBe(false)
      })
    )
  )

  it.effect(
    "is swept of those who are gone, and of nobody else",
    withRegistry((registry) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        yield* TestClock.adjust("30 seconds")
        yield* registry.claim(two, wish("backend"))
        yield* TestClock.adjust("30 seconds")
        yield* registry.sweep
        expect(yield* registry.self(one.id)).toBeUndefined()
        expect(yield* registry.self(two.id)).toBeDefined()
      })
    )
  )

  onFile(noOldServers, it.effect)(
    "reads rows of 1.3.1 whatever they hold, and never shows two sessions under one name",
    withRegistry(
      (registry, home) =>
        Effect.gen(function* () {
          yield* registry.claim(one, wish("planner"))
          const lastSeen = (yield* registry.roster)[0]?.lastSeen ?? ""
          yield* Effect.scoped(
            Effect.gen(function* () {
              const { run } = yield* outsider(home)
              const insert = "INSERT INTO sessions (id, name, role, last_seen) VALUES (?, ?, ?, ?)"
              yield* run(insert, "session-aaaaaaaaaaaa", "planner", "worker", lastSeen)
              yield* run(insert, "session-bbbbbbbbbbbb", null, null, lastSeen)
              yield* run(insert, "session-cccccccccccc", new Uint8Array([104, 105]), "worker", lastSeen)
              yield* run(insert, null, null, "worker", lastSeen)
              yield* run(insert, null, "nobody", "worker", lastSeen)
            })
          )
          expect(yield* names(registry)).toEqual([
            "planner",
            "session-aaaaaaaaaaaa",
            "session-bbbbbbbbbbbb",
            "hi"
          ])
          expect(yield* registry.find("planner")).toMatchObject({ id: one.id, current: true })
          expect(yield* registry.find("nobody")).toBeUndefined()
        }),
      looseFolder
    )
  )
})

describe("a name is known from before", () => {
  const planner = toName("planner")

  it.effect(
    "of a session that has it, of a conversation that had it, or of what was said under it, and else it is not",
    Effect.flatMap(temporaryFolder, (home) =>
      Effect.gen(function* () {
        const registry = yield* Registry
        const conversations = yield* Conversations
        const bus = yield* Bus
        const known = registry.isKnown(planner)
        yield* registry.claim(one, wish("other"))
        const who = { id: one.id, name: toName("other"), role: null, project: null, approver: null }
        yield* conversations.remember("c", who)
        const draft = { from: one.id, to: [one.id], kind: "chat", content: "hello", metadata: {} } as const
        yield* Effect.flatten(bus.send(draft))
        expect(yield* known).toBe(false)

        yield* registry.claim(one, wish("planner"))
        expect(yield* known).toBe(true)
        yield* registry.claim(one, wish("other"))
        expect(yield* known).toBe(false)

        yield* conversations.remember("c", { ...who, name: planner })
        expect(yield* known).toBe(true)
        yield* conversations.remember("c", who)
        expect(yield* known).toBe(false)

        yield* registry.claim(one, wish("planner"))
        yield* Effect.flatten(bus.send(draft))
        yield* registry.claim(one, wish("other"))
        expect(yield* known).toBe(true)
      }).pipe(Effect.provide(storage(home)))
    )
  )
})

describe("the unique index", () => {
  it.effect(
    "holds against a claim that got past every check",
    withRegistry((registry, home) =>
      Effect.gen(function* () {
        yield* registry.claim(one, wish("planner"))
        const forced = yield* Effect.scoped(
          Effect.flatMap(outsider(home), ({ run }) =>
            Effect.exit(
              run(
                "INSERT INTO sessions (id, name, last_seen, registered_at, protocol) VALUES ('session-dddddddddddd', 'planner', '', '', 2)"
              )
            )
          )
        )
        expect(Exit.isFailure(forced)).toBe(true)
      })
    )
  )
})
