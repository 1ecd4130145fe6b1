/** What Claude Code's hooks tell, and how they are answered. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { answer, HookInput, hear, hookEvents, toolUse } from "../../../src/hosts/claude-code/Hooks.ts"
import { objectSchema } from "../../../src/mcp/ObjectSchema.ts"

const declared: Readonly<Record<string, ReadonlyArray<{ hooks: ReadonlyArray<{ input: object }> }>>> =
  JSON.parse(readFileSync(join(import.meta.dir, "../../../plugin/hooks/hooks.json"), "utf8")).hooks

describe("a hook", () => {
  test.each([
    [
      { event: "UserPromptSubmit", prompt: "hello" },
      { _tag: "Prompted", prompt: "hello" }
    ],
    [{ event: "PostToolBatch" }, { _tag: "BatchEnded" }],
    [{ event: "Stop" }, { _tag: "Stopped" }],
    [{ event: "StopFailure" }, { _tag: "Failed" }],
    [{ event: "PermissionRequest" }, { _tag: "Asked" }],
    [{ event: "PermissionRequest", agent_id: "a" }, { _tag: "Asked" }],
    [
      { event: "SessionStart", source: "clear" },
      { _tag: "Forgot", cleared: true }
    ],
    [
      { event: "SessionStart", source: "compact" },
      { _tag: "Forgot", cleared: false }
    ],
    [{ event: "SessionEnd", reason: "clear" }, { _tag: "Left" }],
    [
      { event: "PostToolUse", tool_use_id: "u" },
      { _tag: "Called", use: "u", byMain: true }
    ],
    [
      { event: "PostToolUse", tool_use_id: "u", agent_id: "a" },
      { _tag: "Called", use: "u", byMain: false }
    ],
    [{ event: "UserPromptSubmit", agent_id: "a" }, { _tag: "Stirred" }],
    [{ event: "Stop", agent_id: "a" }, { _tag: "Stirred" }]
  ] as const)("%j is understood", (input, event) => {
    expect(hear(input)?.event as object).toEqual(event)
  })

  test("tells whose conversation and turn it is", () => {
    expect(hear({ event: "Stop", session_id: "c-1", prompt_id: "p-1" })).toMatchObject({
      hook: "Stop",
      conversation: "c-1",
      turn: "p-1"
    })
    expect(hear({ event: "Stop" })).toMatchObject({ conversation: "", turn: "" })
  })

  test.each([
    {},
    undefined,
    "Stop",
    { event: "PreToolUse" },
    { event: "Stop", prompt_id: 7 },
    { event: "PostToolUse" }
  ])("%j is none", (input) => expect(hear(input)).toBeUndefined())

  test("may show the user a line if it is one of three", () => {
    const showing = hookEvents.filter((event) => hear({ event, tool_use_id: "u" })?.showsLine)
    expect(showing).toEqual(["UserPromptSubmit", "PostToolBatch", "Stop"])
    expect(hear({ event: "Stop", agent_id: "a" })?.showsLine).toBe(false)
  })

  test("is declared by the plugin if it is known, and sends what is read", () => {
    expect(Object.keys(declared).sort()).toEqual([...hookEvents].sort())
    for (const [event, entries] of Object.entries(declared))
      for (const { hooks } of entries)
        for (const { input } of hooks) expect(hear(input), event).toMatchObject({ hook: event })
  })
})

describe("an answer", () => {
  const stop = hear({ event: "Stop" })!
  test("is nothing where there is nothing to say", () => {
    expect(answer(stop, { context: undefined, notice: undefined })).toEqual({})
  })
  test("has words for the model, and a line for the user", () => {
    expect(answer(stop, { context: "words", notice: "a line" })).toEqual({
      hookSpecificOutput: { hookEventName: "Stop", additionalContext: "words" },
      systemMessage: "a line"
    })
  })
})

describe("the tool that hooks call", () => {
  test("has a schema that asks for the event alone, and refuses no other field", () => {
    expect(objectSchema("session_hook", HookInput, "ignore")).toMatchObject({
      type: "object",
      required: ["event"],
      additionalProperties: true
    })
  })
  test("knows the model's calls by the id of their use", () => {
    expect(toolUse({ "claudecode/toolUseId": "toolu_1" })).toBe("toolu_1")
    for (const meta of [undefined, {}, { progressToken: 1 }]) expect(toolUse(meta)).toBeUndefined()
  })
})
