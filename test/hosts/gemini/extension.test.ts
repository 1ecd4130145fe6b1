/** The extension for Gemini CLI (gemini-extension.json and hooks in the root): it says what `cc-dm install gemini` writes. */
import { expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { gemini } from "../../../src/cli/install/agents/gemini.ts"

const root = join(import.meta.dir, "../../..")
const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"))

const launcher = "/home/ada/.cc-dm/bin/cc-dm"
const [plan] = gemini.plan({
  home: "/home/ada",
  project: undefined,
  folder: (_, otherwise) => otherwise,
  launcher,
  agents: "",
  textOf: () => undefined,
  granted: new Set()
})
if (plan?.kind !== "json") throw new Error("its settings are no JSON")
const { entries = [], hooks } = plan.parts

/** The launcher, where the extension stands. */
const own = `\${extensionPath}/plugin/bin/cc-dm`

test("its server is the same, and starts what is beside it", () => {
  const [{ defaults, values } = { defaults: undefined, values: {} }] = entries
  const { args, command, ...others } = { ...values, ...defaults } as Record<string, unknown>
  expect(command).toBe(launcher)
  expect(read("gemini-extension.json").mcpServers).toEqual({
    "cc-dm": { command: "sh", args: [own, ...(args as ReadonlyArray<string>)], ...others }
  })
  expect(existsSync(join(root, "plugin/bin/cc-dm"))).toBe(true)
})

test("its hooks are the same", () => {
  const expected = Object.fromEntries(
    Object.entries(hooks?.events ?? {}).map(([event, hook]) => {
      const { command, ...others } = hook as { readonly command: string }
      return [event, [{ hooks: [{ ...others, command: command.replace(launcher, `sh "${own}"`) }] }]]
    })
  )
  expect(Object.keys(expected).length).toBeGreaterThan(0)
  expect(read("hooks/hooks.json").hooks).toEqual(expected)
})
