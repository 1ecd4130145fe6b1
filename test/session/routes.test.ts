/** Which route messages take into a session, and when: the rows of the machine, one example each. */
import { describe, expect, test } from "bun:test"
import {
  backlogSpacing,
  roomForBacklog,
  silence,
  wakeUpSpacing,
  wakeUpTimeout
} from "../../src/session/routes/Limits.ts"
import { onlyInInbox, presenceOf, reachOf } from "../../src/session/routes/Route.ts"
import { nextTick } from "../../src/session/routes/Step.ts"
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
  ticked
} from "../support/machine.ts"

describe("a session at work", () => {
  test("is left alone until its tool calls have ended", () => {
    const { does } = play()
    does(prompted(1))
    expect(does(arrived(message(1)), 1_000)).toEqual([])
    expect(does(batchEnded(2), 2_000)).toEqual(["Show 1", "handed over 1"])
  })

  test("without tool calls is shown messages instead of its turn's end", () => {
    const { does } = atWork()
    expect(does(stopped(2))).toEqual(["Show 1", "handed over 1"])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("is shown at the end of its turn what its sender wished to come then", () => {
    const { does } = atWork({}, { whenIdle: true })
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["Show 1", "handed over 1"])
  })

  test("goes on three times in a row at most, then it is idle", () => {
    const { does } = play({ socket: false })
    does(prompted(0))
    for (const id of [1, 2, 3]) {
      does(arrived(message(id)))
      expect(does(stopped(id))).toContain(`Show ${id}`)
    }
    does(arrived(message(4)))
    expect(does(stopped(4))).toEqual(["seen 3", "BecameIdle"])
  })

  test("that is silent for two minutes may be idle, and is woken: Esc tells nobody", () => {
    const { does } = atWork()
    expect(does(ticked, silence - 1)).toEqual([])
    expect(does(ticked, silence)).toEqual(["WakeUp 1"])
  })

  test("that a subagent or a tool was heard of is not silent", () => {
    const { does } = play()
    does(prompted(1))
    does({ _tag: "Stirred" }, silence - 1)
    expect(does(ticked, silence)).toEqual([])
  })
})

describe("a turn", () => {
  test("that the user types into ahead shows nothing with that prompt: it goes out later", () => {
    const { does } = play()
    does(prompted(1, false, "a"))
    does(arrived(message(1)))
    expect(does(prompted(2, false, "a"))).toEqual([])
    expect(does(batchEnded(3, "a"))).toEqual(["Show 1", "handed over 1"])
  })

  test("that Esc took back before its first word took what its prompt was shown with it", () => {
    const { does } = atRest({ socket: false })
    expect(does(prompted(1, false, "a"))).toContain("Show 1")
    expect(does(prompted(2, false, "b"))).toEqual(["queued 1", "Show 1", "handed over 1"])
  })

  test("whose request failed is over, and what it was shown is not seen by that", () => {
    const { does } = atRest({ socket: false })
    does(prompted(1))
    expect(does({ _tag: "Failed" })).toEqual(["BecameIdle"])
    does(prompted(2))
    expect(does(stopped(3))).toContain("seen 1")
  })

  test("that waits for a permission says so until a hook calls", () => {
    const { does, state } = play()
    does(prompted(1))
    does({ _tag: "Asked" }, 10)
    expect(presenceOf(state())).toMatchObject({ doing: "waiting for a permission", since: 10 })
    does(batchEnded(2), 20)
    expect(presenceOf(state())).toMatchObject({ doing: "working" })
  })
})

describe("an idle session", () => {
  test("whose user wants it left asleep is not woken", () => {
    const { does, state } = play({ wake: false })
    expect(does(arrived(message(1)))).toEqual([])
    expect(reachOf(state())).toBe("on its next turn")
  })

  test("is woken once, and shown the message in the turn that this starts", () => {
    const { does } = play()
    expect(does(arrived(message(1)))).toEqual(["WakeUp 1"])
    expect(does(prompted(1, true), 100)).toEqual(["accepted 1", "Show 1", "handed over 1"])
    expect(does(stopped(2), 5_000)).toEqual(["seen 1", "BecameIdle"])
  })

  test("is woken once for many messages", () => {
    const { does } = play()
    expect(does(arrived(message(1), message(2)))).toEqual(["WakeUp 1,2"])
    expect(does(arrived(message(3)), 10)).toEqual([])
    expect(does(prompted(1, true), 100)).toContain("Show 1,2,3")
  })

  test("is not woken again within two seconds", () => {
    const { does } = atRest()
    does(prompted(1, true), 10)
    does(stopped(2), 20)
    expect(does(arrived(message(2)), 30)).toEqual([])
    expect(does(ticked, wakeUpSpacing)).toEqual(["WakeUp 2"])
  })

  test("that did not take the wake-up is left alone until a hook calls by itself", () => {
    const { does, state } = atRest()
    expect(does(ticked, wakeUpTimeout)).toEqual(["not taken 1"])
    expect(does(arrived(message(2)), 60_000)).toEqual([])
    expect(reachOf(state())).toBe("on its next turn")
    expect(does(prompted(1), 70_000)).toEqual(["Show 1,2", "handed over 1,2"])
  })

  test("without a socket waits for its next turn", () => {
    const { does, state } = play({ socket: false })
    expect(does(arrived(message(1)))).toEqual([])
    expect(reachOf(state())).toBe("on its next turn")
    expect(does(prompted(1))).toEqual(["Show 1", "handed over 1"])
  })

  test("says so, and since when", () => {
    const { does, state } = play()
    expect(presenceOf(state())).toEqual({ reach: "wakes up", doing: undefined, since: undefined })
    does(prompted(1), 10)
    expect(presenceOf(state())).toMatchObject({ doing: "working", since: 10 })
    does(batchEnded(2), 20)
    expect(presenceOf(state())).toMatchObject({ doing: "working", since: 10 })
    does(stopped(3), 30)
    expect(presenceOf(state())).toMatchObject({ doing: "idle", since: 30 })
  })
})

describe("what had waited for a session that was started as a channel", () => {
  const old = (id: number, size: number) => message(id, { size, waited: true })

  test("is pushed as far as there is room for it; the rest is in the inbox, and that is said", () => {
    const { does, state } = play({ channel: true })
    const letters = [1, 2, 3, 4, 5].map((id) => old(id, roomForBacklog * 0.3))
    expect(does(arrived(...letters))).toEqual(["Push 1", "Push 2", "Push 3", "LeftInInbox 2"])
    expect(does(ticked, 60_000)).toEqual([])
    expect(onlyInInbox(state())).toBe(2)
    // What is short enough does not come before what is older.
    expect(does(arrived(old(6, 1)), 61_000)).toEqual(["LeftInInbox 1"])
    expect(does(arrived(message(7, { size: 10_000 })), 62_000)).toEqual(["Push 7"])
    const messages = [old(4, 1), old(5, 1), old(6, 1)]
    expect(does({ _tag: "Fetched", messages, call: 1, use: undefined })).toEqual(["handed over 4,5,6"])
    expect(onlyInInbox(state())).toBe(0)
  })

  test("is pushed again as far as there is room after a while, as when the machine slept", () => {
    const { does } = play({ channel: true })
    expect(does(arrived(old(1, roomForBacklog), old(2, 1)))).toEqual(["Push 1", "LeftInInbox 1"])
    expect(does(arrived(old(3, roomForBacklog * 2)), backlogSpacing)).toEqual(["Push 3"])
  })
})

describe("a session that was started as a channel", () => {
  test("is pushed everything at once, and its hooks show nothing", () => {
    const { does, state } = play({ channel: true })
    expect(does(arrived(message(1), message(2)))).toEqual(["Push 1", "Push 2"])
    expect(does(prompted(1))).toEqual([])
    expect(does(stopped(2))).toEqual(["BecameIdle"])
    expect(state().pushed.map(({ id }) => id)).toEqual([1, 2])
    expect(onlyInInbox(state())).toBe(0)
  })

  test("has seen what it answers", () => {
    const { does } = atRest({ channel: true })
    expect(does(answered("u"))).toEqual([])
    expect(does(called("u", true))).toEqual(["seen 1"])
  })

  test("has not seen what a subagent answers", () => {
    const { does } = atRest({ channel: true })
    does(answered("u"))
    expect(does(called("u", false))).toEqual([])
    expect(does(called("u", true))).toEqual([])
  })

  test("whose client drops events is offered by the other routes what was pushed, and nothing else twice", () => {
    const { does, state } = play({ channel: true })
    does(arrived(message(1), message(2)))
    does(answered("u"))
    does(called("u", true))
    does(stopped(9))
    expect(does({ _tag: "Learned", evidence: { dropped: true } }, 10)).toEqual(["dropped 2", "WakeUp 2"])
    expect(does(prompted(1, true), 100)).toEqual(["accepted 2", "Show 2", "handed over 2"])
    expect(reachOf(state())).toBe("wakes up")
    does(stopped(2), 5_000)
    expect(does(arrived(message(3)), 6_000)).toEqual(["WakeUp 3"])
  })

  test("has the inbox alone if events are dropped and the user chose the channel", () => {
    const { does, state } = atRest({ channel: true, delivery: "channel" })
    expect(does({ _tag: "Learned", evidence: { dropped: true } })).toEqual([])
    expect(reachOf(state())).toBe("when it asks")
    expect(onlyInInbox(state())).toBe(1)
  })

  test("uses hooks alone if the user chose so", () => {
    const { does } = play({ channel: true, delivery: "hooks" })
    does(prompted(1))
    expect(does(arrived(message(1)))).toEqual([])
    expect(does(stopped(2))).toEqual(["Show 1", "handed over 1"])
  })
})

describe("a client without hooks and socket", () => {
  const old = { hooks: false, socket: false, woken: false }

  test("is pushed messages all the same, which count as not seen", () => {
    const { does, state } = play(old)
    expect(does(arrived(message(1)))).toEqual(["Push 1"])
    expect(reachOf(state())).toBe("when it asks")
    expect(onlyInInbox(state())).toBe(1)
  })

  test("is not shown again what was pushed, should a hook call later", () => {
    const { does } = atRest(old)
    expect(does(prompted(1))).toEqual([])
  })

  test("is pushed nothing if the user chose hooks", () => {
    const { does } = play({ ...old, delivery: "hooks" })
    expect(does(arrived(message(1)))).toEqual([])
  })
})

describe("a session without a name", () => {
  test("keeps what comes, quietly, and its hooks show nothing", () => {
    const { does, state } = play({ named: false })
    expect(does(arrived(message(1)))).toEqual(["kept quietly 1"])
    expect(does(prompted(1))).toEqual([])
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["BecameIdle"])
    expect(onlyInInbox(state())).toBe(1)
  })

  test("is woken for what it kept when it gets a name", () => {
    const { does } = atRest({ named: false })
    expect(does({ _tag: "Learned", evidence: { named: true } }, 10)).toEqual(["WakeUp 1"])
  })
})

