/** What each key does in the live view, before any screen: what is shown next, and what is asked of the bus. */
import { describe, expect, test } from "bun:test"
import { pinned, press } from "../../../src/cli/watch/Keys.ts"
import type { Participant, Scene, SceneMessage, SceneRequest } from "../../../src/cli/watch/Scene.ts"
import {
  type Command,
  finished,
  found,
  initial,
  type Key,
  type State,
  type World
} from "../../../src/cli/watch/State.ts"

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
const end = (name: string) => ({ name, id: `id of ${name}` })
const message = (id: number, content = "hello", projects: ReadonlyArray<string> = []): SceneMessage => ({
  id,
  kind: "chat",
  from: end("alice"),
  to: end("bob"),
  at: "",
  sentAt: "",
  content,
  labels: "",
  thread: undefined,
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
  older: 0,
  newer: 0,
  requests: [request("abcde"), request("fghij")],
  trouble: undefined
}
const nothing: Scene = { ...scene, roster: [], messages: [], requests: [] }

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
  const world = { scene, columns: 80, rows: 24, whyNoAnswers: undefined, me: "id of me", now: 0, ...more }
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
    expect(play(["?"]).state.over).toEqual({ _tag: "Help", scroll: 0 })
    for (const key of ["q", "<escape>", "x", "<enter>", "a"])
      expect(play(["?", key])).toEqual({ state: initial(undefined), commands: [] })
  })

  test("help that is longer than the screen is scrolled", () => {
    expect(play(["?", "<down>"], { columns: 40, rows: 10 }).state.over).toEqual({ _tag: "Help", scroll: 1 })
    expect(play(["?", "<down>"]).state.over).toBeUndefined()
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
    ["<pageDown>", 11],
    ["<end>", 11],
    ["<home>", 0]
  ])("that is longer than its page is scrolled by %s, no further than its end", (key, scroll) => {
    expect(play(["<enter>", key], { scene: long }).state.over).toMatchObject({ scroll })
    expect(play(["<enter>", key]).state.over).toMatchObject({ scroll: 0 })
  })
})

