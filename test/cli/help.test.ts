/** Help, errors of use, completions, and the commands that start another built file. */
import { describe, expect } from "bun:test"
import { symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { run } from "../../scripts/support/run.ts"
import { version } from "../../src/version.ts"
import { named, plugin, start, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { binOf, ccdm, pathOf, program } from "./command.ts"

/** The commands, as help lists them. */
const commandsIn = (help: string): ReadonlyArray<string> =>
  (/SUBCOMMANDS\n([\s\S]*?)\n(?:\n|EXAMPLES)/.exec(help)?.[1] ?? "")
    .split("\n")
    .map((line) => line.trim().split(/[\s,]+/)[0] ?? "")

const listed = (home: string) => Effect.map(ccdm(home, ["help"]), ({ stdout }) => commandsIn(stdout))

describe("help", () => {
  it.live(
    "lists the commands, and shows examples of each",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const commands = yield* listed(home)
      for (const name of ["who", "launch", "doctor", "demo", "serve", "help", "completions"])
        expect(commands).toContain(name)
      for (const name of commands) {
        const { code, stderr, stdout } = yield* ccdm(home, ["help", name])
        expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" })
        expect(stdout).toContain(`cc-dm ${name}`)
        expect(stdout).toMatch(/EXAMPLES\n[\s\S]*cc-dm /)
        expect((yield* ccdm(home, [name, "--help"])).stdout).toBe(stdout)
      }
    })
  )

  it.live(
    "is what cc-dm alone says where there is no bus; where there is one, that is the roster",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { stdout: help } = yield* ccdm(home, ["help"])
      expect(yield* ccdm(home, [])).toEqual({ code: 0, stdout: help, stderr: "" })
      yield* startReady({ home, env: named("alice") })
      const { stdout } = yield* ccdm(home, [])
      expect(stdout).toMatch(/NAME[\s\S]*alice/)
    })
  )

  it.live(
    "prints the version",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { code, stdout } = yield* ccdm(home, ["--version"])
      expect({ code, stdout }).toEqual({ code: 0, stdout: `cc-dm v${version}\n` })
    })
  )

  it.live(
    "answers wrong use in two lines on stderr, with what may have been meant",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      for (const [args, error, hint] of [
        [["whom"], 'there is no command "whom"; did you mean who?', "cc-dm help"],
        [["doctor", "--jsno"], "there is no flag --jsno; did you mean --json?", "cc-dm help doctor"],
        [["who", "--project"], "missing value for flag --project. Expected: string", "cc-dm help who"],
        [["serve", "x"], 'unexpected positional argument: "x"', "cc-dm help serve"]
      ] as const)
        expect(yield* ccdm(home, args)).toEqual({
          code: 2,
          stdout: "",
          stderr: `cc-dm: ${error}\nTry: ${hint}\n`
        })
      expect(yield* ccdm(home, ["help", "doktor"])).toEqual({
        code: 2,
        stdout: "",
        stderr: 'cc-dm: there is no command "doktor"; did you mean doctor?\n'
      })
    })
  )
})

