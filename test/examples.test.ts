/** The examples, each of them run as examples/README.md says. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { run } from "../scripts/support/run.ts"
import { RosterJson } from "../src/cli/Json.ts"
import { root, startReady } from "../testkit/host/ClaudeCode.ts"
import { startSession } from "../testkit/host/HookedSession.ts"
import { readAs, runIn } from "./cli/run.ts"
import { temporaryFolder } from "./support/bus.ts"
import { it } from "./support/it.ts"

const examples = join(root, "examples")

test("each has its line in the README of the examples", () => {
  const text = readFileSync(join(examples, "README.md"), "utf8")
  for (const name of readdirSync(examples)) if (name !== "README.md") expect(text).toContain(`(${name})`)
})

test("policy-rule.ts decides as it says", async () => {
  const { code, stdout } = await run([process.execPath, join(examples, "policy-rule.ts")])
  expect(code).toBe(0)
  expect(stdout).toBe(
    [
      "planner to anna: yes",
      'backend to anna: no: "anna" reviews, and takes work from the planner alone',
      'planner to stranger: no: "stranger" is in project "blog" and this session is in project "shop": a session with a project writes only inside it',
      ""
    ].join("\n")
  )
})

/** Runs ask.sh with the command that users have. */
const ask = (home: string, session: string, timeout = "20s") =>
  Effect.promise(() =>
    run(["sh", join(examples, "ask.sh"), session, "How many tests fail?"], {
      cwd: home,
      env: {
        PATH: `${join(process.execPath, "..")}:${process.env["PATH"]}`,
        HOME: home,
        USER: "ada",
        CC_DM: join(root, "plugin/bin/cc-dm"),
        TIMEOUT: timeout
      }
    })
  )

describe("ask.sh", () => {
  it.live(
    "prints what the session answers",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const session = yield* startSession({ home, env: { CC_DM_SESSION_NAME: "backend" } })
      yield* Effect.gen(function* () {
        const request = yield* session.nextRequest
        const id = /Message (\d+) from/.exec(request.texts.join("\n"))?.[1] ?? ""
        yield* session.toolBatch({ tool: "dm", input: { reply_to: id, content: "three of 214" } })
      }).pipe(Effect.forkScoped)
      const { code, stderr, stdout } = yield* ask(home, "backend")
      expect(stdout, stderr).toContain("three of 214")
      expect(code).toBe(0)
    })
  )

  it.live(
    "ends with cc-dm's exit code if no answer came in time",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: { CC_DM_SESSION_NAME: "backend" } })
      const { code, stdout } = yield* ask(home, "backend", "1s")
      expect(stdout).toBe("")
      expect(code).toBe(4)
    })
  )

  it.live(
    "ends with cc-dm's exit code if there is no such session",
    Effect.gen(function* () {
      const { code, stderr } = yield* ask(yield* temporaryFolder, "backend")
      expect(stderr).toContain('nobody called "backend"')
      expect(code).toBe(3)
    })
  )
})

describe("two-sessions", () => {
  it.live(
    "gives each session the name, the role and the project of its file",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      for (const name of ["planner", "backend"]) {
        const file = join(examples, "two-sessions", `${name}.json`)
        yield* startReady({ home, env: JSON.parse(readFileSync(file, "utf8")).env })
      }
      const { stdout } = yield* runIn(home)(["who", "--json"])
      const sessions = readAs(RosterJson, stdout).sessions.map(({ name, project, role }) => [
        name,
        role,
        project
      ])
      expect(sessions.toSorted()).toEqual([
        ["shop-backend", "worker", "shop"],
        ["shop-planner", "orchestrator", "shop"]
      ])
    })
  )
})
