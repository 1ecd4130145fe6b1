/** A person answers permission requests at a terminal: the built command, real servers, a real screen. */
import { describe, expect } from "bun:test"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn, withoutTerminal } from "../support/screen.ts"

const asks = "notifications/claude/channel/permission_request"
const request = (more: object = {}) => ({
  request_id: "abcde",
  tool_name: "Bash",
  description: "Remove the build folder",
  input_preview: '{"command":"rm -rf build"}',
  ...more
})
const relayed = (name: string) =>
  named(name, { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" })

/** A session that asks people, and has asked. */
const asking = (home: string, name: string, more: object = {}) =>
  Effect.gen(function* () {
    const worker = yield* startReady({ home, env: relayed(name) })
    yield* worker.notify(asks, request(more))
    // The tool's answer comes after the request was written.
    yield* worker.call("who")
    return worker
  })

describe("approve and deny", () => {
  atTerminal(
    "show the request, want a key, and say when Claude Code has the answer; no model is asked",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker", { description: "Remove \u001b[31mthe\u202e folder" })
      const peer = yield* startReady({ home, env: named("peer") })
      expect((yield* worker.call("who")).json["permission_approver"]).toMatchObject({
        approver: "@me",
        reachable: true
      })
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm approve abcde; echo code $?")
        await screen.shows("Allow it?")
        await screen.shows("Remove \\u{1b}[31mthe\\u{202e} folder")
        await screen.shows("rm -rf build")
      })
      expect(screen.raw()).not.toContain("\u001b[31mthe")
      expect(yield* worker.unread).toEqual([])
      yield* Effect.promise(async () => {
        screen.type("y")
        await screen.shows("Allowed. The answer to abcde was passed on to Claude Code.")
        await screen.shows("code 0")
      })
      expect(yield* worker.next).toMatchObject({
        method: "notifications/claude/channel/permission",
        params: { request_id: "abcde", behavior: "allow" }
      })
      // No notice waits as mail for the person, and nobody else heard of it.
      const { all } = yield* outsider(home)
      expect(yield* all("SELECT kind FROM messages WHERE kind <> 'permission_verdict'")).toEqual([])
      expect(yield* peer.unread).toEqual([])

      yield* Effect.promise(async () => {
        enter(screen, "clear; cc-dm deny abcde; echo code $?")
        await screen.shows('was already answered by "ada-cli"')
        await screen.shows("code 1")
      })
    })
  )

  atTerminal(
    "answer the request that was shown, and no other that stands in its place when the key is pressed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker")
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm approve abcde; echo code $?")
        await screen.shows("Allow it?")
      })
      yield* worker.notify(asks, request({ input_preview: '{"command":"rm -rf /"}' }))
      yield* worker.call("who")
      yield* Effect.promise(async () => {
        screen.type("y")
        await screen.shows("request abcde is not the one that was shown any more")
        await screen.shows("code 1")
      })
      expect(yield* worker.unread).toEqual([])
    })
  )

  atTerminal(
    "do nothing at any other key, and nothing by what was typed ahead",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker")
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        // The second line is typed while the first one still runs.
        enter(screen, "until [ -e go ]; do sleep 0.1; done; cc-dm approve abcde; echo code $?")
        screen.type("y")
        await screen.shows(/^y$/m)
        writeFileSync(join(home, "go"), "")
        await screen.shows("Allow it?")
        await Bun.sleep(300)
        expect(screen.lines().join("\n")).not.toMatch(/^code \d/m)
        screen.type("n")
        await screen.shows("nothing was done")
        await screen.shows("code 5")
        enter(screen, "clear; cc-dm deny abcde; echo code $?")
        await screen.shows("Deny it?")
        screen.press("C-c")
        await screen.shows("code 5")
      })
      expect(yield* worker.unread).toEqual([])
      yield* Effect.promise(async () => {
        enter(screen, "clear; echo again; cc-dm deny abcde")
        await screen.shows(/^again$.*Deny it\?/ms)
        screen.type("y")
        await screen.shows("Denied.")
      })
      expect((yield* worker.next).params).toEqual({ request_id: "abcde", behavior: "deny" })
      yield* Effect.promise(async () => {
        enter(screen, "clear; stty -a")
        await screen.shows(/ icanon .* echo /s)
      })
    })
  )

  atTerminal(
    "list what waits where the id is unknown, and ask which session where two ask under one id",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* asking(home, "first")
      const second = yield* asking(home, "second")
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm approve zzzzz; echo code $?")
        await screen.shows("these wait:")
        await screen.shows("code 3")
        enter(screen, "clear; cc-dm approve abcde; echo code $?")
        await screen.shows(`more than one session has a request abcde ("first", "second")`)
        await screen.shows("code 2")
        enter(screen, "clear; cc-dm approve abcde --session Second; echo code $?")
        await screen.shows('of session "second"')
        await screen.shows("Allow it?")
        screen.type("y")
        await screen.shows("code 0")
      })
      expect((yield* second.next).params).toEqual({ request_id: "abcde", behavior: "allow" })
      yield* Effect.promise(async () => {
        enter(screen, "clear; cc-dm approve zzzzz")
        // One waits still.
        await screen.shows("these wait:")
        enter(screen, "clear; cc-dm approve abcde; echo code $?")
        await screen.shows("Allow it?")
        screen.type("y")
        await screen.shows("code 0")
        enter(screen, "clear; cc-dm approve zzzzz")
        await screen.shows("no request waits for an answer")
      })
    })
  )

  atTerminal(
    "are refused inside Claude Code, also where the variable was taken out",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker")
      const screen = yield* shellOn(home, { columns: 250 })
      yield* Effect.promise(async () => {
        enter(screen, "CLAUDECODE=1 cc-dm approve abcde; echo code $?")
        await screen.shows("runs inside a Claude Code session")
        await screen.shows("code 5")
        if (process.platform !== "linux") return
        enter(screen, "clear; CLAUDECODE=1 sh -c 'env -u CLAUDECODE cc-dm approve abcde; echo code $?'")
        await screen.shows(/process \d+ \(sh\) was started by one/)
        await screen.shows("code 5")
        // A program by its name, which is seen in the real one as well: nothing of the environment is left.
        writeFileSync(
          join(home, "claude"),
          '#!/bin/sh\nenv -i PATH="$PATH" HOME="$HOME" cc-dm approve abcde\n'
        )
        chmodSync(join(home, "claude"), 0o755)
        enter(screen, "clear; ./claude; echo code $?")
        await screen.shows(/process \d+ \(claude\) is Claude Code/)
        await screen.shows("code 5")
      })
      expect(yield* worker.unread).toEqual([])
    })
  )

  it.live(
    "list what waits where no id is given, also without a terminal, and answer nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker")
      const listed = yield* withoutTerminal(home, ["approve"])
      expect(listed.code).toBe(0)
      expect(listed.stdout).toMatch(/^ID +SESSION +TOOL +ASKED\nabcde +worker +Bash +\d+ s ago\n$/)
      expect(listed.stderr).toContain("cc-dm approve abcde")
      expect((yield* withoutTerminal(home, ["deny"])).stdout).toMatch(/^ID .*\nabcde +worker /)
      expect(yield* worker.unread).toEqual([])
      const nothing = yield* withoutTerminal(yield* temporaryFolder, ["approve"])
      expect(nothing).toMatchObject({ code: 0, stdout: "" })
    })
  )

  it.live(
    "are refused without a terminal",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const worker = yield* asking(home, "worker")
      for (const command of ["approve", "deny"]) {
        const { code, stderr } = yield* withoutTerminal(home, [command, "abcde"])
        expect(code).toBe(5)
        expect(stderr).toMatch(/needs a terminal|inside a Claude Code session/)
      }
      expect((yield* withoutTerminal(home, ["approve", "abcde"], { CLAUDECODE: "1" })).stderr).toContain(
        "CLAUDECODE"
      )
      expect(yield* worker.unread).toEqual([])
    })
  )
})
