/** The live view: the built command, real servers, a real screen. */
import { describe, expect } from "bun:test"
import { Effect } from "effect"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn, withoutTerminal } from "../support/screen.ts"
import { noFile, onFile } from "../support/underTest.ts"

const asks = "notifications/claude/channel/permission_request"

const restored = (says: (format: string) => string) => says("#{alternate_on} #{cursor_flag}")

describe("watch", () => {
  atTerminal(
    "shows the roster and messages as they come, survives a resize, and leaves the terminal as it was",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      yield* startReady({ home, env: named("backend") })
      const screen = yield* shellOn(home, { columns: 110, rows: 24 })
      const dm = (content: string) => planner.call("dm", { to: "backend", content })
      yield* Effect.promise(async () => {
        enter(screen, "echo before; cc-dm watch; echo code $?")
        await screen.shows("On the bus")
        await screen.shows("● planner")
        await screen.shows("● backend")
        expect(screen.says("#{alternate_on}")).toBe("1")
      })
      yield* dm("Please add the currency.\nIn the API.")
      yield* Effect.promise(() => screen.shows(/planner → backend Please add the .* pushed/))

      // Escape sequences, and characters that reorder, reach the terminal as their code points alone.
      yield* dm("\u001b[2J\u001b]0;owned\u0007 \u202edone 漢字")
      yield* Effect.promise(async () => {
        await screen.shows("\\u{1b}[2J")
        screen.press("Enter")
        await screen.shows("\\u{1b}]0;owned\\u{7} \\u{202e}done 漢字")
        await screen.shows("Message 2: planner → backend")
        screen.press("Escape")
        await screen.shows("On the bus")
      })
      expect(screen.raw()).not.toMatch(/\u001b\[2J.*owned|\u001b\]0;owned|\u202e/s)

      yield* Effect.promise(async () => {
        screen.resize(60, 18)
        await screen.shows(/^╭─{58}╮$/m)
        screen.resize(140, 40)
        await screen.shows(/^╭─{42}╮╭─{94}╮$/m)
        await screen.shows("In the API.")
        screen.resize(110, 24)
        await screen.shows(/^╭─{33}╮╭─{73}╮$/m)
        screen.type("q")
        await screen.shows("code 0")
        await screen.shows("before")
        expect(restored(screen.says)).toBe("0 1")
        enter(screen, "clear; stty -a")
        await screen.shows(/ icanon .* echo /s)
      })
      // Every frame is one write between its marks.
      expect(screen.raw()).toContain("\u001b[?2026h")
      // Looking has left nothing on the bus.
      const { all } = yield* outsider(home)
      expect(yield* all("SELECT count(*) AS count FROM sessions")).toEqual([{ count: 2 }])
    })
  )

  atTerminal(
    "answers the request that waits after a yes, and the asking session has the verdict",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
      const worker = yield* startReady({ home, env: named("worker", relay) })
      const screen = yield* shellOn(home)
      const ask = (request_id: string) =>
        worker.notify(asks, {
          request_id,
          tool_name: "Bash",
          description: "Remove the build folder",
          input_preview: '{"command":"rm -rf build"}'
        })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows("On the bus")
      })
      yield* ask("abcde")
      yield* Effect.promise(async () => {
        await screen.shows("1 permission request waits")
        await screen.shows(/abcde {2}worker {2}Bash: Remove the build folder .* left/)
        // Both keys come as one piece: nobody has read the question.
        screen.type("ay")
        await screen.shows("Allow request abcde of worker?")
        await Bun.sleep(600)
        await screen.shows("Allow request abcde of worker?")
        screen.type("n")
        await screen.shows("Nothing was done; abcde still waits.")
      })
      expect(yield* worker.unread).toEqual([])
      yield* Effect.promise(async () => {
        screen.type("a")
        await screen.shows('{"command":"rm -rf build"}')
        await Bun.sleep(500)
        screen.type("y")
        await screen.shows("Allowed. The answer to abcde was passed on to Claude Code.")
        await screen.showsNot("permission request waits")
      })
      expect((yield* worker.next).params).toEqual({ request_id: "abcde", behavior: "allow" })
      yield* ask("bcdef")
      yield* Effect.promise(async () => {
        await screen.shows("bcdef")
        screen.type("d")
        await screen.shows("Deny request bcdef")
        await Bun.sleep(500)
        screen.type("y")
        await screen.shows("Denied.")
      })
      expect((yield* worker.next).params).toEqual({ request_id: "bcdef", behavior: "deny" })
    })
  )

  atTerminal(
    "sends what is typed, shows one project at a time, and lists its keys",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const shop = yield* startReady({ home, env: named("shop-1", { CC_DM_SESSION_PROJECT: "shop" }) })
      yield* startReady({ home, env: named("blog-1", { CC_DM_SESSION_PROJECT: "blog" }) })
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows("all projects")
        screen.type("s")
        await screen.shows("Send to whom?")
        screen.press("Enter")
        await screen.shows("To shop-1")
        screen.type("Is it done? 漢字 ")
        screen.press("BSpace", "BSpace")
        await screen.shows("Is it done? 漢█")
        screen.press("Enter")
        await screen.shows('Sent as message 1 to "shop-1".')
        await screen.shows("ada-cli → shop-1 Is it done? 漢")
      })
      expect((yield* shop.next).params).toMatchObject({ content: "Is it done? 漢" })
      yield* Effect.promise(async () => {
        screen.type("p")
        await screen.shows("project blog")
        await screen.showsNot("● shop-1")
        await screen.shows("● blog-1")
        screen.type("p")
        await screen.shows("● shop-1")
        screen.type("p?")
        await screen.shows("show one project after the other")
      })
    })
  )

  atTerminal(
    "gives the terminal back at Ctrl-C and at SIGTERM",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("planner") })
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch; echo first $?")
        await screen.shows("● planner")
        screen.press("C-c")
        await screen.shows("first 0")
        expect(restored(screen.says)).toBe("0 1")
        enter(
          screen,
          "clear; (sleep 2; kill -TERM $(cat pid)) & sh -c 'echo $$ > pid; exec cc-dm watch'; echo second $?"
        )
        await screen.shows("● planner")
        await screen.shows(/second \d+/)
        expect(restored(screen.says)).toBe("0 1")
        enter(screen, "clear; stty -a")
        await screen.shows(/ icanon .* echo /s)
      })
    })
  )

  atTerminal(
    "looks, but answers nothing, inside Claude Code",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
      const worker = yield* startReady({ home, env: named("worker", relay) })
      yield* worker.notify(asks, {
        request_id: "abcde",
        tool_name: "Bash",
        description: "x",
        input_preview: "{}"
      })
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "CLAUDECODE=1 cc-dm watch")
        await screen.shows("abcde")
        screen.type("a")
        await screen.shows("this runs inside a Claude Code session")
      })
      expect(yield* worker.unread).toEqual([])
    })
  )

  it.live(
    "says plainly where there is no terminal, and no bus",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("planner") })
      const { code, stderr, stdout } = yield* withoutTerminal(home, ["watch"])
      expect(code).toBe(5)
      expect(stderr).toContain("watch needs a terminal")
      expect(stdout).toBe("")
    })
  )

  onFile(noFile, atTerminal)(
    "makes no bus where there is none",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch; echo code $?; ls -a")
        await screen.shows("Nobody is here yet")
        await screen.shows("code 0")
      })
      expect(screen.lines().join("\n")).not.toContain(".cc-dm\n")
    })
  )
})
