/** The whole server over the in-memory transport: what the client is told and shown. */
import { describe, expect } from "bun:test"
import { Deferred, Effect, Layer } from "effect"
import { Server } from "../../src/App.ts"
import { McpClientEnd, McpTransport } from "../../src/mcp/McpTransport.ts"
import { Settings } from "../../src/settings/Settings.ts"
import { settingsOf, temporaryFolder, toName, toTag } from "../support/bus.ts"
import { QuietHost } from "../support/host.ts"
import { it } from "../support/it.ts"

/** A server in this process, and a client that can ask it one thing after the other. */
const connected = (more: Parameters<typeof settingsOf>[1] = {}) =>
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const context = yield* Layer.build(
      Layer.fresh(
        Server.pipe(
          Layer.provideMerge(McpTransport.memory),
          Layer.provide([Layer.succeed(Settings, settingsOf(home, more)), QuietHost])
        )
      )
    )
    const client = yield* Effect.provide(McpClientEnd, context)
    const waiting = new Map<unknown, Deferred.Deferred<Record<string, any>>>()
    client.onmessage = (message) => {
      if (!("id" in message)) return
      const reply = waiting.get(message.id)
      if (reply !== undefined) Deferred.doneUnsafe(reply, Effect.succeed(message as Record<string, any>))
    }
    yield* Effect.promise(() => client.start())
    let id = 0
    return (method: string, params: Record<string, unknown> = {}) =>
      Effect.suspend(() => {
        const reply = Deferred.makeUnsafe<Record<string, any>>()
        waiting.set(++id, reply)
        return Effect.andThen(
          Effect.promise(() => client.send({ jsonrpc: "2.0", id, method, params })),
          Deferred.await(reply)
        )
      })
  })

const hello = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } }
const planner = { name: toName("planner"), role: toTag("orchestrator"), project: toTag("myapp") }

describe("initialize", () => {
  it.live(
    "tells a registered session who it is, and not to register again",
    Effect.gen(function* () {
      const request = yield* connected(planner)
      const { result } = yield* request("initialize", hello)
      expect(result.protocolVersion).toBe("2025-06-18")
      expect(result.instructions).toContain('"planner" (role orchestrator, project myapp)')
      expect(result.instructions).toContain("do not register again")
      expect(result.instructions.length).toBeLessThan(2_000)
    })
  )

  it.live(
    "tells a session without a name to ask the user, and never to guess",
    Effect.gen(function* () {
      const request = yield* connected({ role: toTag("worker") })
      const { result } = yield* request("initialize", hello)
      expect(result.instructions).toContain("/cc-dm:register")
      expect(result.instructions).toContain("never guess")
      expect(result.instructions).not.toContain("do not register again")
      expect(result.instructions.length).toBeLessThan(2_000)
    })
  )

  it.live(
    "says what is wrong with the variables",
    Effect.gen(function* () {
      const request = yield* connected({
        problems: ["CC_DM_SESSION_NAME must not be empty, so it is ignored"]
      })
      const { result } = yield* request("initialize", hello)
      expect(result.instructions).toContain("CC_DM_SESSION_NAME must not be empty")
    })
  )

  it.live(
    "declares the permission relay only where it is on",
    Effect.gen(function* () {
      const off = yield* connected(planner)
      expect((yield* off("initialize", hello)).result.capabilities.experimental).toEqual({
        "claude/channel": {}
      })
      const on = yield* connected({ ...planner, approver: { _tag: "Project" } })
      expect((yield* on("initialize", hello)).result.capabilities.experimental).toEqual({
        "claude/channel": {},
        "claude/channel/permission": {}
      })
    })
  )
})

describe("the tools", () => {
  it.live(
    "have inputs that are objects, and few words",
    Effect.gen(function* () {
      const request = yield* connected()
      const { result } = yield* request("tools/list")
      expect(result.tools.map((tool: { name: string }) => tool.name)).toEqual([
        "register",
        "dm",
        "who",
        "broadcast",
        "inbox",
        "session_hook"
      ])
      for (const { description, inputSchema, name } of result.tools) {
        expect(inputSchema.type, name).toBe("object")
        expect(description.length, name).toBeLessThan(250)
      }
      const ours = result.tools.filter((tool: { name: string }) => tool.name !== "session_hook")
      for (const { _meta, annotations, name, title } of ours) {
        expect(_meta, name).toEqual({ "anthropic/alwaysLoad": true })
        expect(title.length, name).toBeGreaterThan(0)
        expect(annotations, name).toMatchObject({ title, readOnlyHint: name === "who" || name === "inbox" })
      }
      expect(result.tools.at(-1)).not.toHaveProperty("_meta")
      const dm = result.tools.find((tool: { name: string }) => tool.name === "dm")
      expect(dm.inputSchema).toMatchObject({
        required: ["content"],
        additionalProperties: false,
        properties: {
          content: { maxLength: 10_000 },
          priority: { enum: ["urgent", "normal", "low"] },
          thread_id: { maxLength: 64 },
          when: { type: "string", enum: ["idle"] },
          reply_to: { anyOf: [{ type: "string" }, { type: "integer" }] },
          expires_in: { type: "integer", minimum: 1, maximum: 604_800 }
        }
      })
    })
  )

  it.live(
    "fail by a protocol error only where the tool is unknown",
    Effect.gen(function* () {
      const request = yield* connected()
      expect((yield* request("tools/call", { name: "nope" })).error).toMatchObject({ code: -32602 })
      expect((yield* request("tools/call", { name: "dm" })).result).toMatchObject({ isError: true })
      expect((yield* request("no/such/method")).error).toMatchObject({ code: -32601 })
    })
  )
})

describe("the hook", () => {
  const hook = (input: unknown, more: object = {}) => ({ name: "session_hook", arguments: input, ...more })
  const said = (reply: Record<string, any>) => JSON.parse(reply["result"].content[0].text)

  it.live(
    "tells the model after a compaction who it is",
    Effect.gen(function* () {
      const request = yield* connected(planner)
      const reply = yield* request(
        "tools/call",
        hook({ event: "SessionStart", source: "compact", agent_id: "" })
      )
      expect(said(reply)).toEqual({
        hookSpecificOutput: {
          hookEventName: "SessionStart",
          additionalContext: 'This session is "planner" (role orchestrator, project myapp) on cc-dm.'
        }
      })
    })
  )

  it.live(
    "says nothing inside a subagent, nor to what it does not know",
    Effect.gen(function* () {
      const request = yield* connected(planner)
      for (const input of [{ event: "SessionStart", agent_id: "agent-1" }, { event: "Other" }, null, "x", []])
        expect(said(yield* request("tools/call", hook(input)))).toEqual({})
    })
  )

  it.live(
    "refuses the model's calls",
    Effect.gen(function* () {
      const request = yield* connected(planner)
      const meta = { _meta: { "claudecode/toolUseId": "toolu_1" } }
      const reply = yield* request("tools/call", hook({ event: "SessionStart", agent_id: "" }, meta))
      expect(reply["result"].isError).toBe(true)
      expect(said(reply).error).toContain("hooks only")
    })
  )
})
