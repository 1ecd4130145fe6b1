/** `cc-dm launch`, with a shell script in Claude Code's place that tells how it was started. */
import { describe, expect } from "bun:test"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { run } from "../../scripts/support/run.ts"
import { eventually } from "../../testkit/eventually.ts"
import { named, plugin, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { ccdm, pathOf, program, putClaude, putProgram } from "./command.ts"

/** Prints its arguments and variables, one a line. */
const telling = `for arg; do echo "arg $arg"; done; env | grep ^CC_DM_ | sort`

/** The arguments that name a session, as {@link telling} prints them. */
const settings = (env: Readonly<Record<string, string>>, others: object = {}) => [
  "arg --settings",
  `arg ${JSON.stringify({ ...others, env })}`
]
const alice = settings({ CC_DM_SESSION_NAME: "alice" })

const channel = ["arg --dangerously-load-development-channels", "arg plugin:cc-dm@cc-dm-marketplace"]

/** As it is, and where Bun can't put another program in its place, as before 1.4. */
const ways = {
  "in its place": [program],
  "beside it": [
    "bun",
    "--preload",
    join(import.meta.dir, "withoutExecve.ts"),
    join(plugin, "dist/cc-dm-cli.js")
  ]
}

const linesOf = (text: string) => text.trim().split("\n")

describe("launch", () => {
  it.live(
    "starts claude with the session's name, role and project, and what stands behind --",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const args = ["launch", "Night Intern", "--role", "Reviewer", "--project", "shop"]
      const { code, stderr, stdout } = yield* ccdm(home, [...args, "--", "-p", "--json", "a  b", "*"])
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(linesOf(stdout)).toEqual([
        ...settings({
          CC_DM_SESSION_NAME: "night-intern",
          CC_DM_SESSION_ROLE: "reviewer",
          CC_DM_SESSION_PROJECT: "shop"
        }),
        ...["arg -p", "arg --json", "arg a  b", "arg *"]
      ])
    })
  )

  it.live(
    "leaves alone what it was not asked for",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const env = { CC_DM_SESSION_ROLE: "planner", CC_DM_HISTORY: "7d" }
      expect(linesOf((yield* ccdm(home, ["launch", "alice"], env)).stdout)).toEqual([
        ...alice,
        "CC_DM_HISTORY=7d",
        "CC_DM_SESSION_ROLE=planner"
      ])
    })
  )

  it.live(
    "merges the name into settings of the user's, of which Claude Code takes the last",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const mine = JSON.stringify({ model: "opus", env: { FOO: "1", CC_DM_SESSION_NAME: "bob" } })
      const args = ["launch", "alice", "--", "--settings", "{}", `--settings=${mine}`, "-p", "x"]
      expect(linesOf((yield* ccdm(home, [...args, "--", "--settings", "y"])).stdout)).toEqual([
        ...settings({ FOO: "1", CC_DM_SESSION_NAME: "alice" }, { model: "opus" }),
        ...["arg -p", "arg x", "arg --", "arg --settings", "arg y"]
      ])
    })
  )

  it.live(
    "merges settings that stand in a file into a file that only the user can read",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const mine = join(home, "mine.json")
      writeFileSync(mine, JSON.stringify({ env: { SECRET: "s3cret" } }))
      const { stdout } = yield* ccdm(home, ["launch", "team/alice", "--", "--settings", mine])
      const file = join(home, ".cc-dm/launch/team%2Falice.json")
      expect(linesOf(stdout)).toEqual(["arg --settings", `arg ${file}`])
      expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
        env: { SECRET: "s3cret", CC_DM_SESSION_NAME: "team/alice" }
      })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(mine, "utf8")).toBe(JSON.stringify({ env: { SECRET: "s3cret" } }))
    })
  )

  it.live(
    "refuses settings that Claude Code could not read, before anything starts",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      for (const given of ["{oops", '{"env": 1}', "nowhere.json"]) {
        const { code, stderr, stdout } = yield* ccdm(home, ["launch", "alice", "--", "--settings", given])
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
        expect(stderr).toStartWith("cc-dm: --settings")
      }
    })
  )

  it.live(
    "adds the channel's flag when asked, where it takes no word of the user's for a channel",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const launched = Effect.fnUntraced(function* (...rest: ReadonlyArray<string>) {
        const { stdout } = yield* ccdm(home, ["launch", "alice", "--channel", ...rest])
        const lines = linesOf(stdout)
        expect(lines.slice(0, alice.length)).toEqual(alice)
        return lines.slice(alice.length)
      })
      expect(yield* launched()).toEqual(channel)
      expect(yield* launched("--", "--continue", "hello")).toEqual([
        "arg --continue",
        "arg hello",
        ...channel
      ])
      expect(yield* launched("--", "-p", "--", "-x")).toEqual(["arg -p", ...channel, "arg --", "arg -x"])
    })
  )

  for (const [way, command] of Object.entries(ways)) {
    it.live(
      `ends as claude ends, and reads and writes where it does (${way})`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        putClaude(home, `cat; echo "to stderr" >&2; exit 7`)
        const outcome = yield* Effect.promise(() =>
          run(["sh", "-c", `echo hello | ${command.join(" ")} launch alice`], {
            env: { HOME: home, PATH: pathOf(home) }
          })
        )
        expect(outcome).toEqual({ code: 7, stdout: "hello\n", stderr: "to stderr\n" })
      })
    )

    it.live(
      `hands signals on (${way})`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        putClaude(home, `trap 'echo got TERM; exit 9' TERM; echo ready; while :; do sleep 0.05; done`)
        const [first = "", ...args] = [...command, "launch", "alice"]
        const child = spawn(first, args, { env: { HOME: home, PATH: pathOf(home) } })
        let said = ""
        child.stdout.on("data", (chunk) => {
          said += chunk
          if (String(chunk).includes("ready")) child.kill("SIGTERM")
        })
        const [code] = yield* Effect.promise(() => once(child, "close"))
        expect({ code, said }).toEqual({ code: 9, said: "ready\ngot TERM\n" })
      })
    )
  }

  it.live(
    "gives claude the terminal, with Ctrl-C",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      if (Bun.which("script") === null) return
      mkdirSync(join(home, "out"))
      putClaude(
        home,
        `test -t 0 && test -t 1 && echo terminal; trap 'echo interrupted; exit 5' INT; echo ready; while :; do sleep 0.05; done`
      )
      const log = join(home, "out/log")
      const child = spawn("script", ["-qefc", `exec ${program} launch alice`, log], {
        env: { HOME: home, PATH: pathOf(home), SHELL: "/bin/sh", TERM: "dumb" }
      })
      child.stdout.on("data", (chunk) => {
        if (String(chunk).includes("ready")) child.stdin.write("\u0003")
      })
      const [code] = yield* Effect.promise(() => once(child, "close"))
      expect(code).toBe(5)
      expect(readFileSync(log, "utf8")).toMatch(/terminal[\s\S]*ready[\s\S]*interrupted/)
    })
  )

  it.live(
    "says what is missing or wrong, and starts nothing then",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const none = yield* ccdm(home, ["launch", "alice"])
      expect(none).toMatchObject({ code: 1, stdout: "" })
      expect(none.stderr).toContain("there is no claude on your PATH")
      putClaude(home, telling)
      for (const [args, words] of [
        [["launch"], "missing required argument: name"],
        [["launch", "all"], "the name"],
        [["launch", "alice", "--role", "a!b"], "--role"],
        [["launch", "alice", "--resume"], "there is no flag --resume"],
        [["launch", "alice", "--resume"], "cc-dm launch NAME -- --resume ..."],
        [["launch", "alice", "-c"], "A flag of the agent's own stands behind --"],
        [["launch", "alice", "--approver", "a!b"], "--approver"],
        [["launch", "alice", "--agent", "codex", "--relay"], "--relay and --approver are for Claude Code"]
      ] as const) {
        const outcome = yield* ccdm(home, args)
        expect(outcome).toMatchObject({ code: 2, stdout: "" })
        expect(outcome.stderr).toContain(words)
      }
    })
  )

  it.live(
    "switches the permission relay on, for one who is asked, with the channel that it needs",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const on = { CC_DM_SESSION_NAME: "alice", CC_DM_PERMISSION_RELAY: "1" }
      expect(linesOf((yield* ccdm(home, ["launch", "alice", "--relay"])).stdout)).toEqual([
        ...settings(on),
        ...channel
      ])
      for (const approver of ["planner", "@me"])
        expect(linesOf((yield* ccdm(home, ["launch", "alice", "--approver", approver])).stdout)).toEqual([
          ...settings({ ...on, CC_DM_PERMISSION_APPROVER: approver }),
          ...channel
        ])
    })
  )

  it.live(
    "starts nothing under a name that somebody has, or one that looks like it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putClaude(home, telling)
      const holder = yield* startReady({ home, env: named("alice") })
      yield* ccdm(home, ["inbox", "--name", "ci"])
      for (const [name, words] of [
        ["Alice", 'has the name "alice" already'],
        ["\u0430lice", 'has the name "alice", which looks like "\u0430lice" (with U+0430)'],
        ["ci", 'somebody at the command line has the name "ci" already']
      ] as const) {
        const taken = yield* ccdm(home, ["launch", name])
        expect(taken).toMatchObject({ code: 5, stdout: "" })
        expect(taken.stderr).toContain(words)
      }
      // One that was killed has its name no more, though the roster still shows it.
      yield* holder.kill("SIGKILL")
      yield* holder.ended
      expect((yield* ccdm(home, ["launch", "alice"])).stdout).toContain("arg --settings")
    })
  )

  it.live(
    "says that the plugin is missing, and how to install it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putProgram(home, "claude", telling)
      const missing = yield* ccdm(home, ["launch", "alice"])
      expect(missing.code).toBe(0)
      expect(missing.stderr).toContain("The plugin is not installed, so this session will not be on the bus")
      expect(missing.stderr).toContain("  claude plugin install cc-dm@cc-dm-marketplace")
      const own = yield* ccdm(home, ["launch", "alice", "--", "--plugin-dir", "/x"])
      expect(own.stderr).toBe("")
      putClaude(home, telling, false)
      const disabled = yield* ccdm(home, ["launch", "alice"])
      expect(disabled.stderr).toContain("claude plugin enable cc-dm@cc-dm-marketplace")
    })
  )

  it.live(
    "starts Codex with a background service of its own, which ends with it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const log = join(home, "service")
      putProgram(
        home,
        "codex",
        `if [ "$1" = app-server ]; then
          trap 'echo ended >>"${log}"; exit 0' TERM
          echo "$CC_DM_SESSION_NAME" >"${log}"
          : >"\${3#unix://}"
          while :; do sleep 0.05; done
        fi
        ${telling}
        exit 7`
      )
      const { code, stdout } = yield* ccdm(home, [
        "launch",
        "fred",
        "--agent",
        "codex",
        "--",
        "resume",
        "--last"
      ])
      expect(code).toBe(7)
      const [remote, address, ...others] = linesOf(stdout)
      expect(remote).toBe("arg --remote")
      expect(address).toMatch(/^arg unix:\/\/.*\/codex-[0-9a-f]{12}\.sock$/)
      expect(others).toEqual(["arg resume", "arg --last", "CC_DM_SESSION_NAME=fred"])
      expect(existsSync(address?.slice("arg unix://".length) ?? "")).toBe(false)
      const said = yield* eventually(
        Effect.sync(() => readFileSync(log, "utf8")),
        (text) => text.includes("ended")
      )
      expect(said).toBe("fred\nended\n")
    })
  )

  it.live(
    "says why Codex's service does not start, and that it has no channels",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      expect((yield* ccdm(home, ["launch", "fred", "--agent", "codex"])).stderr).toContain(
        "there is no codex on your PATH"
      )
      putProgram(home, "codex", "echo 'no such flag' >&2; exit 2")
      const outcome = yield* ccdm(home, ["launch", "fred", "--agent", "codex"])
      expect(outcome).toMatchObject({ code: 1, stdout: "" })
      expect(outcome.stderr).toContain("codex app-server does not start: no such flag")
      const channel = yield* ccdm(home, ["launch", "fred", "--agent", "codex", "--channel"])
      expect(channel).toMatchObject({ code: 2, stdout: "" })
    })
  )
})
