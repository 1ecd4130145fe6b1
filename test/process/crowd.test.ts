/** Many real servers on one bus at once. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import {
  type ClaudeCode,
  flooding,
  named,
  nameIn,
  sessionsIn,
  startReady
} from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"

const startAll = (home: string, names: ReadonlyArray<string>) =>
  Effect.forEach(names, (name) => startReady({ home, env: named(name, flooding) }), {
    concurrency: "unbounded"
  })

const numbered = (count: number, prefix = "s") => Array.from({ length: count }, (_, n) => `${prefix}${n}`)

/** Takes `count` channel events, and makes sure that no other one is on its way. */
const receive = Effect.fnUntraced(function* (session: ClaudeCode, count: number) {
  const events = []
  while (events.length < count) events.push((yield* session.next).params)
  yield* session.call("who")
  expect(yield* session.unread).toEqual([])
  return events
})

describe("24 servers that start at once on a fresh bus", () => {
  it.live(
    "are all listed, under their names",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const names = numbered(24)
      const sessions = yield* startAll(home, names)
      // A greeting waits two seconds for the bus, and a result for as long as it takes.
      yield* Effect.forEach(sessions, (session) => session.call("who"), { concurrency: "unbounded" })
      const { json } = yield* sessions[0]!.call("who")
      expect(
        sessionsIn(json)
          .map(({ name }) => name)
          .sort()
      ).toEqual(names.sort())
      for (const session of sessions) expect(session.stderr()).toBe("")
    })
  )
})

describe("a name that ten claim at once", () => {
  it.live(
    "has one holder, and nine are told so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sessions = yield* startAll(home, numbered(10))
      const results = yield* Effect.forEach(
        sessions,
        (session) => session.call("register", { name: "planner", role: "worker" }),
        { concurrency: "unbounded" }
      )
      expect(results.filter(({ isError }) => !isError)).toHaveLength(1)
      const refused = results.filter(({ isError }) => isError)
      expect(refused).toHaveLength(9)
      for (const { json } of refused) {
        expect(json["error"]).toContain('the name "planner" is held by another session')
        expect(nameIn(json)).toMatch(/^s\d$/)
      }
      const { json } = yield* sessions[0]!.call("who")
      const names = sessionsIn(json).map(({ name }) => name)
      expect(names.filter((name) => name === "planner")).toHaveLength(1)
      expect(new Set(names).size).toBe(10)
    })
  )

  it.live(
    "by their variables has one holder too",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sessions = yield* startAll(
        home,
        Array.from({ length: 10 }, () => "planner")
      )
      const standings = yield* Effect.forEach(sessions, (session) => session.call("who"), {
        concurrency: "unbounded"
      })
      const names = standings.map(({ json }) => nameIn(json))
      expect(names.filter((name) => name === "planner")).toHaveLength(1)
      for (const { json } of standings)
        if (nameIn(json) !== "planner")
          expect(json["_note"]).toContain('the name "planner" is held by another session')
    })
  )
})

describe("16 servers that write to each other at once", () => {
  it.live(
    "get every accepted message once, in the order of its sender",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const names = numbered(16)
      const sessions = yield* startAll(home, names)
      const rounds = 4
      const accepted = yield* Effect.forEach(
        sessions,
        (session, sender) =>
          Effect.forEach(
            names.flatMap((to, index) =>
              index === sender ? [] : Array.from({ length: rounds }, (_, n) => ({ to, n }))
            ),
            ({ n, to }) =>
              Effect.map(session.call("dm", { to, content: `${names[sender]} ${n}` }), ({ isError, json }) =>
                isError ? json["error"] : ""
              ),
            { concurrency: "unbounded" }
          ),
        { concurrency: "unbounded" }
      )
      expect(accepted.flat().filter((error) => error !== "")).toEqual([])
      for (const [index, session] of sessions.entries()) {
        const events = yield* receive(session, 15 * rounds)
        for (const sender of names.filter((_, other) => other !== index)) {
          const from = events.filter(({ meta }) => meta?.["from_session"] === sender)
          expect(from.map(({ content }) => content)).toEqual(
            Array.from({ length: rounds }, (_, n) => `${sender} ${n}`)
          )
        }
        expect(new Set(events.map(({ meta }) => meta?.["message_id"])).size).toBe(15 * rounds)
      }
      const left = yield* Effect.scoped(
        Effect.flatMap(outsider(home), ({ all }) => all("SELECT id FROM messages WHERE delivered <> 1"))
      )
      expect(left).toEqual([])
    })
  )
})

describe("a broadcast", () => {
  it.live(
    "reaches everybody else once, and never its sender",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const [sender, ...others] = yield* startAll(home, numbered(12))
      expect(
        (yield* sender!.call("broadcast", { content: "hello all", priority: "low" })).json
      ).toMatchObject({
        success: true,
        from: "s0",
        recipientCount: 11
      })
      for (const other of others) {
        const [event] = yield* receive(other, 1)
        expect(event).toMatchObject({ content: "hello all", meta: { from_session: "s0", priority: "low" } })
      }
      expect(yield* sender!.unread).toEqual([])
    })
  )
})
