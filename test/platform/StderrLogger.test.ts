/** The log: one line an entry, which drives no terminal. */
import { expect, spyOn, test } from "bun:test"
import { Effect } from "effect"
import { StderrLogger } from "../../src/platform/StderrLogger.ts"
import { drives } from "../support/nasty.ts"

test("an entry of the log is one line, and what it quotes drives no terminal", async () => {
  const written: Array<string> = []
  const spy = spyOn(console, "error").mockImplementation((text: string) => void written.push(text))
  await Effect.runPromise(
    Effect.logWarning('nobody called "x\u001b]0;owned\u0007\u202e\ncc-dm error: the disk is full"').pipe(
      Effect.provide(StderrLogger)
    )
  )
  spy.mockRestore()
  expect(written).toEqual([
    'cc-dm warn: nobody called "x\\u{1b}]0;owned\\u{7}\\u{202e} cc-dm error: the disk is full"'
  ])
  expect(written.join("\n")).not.toMatch(drives)
})
