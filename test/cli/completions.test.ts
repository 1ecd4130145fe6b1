/** Completions in the shells themselves: commands, flags, and what is on the bus. */
import { describe, expect } from "bun:test"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { run } from "../../scripts/support/run.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { where } from "../support/where.ts"
import { ccdm, pathOf, program } from "./command.ts"

const withSessions = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const planner = yield* startReady({
    home,
    env: named("planner", { CC_DM_SESSION_ROLE: "orchestrator", CC_DM_SESSION_PROJECT: "shop" })
  })
  yield* startReady({ home, env: named("backend", { CC_DM_SESSION_PROJECT: "shop" }) })
  yield* planner.call("dm", { to: "backend", content: "Please\nlook $(touch ran)" })
  return { home, planner }
})

/** What is offered for the last word. */
const offered = (home: string, shell: string, ...words: ReadonlyArray<string>) =>
  Effect.map(ccdm(home, ["__complete", shell, ...words]), ({ stdout }) =>
    stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t")[0])
  )

describe("what is offered", () => {
  it.live(
    "is on the bus: names, people, projects, numbers and requests, where each belongs",
    Effect.gen(function* () {
      const { home } = yield* withSessions
      yield* ccdm(home, ["inbox", "--name", "ci"])
      const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
      const worker = yield* startReady({ home, env: named("worker", relay) })
      yield* worker.notify("notifications/claude/channel/permission_request", {
        request_id: "abcde",
        tool_name: "Bash",
        description: "",
        input_preview: ""
      })
      yield* worker.call("who")
      for (const [words, values] of [
        [["send", "pl"], ["planner"]],
        [["send", "planner", "text", "--from", ""], ["ci"]],
        [["send", "--type", "ques"], ["question"]],
        [["send", "--type=ques"], ["--type=question"]],
        [["who", "--project", ""], ["shop"]],
        [["approve", ""], ["abcde"]],
        [["help", "bus", "i"], ["init"]],
        [["help", "doc"], ["doctor"]],
        [["bus", "i"], ["init"]],
        [["launch", ""], []],
        [["launch", "x", "--", "--r"], []],
        [["nothing", ""], []]
      ] as const)
        expect({ words, values: yield* offered(home, "zsh", ...words) }).toEqual({
          words,
          values: [...values]
        })
      expect(yield* offered(home, "bash", "send", "--type", "=", "ques")).toEqual(["question"])
    })
  )

  it.live(
    "is nothing that a shell could read something into, and makes no bus",
    Effect.gen(function* () {
      const { home } = yield* withSessions
      const { run: change } = yield* outsider(home)
      yield* change("UPDATE sessions SET name = ? WHERE name = 'backend'", "$(touch ran)")
      yield* change("UPDATE sessions SET role = ? WHERE name = 'planner'", "a\tb\n\u001b[31m")
      const { stdout } = yield* ccdm(home, ["__complete", "zsh", "send", ""])
      expect(stdout).toBe("planner\ta b \\u{1b}[31m, shop\n")
      const empty = yield* temporaryFolder
      expect(yield* offered(empty, "zsh", "send", "")).toEqual([])
    })
  )
})

/** The first lines that help shows for each shell. */
const lines = {
  bash: ['eval "$(cc-dm completions bash)"', ".bashrc"],
  zsh: ["source <(cc-dm completions zsh)", ".zshrc"],
  fish: ["cc-dm completions fish | source", ".config/fish/config.fish"]
} as const

describe("in a shell of a fresh home", () => {
  const environmentOf = (home: string) => ({
    HOME: home,
    USER: "ada",
    PATH: `${dirname(program)}:${pathOf(home)}`,
    ...busVariables(home)
  })
  const furnish = (home: string, shell: keyof typeof lines) => {
    const [line, file] = lines[shell]
    mkdirSync(dirname(join(home, file)), { recursive: true })
    writeFileSync(join(home, file), `${line}\n${shell === "fish" ? "" : "PS1='ready> '\n"}`)
  }

  where("it needs fish", Bun.which("fish") === null ? "not on the PATH" : undefined)(
    "fish completes commands, names and numbers, and says what they are",
    Effect.gen(function* () {
      const { home } = yield* withSessions
      furnish(home, "fish")
      const completed = (line: string) =>
        Effect.map(
          Effect.promise(() =>
            run(["fish", "-c", `complete -C '${line}'`], { cwd: home, env: environmentOf(home) })
          ),
          ({ stderr, stdout }) => ({ stdout, stderr })
        )
      expect(yield* completed("cc-dm doc")).toEqual({
        stdout: "doctor\tCheck for common problems, and say how to fix them\n",
        stderr: ""
      })
      expect((yield* completed("cc-dm send pl")).stdout).toBe("planner\torchestrator, shop\n")
      expect((yield* completed("cc-dm send --type=q")).stdout).toBe("--type=question\n")
    })
  )

  for (const shell of ["bash", "zsh"] as const)
    where(
      `it needs ${shell}`,
      Bun.which(shell) === null ? "not on the PATH" : undefined,
      atTerminal
    )(
      `${shell} completes what is typed`,
      Effect.gen(function* () {
        const { home } = yield* withSessions
        furnish(home, shell)
        const screen = yield* shellOn(home, { env: environmentOf(home) })
        yield* Effect.promise(async () => {
          enter(screen, shell === "bash" ? `exec bash --rcfile "$HOME/.bashrc"` : "exec zsh")
          await screen.shows("ready>")
          // The shell itself puts a blank behind a word that is complete.
          screen.type("cc-dm stat\t--form\t")
          await screen.shows("cc-dm status --format")
          screen.type("\u0003")
          // What is typed before the shell has its terminal again is not for it to complete.
          await screen.shows(/^ready>$/m)
          screen.type("cc-dm send pl\t")
          await screen.shows("cc-dm send planner")
          screen.type(" --type=ques\t")
          await screen.shows("--type=question")
        })
      })
    )
})
