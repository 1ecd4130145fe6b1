/** Routes of agents that are not Claude Code: tools that end one by one, requests that are told of, and messages that are carried. */
import { describe, expect, test } from "bun:test"
import { routeOf } from "../../src/session/routes/Route.ts"
import {
  arrived,
  atRest,
  atWork,
  batchEnded,
  message,
  play,
  prompted,
  stopped,
  usual
} from "../support/machine.ts"

/** An agent without channel events, that is not known to have hooks. */
const other = { channels: false, hooks: false, plugin: true, socket: false } as const

describe("without channel events", () => {
  test("nothing is pushed: a session that nothing reaches asks", () => {
    const { does, state } = play(other)
    expect(does(arrived(message(1)))).toEqual([])
    expect(routeOf(state().evidence)).toBe("pull")
  })

  test("also if the user wants the channel", () => {
    expect(routeOf({ ...usual, channels: false, delivery: "channel" })).toBe("hooks")
  })
})

describe("a tool that ends beside others", () => {
  const toolEnded = { _tag: "ToolEnded", call: 2, turn: "" } as const

  test("shows what waits, and proves nothing", () => {
    const { does } = atWork()
    expect(does(toolEnded)).toEqual(["Show 1", "handed over 1"])
    expect(does({ ...toolEnded, call: 3 })).toEqual([])
    expect(does(stopped(4))).toContain("seen 1")
  })

  test("shows nothing that is to wait for the end of the turn", () => {
    const { does } = atWork({}, { whenIdle: true })
    expect(does(toolEnded)).toEqual([])
  })
})

describe("a host that tells of its requests", () => {
  const requested = (request: string) => ({ _tag: "Requested", request }) as const
  const replied = (request: string, whole = true) => ({ _tag: "Replied", request, whole }) as const

  test("proves by the answer to the request that held it, and by nothing else", () => {
    const { does } = atWork()
    does(requested("a"))
    expect(does({ _tag: "ToolEnded", call: 2, turn: "" })).toContain("Show 1")
    // The answer to the request before it.
    expect(does(replied("a"))).toEqual([])
    expect(does(batchEnded(3))).toEqual([])
    expect(does(requested("b"))).toEqual([])
    expect(does(replied("b"))).toEqual(["seen 1"])
  })

  test("proves nothing by an answer that was broken off, and all by the next one", () => {
    const { does } = atWork()
    does(requested("a"))
    does({ _tag: "ToolEnded", call: 2, turn: "" })
    does(requested("b"))
    expect(does(replied("b", false))).toEqual([])
    expect(does({ _tag: "Ended" })).toEqual(["BecameIdle"])
    does(requested("c"))
    expect(does(replied("b"))).toEqual([])
    expect(does(replied("c"))).toEqual(["seen 1"])
  })

  test("has the end of a turn prove nothing", () => {
    const { does } = atWork({ requests: true })
    does({ _tag: "ToolEnded", call: 2, turn: "" })
    expect(does(stopped(3))).toEqual(["BecameIdle"])
  })
})

describe("messages that are carried", () => {
  const carried = (taken: boolean, ...ids: ReadonlyArray<number>) =>
    ({ _tag: "Carried", ids, taken }) as const

  test("go into an idle session themselves, and the end of the turn proves them", () => {
    const { does } = play({ carries: "idle" })
    does(prompted(1))
    does(stopped(2))
    expect(does(arrived(message(1)))).toEqual(["Carry 1"])
    expect(does(carried(true, 1))).toEqual(["accepted 1", "handed over 1"])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("wait for the hooks of a session at work, if they can be carried into an idle one alone", () => {
    const { does, state } = atWork({ carries: "idle" })
    expect(state().carried).toEqual([])
    expect(does(batchEnded(2))).toContain("Show 1")
  })

  test("go into a session at work, but for those that wait for its end", () => {
    const { does } = play({ carries: "always" })
    does(prompted(1))
    expect(does(arrived(message(1), message(2, { whenIdle: true })))).toEqual(["Carry 1"])
    // One lot at a time.
    expect(does(arrived(message(3)))).toEqual([])
    expect(does(carried(true, 1))).toEqual(["accepted 1", "handed over 1", "Carry 3"])
  })

  test("that the host does not take wake it by a line", () => {
    const { does, state } = atRest({ carries: "idle" })
    expect(does(carried(false, 1))).toEqual(["WakeUp 1"])
    expect(state().evidence.carries).toBeUndefined()
  })

  test("are not proved by the turn of a prompt that came between", () => {
    const { does } = atRest({ carries: "idle" })
    does(carried(true, 1))
    does(prompted(2, false, "typed"))
    expect(does(batchEnded(3, "typed"))).toEqual([])
    expect(does(stopped(4, "typed"))).toEqual(["BecameIdle"])
    expect(does(stopped(5, ""))).toContain("seen 1")
  })

  test("that were fetched meanwhile are not handed over twice", () => {
    const { does, state } = atRest({ carries: "idle" })
    does({ _tag: "Fetched", messages: [message(1)], call: 2, use: undefined })
    expect(does(carried(true, 1))).toEqual([])
    expect(state().shown).toEqual([])
  })
})

test("a call of a tool that the host tells of without its id was that of the oldest reading", () => {
  const { does } = atWork()
  does({ _tag: "Fetched", messages: [message(1)], call: 2, use: undefined })
  does({ _tag: "Called", use: undefined, byMain: true })
  does(batchEnded(3))
  expect(does(batchEnded(4))).toContain("seen 1")
})

test("an answer that the host will tell of later proves nothing until it does", () => {
  const { does } = atWork({ callers: true })
  does(batchEnded(2))
  expect(does({ _tag: "Answered", ids: [1], former: [], use: undefined })).toEqual([])
  expect(does({ _tag: "Called", use: undefined, byMain: true })).toContain("seen 1")
})
