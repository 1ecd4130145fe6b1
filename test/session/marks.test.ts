/** Messages that are carried into a session themselves, and what proves them: one example for each rule. */
import { describe, expect, test } from "bun:test"
import { reachOf } from "../../src/session/routes/Route.ts"
import { arrived, batchEnded, message, play, prompted, stopped } from "../support/machine.ts"

/** A session of a host that is given messages, and tells what became of them. */
const given = (carries: "always" | "idle" = "always") =>
  play({ carries, channels: false, hooks: false, plugin: false, woken: false })

const taken = (mark?: string) =>
  ({ _tag: "Carried", ids: [1], taken: true, ...(mark === undefined ? {} : { mark }) }) as const
const settled = (mark: string, answered: boolean) => ({ _tag: "Settled", mark, answered }) as const

describe("messages that are carried", () => {
  test("go at once, and at work too if the host takes them then", () => {
    const { does } = given()
    expect(does(arrived(message(1)))).toEqual(["Carry 1"])
    expect(does(taken("a"))).toEqual(["accepted 1", "handed over 1"])
    expect(does(arrived(message(2)), 10)).toEqual(["Carry 2"])
  })

  test("wait for the end of a turn that the host has told of, if their sender wants that", () => {
    const { does } = given()
    does({ _tag: "Began" })
    expect(does(arrived(message(1, { whenIdle: true })))).toEqual([])
    expect(does({ _tag: "Ended" })).toEqual(["BecameIdle", "Carry 1"])
  })

  test("with a mark are proved by that alone", () => {
    const { does } = given()
    does(arrived(message(1)))
    does(taken("a"))
    expect(does(batchEnded(1))).toEqual([])
    expect(does(stopped(2))).toEqual(["BecameIdle"])
    does({ _tag: "Requested", request: "r" })
    expect(does({ _tag: "Replied", request: "r", whole: true })).toEqual([])
    expect(does(settled("b", true))).toEqual([])
    expect(does(settled("a", true))).toEqual(["seen 1"])
    expect(does(settled("a", true))).toEqual([])
  })

  test("that no request will hold are carried again", () => {
    const { does } = given()
    does(arrived(message(1)))
    does(taken("a"))
    expect(does(settled("a", false))).toEqual(["queued 1", "Carry 1"])
    expect(does(settled("a", true))).toEqual([])
  })

  test("are not shown by hooks, whose words may count for more", () => {
    const { does } = given()
    does(prompted(1))
    expect(does(arrived(message(1, { whenIdle: true })))).toEqual([])
    expect(does(stopped(2))).toEqual(["BecameIdle", "Carry 1"])
  })

  test("while the session is idle alone are shown by hooks at work", () => {
    const { does } = given("idle")
    does(prompted(1))
    does(arrived(message(1)))
    expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
  })

  test("can be given to a session that others then see as one that wakes up", () => {
    expect(reachOf(given().state())).toBe("wakes up")
    const { does, state } = given()
    does({ _tag: "Learned", evidence: { carries: undefined } })
    expect(reachOf(state())).toBe("when it asks")
  })
})
