/**
 * Zod, by which the SDK reads what is not plain, is a file of its own: whoever needs it gets it, and nobody else loads it. The schemas that the
 * client is shown were made when the plugin was built.
 */
import { afterAll, describe, expect } from "bun:test"
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { agents } from "../../src/domain/Agent.ts"
import { HookInput as ofClaudeCode } from "../../src/hosts/claude-code/Hooks.ts"
import { HookInput as ofCodex } from "../../src/hosts/codex/Hooks.ts"
import { sessionHook } from "../../src/mcp/SessionHook.ts"
import { tools } from "../../src/mcp/Tools.ts"
import { builtServer, plugin, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"

const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe("the SDK's schemas", () => {
  it.live(
    "are not needed by a session in daily use",
    Effect.gen(function* () {
      cpSync(plugin, copy, { recursive: true })
      const loaded = join(copy, "loaded")
      writeFileSync(
        join(copy, "dist/cc-dm-zod.js"),
        `require("node:fs").writeFileSync(${JSON.stringify(loaded)}, "")`
      )
      const session = yield* startReady({
        home: yield* temporaryHome,
        command: ["sh", join(copy, "bin/cc-dm"), "serve"],
        env: { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "nobody" }
      })
      expect((yield* session.request("tools/list")).result).toHaveProperty("tools")
      yield* session.notify("notifications/cancelled", { requestId: 99, reason: "by the user" })
      yield* session.notify("notifications/claude/channel/permission_request", {
        request_id: "abcde",
        tool_name: "Bash",
        description: "lists files",
        input_preview: "ls"
      })
      expect((yield* session.call("dm", { to: "nobody", content: "hello" })).isError).toBe(true)
      expect((yield* session.call("who")).isError).toBe(false)
      expect(existsSync(loaded)).toBe(false)
      // A ping is read by a schema, which shows that loading the file is noticed here.
      yield* session.send("ping")
      expect((yield* session.call("who")).isError).toBe(false)
      expect(existsSync(loaded)).toBe(true)
    })
  )

  it.live(
    "read what is not plain",
    Effect.gen(function* () {
      const session = yield* start({ home: yield* temporaryHome })
      const refused = yield* session.request("initialize", { protocolVersion: "2025-11-25" })
      expect(refused.error?.message).toContain("clientInfo")
      yield* session.initialize
      expect((yield* session.request("ping")).result).toEqual({})
      yield* session.notify("notifications/progress", { progressToken: 1, progress: 1 })
      expect((yield* session.call("who")).isError).toBe(false)
    })
  )
})

describe("the tools' input schemas", () => {
  const hooks = [
    { agent: "claude", name: "Claude Code", hookInput: ofClaudeCode },
    { agent: "codex", name: "Codex", hookInput: ofCodex }
  ]
  for (const agent of agents)
    it.live(
      `are those of the tools, as ${agent} is shown them`,
      Effect.gen(function* () {
        const command = [...builtServer, "--agent", agent]
        const session = yield* startReady({ home: yield* temporaryHome, command })
        const shown = (yield* session.request("tools/list")).result?.["tools"] as typeof tools
        const host = hooks.find((one) => one.agent === (agent === "other" ? "claude" : agent))
        const all = [
          ...tools.map(({ inputSchema, name }) => ({ name, inputSchema: inputSchema() })),
          ...(host === undefined ? [] : sessionHook(host)).map(({ inputSchema, name }) => ({
            name,
            inputSchema
          }))
        ]
        expect<ReadonlyArray<object>>(shown.map(({ inputSchema, name }) => ({ name, inputSchema }))).toEqual(
          all
        )
      })
    )
})
