/** Which route messages take, and what others are told of it, for each thing that may be known of a session. */
import { describe, expect, test } from "bun:test"
import {
  hasNoHooks,
  isKeptQuietly,
  onlyInInbox,
  presenceOf,
  reachOf,
  routeOf
} from "../../../src/session/routes/Route.ts"
import { type Evidence, type HeldMessage, initial, type State } from "../../../src/session/routes/State.ts"

/** A named session with the plugin that can be woken, and has been. */
const full: Evidence = {
  delivery: "auto",
  channel: false,
  channels: true,
  dropped: false,
  socket: true,
  carries: undefined,
  requests: false,
  plugin: true,
  wake: true,
  named: true,
  hooks: true,
  callers: false,
  woken: true
}

type Case = readonly [what: string, evidence: Partial<Evidence>, route: string, reach: string]
const cases: ReadonlyArray<Case> = [
  ["woken before", {}, "hooks", "wakes up"],
  ["never woken", { woken: false }, "hooks", "on its next turn"],
  ["left asleep by its user", { wake: false }, "hooks", "on its next turn"],
  ["without a socket", { socket: false }, "hooks", "on its next turn"],
  ["of which no hook has called", { hooks: false, woken: false }, "hooks", "when it asks"],
  ["that was added by itself", { hooks: false, plugin: false }, "channel", "when it asks"],
  ["with the plugin alone", { hooks: false, socket: false }, "channel", "when it asks"],
  ["with hooks alone", { socket: false, plugin: false }, "hooks", "on its next turn"],
  ["without a name", { named: false }, "pull", "when it asks"],
  ["that has not joined", { named: undefined }, "pull", "when it asks"],
  ["started as a channel", { channel: true }, "channel", "channel"],
  ["started as a channel, without a name", { channel: true, named: false }, "channel", "channel"],
  ["started as a channel that is dropped", { channel: true, dropped: true }, "hooks", "wakes up"],
  [
    "with nothing but a dropped channel",
    { hooks: false, socket: false, dropped: true },
    "pull",
    "when it asks"
  ],
  ["set to pull", { delivery: "pull", channel: true }, "pull", "when it asks"],
  ["set to hooks", { delivery: "hooks", channel: true }, "hooks", "wakes up"],
  ["set to hooks, without a name", { delivery: "hooks", named: false }, "pull", "when it asks"],
  [
    "set to hooks, of which there are none",
    { delivery: "hooks", hooks: false, socket: false },
    "pull",
    "when it asks"
  ],
  ["set to the channel", { delivery: "channel" }, "channel", "channel"],
  ["set to a channel that is dropped", { delivery: "channel", dropped: true }, "channel", "when it asks"]
]

const stateOf = (evidence: Partial<Evidence>, more: Partial<State> = {}): State => ({
  ...initial({ ...full, ...evidence }),
  ...more
})

test.each(cases)("a session %s", (_, evidence, route, reach) => {
  expect(routeOf({ ...full, ...evidence })).toBe(route as never)
  expect(reachOf(stateOf(evidence))).toBe(reach as never)
})

test("a session that did not take the last wake-up is reached on its next turn", () => {
  expect(reachOf(stateOf({}, { ignoresWakeUps: true }))).toBe("on its next turn")
})

test("hooks are none, and none will come, only without the plugin and before one has called", () => {
  expect(hasNoHooks({ ...full, hooks: false, plugin: false })).toBe(true)
  expect(hasNoHooks({ ...full, hooks: false })).toBe(false)
  expect(hasNoHooks({ ...full, plugin: false })).toBe(false)
})

test("messages are kept quietly for a session that has no name and asks for them itself", () => {
  expect(isKeptQuietly({ ...full, named: false })).toBe(true)
  expect(isKeptQuietly({ ...full, named: undefined })).toBe(false)
  expect(isKeptQuietly({ ...full, delivery: "pull" })).toBe(false)
  expect(isKeptQuietly({ ...full, named: false, channel: true })).toBe(false)
})

describe("the roster is told", () => {
  const since = 7
  test.each([
    ["nothing of what nothing is known of", {}, undefined, undefined],
    ["that it is idle", { activity: { _tag: "Idle", since } }, "idle", since],
    ["that it works", { activity: { _tag: "Working", since, heard: 9 } }, "working", since],
    [
      "that it works, where nothing is heard of it",
      { activity: { _tag: "Silent", since } },
      "working",
      since
    ],
    [
      "that it waits for a permission",
      { activity: { _tag: "Working", since: 1, heard: 2 }, dialog: { permission: true, since } },
      "waiting for a permission",
      since
    ],
    [
      "that it waits for its user",
      { activity: { _tag: "Idle", since: 1 }, dialog: { permission: false, since } },
      "waiting for the user",
      since
    ]
  ] as const)("%s", (_, more, doing, at) => {
    expect(presenceOf(stateOf({}, more as Partial<State>))).toEqual({ reach: "wakes up", doing, since: at })
  })
})

describe("only by asking, a session can see", () => {
  const message = (id: number, more: Partial<HeldMessage> = {}): HeldMessage => ({
    id,
    size: 1,
    whole: true,
    whenIdle: false,
    keptUntil: 1,
    ...more
  })
  const shown = (id: number, complete: boolean) => ({
    message: message(id),
    by: "prompt" as const,
    call: undefined,
    turn: "",
    batches: 0,
    ends: 0,
    complete
  })
  /** Two wait, one of which was left in the inbox; four were pushed, the beginning of eight was seen, and one was shown in part. */
  const held: Partial<State> = {
    waiting: [message(1), message(2, { leftInInbox: true })],
    pushed: [3, 4, 5, 6].map((id) => message(id)),
    begun: [11, 12, 13, 14, 15, 16, 17, 18].map((id) => message(id)),
    shown: [shown(21, true), shown(22, false), shown(23, true)]
  }

  test.each<readonly [string, Partial<Evidence>, number]>([
    ["what hooks do not show", {}, 1 + 4 + 8 + 1],
    ["all that waits, where it asks for everything", { delivery: "pull" }, 2 + 4 + 8 + 1],
    ["all that waits, where no hook has called", { hooks: false }, 2 + 4 + 8 + 1],
    ["what was left in the inbox, where the channel shows the rest", { channel: true }, 1]
  ])("%s", (_, evidence, count) => {
    expect(onlyInInbox(stateOf(evidence, held))).toBe(count)
  })
})
