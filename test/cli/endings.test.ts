/** How commands end: exit codes as of shells, and what is left behind by a name that was used at the command line. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { type ClaudeCode, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { program } from "./command.ts"
import { runIn, startIn } from "./run.ts"

/** The names that a model's `who` lists. */
const listed = (session: ClaudeCode) =>
  Effect.map(session.call("who"), ({ json }) =>
    (json["sessions"] as ReadonlyArray<{ name: string }>).map(({ name }) => name)
  )

describe("a command that is told to end", () => {
  it.live(
    "ends with the code that shells have for the signal, and gives its doorbell back",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* startReady({ home, env: named("backend") })
      const { all } = yield* outsider(home)
      const doorbell = Effect.map(
        all<{ doorbell: number }>("SELECT doorbell FROM sessions WHERE name = 'ci'"),
        ([row]) => row?.doorbell
      )
      for (const [signal, code] of [
        ["SIGHUP", 129],
        ["SIGINT", 130],
        ["SIGTERM", 143]
      ] as const) {
        const listening = yield* startIn(home)(["listen", "--name", "ci"])
        yield* eventually(doorbell, (is) => is === 1)
        yield* listening.signal(signal)
        expect((yield* listening.ended).code).toBe(code)
        expect(yield* doorbell).toBe(0)
        yield* backend.call("dm", { to: "ci", content: `after ${signal}` })
        expect((yield* runIn(home)(["inbox", "--name", "ci"])).stdout).toContain(`after ${signal}`)
      }
    })
  )

  it.live(
    "ends with 141 where nobody reads what it prints",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("backend") })
      for (const args of ["who --json", "send backend x"]) {
        const stdout = yield* Effect.promise(async () => {
          const shell = Bun.spawn(["bash", "-c", `"${program}" ${args} | true; echo \${PIPESTATUS[0]}`], {
            env: { ...process.env, HOME: home, USER: "ada", ...busVariables(home) },
            stdout: "pipe"
          })
          return shell.stdout.text()
        })
        expect([args, stdout]).toEqual([args, "141\n"])
      }
    })
  )
})

describe("a name that was used at the command line", () => {
  it.live(
    "leaves the roster of models with the command, and can be answered nevertheless; who waits there stays",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const backend = yield* startReady({ home, env: named("backend") })
      yield* run(["send", "backend", "once", "--from", "ci"])
      expect(yield* listed(backend)).toEqual(["backend"])
      expect((yield* run(["who"])).stdout).toContain("ci")
      const answer = yield* backend.call("dm", { to: "ci", content: "yes" })
      expect(answer.isError).toBe(false)
      for (const args of [
        ["listen", "--name", "anna"],
        ["ask", "backend", "x", "--from", "anna"]
      ]) {
        const waiting = yield* startIn(home)(args)
        yield* eventually(listed(backend), (names) => names.includes("anna"))
        yield* waiting.signal("SIGINT")
        yield* waiting.ended
        expect(yield* listed(backend)).toEqual(["backend"])
      }
      const killed = yield* startIn(home)(["listen", "--name", "bob"])
      yield* eventually(listed(backend), (names) => names.includes("bob"))
      yield* killed.signal("SIGKILL")
      yield* killed.ended
      expect(yield* listed(backend)).toEqual(["backend"])
    })
  )
})
