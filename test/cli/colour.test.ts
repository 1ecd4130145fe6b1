/** Colours of the command line: where they are wanted, and that only errors are red. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { atTerminal, enter, shellOn } from "../support/screen.ts"
import { runIn } from "./run.ts"

const csi = "\u001b["
const red = "\u001b[31m"

describe("--color", () => {
  it.live(
    "decides for every command, before it and behind it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("backend") })
      expect((yield* run(["who"])).stdout).not.toContain(csi)
      for (const args of [
        ["--color", "always", "who"],
        ["who", "--color=always"]
      ])
        expect((yield* run(args, { env: { NO_COLOR: "1" } })).stdout).toContain(csi)
      const wrong = yield* run(["--color", "always", "send", "nobody", "x"])
      expect(wrong.stderr).toStartWith(red)
      expect((yield* run(["help", "--color", "always"])).stdout).toContain(csi)
      expect(yield* run(["who", "--color", "sometimes"])).toMatchObject({ code: 2, stdout: "" })
    })
  )

  atTerminal(
    "is not needed at a terminal, where a note is not red and an error is, unless NO_COLOR says otherwise",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("backend") })
      const screen = yield* shellOn(home, { columns: 120 })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm inbox --name ci; echo code $?")
        await screen.shows("code 0")
        await screen.shows("Nothing waits for ci.")
      })
      expect(screen.raw()).not.toContain(red)
      yield* Effect.promise(async () => {
        enter(
          screen,
          "clear; NO_COLOR=1 cc-dm send nobody x; cc-dm --color never send nobody x; echo code $?"
        )
        await screen.shows("code 3")
      })
      expect(screen.raw()).not.toContain(red)
      yield* Effect.promise(async () => {
        enter(screen, "clear; cc-dm send nobody x; echo code $?")
        await screen.shows("code 3")
      })
      yield* Effect.promise(() => screen.wrote(red))
    })
  )
})
