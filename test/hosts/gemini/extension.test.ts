/** The extension of Gemini CLI (gemini-extension.json and hooks/hooks.json, where Gemini looks for them): it says what `cc-dm install gemini` writes. */
import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gemini } from "../../../src/cli/install/agents/gemini.ts"
import { variableNames } from "../../../src/settings/variables.ts"

const root = join(import.meta.dir, "../../..")
const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"))
const program = `\${extensionPath}/plugin/bin/cc-dm`

const [file] = gemini.plan({
  home: "/home",
  project: undefined,
  launcher: program,
  agents: "",
  granted: new Set(),
  folder: (_: string, otherwise: string) => otherwise
} as any) as any

test("its server is the one of the plugin, with every variable, and nothing is allowed beforehand", () => {
  const { "cc-dm": server, ...others } = read("gemini-extension.json").mcpServers
  expect(others).toEqual({})
  const [{ defaults, values }] = file.parts.entries
  expect(server).toEqual({
    command: "sh",
    args: [program, ...values.args],
    env: defaults.env,
    excludeTools: values.excludeTools
  })
  expect(Object.keys(server.env)).toEqual([...variableNames])
  expect(existsSync(join(root, "plugin/bin/cc-dm"))).toBe(true)
})

test("its hooks are those of the settings", () => {
  const { hooks } = read("hooks/hooks.json")
  const { events } = file.parts.hooks
  expect(Object.keys(hooks)).toEqual(Object.keys(events))
  for (const [event, [entry]] of Object.entries<any>(hooks))
    expect(entry.hooks).toEqual([{ ...events[event], command: `sh "${program}" hook gemini ${event}` }])
})
