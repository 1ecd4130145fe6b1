/** What Codex's turns prove of messages that were put into them. */
import { expect, test } from "bun:test"
import { outcomeOf, readTurns, type Turn } from "../../../src/hosts/codex/Turns.ts"

const turn = (id: string, state: "in progress" | "over", ...items: ReadonlyArray<string>): Turn => ({
  id,
  completedAt: state === "over" ? 1_796_043_876 : null,
  items: items.map((item) => {
    const [type = "", clientId = null] = item.split(" ")
    return { type, clientId }
  })
})
const ours = "userMessage m"

test.each<[string, ReadonlyArray<Turn>, ReturnType<typeof outcomeOf>]>([
  ["was answered", [turn("t", "over", ours, "agentMessage")], "answered"],
  [
    "was answered by a tool, and the turn goes on",
    [turn("t", "in progress", ours, "commandExecution")],
    "answered"
  ],
  ["stands behind the last words", [turn("t", "in progress", "agentMessage", ours)], "open"],
  ["stands before another prompt alone", [turn("t", "over", ours, "userMessage x", "hookPrompt")], "open"],
  [
    "was broken off, and answered in a later turn",
    [turn("u", "over", "userMessage x", "agentMessage"), turn("t", "over", ours)],
    "answered"
  ],
  ["is on its way", [turn("t", "in progress", "userMessage x")], "absent"],
  ["was broken off before a request held it", [turn("t", "over", "userMessage x")], "lost"],
  ["is in a turn that is not listed", [turn("a", "over")], "absent"],
  [
    "was compacted before it was answered",
    [turn("t", "over", ours, "contextCompaction", "agentMessage")],
    "lost"
  ],
  [
    "was answered, and compacted then",
    [turn("t", "over", ours, "agentMessage", "contextCompaction")],
    "answered"
  ]
])("a message that %s", (_, turns, outcome) => {
  expect(outcomeOf(turns, "m", "t")).toBe(outcome)
})

test("a message that was put in without an answer is found by its mark alone", () => {
  expect(outcomeOf([turn("t", "over", ours, "agentMessage")], "m", undefined)).toBe("answered")
  expect(outcomeOf([turn("t", "over")], "m", undefined)).toBe("absent")
})

test("an answer of another form is none", () => {
  expect(readTurns({ data: [{ id: "t" }] })).toBeUndefined()
  expect(readTurns({ data: [{ id: "t", items: [{ type: "plan" }] }] })).toEqual([
    turn("t", "in progress", "plan")
  ])
})

test("a turn that has just begun, as Codex 0.171.0 listed it, may still hold a message", () => {
  const begun = {
    id: "t",
    rootTurnId: "t",
    items: [],
    itemsView: "full",
    status: "interrupted",
    error: null,
    startedAt: 1_796_043_917,
    completedAt: null,
    durationMs: null
  }
  const brokenOff = { ...begun, completedAt: 1_796_043_918, durationMs: 583 }
  expect(outcomeOf(readTurns({ data: [begun] }) ?? [], "m", "t")).toBe("absent")
  expect(outcomeOf(readTurns({ data: [brokenOff] }) ?? [], "m", "t")).toBe("lost")
})
