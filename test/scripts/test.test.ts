/** `./dev test` on tests that fail, so that the end of its output is enough to know which and why. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "../../scripts/support/run.ts"

setDefaultTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), "cc-dm-failing-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** What it prints for a file of tests with that text. */
const runOn = async (name: string, text: string) => {
  writeFileSync(join(folder, name), `import { beforeAll, describe, expect, test } from "bun:test"\n${text}\n`)
  const outcome = await run([process.execPath, "scripts/test.ts", join(folder, name)])
  expect(outcome.code).toBe(1)
  return outcome.stdout
}

test("names each test that failed, with what was said of it, and then all names", async () => {
  const shown = await runOn(
    "some.test.ts",
    `test("good", () => console.error("said by a good one"))
    describe("group", () => test("bad", () => { console.error("said by a bad one"); expect(1).toBe(2) }))
    test("late", () => new Promise(() => {}), 1)
    test.skip("left out", () => {})`
  )
  const [, inFull = "", names] =
    /^Failed tests:\n\n(.*)\n\n(.*)\n\n1 passed, 2 failed, 1 skipped\n$/ms.exec(shown) ?? []
  expect(names).toMatch(/^\S+some\.test\.ts: group > bad\n\S+some\.test\.ts: late$/)
  const [bad, late] = inFull.split(/\n\n(?=\S)/)
  expect(bad).toMatch(/^\S+: group > bad\n {4}said by a bad one\n.*^ {4}Expected: 2\n {4}Received: 1\n/ms)
  expect(late).toMatch(/^\S+: late\n {6}\^ this test timed out after 1ms\.$/)
})

test("says no more of a test than its last sixty lines", async () => {
  const shown = await runOn(
    "talkative.test.ts",
    `test("bad", () => { for (let line = 1; line <= 100; line++) console.error("line " + line); throw new Error("the end") })`
  )
  const said = shown.split("\n").filter((line) => line.startsWith("    "))
  expect(said).toHaveLength(60)
  expect(said).toContain("    line 100")
  expect(said).toContain("    error: the end")
})

test("names a test once, also where the runner does so twice", async () => {
  const shown = await runOn(
    "many.test.ts",
    `for (let number = 0; number < 40; number++) test("test " + number, () => expect(number).not.toBe(7))`
  )
  expect(shown).toMatch(/^\n?Failed tests:\n\n\S+: test 7\n/m)
  expect(shown.match(/^\S+many\.test\.ts: test 7$/gm)).toHaveLength(2)
  expect(shown).toMatch(/\n39 passed, 1 failed\n$/)
})

test("names a file that can't be loaded, and a runner without a report", async () => {
  const unloadable = await runOn("unloadable.test.ts", `import "./nothing.ts"`)
  expect(unloadable).toMatch(
    /^\S+unloadable\.test\.ts: between tests\n {4}error: Cannot find module '\.\/nothing\.ts'/m
  )
  expect(await runOn("empty.test.ts", "")).toMatch(
    /empty\.test\.ts: the runner ended with code 0 and no report$/m
  )
})
