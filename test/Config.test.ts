/** What a command line of Claude Code tells. */
import { describe, expect, test } from "bun:test"
import { asksForChannel } from "../src/Config.ts"

describe("a client was started as a channel", () => {
  test.each([
    "claude --channels plugin:cc-dm@cc-dm-marketplace",
    "claude --channels=plugin:cc-dm@cc-dm-marketplace",
    "claude --channels server:other plugin:cc-dm@somewhere",
    "claude --channels server:cc-dm --model opus",
    "claude --dangerously-load-development-channels server:cc-dm",
    "claude --dangerously-load-development-channels=server:cc-dm",
    "claude --channels server:other,server:cc-dm"
  ])("%s", (line) => expect(asksForChannel(line.split(" "))).toBe(true))

  test.each([
    "claude",
    "claude cc-dm",
    "claude --channels",
    "claude --channels server:other",
    "claude --channels server:my-cc-dm",
    "claude --channels server:cc-dm-two",
    "claude --channels server:other --model cc-dm",
    "claude --model=cc-dm",
    "claude --plugin-dir cc-dm --channels server:other",
    "claude --channels server:other -p cc-dm",
    "claude --channels server:other -- cc-dm"
  ])("not by %s", (line) => expect(asksForChannel(line.split(" "))).toBe(false))
})
