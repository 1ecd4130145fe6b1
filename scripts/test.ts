/**
 * Runs the tests (arguments go on to `bun test`) and ends in one plain line, `N passed, N failed`, counted from
 * the runner's own report. No report and no tests are failures: a test that ends the process leaves neither.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const scratch = mkdtempSync(join(tmpdir(), "cc-dm-test-"))
const reportFile = join(scratch, "junit.xml")

const runner = Bun.spawn(
  [
    process.execPath,
    "test",
    "--reporter=junit",
    `--reporter-outfile=${reportFile}`,
    ...process.argv.slice(2)
  ],
  {
    cwd: join(import.meta.dir, ".."),
    stdin: "ignore",
    stdout: "inherit",
    stderr: "pipe",
    env: process.stderr.isTTY ? { FORCE_COLOR: "1", ...process.env } : process.env
  }
)

let shown = ""
const decoder = new TextDecoder()
for await (const chunk of runner.stderr) {
  process.stderr.write(chunk)
  shown += decoder.decode(chunk, { stream: true })
}
const exitCode = await runner.exited

const report = await Bun.file(reportFile)
  .text()
  .catch(() => "")
rmSync(scratch, { recursive: true })
const total = /<testsuites\b[^>]*>/.exec(report)?.[0]
const counted = (attribute: string): number => Number(total?.match(` ${attribute}="(\\d+)"`)?.[1] ?? 0)

const tests = counted("tests")
const skipped = counted("skipped")
const failures = counted("failures")
// A file that can't be loaded is missing from the report; the runner's summary counts it as an error.
const errors = Number(
  Bun.stripANSI(shown)
    .match(/^ (\d+) errors?$/gm)
    ?.at(-1)
    ?.match(/\d+/)?.[0] ?? 0
)
const passed = tests - failures - skipped
let failed = failures + errors

if (failed === 0 && (exitCode !== 0 || total === undefined)) {
  console.error(`the runner ended with code ${exitCode} and ${total === undefined ? "no" : "a"} report`)
  failed = 1
}
if (failed === 0 && passed === 0) {
  console.error("no test was run")
  failed = 1
}

console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`)
process.exitCode = failed === 0 ? 0 : 1
