/**
 * Runs within another session, as `claude -p` in a model's shell. The processes stand as those of Claude Code 2.1.332 do, and
 * have its marks in their environments (`./dev client:check` starts the real ones); the servers are the real ones.
 */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { idIn, type Json, named, nameIn, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { nestedServer } from "../../testkit/host/Nested.ts"
import { temporaryFolder } from "../support/bus.ts"
import { where } from "../support/where.ts"

/** A server of a run in the shell of a session that is called `outer`. `given`: what stands before `claude` there. */
const startNested = (home: string, ...given: ReadonlyArray<string>) =>
  startReady({
    home,
    env: { CC_DM_SESSION_NAME: "outer", CC_DM_SESSION_ROLE: "worker" },
    command: nestedServer({ home, given })
  })

const entryOf = (json: Json, name: string) => sessionsIn(json).find((session) => session.name === name)

const onLinux = where(
  "the environments of other processes can't be read",
  process.platform === "linux" ? undefined : `this is ${process.platform}`
)

describe("a run within another session", () => {
  onLinux(
    "without a name of its own is no full member, and is not told to ask for one",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      const inner = yield* startNested(home)
      const { json } = yield* inner.call("who")
      const id = nameIn(json)
      expect(id).toMatch(/^session-/)
      expect(json["_note"]).toContain("started from within another session")
      expect(json["_note"]).not.toContain("ask the user")
      expect(entryOf((yield* planner.call("who")).json, id)).toMatchObject({ nested: true })
      const { json: sent } = yield* planner.call("broadcast", { content: "to all" })
      expect(sent["recipientCount"]).toBe(0)
      // It is a session all the same: it writes, and is answered.
      yield* inner.call("dm", { to: "planner", content: "how far?" })
      expect((yield* planner.next).params.content).toBe("how far?")
      expect((yield* planner.call("dm", { to: id, content: "half" })).isError).toBe(false)
    })
  )

  onLinux(
    "is asked for no permission",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const asker = yield* startReady({ home, env: named("asker", { CC_DM_PERMISSION_RELAY: "1" }) })
      yield* startNested(home)
      const { json } = yield* asker.call("who")
      expect(json["count"]).toBe(2)
      expect(json["permission_approver"]).toMatchObject({ reachable: false })
    })
  )

  onLinux(
    "with a name that was given to it is a full member",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      const inner = yield* startNested(home, "CC_DM_SESSION_NAME=w1", "CC_DM_SESSION_ROLE=tester")
      expect(nameIn((yield* inner.call("who")).json)).toBe("w1")
      expect(entryOf((yield* planner.call("who")).json, "w1")).not.toHaveProperty("nested")
      const { json: sent } = yield* planner.call("broadcast", { content: "to all" })
      expect(sent["recipientCount"]).toBe(1)
    })
  )

  onLinux(
    "becomes one by register",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      const inner = yield* startNested(home)
      const { json } = yield* inner.call("register", { name: "w2", role: "tester" })
      expect(json["_note"]).not.toContain("another session")
      expect(idIn((yield* planner.call("who")).json, "w2")).toMatch(/^session-/)
      const { json: sent } = yield* planner.call("broadcast", { content: "to all" })
      expect(sent["recipientCount"]).toBe(1)
    })
  )
})
