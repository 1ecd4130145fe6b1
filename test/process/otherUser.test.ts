/**
 * What another user of the same machine can do with a session's sockets and files: nothing, also if they know every path. A real second
 * user tries it, who has no account and needs none.
 */
import { describe, expect } from "bun:test"
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { run } from "../../scripts/support/run.ts"
import { hookFolders } from "../../src/hosts/HookPlaces.ts"
import { builtServer, named, root, startReady } from "../../testkit/host/ClaudeCode.ts"
import { startIn } from "../cli/run.ts"
import { folderOfThisBun } from "../support/buns.ts"
import { temporaryFolder } from "../support/bus.ts"
import { noFile, onFile } from "../support/underTest.ts"
import { where } from "../support/where.ts"

/** No account has this number. */
const user = 54_321
const asUser = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"]
const path = `${folderOfThisBun}:/usr/bin:/bin`

const reasonAgainst =
  process.getuid?.() !== 0 || Bun.which("setpriv") === null
    ? "it needs root and setpriv"
    : Bun.spawnSync([...asUser, "bun", "--version"], { env: { PATH: path } }).exitCode === 0
      ? undefined
      : "another user can't run this Bun"

/** Tries, as the other user, to open a file or to connect to a socket. Gives what the system says to that. */
const reach = (what: string, how: "open" | "connect") =>
  Effect.promise(async () => {
    const program =
      how === "open"
        ? `require("fs").closeSync(require("fs").openSync(process.argv.at(-1), "r"))`
        : `require("net").connect(process.argv.at(-1)).on("error", (e) => { throw e }).on("connect", () => process.exit(0))`
    const { code, stderr } = await run([...asUser, "bun", "-e", program, what], {
      cwd: "/",
      env: { HOME: "/nonexistent", PATH: path }
    })
    return code === 0
      ? "it did"
      : (/EACCES|EPERM|ENOENT|ECONNREFUSED|permission denied/i.exec(stderr)?.[0] ?? stderr)
  })

const filesIn = (folder: string): ReadonlyArray<string> =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []

onFile(noFile, describe)("another user of the machine", () => {
  const test = where("another user", reasonAgainst)

  test(
    "reaches neither the bus, nor a doorbell, nor a hook socket, in a home that they may look into",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      chmodSync(home, 0o755)
      yield* startReady({ home, env: named("fred"), command: [...builtServer, "--agent", "gemini"] })
      const folder = join(home, ".cc-dm")
      const sockets = [...filesIn(join(folder, "doorbell")), ...filesIn(join(folder, "hook"))]
      expect(sockets.length).toBe(2)
      for (const socket of sockets)
        expect(yield* reach(socket, "connect")).toMatch(/EACCES|permission denied/i)
      for (const file of [join(folder, "bus.db"), join(folder, "secret")])
        expect(yield* reach(file, "open")).toMatch(/EACCES|permission denied/i)
      // They would, were it not for the modes.
      for (const folder of [".cc-dm", ".cc-dm/doorbell", ".cc-dm/hook"]) chmodSync(join(home, folder), 0o755)
      for (const socket of sockets) {
        chmodSync(socket, 0o666)
        expect(yield* reach(socket, "connect")).toBe("it did")
      }
    })
  )

  test(
    "gets nothing from the command of hooks, also below the agent's own process",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      chmodSync(home, 0o755)
      const planner = yield* startReady({ home, env: named("planner") })
      yield* startReady({ home, env: named("fred"), command: [...builtServer, "--agent", "gemini"] })
      yield* planner.call("dm", { to: "fred", content: "for your eyes" })
      const { code, stderr, stdout } = yield* Effect.promise(() =>
        run([...asUser, "sh", join(root, "plugin/bin/cc-dm"), "hook", "gemini", "BeforeAgent"], {
          cwd: "/",
          env: { HOME: home, PATH: path }
        })
      )
      expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "" })
      // The user's own hook has it.
      const own = yield* startIn(home)(["hook", "gemini", "BeforeAgent"], { input: '{"session_id":"s1"}' })
      expect((yield* own.ended).stdout).toContain("for your eyes")
    })
  )

  test(
    "who made the folder for sockets in /tmp before the session did gets none in it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      // No socket can stand there.
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700, recursive: true })
      writeFileSync(join(home, ".cc-dm/hook"), "")
      const waiting = hookFolders(home)
        .slice(1)
        .filter((folder) => existsSync(dirname(folder)))
      expect(waiting.length).toBeGreaterThan(0)
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          for (const folder of waiting) {
            mkdirSync(folder, { mode: 0o777 })
            chmodSync(folder, 0o777)
            chownSync(folder, user, user)
          }
        }),
        () =>
          Effect.sync(() => {
            for (const folder of waiting) rmSync(folder, { recursive: true, force: true })
          })
      )
      const server = yield* startReady({
        home,
        env: named("fred"),
        command: [...builtServer, "--agent", "gemini"]
      })
      expect((yield* server.call("who")).isError).toBe(false)
      for (const folder of waiting) expect(readdirSync(folder)).toEqual([])
    })
  )
})
