/** What a command line of Claude Code tells. */
import { describe, expect, test } from "bun:test"
import {
  isHealthCheck,
  loadsChannel,
  serverChannels,
  skipsPermissions
} from "../../../src/hosts/claude-code/Arguments.ts"

describe("a client was started with the plugin as a channel", () => {
  test.each([
    "claude --channels plugin:cc-dm@cc-dm-marketplace",
    "claude --channels=plugin:cc-dm@cc-dm-marketplace",
    "claude --channels server:other plugin:cc-dm@somewhere",
    "claude --channels plugin:cc-dm --model opus",
    "claude --dangerously-load-development-channels plugin:cc-dm@cc-dm-marketplace",
    "claude --dangerously-load-development-channels=plugin:cc-dm@cc-dm-marketplace",
    "claude --channels server:other,plugin:cc-dm@cc-dm-marketplace"
  ])("%s", (line) => expect(loadsChannel(line.split(" "))).toBe(true))

  test.each([
    "claude",
    "claude cc-dm",
    "claude --channels",
    "claude --channels server:other",
    // A server of that name is not the plugin's.
    "claude --channels server:cc-dm",
    "claude --channels plugin:my-cc-dm@somewhere",
    "claude --channels plugin:cc-dm-two@somewhere",
    "claude --channels plugin:other --model cc-dm",
    "claude --model=cc-dm",
    "claude --plugin-dir cc-dm --channels server:other",
    "claude --channels server:other -p cc-dm",
    "claude --channels server:other -- cc-dm"
  ])("not by %s", (line) => expect(loadsChannel(line.split(" "))).toBe(false))
})

describe("a client was started to ask nobody for permissions", () => {
  test.each([
    "claude --dangerously-skip-permissions",
    "claude --permission-mode bypassPermissions",
    "claude --permission-mode=bypassPermissions",
    "claude --model opus --permission-mode=bypassPermissions -p hello"
  ])("%s", (line) => expect(skipsPermissions(line.split(" "))).toBe(true))

  test.each([
    "claude",
    "claude --permission-mode",
    "claude --permission-mode plan",
    "claude --permission-mode=acceptEdits",
    "claude --permission-mode plan bypassPermissions",
    "claude bypassPermissions",
    "claude --model=bypassPermissions"
  ])("not by %s", (line) => expect(skipsPermissions(line.split(" "))).toBe(false))
})

describe("a client only looks whether its servers start", () => {
  test.each(["claude mcp list", "node_modules/.bin/claude mcp get cc-dm", "node cli.js mcp list"])(
    "%s",
    (line) => expect(isHealthCheck(line.split(" "))).toBe(true)
  )

  test.each([
    "claude",
    "claude mcp",
    "claude mcp serve",
    "claude -p mcp list of mine",
    "claude --model mcp list",
    "mcp list"
  ])("not by %s", (line) => expect(isHealthCheck(line.split(" "))).toBe(false))
})

test("the servers that it loads as channels are named behind the flags alone", () => {
  const line = "claude -p server:no --channels server:mail,plugin:cc-dm@x server:two --model server:no"
  expect(serverChannels(line.split(" "))).toEqual(["mail", "two"])
  expect(serverChannels(["claude", "--channels=server:mail"])).toEqual(["mail"])
})
