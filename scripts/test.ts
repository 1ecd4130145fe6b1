/**
 * Runs the tests and ends in one plain line, `N passed, N failed`, counted from the runner's own reports. No report and no tests
 * are failures: a test that ends the process leaves neither. Before that line stands what failed, with what the runner said of it.
 *
 * All tests run on the file; those of the bus and of what stands on it run on PostgreSQL, too. `--engine file` or `--engine postgres`
 * runs one of both. Other arguments go on to `bun test`, and without `--engine` run on the file alone.
 */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { reasonAgainstPostgres } from "../testkit/postgres/programs.ts"
import { type Failure, failuresIn, lastLines, wordsOf } from "./support/Failures.ts"

type Engine = "file" | "postgres"

/** Tests that one runner runs. */
interface Part {
  readonly engine: Engine
  readonly paths: ReadonlyArray<string>
}

const inFolder = (folder: string, ...names: ReadonlyArray<string>) =>
  names.map((name) => `test/${folder}/${name}.test.ts`)

/** The tests to which it matters what the bus stands on, in two halves. */
const shared: ReadonlyArray<Part> = [
  inFolder(
    "process",
    "chaos",
    "crowd",
    "disk",
    "faults",
    "life",
    "limits",
    "messages",
    "resume",
    "routes",
    "seen"
  ),
  ["test/bus/", "test/session/", "test/protocol/", ...inFolder("cli", "approve", "status", "talk", "watch")]
].map((paths) => ({ engine: "postgres", paths }))

/** All tests, also in two halves: those that run real servers for long, and the others. */
const all: ReadonlyArray<Part> = [
  readdirSync(join(import.meta.dir, "../test"), { withFileTypes: true })
    .filter((entry) => entry.name !== "process" && (entry.isDirectory() || entry.name.endsWith(".test.ts")))
    .map((entry) => `test/${entry.name}${entry.isDirectory() ? "/" : ""}`),
  ["test/process/"]
].map((paths) => ({ engine: "file", paths }))

interface Result {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly failures: ReadonlyArray<Failure>
}

const none: Result = { passed: 0, failed: 0, skipped: 0, failures: [] }

const add = (one: Result, other: Result): Result => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
  failures: [...one.failures, ...other.failures]
})

/** Runs tests. `atOnce`: whether what they say is shown at once, or when they are over. */
const runOn = async (engine: Engine, args: ReadonlyArray<string>, atOnce = true): Promise<Result> => {
  const scratch = mkdtempSync(join(tmpdir(), "cc-dm-test-"))
  const reportFile = join(scratch, "junit.xml")
  const runner = Bun.spawn(
    [process.execPath, "test", "--reporter=junit", `--reporter-outfile=${reportFile}`, ...args],
    {
      cwd: join(import.meta.dir, ".."),
      stdin: "ignore",
      stdout: atOnce ? "inherit" : "ignore",
      stderr: "pipe",
      env: {
        ...(process.stderr.isTTY ? { FORCE_COLOR: "1" } : {}),
        ...process.env,
        CC_DM_TEST_ENGINE: engine
      }
    }
  )

  let shown = ""
  const decoder = new TextDecoder()
  for await (const chunk of runner.stderr) {
    if (atOnce) process.stderr.write(chunk)
    shown += decoder.decode(chunk, { stream: true })
  }
  const exitCode = await runner.exited
  if (!atOnce) process.stderr.write(shown)

  const report = await Bun.file(reportFile)
    .text()
    .catch(() => "")
  rmSync(scratch, { recursive: true })
  const total = /<testsuites\b[^>]*>/.exec(report)?.[0]
  const counted = (attribute: string): number => Number(total?.match(` ${attribute}="(\\d+)"`)?.[1] ?? 0)

  const skipped = counted("skipped")
  // A file that can't be loaded is missing from the report; the runner's summary counts it as an error.
  const errors = Number(
    Bun.stripANSI(shown)
      .match(/^ (\d+) errors?$/gm)
      ?.at(-1)
      ?.match(/\d+/)?.[0] ?? 0
  )
  const passed = counted("tests") - counted("failures") - skipped
  const failed = counted("failures") + errors

  const failures = failuresIn(shown).map((failure) =>
    engine === "postgres" ? { ...failure, name: `${failure.name} (on PostgreSQL)` } : failure
  )
  /** That the runner itself has failed, where no test is known to. */
  const broken = (name: string): Result => {
    console.error(name)
    const said = lastLines(Bun.stripANSI(shown).split("\n"))
    return { passed, failed: 1, skipped, failures: [...failures, { file: args.join(" "), name, said }] }
  }
  if (failed === 0 && (exitCode !== 0 || total === undefined))
    return broken(`the runner ended with code ${exitCode} and ${total === undefined ? "no" : "a"} report`)
  if (failed === 0 && passed === 0) return broken("no test was run")
  return { passed, failed, skipped, failures }
}

const readArguments = (
  words: ReadonlyArray<string>
): { readonly asked: Engine | undefined; readonly args: ReadonlyArray<string> } => {
  const [first, engine, ...rest] = words
  if (first !== "--engine") return { asked: undefined, args: words }
  if (engine === "file" || engine === "postgres") return { asked: engine, args: rest }
  console.error("--engine must be file or postgres")
  process.exit(2)
}
const { args, asked } = readArguments(process.argv.slice(2))

/** As many runners at once as there are processors. What each says comes when it is over: side by side nobody could read it. */
const runAll = async (parts: ReadonlyArray<Part>): Promise<Result> => {
  const left = [...parts]
  const results: Array<Result> = []
  const work = async () => {
    for (let part = left.shift(); part !== undefined; part = left.shift()) {
      console.error(`On ${part.engine === "file" ? "the file" : "PostgreSQL"}: ${part.paths.join(" ")} ...`)
      results.push(await runOn(part.engine, part.paths, false))
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return results.reduce(add, none)
}

const wantsPostgres = asked === "postgres" || (asked === undefined && args.length === 0)
const hasPostgres = reasonAgainstPostgres === undefined
if (wantsPostgres && !hasPostgres)
  console.error(`the tests on PostgreSQL are left out: ${reasonAgainstPostgres}`)

const run = (): Promise<Result> => {
  if (asked === "postgres" && !hasPostgres) return Promise.resolve(none)
  if (args.length > 0) return runOn(asked ?? "file", args)
  const onPostgres = wantsPostgres && hasPostgres ? shared : []
  // What takes longest begins first.
  return runAll([...(asked === "postgres" ? [] : all), ...onPostgres])
}

const { failed, failures, passed, skipped } = await run()
if (failed > 0) console.log(`\n${wordsOf(failures)}\n`)
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`)
process.exitCode = failed === 0 ? 0 : 1
