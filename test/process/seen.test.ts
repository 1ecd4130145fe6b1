/** What proves that a message was seen, and what does not, on real servers. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { named } from "../../testkit/host/ClaudeCode.ts"
import { outsider } from "../support/outsider.ts"
import {
  between,
  expectHolds,
  expectShown,
  holds,
  inboxOf,
  quietSession,
  timesShown
} from "../support/routes.ts"

describe("a subagent", () => {
  between(
    "that reads the inbox leaves the message to the main thread, which alone has seen it",
    function* ({ bob, deliverAtWork, becomes }) {
      const id = yield* deliverAtWork("for the main thread")
      const { result, tell } = yield* bob.subagentCall({ tool: "inbox" })
      expect(result.json["messages"]).toMatchObject([{ message_id: id, content: "for the main thread" }])
      yield* becomes(id, "handed over")
      yield* tell
      yield* becomes(id, "queued")
      expectHolds((yield* bob.toolBatch()).request, "| for the main thread")
      yield* becomes(id, "handed over")
      expect(yield* bob.stop).toBeUndefined()
      yield* becomes(id, "seen")
    }
  )

  between(
    "that reads it while the main thread ends its turn wakes that one",
    function* ({ bob, deliverAtWork, becomes, stateOf, seenAtStop }) {
      const id = yield* deliverAtWork("for the main thread")
      const { tell } = yield* bob.subagentCall({ tool: "inbox" })
      yield* becomes(id, "handed over")
      // Nobody knows yet who has read it: it is not shown to the main thread, and not seen.
      expect(yield* bob.stop).toBeUndefined()
      expect(yield* stateOf(id)).toBe("handed over")
      yield* tell
      expectShown(yield* bob.nextRequest, id)
      yield* seenAtStop(id)
    }
  )

  between(
    "that answers proves nothing of the main thread; the main thread's own answer does",
    { channel: true },
    function* ({ alice, bob, send, becomes, stateOf }) {
      yield* bob.prompt("work")
      const { id } = yield* send("how far are you?")
      yield* becomes(id, "pushed")
      const answer = (content: string) => ({ tool: "dm", input: { reply_to: id, content } })
      yield* Effect.flatMap(bob.subagentCall(answer("half of it")), ({ tell }) => tell)
      yield* alice.next
      yield* bob.toolBatch()
      expect(yield* stateOf(id)).toBe("pushed")
      yield* bob.toolBatch(answer("all of it"))
      yield* becomes(id, "seen")
    }
  )

  between(
    "and the main thread may both read it: then it was seen, and is not shown again",
    function* ({ bob, deliverAtWork, seenAtStop }) {
      const id = yield* deliverAtWork("for the main thread")
      const { tell } = yield* bob.subagentCall({ tool: "inbox" })
      const { request } = yield* bob.toolBatch({ tool: "inbox" })
      expect(holds(request, "| for the main thread")).toBe(false)
      yield* tell
      yield* seenAtStop(id)
      expect(timesShown(bob, "for the main thread")).toBe(1)
    }
  )

  between(
    "can't be told from the main thread where no hook calls, and then reading proves nothing",
    {
      hooks: false,
      env: named("bob", { CC_DM_DELIVERY: "pull" })
    },
    function* ({ bob, send, becomes, stateOf }) {
      const { id } = yield* send("hello")
      yield* bob.prompt("anything new?")
      yield* bob.toolBatch({ tool: "inbox" })
      yield* becomes(id, "handed over")
      yield* bob.toolBatch({ tool: "inbox" })
      yield* bob.stop
      expect(yield* stateOf(id)).toBe("handed over")
      const { json } = yield* bob.server.call("who")
      expect(json["_note"]).not.toContain("no proof")
    }
  )
})

describe("what was handed over", () => {
  for (const when of ["at once", "answered"] as const) {
    between(
      `in a hook that was given up (${when}) is shown again, under the same number`,
      function* ({ bob, deliverAtWork, becomes, seenAtStop }) {
        const id = yield* deliverAtWork("again?")
        yield* bob.cancelNext("PostToolBatch", when)
        expect(holds((yield* bob.toolBatch()).request, "again?")).toBe(false)
        yield* becomes(id, "queued")
        expectShown((yield* bob.toolBatch()).request, id)
        yield* seenAtStop(id)
        expect(timesShown(bob, "again?")).toBe(1)
      }
    )

    between(
      `at the end of a turn, in a hook that was given up (${when}), wakes the session`,
      function* ({ bob, deliverAtWork, seenAtStop }) {
        const id = yield* deliverAtWork("again?")
        yield* bob.cancelNext("Stop", when)
        expect(yield* bob.stop).toBeUndefined()
        expectShown(yield* bob.nextRequest, id)
        yield* seenAtStop(id)
        expect(timesShown(bob, "again?")).toBe(1)
      }
    )

    between(
      `at a prompt, in a hook that was given up (${when}), comes with the next one`,
      function* ({ bob, send, seenAtStop }) {
        yield* bob.cancelNext("UserPromptSubmit", when)
        const { id } = yield* send("again?")
        expect(holds(yield* bob.nextRequest, "again?")).toBe(false)
        expectShown(yield* bob.stop, id)
        yield* seenAtStop(id)
        expect(timesShown(bob, "again?")).toBe(1)
      }
    )
  }

  between(
    "with a prompt that the user took back is shown with the next one",
    { socket: false },
    function* ({ bob, send, seenAtStop }) {
      yield* bob.prompt("hello")
      yield* bob.stop
      const { id } = yield* send("again?")
      expectHolds(yield* bob.prompt("a mistake"), "| again?")
      yield* bob.takeBack
      expectShown(yield* bob.prompt("what I meant"), id)
      yield* seenAtStop(id)
      expect(timesShown(bob, "again?")).toBe(1)
    }
  )

  between(
    "and not answered, since the model could not be asked, is seen with the next answer",
    function* ({ bob, bobsRow, send, becomes, stateOf, seenAtStop }) {
      const { id } = yield* send("still there?")
      yield* bob.nextRequest
      yield* becomes(id, "handed over")
      yield* bob.fail
      yield* eventually(bobsRow, (row) => row?.["doing"] === "idle")
      expect(yield* stateOf(id)).toBe("handed over")
      yield* bob.prompt("go on")
      yield* seenAtStop(id)
      expect(timesShown(bob, "still there?")).toBe(1)
    }
  )

  between(
    "and not seen when the context was cleared is shown again; what was seen is not",
    function* ({ bob, send, becomes, seenAtStop }) {
      const { id } = yield* send("remember this")
      yield* bob.nextRequest
      yield* becomes(id, "handed over")
      yield* bob.clear
      const again = yield* bob.nextRequest
      expectHolds(again, `Message ${id} from "alice"`)
      expect(again.texts[0]).toContain('This session is "bob"')
      yield* seenAtStop(id)
      yield* bob.clear
      yield* bob.prompt("hello")
      yield* bob.toolBatch()
      yield* bob.stop
      expect(timesShown(bob, "remember this")).toBe(2)
    }
  )

  between(
    "and not seen when the context was compacted is shown again; what was seen is not",
    function* ({ bob, deliverAtWork, becomes }) {
      const id = yield* deliverAtWork("remember this")
      expectHolds((yield* bob.toolBatch()).request, "remember this")
      yield* becomes(id, "handed over")
      yield* bob.compact
      yield* becomes(id, "queued")
      const { request } = yield* bob.toolBatch()
      expectHolds(request, `Message ${id} from "alice"`)
      expect(request.texts[0]).toContain('This session is "bob"')
      yield* bob.toolBatch()
      yield* becomes(id, "seen")
      yield* bob.compact
      yield* bob.toolBatch()
      yield* bob.stop
      expect(timesShown(bob, "remember this")).toBe(2)
    }
  )

  between(
    "and not seen when another conversation was resumed is shown in that one",
    function* ({ bob, send, becomes, seenAtStop }) {
      const { id } = yield* send("remember this")
      yield* bob.nextRequest
      yield* becomes(id, "handed over")
      yield* bob.resumeOther()
      yield* becomes(id, "queued")
      expectShown(yield* bob.prompt("hello"), id)
      yield* seenAtStop(id)
    }
  )

  between(
    "and not seen when the server was killed comes again in the same conversation",
    { conversation: "c-1" },
    function* ({ home, bob, send, becomes }) {
      const { id } = yield* send("hold on to this")
      yield* bob.nextRequest
      yield* becomes(id, "handed over")
      yield* bob.server.kill("SIGKILL")
      yield* bob.server.ended
      const again = yield* quietSession({ home, conversation: "c-1" })
      expectHolds(yield* again.nextRequest, `Message ${id} from "alice"`)
      yield* again.stop
      yield* becomes(id, "seen")
      expect(timesShown(again, "hold on to this")).toBe(1)
    }
  )

  between(
    "by the inbox, and not seen when the context was cleared, is shown again",
    function* ({ bob, deliverAtWork, becomes, seenAtStop }) {
      const id = yield* deliverAtWork("asked for")
      yield* bob.toolBatch({ tool: "inbox" })
      yield* becomes(id, "handed over")
      expect(timesShown(bob, "asked for")).toBe(1)
      yield* bob.clear
      expectShown(yield* bob.nextRequest, id)
      yield* seenAtStop(id)
    }
  )

  between(
    "by a hook, and asked for at once, is seen when that batch is done",
    function* ({ bob, deliverAtWork, becomes }) {
      const id = yield* deliverAtWork("read me")
      yield* bob.toolBatch()
      yield* becomes(id, "handed over")
      yield* bob.toolBatch({ tool: "inbox" })
      yield* becomes(id, "seen")
      yield* bob.clear
      yield* bob.prompt("go on")
      yield* bob.stop
      expect(timesShown(bob, "| read me")).toBe(1)
    }
  )

  between(
    "by the inbox after a channel event, and not seen, waits in the inbox again: there is no second event",
    { channel: true },
    function* ({ bob, send, becomes }) {
      const { id } = yield* send("only once")
      yield* bob.nextRequest
      yield* becomes(id, "pushed")
      yield* bob.toolBatch({ tool: "inbox" })
      yield* becomes(id, "handed over")
      yield* bob.clear
      yield* becomes(id, "pushed")
      yield* bob.prompt("go on")
      yield* bob.stop
      expect(bob.notifications).toHaveLength(1)
      expect(yield* inboxOf(bob.server)).toMatchObject([{ message_id: id }])
    }
  )
})

describe("a message that is too long for a hook", () => {
  // The second grows where it is written as JSON.
  const texts = { letters: `begin ${"x".repeat(9_900)} end`, lines: `begin${"\n".repeat(3_000)}"end"` }
  for (const [of, text] of Object.entries(texts))
    between(
      `shows its beginning, and all of it when asked for (${of})`,
      function* ({ bob, send, becomes, seenAtStop }) {
        const { id } = yield* send(text)
        const request = yield* bob.nextRequest
        expectHolds(request, `Message ${id} from "alice"`)
        expectHolds(request, "| begin")
        expectHolds(request, "Call inbox for all of it")
        yield* bob.toolBatch()
        // A part of it was seen, and that is not the message.
        yield* becomes(id, "handed over")
        const { results } = yield* bob.toolBatch({ tool: "inbox" })
        expect(results[0]?.json["messages"]).toMatchObject([{ message_id: id, content: text }])
        yield* seenAtStop(id)
      }
    )

  between("leaves room for the next", function* ({ bob, deliver, deliverAtWork, seenAtStop }) {
    yield* deliverAtWork("y".repeat(9_400))
    const id = yield* deliver("the next")
    expectHolds((yield* bob.toolBatch()).request, "| the next")
    yield* seenAtStop(id)
  })

  between(
    "stands in the conversation once, however many prompts follow, and holds nothing up",
    { socket: false },
    function* ({ bob, deliver, stateOf, seenAtStop }) {
      yield* bob.prompt("hello")
      yield* bob.stop
      const long = yield* deliver(`begin ${"x".repeat(9_890)}`)
      const prompts: Array<ReadonlyArray<string>> = []
      for (const text of ["one", "two", "three", "four"]) {
        const id = yield* deliver(`behind it, ${text}`)
        const { texts } = yield* bob.prompt(text)
        prompts.push(texts)
        yield* seenAtStop(id)
      }
      expect(timesShown(bob, "| begin")).toBe(1)
      for (const [index, text] of ["one", "two", "three", "four"].entries()) {
        expect(timesShown(bob, `| behind it, ${text}`)).toBe(1)
        const [, words = ""] = prompts[index] ?? []
        expect(words.includes("waits to be read in full: call inbox")).toBe(index > 0)
      }
      expect(yield* stateOf(long)).toBe("handed over")
      // Where nothing else waits, one line is all.
      expect((yield* bob.prompt("five")).texts[1]?.split("\n")).toHaveLength(1)
      yield* bob.toolBatch({ tool: "inbox" })
      yield* seenAtStop(long)
      expect((yield* bob.prompt("six")).texts).toEqual(["six"])
    }
  )
})

describe("an answer by number", () => {
  for (const [what, as] of [
    ["text", String],
    ["a number", Number]
  ] as const)
    between(
      `given as ${what} goes to its sender in the same thread, also under another name, and proves that the message was seen`,
      function* ({ alice, bob, deliverAtWork, becomes }) {
        const id = yield* deliverAtWork("what do you think?", { thread_id: "t-1" })
        yield* bob.toolBatch()
        yield* becomes(id, "handed over")
        yield* alice.call("register", { name: "alicia", role: "worker" })
        const { results } = yield* bob.toolBatch({
          tool: "dm",
          input: { reply_to: as(id), content: "fine" }
        })
        expect(results[0]?.json).toMatchObject({ success: true, to: "alicia" })
        expect((yield* alice.next).params).toMatchObject({
          content: "fine",
          meta: { from_session: "bob", thread_id: "t-1", reply_to: id }
        })
        yield* becomes(id, "seen")
      }
    )
})

describe("a history of 0", () => {
  between(
    "leaves nothing on the bus of what was seen",
    { both: { CC_DM_HISTORY: "0" } },
    function* ({ home, alice, bob, send }) {
      const { id } = yield* send("for your eyes only")
      expectShown(yield* bob.nextRequest, id)
      const { all } = yield* outsider(home)
      const left = all("SELECT id FROM messages")
      expect(yield* left).toHaveLength(1)
      yield* bob.stop
      yield* eventually(left, (rows) => rows.length === 0)
      expect(yield* inboxOf(alice, { sent: true })).toEqual([])
      expect(yield* inboxOf(bob.server, { unseen: false })).toEqual([])
    }
  )
})

describe("the tool that hooks call", () => {
  between("refuses the model's calls, which change nothing", function* ({ bob, deliverAtWork, stateOf }) {
    const id = yield* deliverAtWork("not for this tool")
    for (const event of ["PostToolBatch", "Stop", "SessionEnd"]) {
      const { isError, json } = yield* bob.server.call("session_hook", { event, session_id: bob.id() })
      expect(isError).toBe(true)
      expect(json["error"]).toContain("hooks only")
    }
    expect(yield* stateOf(id)).toBe("queued")
    expectHolds((yield* bob.toolBatch()).request, "| not for this tool")
  })
})
