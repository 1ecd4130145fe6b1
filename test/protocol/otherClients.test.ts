/** Agents that start the server as Claude Code does, under the names by which they greet an MCP server. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { start } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

/** What the server says of itself to a client of that name. */
const instructionsFor = (name: string) =>
  Effect.gen(function* () {
    const server = yield* start({ home: yield* temporaryFolder })
    const { result } = yield* server.request("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name, version: "1" }
    })
    return String((result as { instructions?: unknown }).instructions)
  })

it.live(
  "one that cc-dm install knows is told how to be set up",
  Effect.gen(function* () {
    expect(yield* instructionsFor("codex-mcp-client")).toContain("`cc-dm install codex`")
    expect(yield* instructionsFor("qwen-cli-mcp-client-cc-dm")).toContain("This is Qwen Code")
  })
)

it.live(
  "Claude Code is not, and neither is one that nobody knows",
  Effect.gen(function* () {
    expect(yield* instructionsFor("claude-code")).not.toContain("cc-dm install")
    expect(yield* instructionsFor("factory-cli")).not.toContain("cc-dm install")
  })
)
