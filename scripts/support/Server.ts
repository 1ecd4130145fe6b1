/** Starts the server of a plugin folder as its plugin.json says, and asks it what it offers. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { start } from "../../testkit/host/ClaudeCode.ts"

export interface OfferedTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: { readonly type: string }
}

export interface Offer {
  readonly instructions: string
  readonly tools: ReadonlyArray<OfferedTool>
}

export const askServer = async (
  plugin: string,
  user: { readonly home: string; readonly env: Readonly<Record<string, string>> }
): Promise<Offer> => {
  const manifest = JSON.parse(readFileSync(join(plugin, ".claude-plugin/plugin.json"), "utf8"))
  const { args, command } = manifest.mcpServers["cc-dm"]
  if (Bun.which(command, { PATH: user.env["PATH"] ?? "" }) === null) throw new Error(`there is no ${command}`)
  const inPlugin = (text: string) => text.replace(/\$\{CLAUDE_PLUGIN_ROOT\}/g, () => plugin)
  return Effect.gen(function* () {
    const server = yield* start({
      home: user.home,
      env: user.env,
      cwd: user.home,
      command: [command, ...args].map(inPlugin)
    })
    const greeting = yield* server.initialize
    const list = yield* server.request("tools/list")
    return {
      instructions: String(greeting.result?.["instructions"]),
      tools: list.result?.["tools"] as ReadonlyArray<OfferedTool>
    }
  }).pipe(Effect.timeout("20 seconds"), Effect.scoped, Effect.runPromise)
}
