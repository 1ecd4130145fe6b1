/** What the plugin tells Codex (plugin/.codex-plugin, plugin/codex): it fits what the server understands. */
import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { codex } from "../../../src/cli/install/agents/codex.ts"
import { HookInput, hookEvents } from "../../../src/hosts/codex/Hooks.ts"
import { variableNames } from "../../../src/settings/variables.ts"

const plugin = join(import.meta.dir, "../../../plugin")
const read = (path: string) => JSON.parse(readFileSync(join(plugin, path), "utf8"))

interface Hook {
  readonly type: string
  readonly server: string
  readonly tool: string
  readonly input: Readonly<Record<string, string>>
}
const hooks: Record<string, ReadonlyArray<{ readonly hooks: ReadonlyArray<Hook> }>> = read(
  "codex/hooks.json"
).hooks

test("its manifest leads to files that are there", () => {
  const { hooks, mcpServers, skills } = read(".codex-plugin/plugin.json")
  for (const path of [hooks, mcpServers, skills]) expect(existsSync(join(plugin, path))).toBe(true)
})

test("each event has one hook, which sends fields that the server reads", () => {
  expect(Object.keys(hooks).sort()).toEqual([...hookEvents].sort())
  for (const [event, entries] of Object.entries(hooks)) {
    const [hook, ...others] = entries.flatMap((entry) => entry.hooks)
    expect(others).toEqual([])
    expect(hook).toMatchObject({ type: "mcp_tool", server: "cc-dm", tool: "session_hook" })
    const { event: own, ...fields } = hook?.input ?? {}
    expect(own).toBe(event)
    for (const [name, value] of Object.entries(fields)) {
      expect(Object.keys(HookInput.fields)).toContain(name)
      expect(value).toBe(`\${${name}}`)
    }
  }
})

test("its server gets every variable, and nothing is allowed beforehand", () => {
  const { args, cwd, env_vars, ...others } = read("codex/mcp.json").mcpServers["cc-dm"]
  expect(others).toEqual({ command: "sh" })
  expect(args).toEqual(["./bin/cc-dm", "serve", "--agent", "codex"])
  expect(cwd).toBe(".")
  expect(env_vars).toEqual([...variableNames])
})

test("its hooks are those that cc-dm install writes", () => {
  const plans = codex.plan({
    home: "/home/ada",
    project: undefined,
    folder: (_, otherwise) => otherwise,
    launcher: "/home/ada/.cc-dm/bin/cc-dm",
    agents: "",
    textOf: () => undefined,
    granted: new Set()
  })
  const written = plans.flatMap((plan) => (plan.kind === "json" ? [plan.parts.hooks?.events ?? {}] : []))
  expect(
    Object.fromEntries(Object.entries(hooks).map(([event, [entry]]) => [event, entry?.hooks[0] ?? {}]))
  ).toEqual(Object.assign({}, ...written))
})
