/** What Codex's turns prove of messages that were put into them. */
import { expect, test } from "bun:test"
import { outcomeOf, readTurns, type Turn } from "../../../src/hosts/codex/Turns.ts"

const turn = (id: string, status: string, ...items: ReadonlyArray<string>): Turn => ({
  id,
  status,
  items: items.map((item) => {
    const [type = "", clientId = null] = item.split(" ")
    return { type, clientId }
  })
})
const ours = "userMessage m"

test.each<[string, ReadonlyArray<Turn>, ReturnType<typeof outcomeOf>]>([
  ["was answered", [turn("t", "completed", ours, "agentMessage")], "answered"],
  [
    "was answered by a tool, and the turn goes on",
    [turn("t", "inProgress", ours, "commandExecution")],
    "answered"
  ],
  ["stands behind the last words", [turn("t", "inProgress", "agentMessage", ours)], "open"],
  [
    "stands before another prompt alone",
    [turn("t", "interrupted", ours, "userMessage x", "hookPrompt")],
    "open"
  ],
  [
    "was broken off, and answered in a later turn",
    [turn("u", "completed", "userMessage x", "agentMessage"), turn("t", "interrupted", ours)],
    "answered"
  ],
  ["is on its way", [turn("t", "inProgress", "userMessage x")], "absent"],
  ["was broken off before a request held it", [turn("t", "interrupted", "userMessage x")], "lost"],
  ["is in a turn that is not listed", [turn("a", "completed")], "absent"],
  [
    "was compacted before it was answered",
    [turn("t", "completed", ours, "contextCompaction", "agentMessage")],
    "lost"
  ],
  [
    "was answered, and compacted then",
    [turn("t", "completed", ours, "agentMessage", "contextCompaction")],
    "answered"
  ]
])("a message that %s", (_, turns, outcome) => {
  expect(outcomeOf(turns, "m", "t")).toBe(outcome)
})

test("a message that was put in without an answer is found by its mark alone", () => {
  expect(outcomeOf([turn("t", "completed", ours, "agentMessage")], "m", undefined)).toBe("answered")
  expect(outcomeOf([turn("t", "completed")], "m", undefined)).toBe("absent")
})

test("an answer of another form is none", () => {
  expect(readTurns({ data: [{ id: "t" }] })).toBeUndefined()
  expect(readTurns({ data: [{ id: "t", status: "completed", items: [{ type: "plan" }] }] })).toEqual([
    turn("t", "completed", "plan")
  ])
})
