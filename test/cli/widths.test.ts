/** What the commands that look print at a terminal: in three widths, with colours and without. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named } from "../../testkit/host/ClaudeCode.ts"
import { startSession } from "../../testkit/host/HookedSession.ts"
import { temporaryFolder } from "../support/bus.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { runIn } from "./run.ts"

const csi = "\u001b["
const text =
  "The database of the orders moves tomorrow morning, and until then nobody should write to the staging tables."

/** Commands, and a word that has to be found in what each of them prints. In a narrow window a role may be cut. */
const commandsAt = (columns: number) => [
  ["who", columns < 80 ? "planner" : "orchestrator"],
  ["log", "staging"],
  ["log --oneline", "planner"],
  ["inbox --name ci --peek", "staging"],
  ["show 1", "staging"],
  ["status", "planner"],
  ["doctor", "bun"],
  ["help send", "--expires"]
]

describe.each([40, 80, 200])("at %d columns", (columns) => {
  for (const [mode, variables] of [
    ["with colours", ""],
    ["with NO_COLOR", "NO_COLOR=1 "]
  ] as const)
    atTerminal(
      `commands say what they know, ${mode}`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const planner = yield* startSession({
          home,
          env: { ...named("planner"), CC_DM_SESSION_ROLE: "orchestrator" }
        })
        // So that the name is known.
        yield* runIn(home)(["inbox", "--name", "ci"])
        yield* planner.prompt("Tell ci.")
        yield* planner.toolBatch({ tool: "dm", input: { to: "ci", content: text } })
        yield* planner.stop
        const screen = yield* shellOn(home, { columns, rows: 200 })
        for (const [index, [command = "", word = ""]] of commandsAt(columns).entries()) {
          const done = `end of ${index}`
          yield* Effect.promise(async () => {
            enter(screen, `clear; ${variables}cc-dm ${command}; echo "end"" of ${index}"`)
            await screen.shows(done)
          })
          const shown = screen.lines().join("\n")
          // A word that is broken at the edge is whole again without the line end.
          expect([command, shown.replaceAll("\n", "").includes(word)]).toEqual([command, true])
          expect(shown).not.toContain("undefined")
          const printed = screen.coloured().slice(1).join("\n")
          if (mode === "with NO_COLOR")
            expect([command, printed.includes(`${csi}3`)]).toEqual([command, false])
        }
        // Nothing of a table is pushed into a second line, in a window of the usual width.
        if (columns >= 80) {
          yield* Effect.promise(async () => {
            enter(screen, `clear; ${variables}cc-dm who; echo "the"" end"`)
            await screen.shows("the end")
          })
          const lines = screen.lines()
          expect(
            lines.slice(
              lines.findIndex((line) => line.startsWith("NAME")),
              lines.indexOf("the end")
            ).length
          ).toBe(3)
        }
      })
    )
})
