/** How a session keeps its place on the roster, under the test clock: its name, its doorbell, and what it takes before it has shown life. */
import { describe, expect } from "bun:test"
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { atRest, joined, session, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { noSockets, onFile } from "../support/underTest.ts"

const planner = { name: toName("planner"), role: toTag("orchestrator") }
const backend = { name: toName("backend"), role: toTag("worker") }

/** Lets time pass until something that waits for it is done. */
const passing = Effect.fnUntraced(function* <A, E>(effect: Effect.Effect<A, E>) {
  const fiber = yield* Effect.forkChild(effect)
  // A commit takes real time.
  const passTime = Effect.andThen(TestClock.withLive(Effect.sleep("1 millis")), TestClock.adjust("20 millis"))
  yield* passTime.pipe(Effect.repeat({ until: () => fiber.pollUnsafe() !== undefined }))
  return yield* Fiber.join(fiber)
})

describe("a name that was taken at the start", () => {
  it.effect(
    "is the session's with a heartbeat once it is free, without anybody's doing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* atRest(home, backend)
      const second = yield* session(home, backend)
      expect((yield* second.identity.current).problems.join()).toContain("held by another session")
      yield* TestClock.adjust("10 seconds")
      yield* first.registry.heartbeat(first.identity.id)
      yield* first.registry.remove(first.identity.id)
      expect(yield* second.registry.find("backend")).toBeUndefined()
      yield* TestClock.adjust("20 seconds")
      expect(yield* second.registry.find("backend")).toMatchObject({ id: second.identity.id })
      expect((yield* second.identity.current).problems).toEqual([
        'the name "backend" was in use when this session started, and is its own since'
      ])
    })
  )
})

describe("a row that somebody made larger than any of cc-dm's", () => {
  it.effect(
    "is read as far as there is room, with a mark where it was cut",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const one = yield* atRest(home, backend)
      const { run } = yield* outsider(home)
      yield* run("UPDATE sessions SET role = ?", "r".repeat(1_000_000))
      expect((yield* one.registry.find("backend"))?.role).toBe(`${"r".repeat(256)}…`)
      yield* run("UPDATE sessions SET role = ?", "r".repeat(256))
      expect((yield* one.registry.find("backend"))?.role).toBe("r".repeat(256))
    })
  )
})

describe("a doorbell that somebody removed", () => {
  onFile(noSockets, it.effect)(
    "is back with the next heartbeat",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const one = yield* joined(home, backend)
      const file = join(home, `.cc-dm/doorbell/${one.identity.id}.sock`)
      expect(existsSync(file)).toBe(true)
      rmSync(file)
      yield* TestClock.adjust("30 seconds")
      yield* one.identity.current
      expect(existsSync(file)).toBe(true)
    })
  )
})

describe("mail", () => {
  const letter = { to: "backend", content: "a letter", metadata: {}, life: 600_000 }

  it.effect(
    "comes to a session that has stayed for 2 s, and before what was written to it meanwhile",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner)
      yield* passing(sender.outbox.dm(letter))
      const receiver = yield* joined(home, backend)
      yield* passing(sender.outbox.dm({ ...letter, content: "at once", life: undefined }))
      const contents = () => receiver.pushed.messages.map(({ content }) => content)
      expect(contents()).toEqual([])
      yield* TestClock.adjust("3 seconds")
      expect(contents()).toEqual(["a letter", "at once"])
    })
  )

  it.effect(
    "of which none waits does not keep a new session from what is written to it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* session(home, planner)
      const receiver = yield* joined(home, backend)
      yield* passing(sender.outbox.dm({ ...letter, content: "at once", life: undefined }))
      expect(receiver.pushed.messages.map(({ content }) => content)).toEqual(["at once"])
    })
  )
})

describe("who leaves before it takes anything", () => {
  it.effect(
    "is not counted among the receivers of a broadcast, and a dm to it was not sent",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const sender = yield* joined(home, planner)
      const { all } = yield* outsider(home)
      for (const send of [
        Effect.map(sender.outbox.broadcast("to all", {}), ({ copies }) => copies.length),
        Effect.map(
          Effect.flip(sender.outbox.dm({ to: "backend", content: "to you", metadata: {} })),
          ({ message }) => (message.includes("nobody called") ? 0 : 1)
        )
      ]) {
        const receiver = yield* atRest(home, backend)
        const sending = yield* Effect.forkChild(send)
        const rows = all("SELECT id FROM messages")
        yield* TestClock.withLive(
          Effect.repeat(Effect.andThen(Effect.sleep("1 millis"), rows), {
            until: ({ length }) => length === 1
          })
        )
        yield* receiver.registry.remove(receiver.identity.id)
        expect(yield* passing(Fiber.join(sending))).toBe(0)
        expect(yield* rows).toEqual([])
      }
    })
  )
})
