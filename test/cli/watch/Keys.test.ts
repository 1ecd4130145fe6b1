/** What each key does in the live view, before any screen: what is shown next, and what is asked of the bus. */
import { describe, expect, test } from "bun:test"
import { press } from "../../../src/cli/watch/Keys.ts"
import type { Participant, Scene, SceneMessage, SceneRequest } from "../../../src/cli/watch/Scene.ts"
import { type Command, initial, type Key, type State, type World } from "../../../src/cli/watch/State.ts"

const participant = (name: string, project: string | null = null): Participant => ({
  id: `id of ${name}`,
  name,
  role: "worker",
  project,
  kind: "session",
  doing: undefined,
  reach: "channel",
  since: ""
})
const message = (id: number, content = "hello", projects: ReadonlyArray<string> = []): SceneMessage => ({
  id,
  kind: "chat",
  from: "alice",
  to: "bob",
  at: "",
  sentAt: "",
  content,
  labels: "",
  state: "seen",
  reason: undefined,
  projects
})
const request = (requestId: string): SceneRequest => ({
  key: `key of ${requestId}`,
  requestId,
  from: "alice",
  project: null,
  tool: "Bash",
  content: "may I?",
  left: 60
})

const scene: Scene = {
  roster: [participant("alice", "one"), participant("bob", "two"), participant("carol")],
  messages: [message(1, "hello", ["one"]), message(2), message(3)],
  requests: [request("abcde"), request("fghij")],
  trouble: undefined
}
const nothing: Scene = { roster: [], messages: [], requests: [], trouble: undefined }

const named = (name: Key["name"]): Key => ({ text: "", name, ctrl: false })
const typed = (text: string, ctrl = false): Key => ({ text, name: undefined, ctrl })
/** A name of a key in angle brackets, or what is typed; `^` stands for Ctrl. */
const keyOf = (word: string): Key => {
  const [, name] = /^<(\w+)>$/.exec(word) ?? []
  if (name !== undefined) return named(name as Key["name"])
  return word.length === 2 && word.startsWith("^") ? typed(word.slice(1), true) : typed(word)
}

/** Presses keys one after the other, a second apart. Gives what is shown at the end, and all that was asked of the bus. */
const play = (keys: ReadonlyArray<string>, more: Partial<World> = {}, before = initial(undefined)) => {
  const world = { scene, columns: 80, rows: 24, whyNoAnswers: undefined, now: 0, ...more }
  const commands: Array<Command> = []
  const state = keys.reduce((state: State, word, index) => {
    const [next, command] = press(state, keyOf(word), { ...world, now: world.now + 1_000 * index })
    if (command !== undefined) commands.push(command)
    return next
  }, before)
  return { state, commands }
}

describe("keys that move", () => {
  test.each<readonly [ReadonlyArray<string>, number | undefined]>([
    [["<up>"], 2],
    [["k", "k"], 1],
    [["<up>", "<up>", "<up>"], 1],
    [["<home>"], 1],
    [["g", "<down>"], 2],
    [["g", "j", "j"], undefined],
    [["g", "G"], undefined],
    [["g", "<end>"], undefined],
    [["<pageUp>"], 1],
    [["g", "<pageDown>"], undefined],
    [["^k"], undefined],
    [["g", "^j"], 1]
  ])("choose a message, or at the end the newest, whichever that is: %j", (keys, id) => {
    expect(play(keys).state.message).toBe(id)
  })

  test("choose on the roster and among the requests once the tab key has gone there, and it goes round", () => {
    expect(play(["<tab>"]).state.panel).toBe("roster")
    expect(play(["<tab>", "<down>"]).state.participant).toBe("id of bob")
    expect(play(["<tab>", "<tab>"]).state.panel).toBe("requests")
    expect(play(["<tab>", "<tab>", "<down>"]).state.request).toBe("key of fghij")
    expect(play(["<tab>", "<tab>", "<tab>"]).state.panel).toBe("messages")
    expect(play(["<tab>", "<tab>"], { scene: { ...scene, requests: [] } }).state.panel).toBe("messages")
  })
})

describe("help, and the end", () => {
  test("help comes with ? and goes with any key, which does nothing else", () => {
    expect(play(["?"]).state.over).toEqual({ _tag: "Help" })
    for (const key of ["q", "<escape>", "x", "<enter>", "a"])
      expect(play(["?", key])).toEqual({ state: initial(undefined), commands: [] })
  })

  test("q ends the view where nothing lies over it, and Ctrl-C everywhere", () => {
    expect(play(["q"]).commands).toEqual([{ _tag: "Quit" }])
    expect(play(["s", "q"])).toEqual({ state: initial(undefined), commands: [] })
    for (const keys of [["^c"], ["?", "^c"], ["s", "<enter>", "^c"], ["a", "^c"], ["<enter>", "^c"]])
      expect(play(keys).commands).toEqual([{ _tag: "Quit" }])
  })
})

