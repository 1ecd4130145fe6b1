/** Agents that start the server as Claude Code does, under the names by which they greet an MCP server. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { builtServer, named, start } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"

/** What the server says of itself to a client of that name. */
const instructionsFor = (name: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const server = yield* start({ home: yield* temporaryFolder, command: [...builtServer, ...args] })
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
    // It takes extensions of Gemini CLI.
    expect(yield* instructionsFor("qwen-cli-mcp-client-cc-dm", "--agent", "gemini")).toContain(
      "`cc-dm install qwen`"
    )
    expect(yield* instructionsFor("gemini-cli-mcp-client", "--agent", "gemini")).not.toContain(
      "cc-dm install"
    )
  })
)

it.live(
  "one that greets in the way of Claude Code is called by its own name, and each result says what to do",
  Effect.gen(function* () {
    const home = yield* temporaryFolder
    const server = yield* start({ home, env: { ...named("fred"), CLAUDE_PLUGIN_ROOT: "/plugin" } })
    yield* server.request("initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "copilot-cli", version: "1" }
    })
    yield* server.notify("notifications/initialized")
    const { json } = yield* eventually(server.call("who"), ({ json }) =>
      (json["sessions"] as ReadonlyArray<{ agent?: string }>).some(({ agent }) => agent === "copilot")
    )
    expect(json["_note"]).toContain("`cc-dm install copilot`")
  })
)

it.live(
  "Claude Code is not, and neither is one that nobody knows",
  Effect.gen(function* () {
    expect(yield* instructionsFor("claude-code")).not.toContain("cc-dm install")
    expect(yield* instructionsFor("factory-cli")).not.toContain("cc-dm install")
  })
)
