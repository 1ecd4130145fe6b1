/** Permission requests as the bus keeps them: who may answer, and for how long. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { people, Requests } from "../../src/bus/requests/Requests.ts"
import { alice, bob, type Crowd, carol, crowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"

const request = (id: string) => ({
  request_id: id as never,
  tool_name: "Bash",
  description: "List",
  input_preview: "ls"
})
const allow = (id: string) => ({ requestId: id as never, behavior: "allow" }) as const
const deny = (id: string) => ({ requestId: id as never, behavior: "deny" }) as const
const start = "1970-01-01T00:00:00.000Z"

/** Alice asks bob, and others if they are named. */
const withRequests = <A, E>(
  body: (requests: Requests["Service"], all: Crowd) => Effect.Effect<A, E, Requests>
) =>
  crowd((all) =>
    Effect.gen(function* () {
      const requests = yield* Requests
      yield* requests.ask(alice, request("abcde"), [bob], "may I?")
      return yield* body(requests, all)
    })
  )

const verdicts = (all: Crowd) =>
  all.rows("SELECT sender_id, to_session, content FROM messages WHERE kind = 'permission_verdict'")

/** Why an answer is too late. */
const why = (answering: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.flip(answering), (error) => (error as { readonly why?: string }).why)

describe("a request", () => {
  it.effect(
    "is open with all that was said, oldest first, until its 5 minutes are over",
    withRequests((requests) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("1 seconds")
        yield* requests.ask(carol, request("fghij"), [people], "may I, too?")
        const openIds = Effect.map(requests.open, (open) => open.map(({ requestId }) => String(requestId)))
        expect(yield* requests.open).toMatchObject([
          {
            requestId: "abcde",
            asker: alice,
            askerName: "alice",
            tool: "Bash",
            content: "may I?",
            createdAt: start,
            expiresAt: "1970-01-01T00:05:00.000Z"
          },
          { requestId: "fghij", asker: carol, content: "may I, too?" }
        ])
        yield* TestClock.adjust("298999 millis")
        expect(yield* openIds).toEqual(["abcde", "fghij"])
        yield* TestClock.adjust("1 millis")
        expect(yield* openIds).toEqual(["fghij"])
      })
    )
  )

  it.effect(
    "is known by its letters, open or not, and for an hour after its time is over",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const ended = (id: string) =>
          Effect.map(requests.known(id), (known) => known.map((one) => [one.ended, one.passedOn]))
        yield* requests.ask(carol, request("fghij"), [bob], "may I, too?")
        expect(yield* ended("abcde")).toEqual([[undefined, false]])
        expect(yield* ended("zzzzz")).toEqual([])
        expect(yield* requests.answer(bob, carol, deny("fghij"), "no fghij")).toBe(true)
        expect(yield* ended("fghij")).toEqual([['was already answered by "bob"', false]])
        const [verdict] = yield* all.bus.take(carol)
        expect(yield* requests.collect(carol, deny("fghij"), verdict!)).toEqual({
          behavior: "deny",
          answeredBy: bob
        })
        expect(yield* ended("fghij")).toEqual([['was already answered by "bob"', true]])
        expect(yield* ended("abcde")).toEqual([[undefined, false]])

        yield* TestClock.adjust("5 minutes")
        expect(yield* ended("abcde")).toEqual([["was not answered within 5 minutes", false]])
        yield* TestClock.adjust("3599999 millis")
        yield* requests.sweep
        expect(yield* ended("abcde")).toHaveLength(1)
        expect(yield* all.rows("SELECT session_id FROM permission_asked")).toHaveLength(2)
        yield* TestClock.adjust("1 millis")
        yield* requests.sweep
        expect(yield* ended("abcde")).toEqual([])
        expect(yield* all.rows("SELECT session_id FROM permission_asked")).toEqual([])
      })
    )
  )

  it.effect(
    "stays with those who were asked of it when another one is forgotten",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("64 minutes")
        for (const id of [alice, bob, carol]) yield* all.beat(id)
        yield* requests.ask(alice, request("fghij"), [bob, carol], "again?")
        yield* requests.ask(carol, request("abcde"), [bob], "the same letters?")
        yield* TestClock.adjust("1 minutes")
        yield* requests.sweep
        expect(yield* all.rows("SELECT asker_id, request_id FROM permission_asked ORDER BY 1, 2")).toEqual([
          { asker_id: alice, request_id: "fghij" },
          { asker_id: alice, request_id: "fghij" },
          { asker_id: carol, request_id: "abcde" }
        ])
        expect(yield* all.rows("SELECT request_id FROM permission_requests ORDER BY 1")).toEqual([
          { request_id: "abcde" },
          { request_id: "fghij" }
        ])
      })
    )
  )
})

