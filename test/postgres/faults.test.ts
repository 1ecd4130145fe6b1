/**
 * What goes wrong between sessions and a PostgreSQL server, done to real ones. Whatever it is: what was accepted arrives once, what
 * was not is an error to its sender, everybody is told what is wrong, and all of it is over by itself.
 */
import { describe, expect } from "bun:test"
import { Effect, Fiber, Ref } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { type ClaudeCode, idIn, named, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { postgresBus, sessionOn } from "../../testkit/postgres/bus.ts"
import { startPostgres } from "../../testkit/postgres/Postgres.ts"
import { startStandby } from "../../testkit/postgres/standby.ts"
import { startForwarder } from "../support/forwarder.ts"
import { settled, withPostgres, withPostgresMeanwhile } from "../support/withPostgres.ts"

/** What became of messages, as their senders were told. */
interface Told {
  readonly accepted: Array<string>
  /** Nobody knows whether these were written. */
  readonly doubtful: Array<string>
  readonly refused: Array<string>
  /** What was said of those that were not accepted. */
  readonly reasons: Set<string>
}

/** Sends one message after the other until it is told to stop. */
const sendSteadily = Effect.fnUntraced(function* (
  from: ClaudeCode,
  to: string,
  prefix: string,
  more: Readonly<Record<string, unknown>> = {}
) {
  const told: Told = { accepted: [], doubtful: [], refused: [], reasons: new Set() }
  const over = yield* Ref.make(false)
  const one = Effect.fnUntraced(function* (number: number) {
    const content = `${prefix}${number}`
    const { isError, json } = yield* from.call("dm", { to, content, ...more })
    const reason = String(json["error"])
    if (!isError) told.accepted.push(content)
    else if (reason.includes("it may or may not have been sent")) told.doubtful.push(content)
    else told.refused.push(content)
    if (isError) told.reasons.add(reason)
    yield* Effect.sleep("5 millis")
  })
  const sending = yield* Effect.forkChild(
    Effect.gen(function* () {
      for (let number = 0; !(yield* Ref.get(over)); number++) yield* one(number)
    })
  )
  return { told, stop: Effect.andThen(Ref.set(over, true), Fiber.join(sending)) }
})

/** Waits until a session got all that was accepted, and makes sure that it got nothing twice and nothing that was refused. */
const gotAll = Effect.fnUntraced(function* (receiver: ClaudeCode, all: ReadonlyArray<Told>) {
  const got: Array<string> = []
  const accepted = all.flatMap((told) => told.accepted)
  while (!accepted.every((content) => got.includes(content))) {
    const { content = "", meta } = (yield* receiver.next).params
    expect(meta).not.toHaveProperty("from_proof")
    got.push(content)
  }
  yield* receiver.call("who")
  for (const { params } of yield* receiver.unread) got.push(params.content ?? "")
  // What cc-dm tells of messages that the receiver itself sent.
  const words = got.filter((content) => /^[a-z]\d+$/.test(content))
  expect(new Set(words).size).toBe(words.length)
  expect(all.flatMap(({ refused }) => refused).filter((content) => words.includes(content))).toEqual([])
})

const works = (from: ClaudeCode, to: string) =>
  eventually(from.call("dm", { to, content: `hello ${Math.random()}` }), ({ isError }) => !isError)

/** A bus on a server of its own, and sessions of its one user. */
const ownBus = (options: Parameters<typeof startPostgres>[0] = {}) =>
  Effect.gen(function* () {
    const server = yield* startPostgres({ plain: true, ...options })
    const bus = yield* postgresBus(["ada"], { server })
    return { server, bus, ada: bus.users.ada }
  })

/** A bus whose sessions reach it through networks of their own. */
const behindNetworks = (names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { ada, bus, server } = yield* ownBus()
    const all = yield* Effect.forEach(
      names,
      Effect.fnUntraced(function* (name) {
        const network = yield* startForwarder(server)
        return { network, session: yield* sessionOn(network.through(ada.tcpUrl), name) }
      }),
      { concurrency: "unbounded" }
    )
    return {
      server,
      bus,
      ada,
      networks: all.map(({ network }) => network),
      sessions: all.map(({ session }) => session)
    }
  })

