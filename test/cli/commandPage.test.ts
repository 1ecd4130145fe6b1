/** That the documents know each command: one page is made of its help, and the guides say what it is for. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { commandPage } from "../../scripts/support/CommandPage.ts"
import { root } from "../../testkit/host/ClaudeCode.ts"

const page = await commandPage()

test("docs/reference/commands.md is what help says; bun scripts/build-commands.ts makes it anew", () => {
  expect(page).toBe(readFileSync(join(root, "docs/reference/commands.md"), "utf8"))
})

const guides = ["README.md", ...new Glob("docs/user/*.md").scanSync({ cwd: root })].map((file) =>
  readFileSync(join(root, file), "utf8")
)
/** What people need no guide for. */
const plain = ["help", "version", "serve", "demo"]
const names = [...page.matchAll(/^## cc-dm ([\w-]+)$/gm)].map(([, name = ""]) => name)

test("a guide speaks of each command", () => {
  expect(names.length).toBeGreaterThan(10)
  const isNamed = (name: string) =>
    guides.some((text) => new RegExp(`cc-dm ${name}\\b|\`${name}\\b`).test(text))
  expect(names.filter((name) => !plain.includes(name) && !isNamed(name))).toEqual([])
})
