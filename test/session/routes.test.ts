/**
 * Which way messages take. The examples are the rows of the machine, one each; the properties hold for whatever happens
 * in whatever order, in every mode.
 */
import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import * as Arbitrary from "effect/Arbitrary"
import { roomInAnswer } from "../../src/hosts/Host.ts"
import type { Action, Event } from "../../src/session/routes/Event.ts"
import {
  backlogSpacing,
  lookQuiet,
  lookWaiting,
  mostContinuations,
  roomForBacklog,
  settling,
  silence,
  wakeUpSpacing,
  wakeUpTimeout
} from "../../src/session/routes/Limits.ts"
import { onlyByAsking, presenceOf, reachOf, routeOf } from "../../src/session/routes/Route.ts"
import {
  type Evidence,
  type HeldMessage,
  heldIn,
  initial,
  type State
} from "../../src/session/routes/State.ts"
import { nextLook, nextTick, step } from "../../src/session/routes/Step.ts"
import { DeliveryMode } from "../../src/settings/DeliveryMode.ts"
import { it } from "../support/it.ts"

const day = 86_400_000

const message = (id: number, more: Partial<HeldMessage> = {}): HeldMessage => ({
  id,
  size: 100,
  whole: true,
  whenIdle: false,
  keptUntil: day,
  ...more
})
const arrived = (...messages: ReadonlyArray<HeldMessage>): Event => ({ _tag: "Arrived", messages })
const prompted = (call: number, answersWakeUp = false, turn = ""): Event => ({
  _tag: "Prompted",
  call,
  turn,
  answersWakeUp
})
const batchEnded = (call: number, turn = ""): Event => ({ _tag: "BatchEnded", call, turn })
const stopped = (call: number, turn = ""): Event => ({ _tag: "Stopped", call, turn })
const ticked: Event = { _tag: "Ticked" }
/** The tool `inbox` returns the first message, or these. */
const fetched = (use: string, call = 70, ...messages: ReadonlyArray<HeldMessage>): Event => ({
  _tag: "Fetched",
  messages: messages.length === 0 ? [message(1)] : messages,
  call,
  use
})
/** The first message is answered. */
const named = (use: string | undefined = undefined): Event => ({
  _tag: "Answered",
  ids: [1],
  former: [],
  use
})
const called = (use: string, byMain: boolean): Event => ({ _tag: "Called", use, byMain })
const told = (status: "busy" | "idle" | "waiting"): Event => ({ _tag: "Told", status })

/** A named session with hooks and a socket: what most people start. */
const usual: Evidence = {
  delivery: "auto",
  channel: false,
  dropped: false,
  socket: true,
  plugin: true,
  wake: true,
  named: true,
  hooks: true,
  callers: false,
  woken: true
}

/** A session to which things happen. `does` gives what is done at once. */
const play = (more: Partial<Evidence> = {}) => {
  let state = initial({ ...usual, ...more })
  return {
    does: (event: Event, at = 0) => {
      const next = step(state, event, at)
      state = next.state
      return next.actions.map((action) =>
        action._tag === "Record"
          ? `${action.state} ${action.ids.join()}`
          : action._tag === "Push"
            ? `Push ${action.id}`
            : action._tag === "LeftInInbox" || action._tag === "Remind"
              ? `${action._tag} ${action.count}`
              : action._tag === "BecameIdle"
                ? "BecameIdle"
                : `${action._tag} ${action.ids.join()}`
      )
    },
    state: () => state
  }
}

