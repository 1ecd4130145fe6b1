/** That the documents are true, as far as a program can see: what they link to and name is there. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Glob } from "bun"
import { addressesOf, addressIn, documentsWithAddress } from "../scripts/support/Address.ts"
import { linksOf } from "../scripts/support/Markdown.ts"

const root = join(import.meta.dir, "..")
const read = (file: string) => readFileSync(join(root, file), "utf8")

const documents = [...new Glob("**/*.md").scanSync({ cwd: root, dot: true })]
  .filter((file) => !/(^|\/)(node_modules|\.git)\//.test(file))
  .sort()

/** The name under which a page is linked to at a heading, as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-")

const headingsOf = (text: string) =>
  [...text.replace(/^( *)```.*?^\1```$/gms, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    anchorOf(heading)
  )

describe("links", () => {
  test("are found at all", () => {
    expect(documents).toContain("docs/README.md")
    expect(linksOf(read("docs/README.md")).length).toBeGreaterThan(10)
  })

  test.each(documents)("in %s lead to something", (file) => {
    for (const link of linksOf(read(file))) {
      const [path = "", anchor] = link.split("#")
      const target = path === "" ? file : join(dirname(file), decodeURI(path))
      expect(existsSync(join(root, target)), `${file} links to ${link}`).toBe(true)
      if (anchor !== undefined && target.endsWith(".md"))
        expect(headingsOf(read(target)), `${file} links to ${link}`).toContain(anchor)
    }
  })

  test("lead from the index to every page of docs", () => {
    const indexes = ["docs/README.md", "docs/decisions/README.md"]
    const linked = indexes.flatMap((index) =>
      linksOf(read(index)).map((link) => join(dirname(index), link.split("#")[0] ?? ""))
    )
    expect(
      documents.filter(
        (file) => file.startsWith("docs/") && file !== "docs/README.md" && !linked.includes(file)
      )
    ).toEqual([])
  })
})

describe("the address of the marketplace", () => {
  test("is in every document the one of plugin.json", () => {
    const address = addressIn(read("plugin/.claude-plugin/plugin.json"))
    const found = documentsWithAddress(root).flatMap((file) => addressesOf(read(file)))
    expect(found.length).toBeGreaterThan(3)
    expect([...new Set(found)]).toEqual([address])
  })

  test.each([...documents, "install.sh"])("is no placeholder in %s", (file) => {
    expect(read(file)).not.toContain("<owner>")
  })
})

describe("paths", () => {
  /** Files of this project that a document names in code, without a wildcard or a placeholder. */
  const pathsOf = (text: string) =>
    [...text.matchAll(/`((?:src|test|testkit|docs|scripts|plugin|examples|bench|demo)\/[\w./-]+)`/g)].map(
      ([, path = ""]) => path
    )

  test.each(documents.filter((file) => !file.startsWith("test/fixtures/") && file !== "CHANGELOG.md"))(
    "that %s names are there",
    (file) => {
      const missing = pathsOf(read(file)).filter(
        (path) => !["", ".ts", ".tsx"].some((end) => existsSync(join(root, path + end)))
      )
      expect(missing).toEqual([])
    }
  )
})

describe("the walk of one message in docs/internals/overview.md", () => {
  const steps = [...read("docs/internals/overview.md").matchAll(/^\| (\d+) \| .+ \| `([^`]+)` \|$/gm)]

  test("has at most twelve steps, numbered from 1", () => {
    expect(steps.length).toBeGreaterThan(5)
    expect(steps.length).toBeLessThanOrEqual(12)
    expect(steps.map(([, number]) => Number(number))).toEqual(steps.map((_, index) => index + 1))
  })

  test("names a file for each step, and no file twice", () => {
    const files = steps.map(([, , file = ""]) => file)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
    expect(new Set(files).size).toBe(files.length)
  })
})

describe("commands", () => {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read("package.json"))
  const workflows = [...new Glob(".github/workflows/*.yml").scanSync({ cwd: root, dot: true })]

  test.each([...documents.filter((file) => file !== "CHANGELOG.md"), ...workflows, ".ci/run"])(
    "of ./dev that %s names are there",
    (file) => {
      const named = [...read(file).matchAll(/\.\/dev ([a-z][a-z:]*)/g)].map(([, name = ""]) => name)
      expect(named.filter((name) => !(name in scripts))).toEqual([])
    }
  )

  test("of ./dev stand in CONTRIBUTING.md, but for the parts of others", () => {
    const parts = ["types", "lint", "workflows", "prepack", "demo"]
    const rows = [...read("CONTRIBUTING.md").matchAll(/^\| `\.\/dev ([a-z:]+)/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual(
      Object.keys(scripts)
        .filter((name) => !parts.includes(name))
        .toSorted()
    )
  })
})

describe("docs/internals/storage.md", () => {
  test("has each reason for which a test runs on the file alone, and no other", () => {
    const [, table = ""] =
      /^\| on PostgreSQL \|.*\n\| --- .*\n((?:\|.*\n)+)/m.exec(read("docs/internals/storage.md")) ?? []
    const rows = [...table.matchAll(/^\| (.+?) \|/gm)].map(([, reason = ""]) => reason)
    const sources = [...new Glob("test/**/*.ts").scanSync({ cwd: root })].map(read)
    const said = sources.flatMap((text) =>
      [...text.matchAll(/onFile\(\s*"([^"]+)"/g)].map(([, reason = ""]) => reason)
    )
    const shared = [...read("test/support/underTest.ts").matchAll(/^export const \w+ = "([^"]+)"$/gm)].map(
      ([, reason = ""]) => reason
    )
    expect(rows.toSorted()).toEqual([...new Set([...said, ...shared])].toSorted())
  })
})
