/** What becomes of a message that the model was shown, or that the inbox returned: the rows of the machine, one example each. */
import { describe, expect, test } from "bun:test"
import { roomInAnswer } from "../../src/hosts/Host.ts"
import { lookQuiet, lookWaiting, settling, silence } from "../../src/session/routes/Limits.ts"
import { onlyInInbox, presenceOf } from "../../src/session/routes/Route.ts"
import type { HeldMessage } from "../../src/session/routes/State.ts"
import { nextLook } from "../../src/session/routes/Step.ts"
import {
  answered,
  arrived,
  atRest,
  atWork,
  batchEnded,
  called,
  day,
  fetched,
  message,
  play,
  prompted,
  stopped,
  ticked,
  told
} from "../support/machine.ts"

describe("the inbox", () => {
  test("is the only route if the user chose so", () => {
    const { does } = atRest({ delivery: "pull", channel: true })
    expect(does(prompted(1))).toEqual([])
    expect(does(fetched("u"))).toEqual(["handed over 1"])
  })

  test("whose call was given up shows nothing: what it carried waits again", () => {
    const { does } = atWork()
    does(fetched("u"))
    expect(does({ _tag: "Cancelled", call: 70 })).toEqual(["queued 1"])
    expect(does(batchEnded(2))).toContain("Show 1")
  })

  test("is proved by the request behind the one that its own calls' end makes", () => {
    const { does } = atWork({ delivery: "pull" })
    does(fetched("u"))
    expect(does(called("u", true))).toEqual([])
    expect(does(batchEnded(2))).toEqual([])
    expect(does(batchEnded(3))).toEqual(["seen 1"])
  })

  test("is proved by the end of the turn", () => {
    const { does } = play({ delivery: "pull" })
    does(prompted(1))
    does(fetched("u"))
    does(called("u", true))
    expect(does(stopped(2))).toEqual(["seen 1", "BecameIdle"])
  })

  test("proves nothing if no hook tells who asked", () => {
    const { does } = atWork()
    does(fetched("u"))
    expect(does(batchEnded(2))).toEqual([])
    expect(does(batchEnded(3))).toEqual([])
    expect(does(stopped(4))).toEqual(["BecameIdle"])
    expect(does(prompted(5))).toEqual([])
  })

  test("takes a message from the route that it was on", () => {
    const { does } = atWork()
    does(fetched("u"))
    does(called("u", true))
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls leaves the message to the main thread", () => {
    const { does } = atWork()
    expect(does(fetched("u"))).toEqual(["handed over 1"])
    expect(does(called("u", false))).toEqual(["queued 1"])
    expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls before the bus knows that the main thread saw the message changes nothing", () => {
    const { does } = atWork()
    expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
    expect(does(batchEnded(3))).toEqual(["seen 1"])
    expect(does(fetched("u"))).toEqual([])
    expect(does(called("u", false))).toEqual([])
    expect(does(batchEnded(4))).toEqual([])
  })

  test("that a subagent calls while the main thread is idle wakes it", () => {
    const { does } = atWork()
    does(fetched("u"))
    expect(does(stopped(2))).toEqual(["BecameIdle"])
    expect(does(called("u", false))).toEqual(["queued 1", "WakeUp 1"])
  })

  test("that both call is the main thread's", () => {
    const { does } = atWork()
    does(fetched("theirs"))
    does(fetched("mine", 71))
    expect(does(called("theirs", false))).toEqual([])
    expect(does(called("mine", true))).toEqual([])
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("is a subagent's if hooks tell who asks, and did not before the main thread's calls ended", () => {
    const { does } = atWork({ callers: true })
    does(fetched("u"))
    expect(does(batchEnded(2))).toEqual(["queued 1", "Show 1", "handed over 1"])
    expect(does(called("u", false))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls for what was pushed leaves it pushed", () => {
    const { does, state } = atRest({ channel: true })
    does(fetched("u"))
    expect(does(called("u", false))).toEqual(["queued 1"])
    expect(state().pushed.map(({ id }) => id)).toEqual([1])
  })
})

describe("what the client's own file says", () => {
  test("ends a turn that Esc ended, and a message wakes the session at once", () => {
    const { does, state } = play()
    does(prompted(1))
    does(arrived(message(1)), 500)
    expect(does(told("idle"), settling - 1)).toEqual([])
    expect(does(told("idle"), settling)).toEqual(["BecameIdle", "WakeUp 1"])
    expect(presenceOf(state())).toMatchObject({ doing: "idle", since: settling })
  })

  test("of a turn that goes on is no news, and silence counts as before", () => {
    const { does } = atWork()
    expect(does(told("busy"), silence - 1)).toEqual([])
    expect(does(ticked, silence)).toEqual(["WakeUp 1"])
  })

  test("tells of a dialog that no hook tells of, and of its end", () => {
    const { does, state } = play()
    does(prompted(1))
    does(told("waiting"), 5_000)
    expect(presenceOf(state())).toMatchObject({ doing: "waiting for the user", since: 5_000 })
    does(told("busy"), 7_000)
    expect(presenceOf(state())).toMatchObject({ doing: "working" })
  })

  test("tells that a permission was given or refused, and not before the dialog can be open", () => {
    const { does, state } = play()
    does(prompted(1))
    does({ _tag: "Asked" }, 10)
    does(told("busy"), 20)
    expect(presenceOf(state())).toMatchObject({ doing: "waiting for a permission", since: 10 })
    does(told("busy"), 10 + settling)
    expect(presenceOf(state())).toMatchObject({ doing: "working" })
  })

  test("is read while something waits, rarely else, and never of an idle session", () => {
    const { does, state } = play({ socket: false })
    expect(nextLook(state())).toBeUndefined()
    does(prompted(1))
    expect(nextLook(state())).toBe(lookQuiet)
    does(arrived(message(1)))
    expect(nextLook(state())).toBe(lookWaiting)
    does(stopped(2))
    does(stopped(3))
    expect(nextLook(state())).toBeUndefined()
  })
})

describe("a message that was shown", () => {
  const shown = (more: Partial<HeldMessage> = {}) => {
    const session = play()
    session.does(arrived(message(1, more)))
    session.does(prompted(1, true), 10)
    return session
  }

  test("is seen when the model's tool calls have ended", () => {
    expect(shown().does(batchEnded(2), 20)).toEqual(["seen 1"])
  })

  test("is seen when the model answers it", () => {
    const { does } = shown()
    expect(does(answered("u"), 20)).toEqual([])
    expect(does(called("u", true), 30)).toEqual(["seen 1"])
  })

  test("is seen when it is answered if no hook ever told anything", () => {
    const { does } = atRest({ hooks: false, socket: false })
    expect(does(answered("u"))).toEqual(["seen 1"])
  })

  test("waits again when the client gave that call up", () => {
    const { does } = shown()
    expect(does({ _tag: "Cancelled", call: 1 }, 20)).toEqual(["queued 1"])
    expect(does(batchEnded(2), 30)).toEqual(["Show 1", "handed over 1"])
  })

  test("waits again when the context is cleared, and wakes the session anew", () => {
    const { does } = shown()
    expect(does({ _tag: "Forgot", idle: true }, 2_000)).toEqual(["queued 1", "BecameIdle", "WakeUp 1"])
  })

  test("waits again when the context is compacted, and comes with the next hook", () => {
    const { does } = shown()
    expect(does({ _tag: "Forgot", idle: false }, 20)).toEqual(["queued 1"])
    expect(does(batchEnded(2), 30)).toEqual(["Show 1", "handed over 1"])
  })

  test("with its beginning alone is not seen, unless the inbox shows all of it", () => {
    const { does, state } = shown({ size: roomInAnswer, whole: false })
    expect(does(batchEnded(2), 20)).toEqual([])
    expect(does(stopped(3), 30)).toEqual(["BecameIdle"])
    expect(onlyInInbox(state())).toBe(1)
    does(prompted(4), 35)
    does(fetched("u"), 40)
    does(called("u", true), 45)
    expect(does(stopped(5), 50)).toContain("seen 1")
  })

  test("with its beginning is not shown again: each prompt says that it waits, and brings what else does", () => {
    const { does, state } = play({ socket: false })
    does(arrived(message(1, { whole: false })))
    expect(does(prompted(1, false, "a"))).toEqual(["Show 1", "handed over 1"])
    expect(does(stopped(2, "a"))).toEqual(["BecameIdle"])
    for (const turn of ["b", "c", "d"]) {
      const id = turn.charCodeAt(0)
      does(arrived(message(id)))
      expect(does(prompted(id, false, turn))).toEqual([`Show ${id}`, `handed over ${id}`, "Remind 1"])
      expect(does(stopped(id + 1_000, turn))).toEqual([`seen ${id}`, "BecameIdle"])
    }
    expect(state().begun.map(({ id }) => id)).toEqual([1])
  })

  test("with its beginning is shown once more if the context was cleared", () => {
    const { does } = shown({ whole: false })
    does(stopped(2), 20)
    expect(does({ _tag: "Forgot", idle: true }, 5_000)).toEqual(["queued 1", "BecameIdle", "WakeUp 1"])
  })

  test("with its beginning, and fetched by a subagent, still waits to be read", () => {
    const { does, state } = shown({ whole: false })
    does(batchEnded(2), 20)
    does(fetched("u"), 30)
    expect(does(called("u", false), 40)).toEqual([])
    expect(state().begun.map(({ id }) => id)).toEqual([1])
    expect(does(stopped(3), 50)).toEqual(["BecameIdle"])
  })

  test("shares an answer only as far as there is room", () => {
    const { does } = play()
    does(prompted(1))
    does(
      arrived(message(1, { size: roomInAnswer - 500 }), message(2, { size: 400 }), message(3, { size: 101 }))
    )
    expect(does(batchEnded(2))).toContain("Show 1,2")
    expect(does(batchEnded(3))).toEqual(["seen 1,2", "Show 3", "handed over 3"])
  })
})

test("a message that waits longer than it is kept has expired", () => {
  const { does } = atRest({ delivery: "pull" })
  expect(does(ticked, day - 1)).toEqual([])
  expect(does(ticked, day)).toEqual(["expired 1", "Forget 1"])
})

test("a message that is held already does not arrive again", () => {
  const { does } = atWork()
  does(arrived(message(1)))
  expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
  expect(does(arrived(message(1)))).toEqual([])
  expect(does(batchEnded(3))).toEqual(["seen 1"])
})