describe("a message", () => {
  const long = {
    ...scene,
    messages: [message(1, Array.from({ length: 30 }, (_, n) => `line ${n}`).join("\n"))]
  }

  test("is opened and closed", () => {
    expect(play(["<up>", "<enter>"]).state.over).toEqual({
      _tag: "Message",
      message: scene.messages[1]!,
      scroll: 0
    })
    for (const key of ["<escape>", "<enter>", "q"]) expect(play(["<enter>", key]).state.over).toBeUndefined()
    expect(play(["<enter>", "x"]).state.over).toMatchObject({ _tag: "Message" })
    expect(play(["<enter>"], { scene: nothing }).state.over).toBeUndefined()
  })

  test.each<readonly [string, number]>([
    ["<down>", 1],
    ["<up>", 0],
    ["<pageDown>", 14],
    ["<end>", 14],
    ["<home>", 0]
  ])("that is longer than its page is scrolled by %s, no further than its end", (key, scroll) => {
    expect(play(["<enter>", key], { scene: long }).state.over).toMatchObject({ scroll })
    expect(play(["<enter>", key]).state.over).toMatchObject({ scroll: 0 })
  })
})

describe("writing", () => {
  test("begins with a receiver, and sends what was typed once", () => {
    const { commands, state } = play(["s", "<down>", "<enter>", "h", "i", "<enter>", "<enter>", "x"])
    expect(commands).toEqual([{ _tag: "Send", to: scene.roster[1]!, text: "hi" }])
    expect(state.over).toMatchObject({ _tag: "Writing", text: "hi", busy: true })
    expect(play(["<tab>", "<down>", "<enter>"]).state.over).toMatchObject({ to: { name: "bob" } })
    expect(play(["s", "<up>", "<enter>"]).state.over).toMatchObject({ to: { name: "alice" } })
    expect(play(["s", "<end>", "<down>", "<enter>"]).state.over).toMatchObject({ to: { name: "carol" } })
  })

  test("to nobody does not begin", () => {
    const { state } = play(["s"], { scene: nothing })
    expect([state.over, state.outcome]).toEqual([undefined, { ok: false, words: "Nobody is on the bus." }])
  })

  test.each<readonly [ReadonlyArray<string>, string]>([
    [["a", "q", "?"], "aq?"],
    [["a", "😀", "<erase>"], "a"],
    [["one two ", "^w"], "one "],
    [["one two", "^w"], "one "],
    [["one", "^u", "b"], "b"],
    [["a", "^x", "<tab>", "<down>"], "a"]
  ])("%j stands there as %j", (keys, text) => {
    expect(play(["s", "<enter>", ...keys])).toMatchObject({ state: { over: { text } }, commands: [] })
  })

  test("sends nothing blank, and is given up with Esc", () => {
    expect(play(["s", "<enter>", " ", "<enter>"])).toMatchObject({
      commands: [],
      state: { over: { busy: false } }
    })
    expect(play(["s", "<enter>", "hi", "<escape>"])).toMatchObject({
      commands: [],
      state: { over: undefined }
    })
  })
})

describe("a permission request", () => {
  test("is answered after a question, with y alone", () => {
    for (const [key, behavior] of [
      ["a", "allow"],
      ["d", "deny"]
    ] as const) {
      const { commands, state } = play([key, "y"])
      expect(commands).toEqual([{ _tag: "Answer", request: scene.requests[0]!, behavior }])
      expect(state.over).toBeUndefined()
    }
    expect(play(["<tab>", "<tab>", "<down>", "<enter>", "Y"]).commands).toMatchObject([
      { request: { requestId: "fghij" }, behavior: "allow" }
    ])
    for (const key of ["n", "<enter>", "<escape>", "q", "a"]) {
      const { commands, state } = play(["a", key])
      expect(commands).toEqual([])
      expect(state.outcome).toEqual({ ok: false, words: "Nothing was done; abcde still waits." })
    }
  })

  test("takes no yes in the first 400 ms, in which nobody can have read it", () => {
    const world = { scene, columns: 80, rows: 24, whyNoAnswers: undefined }
    const [asked] = press(initial(undefined), typed("a"), { ...world, now: 1_000 })
    expect(press(asked, typed("y"), { ...world, now: 1_399 })).toEqual([asked])
    expect(press(asked, typed("y"), { ...world, now: 1_400 })[1]).toMatchObject({ _tag: "Answer" })
  })

  test("is not asked about where none waits, or where this terminal may not answer", () => {
    const words = (more: Partial<World>) => play(["a"], more).state
    expect(words({ scene: nothing })).toMatchObject({
      over: undefined,
      outcome: { words: "No permission request waits." }
    })
    expect(words({ whyNoAnswers: "Not here" })).toMatchObject({
      over: undefined,
      outcome: { words: "Not here." }
    })
  })

  test("says how it went until the next key", () => {
    expect(play(["a", "n", "x"]).state.outcome).toBeUndefined()
  })
})

test("p shows one project after the other, and then all of them, with nothing chosen", () => {
  const projects = ["p", "pp", "ppp"].map((keys) => play(["g", ...keys]).state)
  expect(projects.map(({ message, project }) => [project, message])).toEqual([
    ["one", undefined],
    ["two", undefined],
    [undefined, undefined]
  ])
  expect(play(["p", "<tab>", "<enter>"]).state.over).toMatchObject({ to: { name: "alice" } })
  expect(play(["p", "<enter>"]).state.over).toMatchObject({ message: { id: 1 } })
})