describe("a server that came without the plugin", () => {
  const bare = { hooks: false, plugin: false, woken: false }

  test("has the channel, for what it is worth, although there is a socket", () => {
    const { does, state } = play(bare)
    expect(does(arrived(message(1)))).toEqual(["Push 1"])
    expect(reachOf(state())).toBe("when it asks")
    expect(onlyInInbox(state())).toBe(1)
  })

  test("is woken once for each message if the user chose hooks, and counts what waits", () => {
    const { does, state } = play({ ...bare, delivery: "hooks" })
    expect(does(arrived(message(1)))).toEqual(["WakeUp 1"])
    expect(does(ticked, wakeUpTimeout)).toEqual([])
    expect(nextTick(state())).toBe(day)
    expect(does(arrived(message(2)), 60_000)).toEqual(["WakeUp 1,2"])
    expect(onlyInInbox(state())).toBe(2)
    expect(does(fetched("u", 70, message(1), message(2)), 61_000)).toEqual(["handed over 1,2"])
    expect(onlyInInbox(state())).toBe(0)
  })

  test("has hooks all the same if one calls", () => {
    const { does } = play(bare)
    does(prompted(1))
    expect(does(arrived(message(1)))).toEqual([])
    expect(does(stopped(2))).toEqual(["Show 1", "handed over 1"])
  })
})
