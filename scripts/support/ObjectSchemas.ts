/** The JSON schemas of the tools' inputs, made while the plugin is built. They stand where a server would make them: src/mcp/ObjectSchema.ts. */
import type { BunPlugin } from "bun"
import { HookInput as ofClaudeCode } from "../../src/hosts/claude-code/Hooks.ts"
import { HookInput as ofCodex } from "../../src/hosts/codex/Hooks.ts"
import type { ObjectSchema } from "../../src/mcp/ObjectSchema.ts"
import { sessionHook } from "../../src/mcp/SessionHook.ts"
import { tools } from "../../src/mcp/Tools.ts"

/** The hosts whose hooks call a tool. */
const hooks = { "Claude Code": ofClaudeCode, Codex: ofCodex }

const schemas: ReadonlyArray<readonly [tool: string, schema: ObjectSchema]> = [
  ...tools.map(({ inputSchema, name }) => [name, inputSchema()] as const),
  ...Object.entries(hooks).flatMap(([name, hookInput]) =>
    sessionHook({ name, hookInput }).map((tool) => [`${tool.name} of ${name}`, tool.inputSchema] as const)
  )
]

/** As texts, which take no room as objects until somebody asks. */
const texts = Object.fromEntries(schemas.map(([tool, schema]) => [tool, JSON.stringify(schema)]))

/** A server that has the schemas, and nothing that makes them. */
export const schemasMadeBefore: BunPlugin = {
  name: "schemas-made-before",
  setup: (build) => {
    build.onLoad({ filter: /\/src\/mcp\/ObjectSchema\.ts$/ }, () => ({
      contents: `const texts = ${JSON.stringify(texts)}; export const objectSchema = (tool) => JSON.parse(texts[tool])`,
      loader: "js"
    }))
  }
}