describe("a session at work", () => {
  test("is left alone until its tool calls have ended", () => {
    const { does } = play()
    does(prompted(1))
    expect(does(arrived(message(1)), 1_000)).toEqual([])
    expect(does(batchEnded(2), 2_000)).toEqual(["Show 1", "handed over 1"])
  })

  test("without tool calls is shown messages instead of its turn's end", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    expect(does(stopped(2))).toEqual(["Show 1", "handed over 1"])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("is shown at the end of its turn what its sender wished to come then", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1, { whenIdle: true })))
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

  test("that is silent for two minutes may be idle, and is rung: Esc tells nobody", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
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
    const { does } = play({ socket: false })
    does(arrived(message(1)))
    expect(does(prompted(1, false, "a"))).toContain("Show 1")
    expect(does(prompted(2, false, "b"))).toEqual(["queued 1", "Show 1", "handed over 1"])
  })

  test("whose request failed is over, and what it was shown is not seen by that", () => {
    const { does } = play({ socket: false })
    does(arrived(message(1)))
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
  test("whose user wants it left asleep is not rung", () => {
    const { does, state } = play({ wake: false })
    expect(does(arrived(message(1)))).toEqual([])
    expect(reachOf(state())).toBe("on its next turn")
  })

  test("is rung once, and shown the message in the turn that this starts", () => {
    const { does } = play()
    expect(does(arrived(message(1)))).toEqual(["WakeUp 1"])
    expect(does(prompted(1, true), 100)).toEqual(["accepted 1", "Show 1", "handed over 1"])
    expect(does(stopped(2), 5_000)).toEqual(["seen 1", "BecameIdle"])
  })

  test("is rung once for many messages", () => {
    const { does } = play()
    expect(does(arrived(message(1), message(2)))).toEqual(["WakeUp 1,2"])
    expect(does(arrived(message(3)), 10)).toEqual([])
    expect(does(prompted(1, true), 100)).toContain("Show 1,2,3")
  })

  test("is not rung again within two seconds", () => {
    const { does } = play()
    does(arrived(message(1)))
    does(prompted(1, true), 10)
    does(stopped(2), 20)
    expect(does(arrived(message(2)), 30)).toEqual([])
    expect(does(ticked, wakeUpSpacing)).toEqual(["WakeUp 2"])
  })

  test("that did not take the wake-up is left alone until a hook calls by itself", () => {
    const { does, state } = play()
    does(arrived(message(1)))
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
    expect(onlyByAsking(state())).toBe(2)
    // What is short enough does not come before what is older.
    expect(does(arrived(old(6, 1)), 61_000)).toEqual(["LeftInInbox 1"])
    expect(does(arrived(message(7, { size: 10_000 })), 62_000)).toEqual(["Push 7"])
    const messages = [old(4, 1), old(5, 1), old(6, 1)]
    expect(does({ _tag: "Fetched", messages, call: 1, use: undefined })).toEqual(["handed over 4,5,6"])
    expect(onlyByAsking(state())).toBe(0)
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
    expect(onlyByAsking(state())).toBe(0)
  })

  test("has seen what it answers", () => {
    const { does } = play({ channel: true })
    does(arrived(message(1)))
    expect(does(named("u"))).toEqual([])
    expect(does(called("u", true))).toEqual(["seen 1"])
  })

  test("has not seen what a subagent answers", () => {
    const { does } = play({ channel: true })
    does(arrived(message(1)))
    does(named("u"))
    expect(does(called("u", false))).toEqual([])
    expect(does(called("u", true))).toEqual([])
  })

  test("whose client drops events is offered by the other ways what was pushed, and nothing else twice", () => {
    const { does, state } = play({ channel: true })
    does(arrived(message(1), message(2)))
    does(named("u"))
    does(called("u", true))
    does(stopped(9))
    expect(does({ _tag: "Learned", evidence: { dropped: true } }, 10)).toEqual(["dropped 2", "WakeUp 2"])
    expect(does(prompted(1, true), 100)).toEqual(["accepted 2", "Show 2", "handed over 2"])
    expect(reachOf(state())).toBe("wakes up")
    does(stopped(2), 5_000)
    expect(does(arrived(message(3)), 6_000)).toEqual(["WakeUp 3"])
  })

  test("has the inbox alone where events are dropped and the user chose the channel", () => {
    const { does, state } = play({ channel: true, delivery: "channel" })
    does(arrived(message(1)))
    expect(does({ _tag: "Learned", evidence: { dropped: true } })).toEqual([])
    expect(reachOf(state())).toBe("when it asks")
    expect(onlyByAsking(state())).toBe(1)
  })

  test("uses hooks alone where the user chose so", () => {
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
    expect(onlyByAsking(state())).toBe(1)
  })

  test("is not shown again what was pushed, should a hook call later", () => {
    const { does } = play(old)
    does(arrived(message(1)))
    expect(does(prompted(1))).toEqual([])
  })

  test("is pushed nothing where the user chose hooks", () => {
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
    expect(onlyByAsking(state())).toBe(1)
  })

  test("is rung for what it kept when it gets a name", () => {
    const { does } = play({ named: false })
    does(arrived(message(1)))
    expect(does({ _tag: "Learned", evidence: { named: true } }, 10)).toEqual(["WakeUp 1"])
  })
})