/** What a session says of a bus that it does not get, in `who` and at the end of every result. */
const complaintOf = (session: ClaudeCode) =>
  Effect.map(session.call("who"), ({ isError, json }) => {
    expect(isError).toBe(true)
    expect(String(json["_note"])).toContain(String(json["error"]))
    return String(json["error"])
  })

const isBack = (session: ClaudeCode) => eventually(session.call("who"), ({ isError }) => !isError)

describe("a server", () => {
  withPostgres(
    "that has no connection left says so, and takes the next as soon as one has ended",
    Effect.gen(function* () {
      const { ada } = yield* ownBus({ maxConnections: 6 })
      const some = yield* Effect.forEach(["a", "b", "c"], (name) => sessionOn(ada.url, name))
      const late = yield* sessionOn(ada.url, "late")
      expect(yield* complaintOf(late)).toContain("has no connection left. Raise max_connections")
      const { isError } = yield* late.call("dm", { to: "a", content: "hello" })
      expect(isError).toBe(true)
      yield* some[2]!.closeStdin
      yield* isBack(late)
      expect((yield* late.call("who")).json).toMatchObject({ _identity: { name: "late" } })
      yield* works(late, "a")
    })
  )

  withPostgres(
    "that lets nobody in says so, and lets them in again",
    Effect.gen(function* () {
      const { ada, bus, server } = yield* ownBus()
      const alice = yield* sessionOn(ada.url, "alice")
      const bob = yield* sessionOn(ada.url, "bob")
      yield* server.refuse(bus.name)
      yield* eventually(complaintOf(alice), (words) => words.includes("not currently accepting connections"))
      expect(yield* complaintOf(bob)).toContain("takes no connections now")
      yield* server.allow(bus.name)
      yield* isBack(alice)
      yield* isBack(bob)
      yield* works(alice, "bob")
      expect(alice.stderr() + bob.stderr()).not.toContain(ada.password)
    })
  )

  withPostgres(
    "that is stopped and started again finds everybody back by themselves",
    Effect.gen(function* () {
      const { ada, bus, server } = yield* ownBus()
      const sessions = yield* Effect.forEach(["a", "b", "c"], (name) => sessionOn(ada.url, name))
      yield* server.stop("fast")
      yield* Effect.sleep("1 second")
      yield* server.start
      yield* eventually(
        bus.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename = '${ada.name}'`),
        (count) => count === "3"
      )
      // Nobody has asked any of them for anything.
      yield* works(sessions[0]!, "b")
      expect((yield* sessions[1]!.next).params.content).toContain("hello")
    })
  )
})

describe("a network that is cut", () => {
  withPostgres(
    "for a moment costs nobody the place on the roster, on a server that has been there for long",
    Effect.gen(function* () {
      const { ada, bus } = yield* ownBus()
      const alice = yield* sessionOn(ada.url, "alice")
      const bob = yield* sessionOn(ada.url, "bob")
      yield* settled(bus)
      const before = idIn((yield* alice.call("who")).json, "bob")
      for (let round = 0; round < 5; round++) {
        yield* bus.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${ada.name}'
            AND query NOT LIKE '%notify%' AND pid = (SELECT pid FROM pg_locks WHERE locktype = 'advisory'
              AND classid = 52237 AND objid = (hashtext('${before}')::bigint & 4294967295)::oid LIMIT 1)`
        )
        const { isError } = yield* alice.call("dm", { to: "bob", content: `${round}` })
        expect([round, isError]).toEqual([round, false])
        expect((yield* bob.next).params.content).toBe(`${round}`)
      }
      expect(idIn((yield* alice.call("who")).json, "bob")).toBe(before)
      // One that was killed is found dead all the same, and its name is free.
      yield* bob.kill("SIGKILL")
      yield* bob.ended
      const lost = yield* alice.call("dm", { to: "bob", content: "are you there?" })
      expect(lost.json["error"]).toContain('nobody called "bob"')
      const heir = yield* sessionOn(ada.url, "bob")
      expect((yield* heir.call("who")).json["_identity"]).toMatchObject({ name: "bob" })
      // And at once by the next who wants its name.
      yield* heir.kill("SIGKILL")
      yield* heir.ended
      const next = yield* sessionOn(ada.url, "bob")
      expect((yield* next.call("who")).json).toMatchObject({ count: 2, _identity: { name: "bob" } })
      // Its own doorbell is no sign of death to itself.
      expect(alice.stderr()).not.toContain("does not answer")
    })
  )
})