describe("words that people try", () => {
  it.live(
    "stand for commands, or lead to them",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const who = yield* ccdm(home, ["help", "who"])
      expect(yield* ccdm(home, ["help", "ls"])).toEqual(who)
      expect(yield* ccdm(home, ["ps", "--help"])).toEqual(who)
      expect((yield* ccdm(home, ["--color", "never", "dm", "--help"])).stdout).toContain("cc-dm send")
      expect((yield* ccdm(home, ["tail", "--help"])).stdout).toContain("cc-dm log")
      expect((yield* ccdm(home, ["version"])).stdout).toBe(`cc-dm v${version}\n`)
      for (const [word, command] of [
        ["message", "send"],
        ["history", "log"],
        ["answer", "reply"],
        ["whom", "who"]
      ])
        for (const args of [[word ?? ""], ["help", word ?? ""]])
          expect((yield* ccdm(home, args)).stderr).toContain(
            `there is no command "${word}"; did you mean ${command}?`
          )
    })
  )

  it.live(
    "need quotes where they are a text, and --wait a time: the whole command line is shown, put right",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      for (const [args, said] of [
        [["send", "bob", "hello", "world"], 'the text has to be in quotes: cc-dm send bob "hello world"'],
        [
          ["dm", "bob", "it", "costs", "$5", "--type", "task"],
          'the text has to be in quotes: cc-dm send bob "it costs \\$5" --type task'
        ],
        [["broadcast", "stop", "it"], 'the text has to be in quotes: cc-dm broadcast "stop it"'],
        [["ask", "bob", "how", "many?"], 'the text has to be in quotes: cc-dm ask bob "how many?"'],
        [
          ["send", "bob", "hello", "--type", "task", "world"],
          'the text has to be in quotes: cc-dm send NAME "the text"'
        ],
        [
          ["send", "bob", "--wait", "90", "hello"],
          "--wait takes a span of time, such as 30s: cc-dm send bob --wait 30s hello"
        ],
        [
          ["send", "bob", "--wait", "soon", "hello you"],
          '--wait takes a span of time, such as 30s: cc-dm send bob --wait 30s "hello you"'
        ],
        [["send", "bob", "hi", "--wait=soon"], "at most 30 days, such as: cc-dm send bob hi --wait=30s"],
        [["send", "bob", "\u001b[2J", "x"], 'the text has to be in quotes: cc-dm send NAME "the text"']
      ] as const) {
        const { code, stderr, stdout } = yield* ccdm(home, args)
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
        expect(stderr).toContain(said)
        expect(stderr).toMatch(/\nTry: cc-dm help \w+\n$/)
      }
    })
  )
})

describe("completions", () => {
  /** What bash offers for a line, by the script that the command prints. */
  const offered = (home: string, ...words: ReadonlyArray<string>) =>
    Effect.promise(async () => {
      const script = `
        eval "$(${program} completions bash)"
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
        declared=$(complete -p cc-dm); call=\${declared#*-F }
        \${call%% *} cc-dm "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\\n' "\${COMPREPLY[@]}"`
      const { stdout } = await run(["bash", "--norc", "-c", script, "bash", ...words], {
        // The script asks the command for what fits.
        env: { HOME: home, PATH: `${dirname(program)}:${pathOf(home)}` }
      })
      return stdout
        .split("\n")
        .map((word) => word.trim())
        .filter((word) => word !== "")
    })

  it.live(
    "complete commands, flags and choices in bash",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      expect([...(yield* offered(home, "cc-dm", ""))].sort()).toEqual([...(yield* listed(home))].sort())
      expect(yield* offered(home, "cc-dm", "doc")).toEqual(["doctor"])
      expect(yield* offered(home, "cc-dm", "doctor", "--")).toEqual(["--json", "--fix"])
      expect(yield* offered(home, "cc-dm", "launch", "--ro")).toEqual(["--role"])
      expect(yield* offered(home, "cc-dm", "completions", "")).toEqual(["bash", "zsh", "fish"])
    })
  )

  it.live(
    "are there for these three shells, and for nothing else",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      expect((yield* ccdm(home, ["completions", "powershell"])).code).toBe(2)
    })
  )
})

describe("the command", () => {
  it.live(
    "serves a session, also where its built file is called directly",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      for (const command of [
        [program, "serve"],
        ["bun", join(plugin, "dist/cc-dm.js"), "serve"]
      ]) {
        const server = yield* start({ home, command, env: named("alice") })
        expect((yield* server.initialize).result).toMatchObject({ serverInfo: { name: "cc-dm", version } })
        expect((yield* server.call("who")).isError).toBe(false)
        yield* server.closeStdin
        expect(yield* server.ended).toMatchObject({ code: 0 })
      }
    })
  )

  it.live(
    "plays the demo, from a link to it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      symlinkSync(program, join(binOf(home), "cc-dm"))
      const { code, stderr, stdout } = yield* Effect.promise(() =>
        run(["cc-dm", "demo"], { cwd: home, env: { HOME: home, PATH: pathOf(home) } })
      )
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toContain("Everything arrived.")
    })
  )

  it.live(
    "says what it needs where there is no Bun",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { code, stderr } = yield* ccdm(home, ["who"], { PATH: "/usr/bin:/bin" })
      if (Bun.which("bun", { PATH: "/usr/bin:/bin" }) !== null) return
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: "cc-dm: needs Bun 1.3 or later on your PATH: https://bun.sh\n"
      })
    })
  )
})