describe("a server that came without the plugin", () => {
  const bare = { hooks: false, plugin: false, woken: false }

  test("has the channel, for what it is worth, although there is a socket", () => {
    const { does, state } = play(bare)
    expect(does(arrived(message(1)))).toEqual(["Push 1"])
    expect(reachOf(state())).toBe("when it asks")
    expect(onlyByAsking(state())).toBe(1)
  })

  test("rings once for each message where the user chose hooks, and counts what waits", () => {
    const { does, state } = play({ ...bare, delivery: "hooks" })
    expect(does(arrived(message(1)))).toEqual(["WakeUp 1"])
    expect(does(ticked, wakeUpTimeout)).toEqual([])
    expect(nextTick(state())).toBe(day)
    expect(does(arrived(message(2)), 60_000)).toEqual(["WakeUp 1,2"])
    expect(onlyByAsking(state())).toBe(2)
    expect(does(fetched("u", 70, message(1), message(2)), 61_000)).toEqual(["handed over 1,2"])
    expect(onlyByAsking(state())).toBe(0)
  })

  test("has hooks all the same where one calls", () => {
    const { does } = play(bare)
    does(prompted(1))
    expect(does(arrived(message(1)))).toEqual([])
    expect(does(stopped(2))).toEqual(["Show 1", "handed over 1"])
  })
})

