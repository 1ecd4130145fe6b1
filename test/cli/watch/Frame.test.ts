/** The live view as lines: what stands on the screen at each size, whatever others have written. */
import { describe, expect, test } from "bun:test"
import { widthOf } from "../../../src/cli/Columns.ts"
import { frameOf } from "../../../src/cli/watch/Frame.ts"
import type { Participant, Scene, SceneMessage, SceneRequest } from "../../../src/cli/watch/Scene.ts"
import type { Line } from "../../../src/cli/watch/Spans.ts"
import { initial, type State } from "../../../src/cli/watch/State.ts"
import { visible } from "../../../src/domain/Text.ts"

const participant = (name: string, role = "worker"): Participant => ({
  id: `id of ${name}`,
  name,
  role,
  project: "shop",
  kind: "session",
  doing: "working",
  reach: "channel",
  since: "12 min"
})
const end = (name: string) => ({ name, id: `id of ${name}` })
const message = (id: number, content: string): SceneMessage => ({
  id,
  kind: "chat",
  from: end("planner"),
  to: end("backend"),
  at: "12:04",
  sentAt: "2026-11-29 12:04:31",
  content,
  labels: "task",
  thread: undefined,
  state: "handed over",
  reason: undefined,
  projects: ["shop"]
})
const request: SceneRequest = {
  key: "key",
  requestId: "kqfwm",
  from: "tests",
  project: "shop",
  tool: "Bash",
  content: "Tool:\n| Bash\nDescription:\n| Run the tests\nInput:\n| {}",
  left: 299
}

const scene: Scene = {
  roster: [participant("planner", "orchestrator"), participant("backend"), participant("docs", "writer")],
  messages: [message(1, "one"), message(2, "two"), message(3, "Please add the currency to GET /items.")],
  older: 0,
  newer: 0,
  requests: [],
  trouble: undefined
}

/** What others may write, as the view gets it. */
const hostile = [
  "\u001b[2J\u001b]0;owned\u0007\u001b[31m",
  "漢字かな交じり文".repeat(40),
  `e${"\u0301".repeat(300)} and more`,
  "👨‍👩‍👧‍👦👩🏽‍🚀🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪".repeat(30),
  "\u202eright to left\u2066 שלום עולם مرحبا",
  "line\r\nline\n\n\n\tand a tab\u0000\u0085\u2028",
  "x".repeat(10_000),
  "\u200b\u00ad\ufeff\u{e0041}"
].map(visible)
const nasty: Scene = {
  roster: hostile.map((text) => ({ ...participant(text, text), since: text.slice(0, 40), reach: text })),
  messages: hostile.map((text, index) => ({
    ...message(index + 1, text),
    from: { name: text, id: undefined },
    to: { name: text, id: undefined },
    labels: text,
    reason: text
  })),
  older: 1_000,
  newer: 1_000,
  requests: hostile.map((text, index) => ({
    ...request,
    key: String(index),
    from: text,
    tool: text,
    content: text
  })),
  trouble: undefined
}
const empty: Scene = { ...scene, roster: [], messages: [], requests: [] }

const typing = { at: 3, text: hostile.join("\n"), busy: false }
const states: ReadonlyArray<readonly [string, Partial<State>]> = [
  ["browsing", {}],
  ["on the roster", { panel: "roster" }],
  ["at the requests", { panel: "requests" }],
  ["in a thread", { conversation: { _tag: "Thread", id: "\u001b[2J\u202e\nthread" } }],
  ["searching", { typing: { _tag: "Search", text: "漢字", at: 1 }, words: "字" }],
  [
    "writing",
    {
      typing: {
        _tag: "Letter",
        letter: { to: end("\u4e00".repeat(64)), replyTo: 3, thread: "\u001b[2J" },
        ...typing
      }
    }
  ],
  ["told", { outcome: { ok: false, words: "Something is wrong, and here is what to do. ".repeat(20) } }],
  ["with help", { over: { _tag: "Help", scroll: 3 } }],
  ["choosing", { over: { _tag: "Receiver" } }],
  [
    "asked",
    { over: { _tag: "Confirm", request: nasty.requests[1]!, behavior: "allow", scroll: 0, since: 0 } }
  ],
  ...nasty.messages.map(
    (one) => [`reading ${one.id}`, { over: { _tag: "Message", message: one, scroll: 1 } }] as const
  )
]
const sizes = [
  [200, 60],
  [118, 24],
  [110, 14],
  [80, 24],
  [60, 16],
  [40, 10],
  [20, 5]
] as const

