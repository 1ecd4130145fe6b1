/** How commands end: exit codes as of shells, and what is left behind by a name that was used at the command line. */
import { describe, expect } from "bun:test"
import { Deferred, Effect, Fiber } from "effect"
import { sendAndWait } from "../../src/cli/Sending.ts"
import { eventually } from "../../testkit/eventually.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { type ClaudeCode, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { engineUnderTest } from "../support/underTest.ts"
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

describe("a command that sends and is interrupted", () => {
  it.live(
    "says what stays on the bus, and where to look for it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("backend") })
      const { all } = yield* outsider(home)
      const rows = all<{ id: number }>("SELECT id FROM messages")
      for (const args of [
        ["send", "backend", "x", "--wait", "1h"],
        ["broadcast", "x", "--wait", "1h"]
      ]) {
        const before = yield* rows
        const sending = yield* startIn(home)(args)
        const after = yield* eventually(rows, (found) => found.length > before.length)
        yield* sending.signal("SIGINT")
        const id = after.at(-1)!.id
        expect(yield* sending.ended).toEqual({
          code: 130,
          stdout: "",
          stderr: `Message ${id} to backend was sent; "cc-dm show ${id}" tells how far it came.\n`
        })
        expect((yield* runIn(home)(["show", String(id)])).code).toBe(0)
      }
    })
  )

  it.live(
    "says so also where the signal comes while it is being sent",
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const goesOn = yield* Deferred.make<void>()
      const said: Array<string> = []
      const sending = yield* Effect.forkChild(
        sendAndWait(
          Effect.andThen(Deferred.succeed(begun, undefined), Effect.as(Deferred.await(goesOn), "message 7")),
          () => Effect.never,
          (sent) => {
            said.push(sent)
            return `The test sent ${sent}.`
          }
        )
      )
      yield* Deferred.await(begun)
      const interrupted = yield* Effect.forkChild(Fiber.interrupt(sending))
      yield* Effect.yieldNow
      yield* Deferred.succeed(goesOn, undefined)
      yield* Fiber.join(interrupted)
      expect(said).toEqual(["message 7"])
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
      // On PostgreSQL the roster does not say which process listens: one that was killed stays until somebody writes to it.
      if (engineUnderTest === "sqlite") expect(yield* listed(backend)).toEqual(["backend"])
    })
  )
})
