/** A copy of the tree in a temporary folder, in which mutations are applied and tests run. The working tree stays as it is. */
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "../run.ts"
import { type Mutation, type Place, root } from "./Mutation.ts"
import { exists, farTests, isBuiltTest, nearTests, roomOf } from "./Related.ts"

/** What became of a mutation. */
export type Verdict =
  | { readonly _tag: "killed"; readonly by: string; readonly test: string }
  | { readonly _tag: "survived" }

/** The longest that the tests of one step may take, in seconds. A mutation that makes them hang is killed by that. */
const secondsForTests = 600

/** How many tests of its room a mutation is tried with at most if it has to be quick. */
const mostQuick = 6

/**
 * The tests of a mutation in the order in which they run. `quick`: some that need nothing built; for a file that has none, those that
 * run the built files.
 */
const stepsOf = (
  { file }: Place,
  { tests }: Mutation,
  quick: boolean
): ReadonlyArray<ReadonlyArray<string>> => {
  const known = tests.filter(exists)
  const near = nearTests(file)
  const far = farTests(file).map((test) => [test])
  const isOwn = (test: string) => roomOf(test) === roomOf(file)
  const steps = [
    known.filter((test) => !isBuiltTest(test)),
    known.filter(isBuiltTest),
    ...(quick ? [near.slice(0, mostQuick)] : [near.filter(isOwn), near]),
    ...(quick && near.length > 0 ? [] : far)
  ]
  const seen = new Set<string>()
  return steps
    .map((step) => step.filter((test) => !seen.has(test) && seen.add(test)))
    .filter((step) => step.length > 0)
}

export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), "cc-dm-mutate-"))
  /** What `plugin/dist` was built from: the mutated file's text, or nothing for `src` as it is. */
  #built: string | undefined
  readonly #sound = new Set<string>()

  /** `original`: a copy that this one is to be like, whatever became of the working tree since. */
  constructor(original?: Scratch) {
    if (original !== undefined) {
      cpSync(original.folder, this.folder, { recursive: true, verbatimSymlinks: true })
      return
    }
    const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root
    })
    for (const name of listed.stdout.toString().split("\0"))
      if (name !== "" && name !== "node_modules" && existsSync(join(root, name)))
        cpSync(join(root, name), join(this.folder, name), { recursive: true, verbatimSymlinks: true })
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"))
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Runs tests until one fails: its file and its name, or nothing if all pass. */
  async #firstFailure(tests: ReadonlyArray<string>, engine: string, mutated = "") {
    if (tests.some(isBuiltTest) && this.#built !== mutated) {
      this.#built = mutated
      const { code, stderr } = await run([process.execPath, "scripts/build.ts"], { cwd: this.folder })
      if (code !== 0) return { by: "scripts/build.ts", test: stderr.trim().split("\n").at(-1) ?? "" }
    }
    const { code, stderr } = await run(
      [process.execPath, "test", "--bail", ...tests.map((test) => `./${test}`)],
      {
        cwd: this.folder,
        env: { ...process.env, CC_DM_TEST_ENGINE: engine },
        seconds: secondsForTests
      }
    )
    if (code === 0) return undefined
    const output = Bun.stripANSI(stderr)
    const [, test = "ended without a word, or took too long"] =
      /^\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/m.exec(output) ?? []
    const by = [...output.matchAll(/^(test\/\S+\.test\.ts):$/gm)].at(-1)?.[1] ?? tests[0] ?? ""
    return { by, test }
  }

  /** Runs the tests that could notice a mutation. Throws if the one that fails does so without the mutation as well. */
  async try(place: Place, mutation: Mutation, quick: boolean): Promise<Verdict> {
    const path = join(this.folder, place.file)
    const original = readFileSync(path, "utf8")
    const engine = place.file.includes("/postgres/") ? "postgres" : "file"
    for (const step of stepsOf(place, mutation, quick)) {
      writeFileSync(path, place.mutated)
      const failure = await this.#firstFailure(step, engine, place.mutated).finally(() =>
        writeFileSync(path, original)
      )
      if (failure === undefined) continue
      await this.#mustPass(failure.by, engine)
      return { _tag: "killed", ...failure }
    }
    return { _tag: "survived" }
  }

  /** Whether the types hold with a mutation. */
  async typesHold({ file, mutated }: Place): Promise<boolean> {
    const path = join(this.folder, file)
    const original = readFileSync(path, "utf8")
    writeFileSync(path, mutated)
    const { code } = await run(
      [
        join(root, "node_modules/.bin/tsc"),
        "--noEmit",
        "--incremental",
        "--tsBuildInfoFile",
        join(this.folder, "types.json")
      ],
      { cwd: this.folder, seconds: 300 }
    ).finally(() => writeFileSync(path, original))
    return code === 0
  }

  /** Throws if a file of tests fails on `src` as it is: then its failing says nothing of a mutation. */
  async #mustPass(test: string, engine: string): Promise<void> {
    if (this.#sound.has(test)) return
    const failure = await this.#firstFailure(
      exists(test) ? [test] : farTests("src/cli/watch/").slice(0, 1),
      engine
    )
    if (failure !== undefined) throw new Error(`${test} fails without a mutation: ${failure.test}`)
    this.#sound.add(test)
  }
}