withPostgresMeanwhile(
  "a server that is killed in the middle of what three sessions send has, when it is back, all that it had accepted, once",
  Effect.gen(function* () {
    const { ada, server } = yield* ownBus()
    const receiver = yield* sessionOn(ada.tcpUrl, "receiver")
    const senders = yield* Effect.forEach(["a", "b", "c"], (name) => sessionOn(ada.tcpUrl, name), {
      concurrency: "unbounded"
    })
    const streams = yield* Effect.forEach(senders, (sender, index) =>
      sendSteadily(sender, "receiver", `${"abc"[index]}`)
    )
    for (const pause of ["700 millis", "1 second"] as const) {
      yield* Effect.sleep("1 second")
      yield* server.kill
      yield* Effect.sleep(pause)
      const who = yield* receiver.call("who")
      expect(who.isError).toBe(true)
      expect(who.json["error"]).toMatch(/the bus can't be used: postgres:\/\/ada_\w+@127.0.0.1:\d+\/\w+ /)
      expect(who.json["_note"]).toContain("This session is not on the bus now")
      yield* server.start
      yield* Effect.forEach(senders, (sender) => works(sender, "receiver"), { concurrency: "unbounded" })
    }
    yield* Effect.sleep("300 millis")
    yield* Effect.forEach(streams, ({ stop }) => stop, { concurrency: "unbounded" })
    yield* gotAll(
      receiver,
      streams.map(({ told }) => told)
    )
    for (const { told } of streams) {
      expect(told.accepted.length).toBeGreaterThan(0)
      // One whose call just waits until the server is back is refused nothing.
      expect([...told.reasons].join()).not.toContain("nobody called")
    }
    // Nobody lost the name that it had.
    expect(
      sessionsIn((yield* receiver.call("who")).json)
        .map(({ name }) => name)
        .sort()
    ).toEqual(["a", "b", "c", "receiver"])
  })
)

withPostgresMeanwhile(
  "a network that is cut between the sender or the receiver and the server loses and doubles nothing",
  Effect.gen(function* () {
    const { networks, sessions } = yield* behindNetworks(["sender", "receiver"])
    const [sender, receiver] = sessions as [ClaudeCode, ClaudeCode]
    const stream = yield* sendSteadily(sender, "receiver", "m")
    for (let round = 0; round < 3; round++)
      for (const network of networks) {
        yield* Effect.sleep("300 millis")
        yield* network.cut
        yield* Effect.sleep("400 millis")
        yield* network.heal
        yield* works(sender, "receiver")
      }
    yield* stream.stop
    yield* gotAll(receiver, [stream.told])
    expect(stream.told.accepted.length).toBeGreaterThan(0)
    expect([...stream.told.reasons].join()).not.toContain("nobody called")
  })
)

withPostgresMeanwhile(
  "a network that is silent for some seconds delays what is sent, and no more",
  Effect.gen(function* () {
    const { networks, sessions } = yield* behindNetworks(["sender", "receiver"])
    const [sender, receiver] = sessions as [ClaudeCode, ClaudeCode]
    const stream = yield* sendSteadily(sender, "receiver", "m")
    for (const network of networks) {
      yield* Effect.sleep("300 millis")
      yield* network.stall
      yield* Effect.sleep("3 seconds")
      yield* network.heal
    }
    yield* Effect.sleep("300 millis")
    yield* stream.stop
    yield* gotAll(receiver, [stream.told])
    expect(stream.told).toMatchObject({ refused: [], doubtful: [] })
  })
)

withPostgresMeanwhile(
  "a network that is silent for some seconds costs nobody the conversation that is resumed meanwhile",
  Effect.gen(function* () {
    const { ada, bus, server } = yield* ownBus()
    yield* settled(bus)
    const network = yield* startForwarder(server)
    const address = { CC_DM_BUS_URL: network.through(ada.tcpUrl), CLAUDE_CODE_SESSION_ID: "c-1" }
    const planner = startReady({ home: yield* temporaryHome, env: named("planner", address) })
    const first = yield* planner
    const id = idIn((yield* first.call("who")).json, "planner")
    yield* first.kill("SIGKILL")
    yield* first.ended
    const connections = bus.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cc-dm'")
    yield* eventually(connections, (count) => count === "0")
    yield* network.stall
    const starting = yield* Effect.forkChild(planner)
    yield* Effect.sleep("3 seconds")
    yield* network.heal
    const second = yield* Fiber.join(starting)
    expect(idIn((yield* second.call("who")).json, "planner")).toBe(id)
  })
)

withPostgresMeanwhile(
  "a network that is silent for long makes no call wait for ever, is said, and is over when it is over",
  Effect.gen(function* () {
    const { networks, sessions } = yield* behindNetworks(["sender", "receiver", "ending"])
    const [sender, receiver, ending] = sessions as [ClaudeCode, ClaudeCode, ClaudeCode]
    // The silence is longer than a message waits otherwise.
    const stream = yield* sendSteadily(sender, "receiver", "m", { expires_in: 600 })
    yield* Effect.sleep("500 millis")
    for (const network of networks) yield* network.stall
    // A session that ends now waits for nobody.
    yield* ending.closeStdin
    yield* ending.ended
    const who = yield* receiver.call("who")
    expect(who.isError).toBe(true)
    expect(who.json["error"]).toMatch(/nothing was answered for 10 s|does not answer/)
    yield* Effect.sleep("8 seconds")
    for (const network of networks) yield* network.heal
    yield* works(receiver, "sender")
    yield* works(sender, "receiver")
    yield* stream.stop
    yield* gotAll(receiver, [stream.told])
    // A call may also wait until the silence is over, and go through.
    expect(stream.told.accepted.length).toBeGreaterThan(0)
  })
)

withPostgresMeanwhile(
  "a fail-over to a standby goes on with all that was accepted, once, and judges nobody dead before all have had time to come",
  Effect.gen(function* () {
    const { ada, bus, server } = yield* ownBus()
    const standby = yield* startStandby(server, { synchronous: true })
    const network = yield* startForwarder(server)
    const url = network.through(ada.tcpUrl)
    const sender = yield* sessionOn(url, "sender")
    const receiver = yield* sessionOn(url, "receiver")
    const stream = yield* sendSteadily(sender, "receiver", "m")
    yield* Effect.sleep("1 second")
    yield* server.kill
    // Whoever comes too early is told, and does not stay.
    yield* network.pointTo(standby)
    const early = yield* eventually(receiver.call("who"), ({ json }) =>
      String(json["error"]).includes("is a standby, which is read-only")
    )
    expect(early.isError).toBe(true)
    yield* standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
    yield* standby.promote
    yield* standby.sql("SELECT pg_reload_conf()")
    yield* works(sender, "receiver")
    yield* works(receiver, "sender")
    yield* Effect.sleep("300 millis")
    yield* stream.stop
    yield* gotAll(receiver, [stream.told])
    expect(stream.told.accepted.length).toBeGreaterThan(0)
    expect(
      yield* standby.sql(
        "SELECT count(*) FROM cc_dm.timelines WHERE since > now() - interval '1 minute' AND timeline = cc_dm.timeline()",
        bus.name
      )
    ).toBe("1")
  })
)
