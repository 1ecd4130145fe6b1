/** Messages that are carried into the session themselves: when, and what proves that the model has seen them. */
import { describe, expect, test } from "bun:test"
import { presenceOf, reachOf } from "../../src/session/routes/Route.ts"
import type { Evidence } from "../../src/session/routes/State.ts"
import { arrived, atWork, batchEnded, message, play, prompted, stopped, told } from "../support/machine.ts"

/** A session that nothing wakes but what is carried into it. */
const carrier = (more: Partial<Evidence> = {}) =>
  play({ socket: false, carries: "idle", woken: false, ...more })
const carried = (taken: boolean, ...ids: ReadonlyArray<number>) => ({ _tag: "Carried", ids, taken }) as const

describe("an idle session that takes messages themselves", () => {
  test("is given what comes, and has seen it when it has used its tools", () => {
    const { does, state } = carrier()
    does(stopped(1))
    expect(does(arrived(message(1)), 10)).toEqual(["Carry 1"])
    expect(does(carried(true, 1), 20)).toEqual(["accepted 1", "handed over 1"])
    expect(presenceOf(state())).toMatchObject({ reach: "wakes up", doing: "working" })
    expect(does(batchEnded(2, "b"), 30)).toEqual(["seen 1"])
  })

  test("also if it has done nothing yet, and its host says so", () => {
    const { does, state } = carrier()
    expect(does(told("idle"))).toEqual(["BecameIdle"])
    expect(presenceOf(state())).toMatchObject({ doing: "idle" })
    expect(does(arrived(message(1)), 10)).toEqual(["Carry 1"])
    does(carried(true, 1), 20)
    expect(does(stopped(2, "b"), 30)).toEqual(["seen 1", "BecameIdle"])
  })

  test("or when its turn ends", () => {
    const { does } = carrier()
    does(stopped(1))
    does(arrived(message(1)), 10)
    does(carried(true, 1), 20)
    expect(does(stopped(2, "b"), 30)).toEqual(["seen 1", "BecameIdle"])
  })

  test("gets through hooks what it does not take, and is not woken by a line that nothing hears", () => {
    const { does, state } = carrier()
    does(stopped(1))
    does(arrived(message(1)), 10)
    expect(does(carried(false, 1), 20)).toEqual([])
    expect(reachOf(state())).toBe("on its next turn")
    expect(does(prompted(2, false, "b"), 30)).toEqual(["Show 1", "handed over 1"])
  })

  test("is woken by a line instead, if it has both", () => {
    const { does } = carrier({ socket: true })
    does(stopped(1))
    expect(does(arrived(message(1)), 10)).toEqual(["Carry 1"])
    expect(does(carried(false, 1), 20)).toEqual(["WakeUp 1"])
  })
})

describe("what was carried proves nothing by the end of a turn that may not hold it", () => {
  const provesLate = (does: ReturnType<typeof play>["does"]) => {
    expect(does(batchEnded(5, "a"), 40)).toEqual([])
    expect(does(stopped(6, "a"), 50)).toEqual(["BecameIdle"])
    expect(does(stopped(7, "b"), 60)).toEqual(["seen 1", "BecameIdle"])
  }

  test("if nothing is known of what the session does", () => {
    const { does } = carrier()
    expect(does(arrived(message(1)), 10)).toEqual(["Carry 1"])
    does(carried(true, 1), 20)
    provesLate(does)
  })

  test("if a prompt came while it was on its way", () => {
    const { does } = carrier()
    does(stopped(1))
    does(arrived(message(1)), 10)
    does(prompted(2, false, "a"), 15)
    does(carried(true, 1), 20)
    provesLate(does)
  })

  test("if a prompt came before its turn was heard of", () => {
    const { does } = carrier()
    does(stopped(1))
    does(arrived(message(1)), 10)
    does(carried(true, 1), 20)
    does(prompted(2, false, "a"), 25)
    provesLate(does)
  })
})

test("a session at work is shown messages by its hooks, unless it takes them then, too", () => {
  expect(atWork({ socket: false, carries: "idle" }).does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
  const { does } = play({ socket: false, carries: "always" })
  does(prompted(1))
  expect(does(arrived(message(1)))).toEqual(["Carry 1"])
})