describe("writing", () => {
  const letterTo = (name: string) => ({ ...scene.roster.find((one) => one.name === name)! })

  test("begins with a receiver, and sends what was typed once", () => {
    const { commands, state } = play(["s", "<down>", "<enter>", "h", "i", "<enter>", "<enter>", "x"])
    const letter = { to: letterTo("bob"), replyTo: undefined, thread: undefined }
    expect(commands).toEqual([{ _tag: "Send", letter, text: "hi" }])
    expect(state.typing).toMatchObject({ _tag: "Letter", text: "hi", busy: true })
    const receiver = (keys: ReadonlyArray<string>) => play(keys).state.typing
    expect(receiver(["<tab>", "<down>", "<enter>"])).toMatchObject({ letter: { to: { name: "bob" } } })
    expect(receiver(["s", "<up>", "<enter>"])).toMatchObject({ letter: { to: { name: "alice" } } })
    expect(receiver(["s", "<end>", "<down>", "<enter>"])).toMatchObject({ letter: { to: { name: "carol" } } })
  })

  test("goes to the one who was chosen, also if others come before that one meanwhile", () => {
    const { state } = play(["s", "<down>"])
    const later = { ...scene, roster: [participant("aaron"), ...scene.roster] }
    expect(play(["<enter>"], { scene: later }, state).state.typing).toMatchObject({
      letter: { to: { name: "bob" } }
    })
  })

  test("to nobody does not begin", () => {
    const { state } = play(["s"], { scene: nothing })
    expect([state.over, state.outcome]).toEqual([undefined, { ok: false, words: "Nobody is on the bus." }])
  })

  test.each<readonly [ReadonlyArray<string>, string, number]>([
    [["a", "q", "?"], "aq?", 3],
    [["a", "😀", "<backspace>"], "a", 1],
    [["e\u0301", "👨‍👩‍👧‍👦", "<left>", "<backspace>"], "👨‍👩‍👧‍👦", 0],
    [["ab", "<left>", "x"], "axb", 2],
    [["ab", "<left>", "<left>", "<left>", "<right>", "x"], "axb", 2],
    [["ab", "<home>", "x"], "xab", 1],
    [["ab", "<home>", "<end>", "x"], "abx", 3],
    [["ab", "<home>", "<delete>"], "b", 0],
    [["ab", "<delete>"], "ab", 2],
    [["one two ", "^w"], "one ", 4],
    [["one two", "^w"], "one ", 4],
    [["one two", "<home>", "^k"], "", 0],
    [["one two", "<left>", "^u"], "o", 0],
    [["ab", "^a", "x", "^e", "y"], "xaby", 4],
    [["one", "^u", "b"], "b", 1],
    [["a", "^x", "<tab>", "<down>"], "a", 1]
  ])("%j stands there as %j, with the cursor at %d", (keys, text, at) => {
    expect(play(["s", "<enter>", ...keys])).toMatchObject({ state: { typing: { text, at } }, commands: [] })
  })

  test("takes what is pasted as it is, and does not send it", () => {
    const [state, command] = press(
      play(["s", "<enter>", "a", "b", "<left>"]).state,
      { text: "one\ntwo", name: "paste", ctrl: false },
      { scene, columns: 80, rows: 24, whyNoAnswers: undefined, me: "", now: 0 }
    )
    expect(command).toBeUndefined()
    expect(state.typing).toMatchObject({ text: "aone\ntwob", at: 8 })
    expect(play(["<home>", "x"], {}, state).state.typing).toMatchObject({ text: "aone\nxtwob" })
  })

  test("sends nothing blank, and is given up with Esc", () => {
    expect(play(["s", "<enter>", " ", "<enter>"])).toMatchObject({
      commands: [],
      state: { typing: { busy: false } }
    })
    expect(play(["s", "<enter>", "hi", "<escape>"])).toMatchObject({
      commands: [],
      state: { over: undefined, typing: undefined }
    })
  })

  test("that failed is not lost, and what was sent is shown", () => {
    const { state } = play(["<up>", "<up>", "r", "hi", "<enter>"])
    expect(finished(state, { ok: false, words: "no" })).toMatchObject({ typing: { text: "hi", busy: false } })
    expect(finished(state, { ok: true, words: "yes" })).toMatchObject({
      typing: undefined,
      message: undefined
    })
  })
})

test.each(["q", "y", "a"])("what is pasted where nothing is typed presses no keys: %s", (text) => {
  const world = { scene, columns: 80, rows: 24, whyNoAnswers: undefined, me: "", now: 9_000 }
  for (const keys of [[], ["a"], ["<enter>"], ["s"], ["?"]]) {
    const { state } = play(keys)
    expect(press(state, { text, name: "paste", ctrl: false }, world)).toEqual([state])
  }
})

describe("an answer", () => {
  const tied = { ...message(4, "really?"), thread: "currency" }
  const own = { ...message(5), from: end("me"), to: end("bob") }
  const replyTo = (one: SceneMessage) => play(["r"], { scene: { ...scene, messages: [one] } }).state

  test("goes to the sender of the chosen message, by its number and in its thread", () => {
    expect(replyTo(tied)).toMatchObject({
      message: 4,
      typing: { letter: { to: { name: "alice" }, replyTo: 4, thread: "currency" } }
    })
    expect(play(["<enter>", "r"]).state).toMatchObject({
      over: undefined,
      typing: { letter: { replyTo: 3 } }
    })
  })

  test("to one's own message goes to whom that went", () => {
    expect(replyTo(own).typing).toMatchObject({ letter: { to: { name: "bob" }, replyTo: 5 } })
  })

  test.each<readonly [string, SceneMessage]>([
    ["reads no answers", { ...message(6), kind: "notice" }],
    ["Nothing proves who wrote message 6", { ...message(6), from: { name: "nobody known", id: undefined } }]
  ])("is not begun where there is nobody to read it: %s", (words, one) => {
    expect(replyTo(one).typing).toBeUndefined()
    expect(replyTo(one).outcome?.words).toContain(words)
  })
})

