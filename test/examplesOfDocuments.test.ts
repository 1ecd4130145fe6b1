/**
 * The examples of the documents, run as they stand: what is for a shell in a shell, on a bus with real sessions that answer
 * questions, and JavaScript in Bun. A block that is not run says behind its language why not: `sh not run: starts Claude Code`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { Effect, Exit, Scope } from "effect"
import { type Block, blocksOf } from "../scripts/support/Markdown.ts"
import { mustRun, type Outcome, run } from "../scripts/support/run.ts"
import { named, root } from "../testkit/host/ClaudeCode.ts"
import { type HookedSession, type ModelRequest, startSession } from "../testkit/host/HookedSession.ts"
import { temporaryFolder } from "./support/bus.ts"
import { noFile, onFile } from "./support/underTest.ts"

/** What a shell block is run with, by its language. */
const shells: Readonly<Record<string, ReadonlyArray<string>>> = {
  sh: ["sh", "-eu", "-c"],
  bash: ["bash", "-eu", "-c"]
}
/** Blocks that show what a person types behind `$`, and what comes. */
const transcript = "console"
/** Blocks in which nothing can be run. */
const prose = ["", "text", "json", "toml", "yaml", "md", "mermaid", "ts"]

const documents = [
  "README.md",
  "plugin/README.md",
  ...new Glob("docs/**/*.md").scanSync({ cwd: root })
].sort()
const examples = documents.flatMap((file) =>
  blocksOf(readFileSync(join(root, file), "utf8")).map((block) => ({
    block,
    title: `${file}, line ${block.line}`
  }))
)
const reasonOf = ({ remark }: Block) => /^not run: (.+)$/.exec(remark)?.[1]
const isRun = ({ block }: { readonly block: Block }) =>
  !prose.includes(block.language) && reasonOf(block) === undefined

/** What a model does that answers each message of a request. */
const answersTo = ({ texts }: ModelRequest) =>
  [...texts.join("\n").matchAll(/^Message (\d+) from/gm)].map(([, number = ""]) => ({
    tool: "dm",
    input: { reply_to: number, content: "3 of 214:\n- login\n- cart\n- sort by price" }
  }))

/** A session whose model answers each message that it is shown, also with the results of its tools and at the end of its turn. */
const answering = (session: HookedSession) =>
  Effect.gen(function* () {
    let request: ModelRequest | undefined = yield* session.nextRequest
    while (request !== undefined) {
      const answers = answersTo(request)
      request = answers.length > 0 ? (yield* session.toolBatch(...answers)).request : yield* session.stop
    }
  }).pipe(Effect.forever)

const scope = Scope.makeUnsafe()
let folder = ""
let env: Readonly<Record<string, string>> = {}

const prepare = Effect.gen(function* () {
  const home = yield* temporaryFolder
  for (const [name, role] of [
    ["backend", "worker"],
    ["planner", "orchestrator"],
    ["reviewer", "reviewer"],
    ["tests", "worker"],
    ["docs", "worker"]
  ] as const) {
    const session = yield* startSession({
      home,
      env: { ...named(name), CC_DM_SESSION_ROLE: role, CC_DM_SESSION_PROJECT: "shop" }
    })
    yield* session.prompt("Hello.")
    if (name === "planner")
      yield* session.toolBatch({
        tool: "dm",
        input: { to: "backend", content: "Please add the currency to GET /items.", thread_id: "currency" }
      })
    yield* session.stop
    yield* Effect.forkScoped(answering(session))
  }
  folder = join(home, "work")
  mkdirSync(join(home, ".config/fish"), { recursive: true })
  mkdirSync(folder)
  symlinkSync(root, join(folder, "cc-dm"))
  env = {
    PATH: `${join(root, "plugin/bin")}:${join(process.execPath, "..")}:${process.env["PATH"]}`,
    HOME: home,
    USER: "ada",
    CC_DM_RATE_LIMIT: "off"
  }
  // The policy library, as npm installs it.
  yield* Effect.promise(() => mustRun([process.execPath, "scripts/build-policy.ts"], { cwd: root }))
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(root, join(folder, "node_modules/cc-dm"))
  // A change that waits for its review.
  writeFileSync(join(folder, "orders.ts"), "export const currency = 1\n")
  const git = (...args: ReadonlyArray<string>) => mustRun(["git", ...args], { cwd: folder, env })
  yield* Effect.promise(async () => {
    await git("init", "--quiet", "--initial-branch=main")
    await git("add", "orders.ts")
    await git("-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-m", "Orders")
    writeFileSync(join(folder, "orders.ts"), "export const currency = 2\n".repeat(600))
  })
})

const shell = (language: string, text: string): Promise<Outcome> =>
  run([...(shells[language] ?? []), text], { cwd: folder, env, seconds: 50 })

/** Programs that not every machine has. */
const others = ["sqlite3", "jq"]

/** Whether the programs that a block uses are on this machine. */
const isThere = ({ text }: Block) =>
  others.every((program) => !new RegExp(`\\b${program} `).test(text) || Bun.which(program) !== null)

/** The commands of a transcript, and what is shown to come of each. */
const stepsOf = (text: string) =>
  text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = "", ...printed] = step.trimEnd().split("\n")
      return { command, printed }
    })

const runBlock = async ({ language, text }: Block): Promise<void> => {
  if (language === transcript) {
    for (const { command, printed } of stepsOf(text)) {
      const { code, stderr, stdout } = await shell("sh", command)
      const complaint = printed.find((line) => line.startsWith("cc-dm: "))
      if (complaint === undefined) expect(code, `${command}\n${stdout}${stderr}`).toBe(0)
      else expect(stderr).toContain(complaint)
    }
    return
  }
  if (language === "js") {
    writeFileSync(join(folder, "example.mjs"), text)
    await mustRun([process.execPath, "example.mjs"], { cwd: folder, env })
    return
  }
  const { code, stderr, stdout } = await shell(language, text)
  expect(code, `${text}\n${stdout}${stderr}`).toBe(0)
}

describe("the examples of the documents", () => {
  test("are found", () => {
    expect(examples.length).toBeGreaterThan(20)
    expect(examples.filter(isRun).length).toBeGreaterThan(8)
  })

  test("are in a language that is known, and say why if they are not run", () => {
    const known = [...Object.keys(shells), ...prose, transcript, "js"]
    const others = examples.filter(
      ({ block }) =>
        !(known.includes(block.language) || reasonOf(block) !== undefined) ||
        (block.remark !== "" && reasonOf(block) === undefined)
    )
    expect(others.map(({ title }) => title)).toEqual([])
  })
})

onFile(noFile, describe)("each example", () => {
  beforeAll(() => Effect.runPromise(Scope.provide(prepare, scope)), 60_000)
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  for (const { block, title } of examples.filter(isRun))
    test.skipIf(!isThere(block))(`runs: ${title}`, () => runBlock(block), 60_000)
})
