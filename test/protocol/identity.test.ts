/** The built file and its variables: a session says of itself what the bus holds, and nothing else. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named, nameIn, sessionsIn, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

describe("identity", () => {
  it.live(
    "comes from the variables, normalised, with the project folder",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = {
        CC_DM_SESSION_ID: "Older Spelling",
        CC_DM_SESSION_ROLE: "Code Reviewer",
        CC_DM_SESSION_PROJECT: "MyApp",
        CLAUDE_PROJECT_DIR: "/home/user/myapp"
      }
      const session = yield* startReady({ home, env })
      const { json } = yield* session.call("who")
      expect(sessionsIn(json)).toMatchObject([
        { name: "older-spelling", role: "code-reviewer", project: "myapp", cwd: "/home/user/myapp" }
      ])
      expect(sessionsIn(json)[0]?.id).toMatch(/^session-[0-9a-f]{12}$/)
      expect(json["_identity"]).toEqual({ name: "older-spelling", role: "code-reviewer", project: "myapp" })
    })
  )

  it.live(
    "without variables is the id, and the model is told to ask the user",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* start({ home })
      const { result } = yield* session.initialize
      expect(String(result?.["instructions"])).toContain("/cc-dm:register")
      const { json } = yield* session.call("who")
      expect(json["_identity"]).toEqual({ name: sessionsIn(json)[0]?.id, role: "worker", project: null })
      expect(json["_note"]).toContain("/cc-dm:register")
    })
  )

  it.live(
    "that is taken is not claimed: not in the instructions, not in results, not as a sender",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: named("planner") })
      const second = yield* start({ home, env: named("Planner") })
      const { result } = yield* second.initialize
      const { json } = yield* second.call("dm", { to: "planner", content: "hello" })
      const name = nameIn(json)
      expect(name).toMatch(/^session-/)
      for (const words of [String(result?.["instructions"]), String(json["_note"])]) {
        expect(words).toContain(`This session is "${name}"`)
        expect(words).toContain('the name "planner" is held by another session')
      }
      expect((yield* first.next).params.meta?.["from_session"]).toBe(name)
    })
  )

  it.live(
    "with a bad variable goes on under the id, and says what is wrong",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = {
        CC_DM_SESSION_NAME: "a,b",
        CC_DM_SESSION_ROLE: "@",
        CC_DM_PERMISSION_RELAY: "maybe",
        CC_DM_DM_BLOCKLIST: "ok, no@"
      }
      const session = yield* startReady({ home, env })
      const { json } = yield* session.call("who")
      for (const words of [
        "CC_DM_SESSION_NAME may hold only",
        "CC_DM_SESSION_ROLE may hold only",
        "CC_DM_PERMISSION_RELAY must be",
        "CC_DM_DM_BLOCKLIST: an entry"
      ])
        expect(json["_note"]).toContain(words)
      expect(nameIn(json)).toMatch(/^session-/)
      yield* session.closeStdin
      yield* session.ended
      expect(session.stderr()).toContain("CC_DM_SESSION_NAME may hold only")
    })
  )

  it.live(
    "is changed by register: a project that is left out stays, an empty one is cleared",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* startReady({ home, env: { CC_DM_SESSION_PROJECT: "one" } })
      const register = (input: object) => Effect.map(session.call("register", input), ({ json }) => json)
      expect(yield* register({ name: "Night Intern", role: "Worker" })).toMatchObject({
        success: true,
        name: "night-intern",
        role: "worker",
        project: "one",
        _identity: { name: "night-intern", role: "worker", project: "one" }
      })
      expect(yield* register({ name: "night-intern", role: "lead", project: "Two" })).toMatchObject({
        role: "lead",
        project: "two"
      })
      expect(yield* register({ name: "day-intern", role: "lead", project: "" })).toMatchObject({
        project: null
      })
      expect(sessionsIn((yield* session.call("who")).json)).toMatchObject([
        { name: "day-intern", role: "lead", project: null }
      ])
    })
  )
})

describe("both DM lists", () => {
  it.live(
    "are refused: the server says why and ends with a code other than 0",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* start({ home, env: { CC_DM_DM_ALLOWLIST: "a", CC_DM_DM_BLOCKLIST: "b" } })
      expect((yield* session.ended).code).toBe(1)
      expect(session.stderr()).toContain("mutually exclusive")
      expect(session.lines()).toEqual([])
    })
  )
})

describe("the rules of the sender", () => {
  it.live(
    "keep a project to itself, and say so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const inside = yield* startReady({ home, env: named("inside", { CC_DM_SESSION_PROJECT: "one" }) })
      const peer = yield* startReady({ home, env: named("peer", { CC_DM_SESSION_PROJECT: "ONE" }) })
      const other = yield* startReady({ home, env: named("other", { CC_DM_SESSION_PROJECT: "two" }) })
      const global = yield* startReady({ home, env: named("global") })
      const dm = (to: string) => inside.call("dm", { to, content: "x" })
      expect((yield* dm("peer")).isError).toBe(false)
      expect((yield* dm("other")).json["error"]).toContain('"other" is in project "two"')
      expect((yield* dm("global")).json["error"]).toContain('in project "one"')
      expect((yield* inside.call("broadcast", { content: "ours" })).json).toMatchObject({
        from: "inside",
        recipientCount: 1
      })
      expect((yield* global.call("broadcast", { content: "everybody" })).json).toMatchObject({
        recipientCount: 3
      })
      expect((yield* other.next).params.content).toBe("everybody")
      const received = [yield* peer.next, yield* peer.next, yield* peer.next].map(
        ({ params }) => params.content
      )
      expect(received).toEqual(["x", "ours", "everybody"])
    })
  )

  it.live(
    "bind by list and by role, in any spelling",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("night-intern") })
      yield* startReady({ home, env: named("lead") })
      const blocked = yield* startReady({ home, env: named("a", { CC_DM_DM_BLOCKLIST: "Night Intern" }) })
      expect((yield* blocked.call("dm", { to: "night-intern", content: "x" })).json["error"]).toContain(
        "CC_DM_DM_BLOCKLIST"
      )
      expect((yield* blocked.call("dm", { to: "lead", content: "x" })).isError).toBe(false)
      const allowed = yield* startReady({
        home,
        env: named("b", { CC_DM_DM_ALLOWLIST: " LEAD ,", CC_DM_BROADCAST_ALLOWED_ROLES: "Lead Role" })
      })
      expect((yield* allowed.call("dm", { to: "night-intern", content: "x" })).json["error"]).toContain(
        "CC_DM_DM_ALLOWLIST"
      )
      expect((yield* allowed.call("dm", { to: "lead", content: "x" })).isError).toBe(false)
      expect((yield* allowed.call("broadcast", { content: "x" })).json["error"]).toContain(
        "CC_DM_BROADCAST_ALLOWED_ROLES"
      )
    })
  )
})