const textOf = (line: Line) => line.map(({ text }) => text).join("")
const shown = (columns: number, rows: number, more: Partial<State> = {}, of = scene) => {
  const frame = frameOf(of, { ...initial(undefined), ...more }, { columns, rows })
  return { ...frame, text: frame.lines.map(textOf).join("\n") }
}

describe.each(sizes)("at %d x %d", (columns, rows) => {
  test.each(states)("each line is as wide as the screen, and there are as many, %s", (_, state) => {
    for (const of of [scene, nasty, empty]) {
      const { cursor, lines, text } = shown(columns, rows, state, of)
      expect(lines).toHaveLength(rows)
      for (const line of lines) expect(widthOf(textOf(line))).toBe(columns)
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e\u2066]/)
      if (state.typing === undefined) expect(cursor).toBeUndefined()
      else {
        expect(cursor!.x).toBeLessThan(columns)
        expect(cursor!.y).toBeLessThan(rows)
      }
    }
  })

  test("the chosen message is marked, and its words are there", () => {
    const { text } = shown(columns, rows)
    expect(text).toMatch(/^.*› .*pl/m)
    if (rows >= 10) expect(text).toContain("Please add the currency")
  })

  test("what is chosen shows in any list, colour or not", () => {
    for (const panel of ["messages", "roster"] as const) {
      const chosen = shown(columns, rows, { panel })
        .lines.slice(1)
        .filter((line) => line.some(({ inverse }) => inverse))
      expect(chosen.map((line) => textOf(line).includes("› "))).toEqual([true])
    }
  })
})

test("at 80 x 24 there are all roles, states whole, and 40 columns of each message", () => {
  const long = { ...scene, messages: [message(1, "0123456789".repeat(10))] }
  const { text } = shown(80, 24, {}, long)
  for (const role of ["orchestrator", "worker", "writer"]) expect(text).toContain(` ${role} `)
  expect(text).toContain("12:04 planner → backend handed over  0123456789012345678901234567890123456789")
})

test("a name that is too long is cut, and not the one beside it", () => {
  const from = end("a-name-of-very-many-letters")
  const { text } = shown(80, 24, {}, { ...scene, messages: [{ ...message(1, "one"), from }] })
  expect(text).toContain("a-name-of-very… → backend")
})

test("at 40 x 10 a sign stands for the state, and the roster is there for Tab", () => {
  expect(shown(40, 10).text).toContain("planner→backend » Please add the curr…")
  expect(shown(40, 10, { panel: "roster" }).text).toContain("› ● planner  orchestrator  working 12 m…")
})

test("an error is shown whole, in lines", () => {
  const words = "It could not be sent, since nobody of that name is there, and so on. ".repeat(3).trim()
  const { text } = shown(40, 20, { outcome: { ok: false, words } })
  expect(text.replace(/\s+/g, " ")).toContain(words)
})

test("what cannot be read whole says how much there is more", () => {
  const long = {
    ...scene,
    messages: [message(1, Array.from({ length: 40 }, (_, n) => `line ${n}`).join("\n"))]
  }
  expect(shown(80, 24, {}, long).text).toMatch(/… 3\d more lines: Enter/)
})

test("what is searched is underlined, in the list and where it is read", () => {
  const found = shown(80, 24, { words: "CURRENCY" })
    .lines.flat()
    .filter(({ underline }) => underline)
  expect(found.map(({ text }) => text)).toEqual(["currency", "currency"])
})

test("the cursor stands where the next character goes", () => {
  const letter = { to: end("backend"), replyTo: undefined, thread: undefined }
  const at = (text: string, at: number) => {
    const { cursor, lines } = shown(40, 10, { typing: { _tag: "Letter", letter, busy: false, text, at } })
    return [cursor!.x, textOf(lines[cursor!.y]!).trimEnd()]
  }
  expect(at("", 0)).toEqual([2, ">"])
  expect(at("ab漢", 3)).toEqual([6, "> ab漢"])
  expect(at("ab漢", 2)).toEqual([4, "> ab漢"])
  expect(at("one\ntwo", 7)).toEqual([5, "  two"])
  expect(at("x".repeat(36), 36)).toEqual([2 + 36, `> ${"x".repeat(36)}`])
  expect(at("x".repeat(37), 37)).toEqual([3, "  x"])
})