describe("a thread", () => {
  test("is that of the chosen message, which stays chosen; Esc leads back to it", () => {
    const tied = { ...message(2), thread: "currency" }
    const messages = [message(1), tied, message(3)]
    const { state } = play(["<up>", "t"], { scene: { ...scene, messages } })
    expect(state).toMatchObject({ conversation: { _tag: "Thread", id: "currency" }, message: 2, around: 2 })
    expect(play(["<escape>"], {}, state).state).toMatchObject({
      conversation: undefined,
      message: 2,
      around: 2
    })
  })

  test("of a message without one is what these two said to each other", () => {
    expect(play(["t"]).state.conversation).toEqual({
      _tag: "Between",
      one: end("alice"),
      other: end("bob")
    })
    expect(play(["t"], { scene: nothing }).state.outcome?.ok).toBe(false)
  })
})

describe("a search", () => {
  test("begins at the chosen message and goes to older ones; n goes on, and N to newer ones", () => {
    const { commands, state } = play(["<up>", "/", "l", "o", "<enter>", "n", "N"])
    expect(commands).toEqual([
      { _tag: "Find", words: "lo", from: { before: 3 } },
      { _tag: "Find", words: "lo", from: { before: 2 } },
      { _tag: "Find", words: "lo", from: { after: 2 } }
    ])
    expect(state).toMatchObject({ typing: undefined, words: "lo" })
    // Nothing typed searches for the same again.
    expect(play(["/", "<enter>"], {}, state).commands).toMatchObject([{ words: "lo" }])
    expect(play(["/", "<enter>"]).commands).toEqual([])
    expect(play(["n"]).state.outcome?.words).toContain("/ searches")
  })

  test("chooses what it found, or says that there is none", () => {
    const { state } = play(["g"])
    const command = { _tag: "Find", words: "lo", from: { before: 3 } } as const
    expect(found(state, command, { id: 2 })).toMatchObject({ message: 2, around: 2 })
    expect(found(state, command, { id: undefined })).toMatchObject({
      message: 1,
      outcome: { words: 'No older message holds "lo".' }
    })
    expect(found(state, command, { ok: false, words: "broken" }).outcome?.words).toBe("broken")
  })
})

describe("what is held of the messages", () => {
  const some = Array.from({ length: 100 }, (_, index) => message(index + 101))
  const middle = { ...scene, messages: some, older: 100, newer: 50 }

  test("goes along with what is chosen, before its end is reached", () => {
    const after = (keys: ReadonlyArray<string>, message: number) =>
      play(keys, { scene: middle }, { ...initial(undefined), message, around: 150 }).state
    expect(after(["<up>"], 150)).toMatchObject({ message: 149, around: 150 })
    expect(after(["<up>"], 125)).toMatchObject({ message: 124, around: 124 })
    expect(after(["<down>"], 175)).toMatchObject({ message: 176, around: 176 })
    expect(after(["<down>"], 200)).toMatchObject({ message: 200, around: 200 })
  })

  test("is the oldest of all for g, and the newest for G", () => {
    const { state } = play(["g"], { scene: middle })
    expect(state).toMatchObject({ message: 0, around: 0 })
    expect(play(["G"], { scene: middle }, state).state).toMatchObject({
      message: undefined,
      around: undefined
    })
  })

  test("is not pushed out by what comes", () => {
    const reading = { ...initial(undefined), message: 125 }
    expect(pinned(reading, middle)).toMatchObject({ around: 125 })
    expect(pinned({ ...reading, message: 150 }, middle).around).toBeUndefined()
    expect(pinned(initial(undefined), middle).around).toBeUndefined()
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
    const world = { scene, columns: 80, rows: 24, whyNoAnswers: undefined, me: "id of me" }
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
  expect(play(["p", "<tab>", "<enter>"]).state.typing).toMatchObject({ letter: { to: { name: "alice" } } })
  expect(play(["p", "<enter>"]).state.over).toMatchObject({ message: { id: 1 } })
})