describe("an answer", () => {
  it.effect(
    "is taken from a session that was asked, once, and written to the one that asks",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        expect(yield* requests.answer(carol, alice, allow("abcde"), "yes abcde")).toBe(false)
        expect(yield* requests.answer(bob, carol, allow("abcde"), "yes abcde")).toBe(false)
        expect(yield* requests.answer(bob, alice, allow("zzzzz"), "yes zzzzz")).toBe(false)
        expect(yield* verdicts(all)).toEqual([])
        expect(yield* requests.open).toHaveLength(1)
        expect(yield* requests.answer(bob, alice, allow("abcde"), "yes abcde")).toBe(true)
        const written = [{ sender_id: bob, to_session: alice, content: "yes abcde" }]
        expect(yield* verdicts(all)).toEqual(written)
        expect(yield* requests.open).toEqual([])
        expect(yield* why(requests.answer(bob, alice, deny("abcde"), "no abcde"))).toBe(
          'was already answered by "bob"'
        )
        expect(yield* verdicts(all)).toEqual(written)
        expect(yield* all.rows("SELECT behavior, answered_by FROM permission_requests")).toEqual([
          { behavior: "allow", answered_by: bob }
        ])
      })
    )
  )

  it.effect(
    "says that another one was first also where that session is gone, without its name",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        yield* requests.ask(alice, request("abcde"), [bob, carol], "may I?")
        expect(yield* requests.answer(bob, alice, allow("abcde"), "yes abcde")).toBe(true)
        yield* all.registry.remove(bob)
        expect(yield* why(requests.answer(carol, alice, allow("abcde"), "yes abcde"))).toBe(
          'was already answered by "another session"'
        )
      })
    )
  )

  it.effect(
    "is too late from the exact time on, and writes nothing then",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        yield* requests.ask(alice, request("fghij"), [bob], "may I?")
        yield* TestClock.adjust("299999 millis")
        for (const id of [alice, bob]) yield* all.beat(id)
        expect(yield* requests.answer(bob, alice, allow("fghij"), "yes fghij")).toBe(true)
        yield* TestClock.adjust("1 millis")
        expect(yield* why(requests.answer(bob, alice, allow("abcde"), "yes abcde"))).toBe(
          "was not answered within 5 minutes"
        )
        expect(yield* verdicts(all)).toHaveLength(1)
      })
    )
  )

  it.effect(
    "to a session that is gone is not noted: whoever is first when it is back may still answer",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        yield* all.registry.remove(alice)
        expect(yield* why(requests.answer(bob, alice, allow("abcde"), "yes abcde"))).toBe(
          "was asked by a session that is gone"
        )
        yield* all.join(alice)
        expect(yield* requests.open).toHaveLength(1)
        expect(yield* requests.answer(bob, alice, allow("abcde"), "yes abcde")).toBe(true)
      })
    )
  )

  it.effect(
    "of a person is to the request that was shown, whoever was asked, and to no other in its place",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const [shown] = yield* requests.open
        yield* requests.ask(alice, request("abcde"), [bob], "something else?")
        expect(yield* why(requests.answerAsPerson(carol, shown!, "allow"))).toBe(
          "is not the one that was shown any more"
        )
        expect(yield* verdicts(all)).toEqual([])
        const [now] = yield* requests.open
        const gone = { ...now!, requestId: "zzzzz" as never }
        expect(yield* requests.answerAsPerson(carol, gone, "allow")).toBe(false)
        expect(yield* requests.answerAsPerson(carol, now!, "deny")).toBe(true)
        expect(yield* verdicts(all)).toEqual([{ sender_id: carol, to_session: alice, content: "no abcde" }])
        expect(yield* why(requests.answerAsPerson(carol, now!, "allow"))).toBe(
          'was already answered by "carol"'
        )
      })
    )
  )
})
