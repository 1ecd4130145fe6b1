/** docs/reference/json.md says what `--json` prints: every command, every form, every field, and examples that are of these forms. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { root } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { fieldsOfForm, jsonForms } from "../support/jsonForms.ts"
import { ccdm } from "./command.ts"
import { readAs } from "./run.ts"

const page = readFileSync(join(root, "docs/reference/json.md"), "utf8")

/** What the page says of each form, by its name. */
const sections = new Map(
  [...page.matchAll(/^## `(\w+)`: .+\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)].map(([, name = "", text = ""]) => [
    name,
    text
  ])
)

/** The commands that the page says print JSON by a flag, and the forms that it names for them. */
const commands = [...page.matchAll(/^\| `cc-dm ([a-z ]+?) --json` \| `(\w+)` \|/gm)].map(
  ([, command = "", form = ""]) => ({ command, form })
)

/** The commands below one, as its help lists them. */
const below = (help: string): ReadonlyArray<string> =>
  (/SUBCOMMANDS\n([\s\S]*?)\n(?:\n|EXAMPLES|$)/.exec(help)?.[1] ?? "")
    .split("\n")
    .map((line) => line.trim().split(/[\s,]+/)[0] ?? "")
    .filter((name) => name !== "")

/** Every command that has a flag --json, by its words. */
const withJson = (home: string, path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const { stdout } = yield* ccdm(home, ["help", ...path])
    const inner = yield* Effect.forEach(below(stdout), (name) => withJson(home, [...path, name]), {
      concurrency: 2
    })
    return [...(/^ +--json /m.test(stdout) ? [path.join(" ")] : []), ...inner.flat()]
  })

describe("docs/reference/json.md", () => {
  it.live(
    "has every command that prints JSON, and no other",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const found = yield* withJson(home, [])
      expect(found).toContain("bus status")
      expect(commands.map(({ command }) => command).sort()).toEqual([...found].sort())
      for (const { form } of commands) expect([...jsonForms.keys()]).toContain(form)
    })
  )

  test("has every form, and no other", () => {
    expect([...sections.keys()].sort()).toEqual([...jsonForms.keys()].sort())
  })

  describe.each([...jsonForms])("%s", (name, schema) => {
    const section = sections.get(name) ?? ""

    test("has its fields, with what they hold, in their order", () => {
      const rows = [...section.matchAll(/^\| `([\w[\].]+)` \| (.+?) \| .+ \|$/gm)].map(([, field, type]) => [
        field ?? "",
        type ?? ""
      ])
      expect(rows as ReadonlyArray<unknown>).toEqual([...fieldsOfForm(schema)])
    })

    test("has examples of this form", () => {
      const examples = [...section.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text)
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) readAs(schema, example)
    })
  })
})
