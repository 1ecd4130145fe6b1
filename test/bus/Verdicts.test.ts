/** Which words a session that asked for a permission may take for the answer, by what the bus says of it. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Requests } from "../../src/bus/requests/Requests.ts"
import { alice, bob, type Crowd, carol, crowd } from "../support/crowd.ts"
import { it } from "../support/it.ts"
import { oldSessionRow } from "../support/old.ts"
import { noOldServers, onFile } from "../support/underTest.ts"

const request = (id: string) => ({
  request_id: id as never,
  tool_name: "Bash",
  description: "List",
  input_preview: "ls"
})
const allow = (id: string) => ({ requestId: id as never, behavior: "allow" }) as const
const deny = (id: string) => ({ requestId: id as never, behavior: "deny" }) as const
const start = "1970-01-01T00:00:00.000Z"
const old = "session-0123456789ab"

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

describe("a verdict", () => {
  const answered = Effect.fnUntraced(function* (requests: Requests["Service"], all: Crowd) {
    yield* requests.answer(bob, alice, allow("abcde"), "yes abcde")
    const [verdict] = yield* all.bus.take(alice)
    return verdict!
  })

  it.effect(
    "is collected once, by the session that asked",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const verdict = yield* answered(requests, all)
        yield* requests.ask(carol, request("abcde"), [bob], "the same letters?")
        expect(yield* requests.collect(carol, allow("abcde"), verdict)).toBeUndefined()
        expect(yield* requests.collect(alice, allow("zzzzz"), verdict)).toBeUndefined()
        expect(yield* requests.collect(alice, allow("abcde"), verdict)).toEqual({
          behavior: "allow",
          answeredBy: bob
        })
        expect(yield* requests.collect(alice, allow("abcde"), verdict)).toBeUndefined()
        expect(
          yield* all.rows("SELECT asker_id FROM permission_requests WHERE passed_on_at IS NOT NULL")
        ).toEqual([{ asker_id: alice }])
      })
    )
  )

  it.effect(
    "counts only as what it is: of somebody who was asked and was first, of its kind, for this very request",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const verdict = yield* answered(requests, all)
        for (const wrong of [
          { fromId: undefined },
          { fromId: carol },
          { fromId: carol, fromKind: "command line" },
          { fromId: carol, fromKind: "command line in a session" },
          { kind: "chat" },
          { kind: "notice" },
          { request: "another" },
          { request: undefined }
        ] as const)
          expect(
            yield* requests.collect(alice, allow("abcde"), { ...verdict, ...wrong } as never)
          ).toBeUndefined()
        expect(yield* requests.collect(alice, allow("abcde"), verdict)).toBeDefined()
      })
    )
  )

  it.effect(
    "of a person counts although nobody asked it, and of a session, or of what runs within one, it does not",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const [shown] = yield* requests.open
        expect(yield* requests.answerAsPerson(carol, shown!, "allow")).toBe(true)
        const [verdict] = yield* all.bus.take(alice)
        for (const fromKind of ["session", "command line in a session"] as const)
          expect(yield* requests.collect(alice, allow("abcde"), { ...verdict!, fromKind })).toBeUndefined()
        expect(
          yield* requests.collect(alice, allow("abcde"), { ...verdict!, fromKind: "command line" })
        ).toEqual({ behavior: "allow", answeredBy: carol })
      })
    )
  )

  it.effect(
    "on an earlier request with the same letters is none on the later one",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const verdict = yield* answered(requests, all)
        yield* requests.ask(alice, request("abcde"), [bob], "something else?")
        yield* requests.answer(bob, alice, deny("abcde"), "no abcde")
        expect(yield* requests.collect(alice, allow("abcde"), verdict)).toBeUndefined()
        const [later] = yield* all.bus.take(alice)
        expect(yield* requests.collect(alice, deny("abcde"), later!)).toMatchObject({ behavior: "deny" })
      })
    )
  )
})

onFile(noOldServers, describe)("the words of a 1.3.1 session", () => {
  it.effect(
    "are an answer of the session that was asked and has that name, once and in time",
    withRequests((requests, all) =>
      Effect.gen(function* () {
        const collect = (id: string, from: string, asker = alice) =>
          requests.collectUnproven(asker, allow(id), from)
        yield* all.change(...oldSessionRow(old, "veteran", start))
        yield* all.change(...oldSessionRow("session-ba9876543210", "stranger", start))
        for (const id of ["fghij", "klmno"]) yield* requests.ask(alice, request(id), [old], "may I?")
        // It was not asked for the first.
        expect(yield* collect("abcde", "veteran")).toBeUndefined()
        for (const from of ["stranger", "bob", "nobody", bob])
          expect(yield* collect("fghij", from)).toBeUndefined()
        expect(yield* collect("zzzzz", "veteran")).toBeUndefined()
        expect(yield* collect("fghij", "veteran", carol)).toBeUndefined()
        expect(yield* requests.open).toHaveLength(3)
        expect(yield* collect("fghij", "veteran")).toEqual({ behavior: "allow", answeredBy: old as never })
        expect(yield* collect("fghij", "veteran")).toBeUndefined()
        expect((yield* requests.open).map(({ requestId }) => String(requestId)).sort()).toEqual([
          "abcde",
          "klmno"
        ])
        yield* TestClock.adjust("299999 millis")
        yield* requests.ask(alice, request("pqrst"), [old], "may I?")
        yield* TestClock.adjust("1 millis")
        expect(yield* collect("klmno", "veteran")).toBeUndefined()
        expect(yield* collect("pqrst", old)).toMatchObject({ answeredBy: old })
      })
    )
  )
})
