/** Zod, by which the SDK reads what is not plain, is a file of its own: whoever needs it gets it, and nobody else loads it. */
import { afterAll, describe, expect } from "bun:test"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { plugin, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"

const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe("the SDK's schemas", () => {
  it.live(
    "are not needed by a session in daily use",
    Effect.gen(function* () {
      cpSync(plugin, copy, { recursive: true })
      rmSync(join(copy, "dist/cc-dm-zod.js"))
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
      expect(session.stderr()).not.toContain("cc-dm-zod")
      // Without the file there is no answer, so that this test would notice if all of that had needed it.
      yield* session.send("ping")
      expect((yield* session.call("who")).isError).toBe(false)
      expect(session.lines().filter((line) => line.includes('"result":{}'))).toEqual([])
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