describe("the inbox", () => {
  test("is the only way where the user chose so", () => {
    const { does } = play({ delivery: "pull", channel: true })
    does(arrived(message(1)))
    expect(does(prompted(1))).toEqual([])
    expect(does(fetched("u"))).toEqual(["handed over 1"])
  })

  test("whose call was given up shows nothing: what it carried waits again", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("u"))
    expect(does({ _tag: "Cancelled", call: 70 })).toEqual(["queued 1"])
    expect(does(batchEnded(2))).toContain("Show 1")
  })

  test("is proved by the request behind the one that its own calls' end makes", () => {
    const { does } = play({ delivery: "pull" })
    does(prompted(1))
    does(arrived(message(1)))
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

  test("proves nothing where no hook tells who asked", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("u"))
    expect(does(batchEnded(2))).toEqual([])
    expect(does(batchEnded(3))).toEqual([])
    expect(does(stopped(4))).toEqual(["BecameIdle"])
    expect(does(prompted(5))).toEqual([])
  })

  test("takes a message from the way that it was on", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("u"))
    does(called("u", true))
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls leaves the message to the main thread", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    expect(does(fetched("u"))).toEqual(["handed over 1"])
    expect(does(called("u", false))).toEqual(["queued 1"])
    expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls while the main thread is idle wakes it", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("u"))
    expect(does(stopped(2))).toEqual(["BecameIdle"])
    expect(does(called("u", false))).toEqual(["queued 1", "WakeUp 1"])
  })

  test("that both call is the main thread's", () => {
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("theirs"))
    does(fetched("mine", 71))
    expect(does(called("theirs", false))).toEqual([])
    expect(does(called("mine", true))).toEqual([])
    expect(does(batchEnded(2))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("is a subagent's where hooks tell who asks, and did not before the main thread's calls ended", () => {
    const { does } = play({ callers: true })
    does(prompted(1))
    does(arrived(message(1)))
    does(fetched("u"))
    expect(does(batchEnded(2))).toEqual(["queued 1", "Show 1", "handed over 1"])
    expect(does(called("u", false))).toEqual([])
    expect(does(stopped(3))).toEqual(["seen 1", "BecameIdle"])
  })

  test("that a subagent calls for what was pushed leaves it pushed", () => {
    const { does, state } = play({ channel: true })
    does(arrived(message(1)))
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
    const { does } = play()
    does(prompted(1))
    does(arrived(message(1)))
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
    expect(does(named("u"), 20)).toEqual([])
    expect(does(called("u", true), 30)).toEqual(["seen 1"])
  })

  test("is seen when it is answered where no hook ever told anything", () => {
    const { does } = play({ hooks: false, socket: false })
    does(arrived(message(1)))
    expect(does(named("u"))).toEqual(["seen 1"])
  })

  test("waits again when the client gave that call up", () => {
    const { does } = shown()
    expect(does({ _tag: "Cancelled", call: 1 }, 20)).toEqual(["queued 1"])
    expect(does(batchEnded(2), 30)).toEqual(["Show 1", "handed over 1"])
  })

  test("waits again when the context is cleared, and rings anew", () => {
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
    expect(onlyByAsking(state())).toBe(1)
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

  test("with its beginning is shown once more where the context was cleared", () => {
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
  const { does } = play({ delivery: "pull" })
  does(arrived(message(1)))
  expect(does(ticked, day - 1)).toEqual([])
  expect(does(ticked, day)).toEqual(["expired 1", "Forget 1"])
})

test("a message that is held already does not arrive again", () => {
  const { does } = play()
  does(prompted(1))
  does(arrived(message(1)))
  does(arrived(message(1)))
  expect(does(batchEnded(2))).toEqual(["Show 1", "handed over 1"])
  expect(does(arrived(message(1)))).toEqual([])
  expect(does(batchEnded(3))).toEqual(["seen 1"])
})

// Whatever happens, in whatever order.

const happening = Schema.Struct({
  what: Schema.Literals([
    "arrive",
    "arrive again",
    "prompt",
    "batch",
    "stop",
    "cancel",
    "fail",
    "ask",
    "forget",
    "stir",
    "fetch",
    "name",
    "call",
    "told",
    "learn",
    "tick"
  ]),
  /** How much time passes before. */
  wait: Schema.Literals([0, 10, 700, 1_999, 2_000, 3_000, silence, day]),
  pick: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
  yes: Schema.Boolean,
  also: Schema.Boolean
})

const world = Arbitrary.all({
  evidence: Arbitrary.schema(
    Schema.Struct({
      delivery: DeliveryMode,
      channel: Schema.Boolean,
      dropped: Schema.Boolean,
      socket: Schema.Boolean,
      plugin: Schema.Boolean,
      wake: Schema.Boolean,
      named: Schema.Boolean,
      hooks: Schema.Boolean,
      callers: Schema.Boolean,
      woken: Schema.Boolean
    })
  ),
  /** Whether time is told at each moment that was asked for, as the server does unless it is slow. */
  punctual: Arbitrary.schema(Schema.Boolean),
  happenings: Arbitrary.array(Arbitrary.schema(happening), { maxLength: 60 })
})
type World = typeof world extends Arbitrary.Arbitrary<infer A> ? A : never
type Happening = typeof happening.Type

/** One step of a run. */
interface Moment {
  readonly event: Event
  readonly at: number
  readonly before: State
  readonly after: State
  readonly actions: ReadonlyArray<Action>
}

const sizes = [100, 4_000, 9_000, roomInAnswer] as const
/** The prompts' ids: older clients tell none. */
const turns = ["", "", "", "", "1", "1", "2", "2", "3", "4"] as const
const facts = ["channel", "socket", "wake", "named", "hooks", "woken", "dropped"] as const
/** The uses of tools: few, so that what is told of one often meets it. */
const uses = ["u0", "u1", "u2"] as const
const statuses = ["busy", "idle", "waiting"] as const

/** A session that notes what happened to it. */
const recording = (evidence: Evidence) => {
  const moments: Array<Moment> = []
  const messages: Array<HeldMessage> = []
  let calls = 0
  let at = 0
  let state = initial(evidence)

  const happen = (event: Event) => {
    const next = step(state, event, at)
    moments.push({ event, at, before: state, after: next.state, actions: next.actions })
    state = next.state
    return next.actions
  }
  const pass = (time: number, punctual: boolean) => {
    const until = at + time
    for (
      let next = nextTick(state);
      punctual && next !== undefined && next <= until;
      next = nextTick(state)
    ) {
      at = Math.max(at, next)
      happen(ticked)
    }
    at = until
  }
  const newItem = ({ also, pick, yes }: Pick<Happening, "also" | "pick" | "yes">): HeldMessage => {
    const size = sizes[pick % sizes.length] ?? 100
    const made = {
      id: messages.length + 1,
      size,
      whole: size < roomInAnswer,
      whenIdle: yes,
      keptUntil: at + (also ? day : 3 * silence),
      waited: pick % 2 === 0
    }
    messages.push(made)
    return made
  }
  const nextCall = () => ++calls
  /** What the inbox would show. */
  const unseen = () => heldIn(state)
  const eventOf = (one: Happening): Event => {
    switch (one.what) {
      case "arrive":
        return arrived(...Array.from({ length: 1 + (one.pick % 3) }, () => newItem(one)))
      case "arrive again":
        return arrived(...unseen().slice(0, one.pick))
      case "prompt":
        return prompted(nextCall(), one.yes, turns[one.pick])
      case "batch":
        return batchEnded(nextCall(), one.also ? state.turn : turns[one.pick])
      case "stop":
        return stopped(nextCall(), one.also ? state.turn : turns[one.pick])
      case "fail":
        return { _tag: "Failed" }
      case "ask":
        return { _tag: "Asked" }
      case "cancel":
        return { _tag: "Cancelled", call: calls - (one.pick % 3) }
      case "forget":
        return { _tag: "Forgot", idle: one.yes }
      case "stir":
        return { _tag: "Stirred" }
      case "fetch":
        return {
          _tag: "Fetched",
          messages: unseen().slice(0, one.pick),
          call: one.yes ? nextCall() : undefined,
          use: one.also ? uses[one.pick % 3] : undefined
        }
      case "name":
        return {
          _tag: "Answered",
          ids: [one.pick, one.pick + 1],
          former: [],
          use: one.also ? uses[one.pick % 3] : undefined
        }
      case "call":
        return called(uses[one.pick % 3] ?? "", one.yes)
      case "told":
        return told(statuses[one.pick % 3] ?? "idle")
      case "learn":
        return { _tag: "Learned", evidence: { [facts[one.pick % facts.length] ?? "named"]: one.yes } }
      case "tick":
        return ticked
    }
  }
  return { moments, messages, happen, pass, newItem, nextCall, eventOf, state: () => state }
}

const live = ({ evidence, happenings, punctual }: World) => {
  const life = recording(evidence)
  for (const one of happenings) {
    life.pass(one.wait, punctual)
    life.happen(life.eventOf(one))
  }
  return life
}

const idsOf = (messages: ReadonlyArray<HeldMessage>) => messages.map(({ id }) => id)
const shownIds = ({ shown }: State) => shown.map((one) => one.message.id)
/** Whether it stands before the main thread or somebody else, or its beginning does. */
const isWithSomebody = (state: State, id: number) =>
  !idsOf(state.waiting).includes(id) && idsOf(heldIn(state)).includes(id)
const idsIn = (actions: ReadonlyArray<Action>, tag: "Show" | "WakeUp" | "Forget") =>
  actions.flatMap((action) => (action._tag === tag ? action.ids : []))
const pushedBy = (actions: ReadonlyArray<Action>) =>
  actions.flatMap((action) => (action._tag === "Push" ? [action.id] : []))
const noted = (actions: ReadonlyArray<Action>, state: string) =>
  actions.flatMap((action) => (action._tag === "Record" && action.state === state ? action.ids : []))
const isWakeUp = ({ actions }: Moment) => actions.some(({ _tag }) => _tag === "WakeUp")

/** A property of long lives. */
const lasting = (name: string, holds: (one: World) => boolean) => it.prop(name, world, holds, 400, 80)
const always = (name: string, holds: (moment: Moment) => boolean) =>
  lasting(name, (one) => live(one).moments.every(holds))

describe("whatever happens", () => {
  lasting("each message that came is in exactly one place", (one) => {
    const { moments } = live(one)
    const come = new Set<number>()
    const done = new Set<number>()
    return moments.every(({ actions, after, event }) => {
      if (event._tag === "Arrived") for (const { id } of event.messages) come.add(id)
      for (const id of [...noted(actions, "seen"), ...idsIn(actions, "Forget")]) done.add(id)
      const held = idsOf(heldIn(after))
      return (
        new Set(held).size === held.length &&
        [...come].every((id) => held.includes(id) !== done.has(id)) &&
        held.every((id) => come.has(id))
      )
    })
  })

  always("only what waits is shown or pushed, and then it is there", ({ actions, after, before, event }) => {
    const came = event._tag === "Arrived" ? idsOf(event.messages) : []
    const waited = [
      ...idsOf(before.waiting),
      ...came,
      ...noted(actions, "queued"),
      ...noted(actions, "dropped")
    ]
    const show = idsIn(actions, "Show")
    const push = pushedBy(actions)
    return (
      [...show, ...push].every((id) => waited.includes(id)) &&
      show.every((id) => shownIds(after).includes(id)) &&
      push.every((id) => idsOf(after.pushed).includes(id)) &&
      (show.length === 0 || push.length === 0)
    )
  })

  lasting("nothing is shown or pushed again unless it was queued in between", (one) => {
    const out = new Set<number>()
    return live(one).moments.every(({ actions }) =>
      actions.every((action) => {
        if (action._tag === "Record" && (action.state === "queued" || action.state === "dropped"))
          for (const id of action.ids) out.delete(id)
        const ids = action._tag === "Show" ? action.ids : action._tag === "Push" ? [action.id] : []
        const fresh = ids.every((id) => !out.has(id))
        for (const id of ids) out.add(id)
        return fresh
      })
    )
  })

  always("what is shown is handed over, and what is queued again was shown", ({ actions, before }) => {
    const handed = noted(actions, "handed over")
    return (
      idsIn(actions, "Show").every((id) => handed.includes(id)) &&
      noted(actions, "queued").every((id) => isWithSomebody(before, id))
    )
  })

  lasting("of what had waited no more is pushed at once than there is room for, or one message", (one) => {
    const pushes: Array<{ readonly at: number; readonly size: number }> = []
    return live(one).moments.every(({ actions, at, event, before }) => {
      const known = [...(event._tag === "Arrived" ? event.messages : []), ...heldIn(before)]
      for (const id of pushedBy(actions)) {
        const found = known.find((message) => message.id === id)
        if (found?.waited === true) pushes.push({ at, size: found.size })
      }
      const recent = pushes.filter((push) => push.at > at - backlogSpacing)
      return recent.length < 2 || recent.reduce((sum, { size }) => sum + size, 0) <= 2 * roomForBacklog
    })
  })

  lasting("what a subagent fetched, or nobody knows who, is not seen by that", (one) => {
    /** What stood before the main thread, or was read or answered by it, or by nobody of whom hooks tell. */
    const main = new Set<number>()
    return live(one).moments.every(({ actions, before, event }) => {
      for (const id of [...idsIn(actions, "Show"), ...pushedBy(actions)]) main.add(id)
      if (event._tag === "Called" && event.byMain) {
        for (const { message, readings } of before.fetched)
          if (readings.some(({ use }) => use === event.use)) main.add(message.id)
        for (const { ids, use } of before.answers) if (use === event.use) for (const id of ids) main.add(id)
      }
      const unknown = event._tag === "Answered" && (!before.evidence.hooks || event.use === undefined)
      return unknown || noted(actions, "seen").every((id) => main.has(id))
    })
  })

  lasting("what is begun is put before the model once, until its context is gone", (one) => {
    const begun = new Set<number>()
    return live(one).moments.every(({ actions, after, event }) => {
      if (event._tag === "Forgot") begun.clear()
      const again = idsIn(actions, "Show").some((id) => begun.has(id))
      for (const { id } of after.begun) begun.add(id)
      return !again
    })
  })

  lasting("a reminder stands behind a prompt alone, and says how many were begun", (one) =>
    live(one).moments.every(({ actions, after, event }) =>
      actions.every(
        (action) =>
          action._tag !== "Remind" ||
          (event._tag === "Prompted" && action.count > 0 && action.count >= after.begun.length)
      )
    )
  )

  always(
    "hooks show and wake-ups announce only where hooks are the way: never unnamed, never in pull mode",
    ({ actions, after }) =>
      (idsIn(actions, "Show").length === 0 && idsIn(actions, "WakeUp").length === 0) ||
      (routeOf(after.evidence) === "hooks" &&
        after.evidence.named === true &&
        after.evidence.delivery !== "pull")
  )

  always(
    "nothing is pushed in hooks or pull mode",
    ({ actions, after: { evidence } }) =>
      pushedBy(actions).length === 0 || evidence.delivery === "auto" || evidence.delivery === "channel"
  )

  always("an answer holds what there is room for", ({ actions, after }) => {
    const ids = idsIn(actions, "Show")
    const all = after.shown
      .filter(({ message }) => ids.includes(message.id))
      .map(({ message }) => message.size)
    return all.reduce((sum, size) => sum + size, 0) <= roomInAnswer
  })

  always(
    "a wake-up rings only in a session that is not at work, that is not ignoresWakeUps, and where none is outstanding",
    (moment) => {
      if (!isWakeUp(moment)) return true
      const { actions, after, at } = moment
      return (
        actions.filter(({ _tag }) => _tag === "WakeUp").length === 1 &&
        after.activity._tag !== "Working" &&
        !after.ignoresWakeUps &&
        after.evidence.socket &&
        after.evidence.wake &&
        after.wakeUp?.at === at &&
        idsIn(actions, "WakeUp").every((id) => idsOf(after.waiting).includes(id))
      )
    }
  )

  lasting(
    "a wake-up rings when the last one was answered, given up or void, and two seconds have passed",
    (one) => {
      const { moments } = live(one)
      const rings = moments.flatMap((moment, index) => (isWakeUp(moment) ? [{ ...moment, index }] : []))
      return rings.every((ring, number) => {
        const last = rings[number - 1]
        if (last === undefined) return true
        const between = moments.slice(last.index + 1, ring.index + 1)
        return (
          ring.at >= last.at + wakeUpSpacing &&
          between.some(
            ({ at, event }) =>
              (event._tag === "Prompted" && event.answersWakeUp) ||
              event._tag === "Forgot" ||
              at >= last.at + wakeUpTimeout
          )
        )
      })
    }
  )

  lasting("after a wake-up that was not taken none rings until a hook calls", (one) => {
    let ignoresWakeUps = false
    return live(one).moments.every((moment) => {
      const { event } = moment
      const isHook = ["Prompted", "BatchEnded", "Stopped", "Failed", "Asked", "Forgot"].includes(event._tag)
      if (isHook || (event._tag === "Called" && event.byMain)) ignoresWakeUps = false
      const rang = isWakeUp(moment)
      const wasDeaf = ignoresWakeUps
      if (noted(moment.actions, "not taken").length > 0) ignoresWakeUps = true
      return !(rang && wasDeaf)
    })
  })

  lasting("the end of a turn is put off three times in a row at most", (one) => {
    let inARow = 0
    return live(one).moments.every(({ actions, event }) => {
      const ended = actions.some(({ _tag }) => _tag === "BecameIdle")
      if (event._tag === "Prompted" || ended) inARow = 0
      if (event._tag === "Stopped" && idsIn(actions, "Show").length > 0) inARow += 1
      return inARow <= mostContinuations
    })
  })

  always("what shall come at the end of a turn is not shown within it", ({ actions, before, event }) => {
    if (event._tag !== "BatchEnded") return true
    const ids = idsIn(actions, "Show")
    return before.waiting.every(({ id, whenIdle }) => !whenIdle || !ids.includes(id))
  })

  always("what was shown in part is not seen by that", ({ actions, before, event }) => {
    if (event._tag === "Answered" || event._tag === "Called") return true
    const partly = [
      ...before.shown.filter(({ complete }) => !complete).map(({ message }) => message.id),
      ...idsOf(before.begun)
    ]
    return noted(actions, "seen").every((id) => !partly.includes(id))
  })

  always("only what was shown or pushed is seen", ({ actions, before }) =>
    noted(actions, "seen").every((id) => isWithSomebody(before, id) || idsOf(before.pushed).includes(id))
  )

  always("time is asked for later than now, so that nothing spins", ({ after, at }) => {
    const next = nextTick(after)
    return next === undefined || next > at
  })

  always("nothing is held longer than it is kept", ({ after, at }) =>
    heldIn(after).every(({ keptUntil }) => keptUntil > at)
  )
})

/** Natural hooks, until nothing is left to show. */
const takeTurns = (life: ReturnType<typeof recording>) => {
  for (let turn = 0; turn < 200 && (life.state().waiting.length > 0 || turn === 0); turn++) {
    life.happen(prompted(life.nextCall(), true, `turn ${turn}`))
    for (let stop = 0; stop <= mostContinuations; stop++)
      life.happen(stopped(life.nextCall(), `turn ${turn}`))
  }
}
/** The same session, once it is known to have hooks, a socket and a name, and uses them. */
const wake = (life: ReturnType<typeof recording>) =>
  life.happen({ _tag: "Learned", evidence: { ...usual, delivery: "hooks" } })

describe("after whatever happened", () => {
  lasting("hooks show all that waits, and make it seen as far as all of it was shown", (one) => {
    const life = live(one)
    wake(life)
    const waiting = life.state().waiting
    takeTurns(life)
    const seen = new Set(life.moments.flatMap(({ actions }) => noted(actions, "seen")))
    const shown = idsOf(life.state().begun)
    return (
      life.state().waiting.length === 0 &&
      waiting.every(({ id, whole }) => (whole ? seen.has(id) : shown.includes(id)))
    )
  })

  lasting("a message that comes into an idle session rings within two seconds", (one) => {
    const life = live(one)
    wake(life)
    takeTurns(life)
    const from = life.moments.length
    const one2 = life.newItem({ pick: 0, yes: true, also: true })
    life.happen(arrived(one2))
    life.pass(wakeUpSpacing, true)
    return life.moments.slice(from).some(({ actions }) => idsIn(actions, "WakeUp").includes(one2.id))
  })

  lasting("a session that was killed by Esc is idle after two minutes of silence", (one) => {
    const life = live(one)
    life.pass(silence, true)
    return life.state().activity._tag !== "Working"
  })
})
