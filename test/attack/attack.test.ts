/** Runs every attack, and holds SECURITY.md to what they come to. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { Effect } from "effect"
import type { it } from "../support/it.ts"
import { where } from "../support/where.ts"
import { type Attack, rowOf } from "./Attack.ts"

/** An attack tries much, and a machine that does other things besides is slow, in milliseconds. */
const testTimeout = 300_000

const withLongTimeout: typeof it.live = (name, body) =>
  test(name, () => Effect.runPromise(Effect.asVoid(Effect.scoped(body))), testTimeout)

const root = join(import.meta.dir, "../..")
const security = readFileSync(join(root, "SECURITY.md"), "utf8")

const names = [...new Glob("*.ts").scanSync(join(import.meta.dir, "programs"))]
  .map((file) => file.slice(0, -".ts".length))
  .sort()
const attacks = await Promise.all(
  names.map(async (name) => {
    const module: { readonly default: Attack } = await import(`./programs/${name}.ts`)
    return [name, module.default] as const
  })
)

describe("an attack is held", () => {
  test("and there are some", () => expect(attacks.length).toBeGreaterThan(0))

  for (const [name, attack] of attacks)
    where(
      `${name} can't run here`,
      attack.impossible,
      withLongTimeout
    )(
      `${name}: ${attack.what}`,
      Effect.map(attack.run, ({ through, tries }) => {
        expect(through).toEqual([])
        expect(tries).toBe(attack.tries)
      })
    )
})

describe("SECURITY.md", () => {
  test("has a line for each attack, and no other ones", () => {
    const rows = security.split("\n").filter((line) => /^\| `[\w-]+` \| .* \| \d+ \| /.test(line))
    expect(rows).toEqual(attacks.map(([name, attack]) => rowOf(name, attack)))
  })

  /** A claim's line: what it says, the file, and the name of the test. */
  const claims = [...security.matchAll(/^\| ([^|]+) \| `(test\/[^`]+\.test\.ts)` \| ([^|]+) \|$/gm)].map(
    ([, claim = "", file = "", name = ""]) => ({ claim, file, name })
  )

  test("names files of tests that are there", () => {
    const files = [...security.matchAll(/test\/[\w/.-]+\.ts/g)].map(([file]) => file)
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(readFileSync(join(root, file), "utf8").length, file).toBeGreaterThan(0)
  })

  test.each(claims)("ties a claim to a test that is there: $claim", ({ file, name }) =>
    expect(readFileSync(join(root, file), "utf8")).toContain(name)
  )

  test("ties each of its claims to a test", () => {
    const [, protects = ""] = /^## What cc-dm protects[^\n]*\n(.*?)^## /ms.exec(security) ?? []
    const said = [...protects.matchAll(/^\*\*(.+?)[.,]?\*\*/gm)].map(([, claim = ""]) => claim)
    const tied = claims.map(({ claim }) => claim)
    expect(said.length).toBeGreaterThan(0)
    expect(said.filter((claim) => !tied.includes(claim))).toEqual([])
  })
})
