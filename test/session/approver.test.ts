/** Who is asked for a permission, where names change hands: a name may be taken by another session before the ask. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { session, temporaryFolder, toName } from "../support/bus.ts"
import { hookCall } from "../support/host.ts"
import { it } from "../support/it.ts"

const request = (id: string) => ({
  request_id: id as never,
  tool_name: "Bash",
  description: "List",
  input_preview: "ls"
})
const second = TestClock.adjust("1 seconds")
const backend = {
  name: toName("backend"),
  conversation: "c-backend",
  approver: { _tag: "Session", name: toName("planner") }
} as const
const planner = (conversation: string) => ({ name: toName("planner"), conversation })
const prompt = hookCall("UserPromptSubmit", { session_id: "c-backend" })

type Session = Effect.Success<ReturnType<typeof session>>

/** Asks, and gives the lines that the user is shown with the next prompt. */
const ask = (asker: Session, id: string) =>
  Effect.gen(function* () {
    asker.pushed.ask(request(id))
    yield* second
    return (yield* asker.inbound.hook(prompt, 1))?.notice
  })

const started = (home: string, more: Parameters<typeof session>[1]) =>
  Effect.tap(session(home, more), (one) => one.identity.current)

/** A planner that was asked, answered, and left. */
const askedPlanner = (home: string, asker: Session) =>
  Effect.scoped(
    Effect.gen(function* () {
      const one = yield* started(home, planner("c-planner"))
      expect(yield* ask(asker, "abcde")).toBeUndefined()
      expect(one.pushed.messages).toHaveLength(1)
      yield* one.outbox.dm({ to: "backend", content: "yes abcde", metadata: {} })
      yield* second
      expect(asker.pushed.verdicts).toEqual([{ requestId: "abcde", behavior: "allow" }])
      return one.identity.id
    })
  )

describe("the approver's name", () => {
  it.effect(
    "that another session has by the time of the ask: that one is asked, and the asker's user is told once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const asker = yield* started(home, backend)
      const before = yield* askedPlanner(home, asker)
      const mallory = yield* started(home, { name: toName("mallory") })
      yield* mallory.identity.register({ name: toName("planner"), role: "worker" as never, project: null })
      const me = (yield* asker.identity.current).identity
      const line = `"planner", which is asked for permissions, is another session now ("${mallory.identity.id}", before "${before}")`
      const status = Effect.flatMap(asker.registry.roster, (roster) => asker.relay.status(me, roster))
      expect(yield* status).toEqual({ approver: "planner", reachable: true, changed: line })
      expect(yield* ask(asker, "bcdef")).toBe(`cc-dm: ${line}.`)
      expect(mallory.pushed.messages).toMatchObject([{ kind: "permission_request" }])
      expect(yield* ask(asker, "cdefg")).toBeUndefined()
      expect(yield* status).toEqual({ approver: "planner", reachable: true })
    })
  )

  it.effect(
    "that a planner has which was restarted in its conversation: nothing is said, and it answers",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const asker = yield* started(home, backend)
      const before = yield* askedPlanner(home, asker)
      const again = yield* started(home, planner("c-planner"))
      expect(again.identity.id).toBe(before)
      expect(yield* ask(asker, "bcdef")).toBeUndefined()
      yield* again.outbox.dm({ to: "backend", content: "no bcdef", metadata: {} })
      yield* second
      expect(asker.pushed.verdicts.at(-1)).toEqual({ requestId: "bcdef", behavior: "deny" })
    })
  )

  it.effect(
    "is remembered by the asker's next server in its conversation",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const before = yield* Effect.scoped(
        Effect.flatMap(started(home, backend), (asker) => askedPlanner(home, asker))
      )
      const asker = yield* started(home, backend)
      const other = yield* started(home, planner("c-other"))
      expect(yield* ask(asker, "bcdef")).toBe(
        `cc-dm: "planner", which is asked for permissions, is another session now ("${other.identity.id}", before "${before}").`
      )
    })
  )
})

describe("an approver that is named by its id", () => {
  it.effect(
    "is that session alone, whoever has its name",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const one = yield* started(home, planner("c-planner"))
      const other = yield* started(home, { name: toName("other") })
      const approver = { _tag: "Session", name: one.identity.id } as const
      const asker = yield* started(home, { ...backend, approver })
      yield* one.identity.register({ name: toName("renamed"), role: "worker" as never, project: null })
      yield* other.identity.register({ name: toName("planner"), role: "worker" as never, project: null })
      expect(yield* ask(asker, "abcde")).toBeUndefined()
      expect(other.pushed.messages).toEqual([])
      expect(one.pushed.messages).toMatchObject([{ kind: "permission_request" }])
      const me = (yield* asker.identity.current).identity
      expect(yield* asker.relay.status(me, yield* asker.registry.roster)).toEqual({
        approver: one.identity.id,
        reachable: true
      })
    })
  )
})
