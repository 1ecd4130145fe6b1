/** A session that starts while another program holds the bus's write lock: nobody waits for it who need not, and nothing false is said. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { idIn, named, nameIn, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { startSession } from "../../testkit/host/HookedSession.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { complaints } from "../support/routes.ts"
import { noFile, onFile } from "../support/underTest.ts"
import { holdWriteLock } from "../support/writeLock.ts"

const conversation = (id: string) => ({ CLAUDE_CODE_SESSION_ID: id })

/** A bus with a session on it. */
const bus = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const alice = yield* startReady({ home, env: named("alice") })
  yield* alice.call("who")
  return { home, alice }
})

onFile(noFile, describe)("under a foreign write lock", () => {
  it.live(
    "a session starts, is told the truth, and works under its name as soon as the lock is gone",
    Effect.gen(function* () {
      const { home } = yield* bus
      const { release } = yield* holdWriteLock(home)
      const late = yield* start({ home, env: named("late") })
      const instructions = String((yield* late.initialize).result?.["instructions"])
      expect(instructions).toContain("can't be said now")
      for (const words of ["Nothing of this session", "It is registered", "late", "/cc-dm:register"])
        expect(instructions).not.toContain(words)
      // Some 5 s: one wait for the lock, and not one more for each thing that the result says.
      const { isError, json } = yield* Effect.timeout(late.call("who"), "12 seconds")
      expect(isError).toBe(true)
      expect(json["error"]).toContain("is locked by another program")
      expect(json["_note"]).toContain("can't be said now")
      yield* release
      const after = yield* late.call("who")
      expect(after.json).toMatchObject({ count: 2, _identity: { name: "late" } })
    })
  )

  it.live(
    "its hooks are answered in time, before and after the session is there",
    Effect.gen(function* () {
      const { home } = yield* bus
      yield* holdWriteLock(home)
      const session = yield* startSession({ home, env: named("late") })
      yield* session.prompt("hello")
      yield* session.toolBatch()
      yield* session.stop
      yield* session.compact
      yield* session.clear
      expect(session.hookCalls.map(({ event, outcome }) => [event, outcome])).toEqual([
        ["UserPromptSubmit", "answered"],
        ["PostToolBatch", "answered"],
        ["Stop", "answered"],
        ["SessionStart", "answered"],
        ["SessionEnd", "answered"],
        ["SessionStart", "answered"]
      ])
      for (const { answer } of session.hookCalls) expect(answer).toEqual({})
      expect(complaints(session)).toEqual([])
    })
  )

  it.live(
    "what its client said of the channel before the session was there is heard",
    Effect.gen(function* () {
      const { alice, home } = yield* bus
      const { release } = yield* holdWriteLock(home)
      const late = yield* startSession({ home, env: named("late"), channel: "skipped" })
      // The client has written its log, and the session is not there before the lock is gone.
      expect((yield* late.server.call("who")).isError).toBe(true)
      yield* release
      expect(nameIn((yield* late.server.call("who")).json)).toBe("late")
      yield* alice.call("dm", { to: "late", content: "over the channel" })
      yield* late.shown("| over the channel")
    })
  )

  it.live(
    "a conversation that is resumed is the same session again, once the lock is gone",
    Effect.gen(function* () {
      const { alice, home } = yield* bus
      const first = yield* startReady({ home, env: { ...conversation("c-1"), ...named("planner") } })
      const id = idIn((yield* first.call("who")).json, "planner")
      yield* first.kill("SIGINT")
      yield* first.ended
      const { release } = yield* holdWriteLock(home)
      const second = yield* start({ home, env: conversation("c-1") })
      expect(String((yield* second.initialize).result?.["instructions"])).toContain("can't be said now")
      const hook = { name: "session_hook", arguments: { event: "UserPromptSubmit", prompt: "hello" } }
      expect((yield* second.request("tools/call", hook)).result).toEqual({
        content: [{ type: "text", text: "{}" }]
      })
      yield* release
      const { json } = yield* second.call("who")
      expect(nameIn(json)).toBe("planner")
      expect(idIn(json, "planner")).toBe(id)
      yield* alice.call("dm", { to: "planner", content: "welcome back" })
      expect((yield* second.next).params.content).toBe("welcome back")
    })
  )
})
