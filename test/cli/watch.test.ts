/** The live view: the built command, real servers, a real screen. */
import { describe, expect } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import type { Screen } from "../../scripts/support/Tmux.ts"
import { until } from "../../scripts/support/until.ts"
import { flooding, named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { atTerminal, enter, shellOn, withoutTerminal } from "../support/screen.ts"
import { noFile, onFile } from "../support/underTest.ts"

const asks = "notifications/claude/channel/permission_request"

const restored = (says: (format: string) => string) => says("#{alternate_on} #{cursor_flag} #{wrap_flag}")

/** Two sessions that have said three things, in which none of `chosen` stands twice. */
const talkIn = Effect.fnUntraced(function* (home: string) {
  const shop = { CC_DM_SESSION_PROJECT: "shop" }
  const planner = yield* startReady({
    home,
    env: { ...named("planner", shop), CC_DM_SESSION_ROLE: "orchestrator" }
  })
  const backend = yield* startReady({ home, env: named("backend", shop) })
  const thread_id = "currency"
  yield* planner.call("dm", { to: "backend", content: "First, the currency.", thread_id })
  yield* backend.call("dm", { to: "planner", content: "Second, it is done.", thread_id })
  yield* planner.call("dm", { to: "backend", content: "Third, thank you." })
  return { planner, backend }
})

/** The line of a list that is chosen holds a word. */
const chosen = (word: string) => new RegExp(`› [^\n]*${word}`)

/** Waits until the terminal's own cursor shows in a column of a line, or with `undefined` nowhere: it is put there behind the text. */
const cursorIs = ({ lines, says }: Screen, line: string | undefined, column = 0) =>
  until(`cursor at "${line}"`, () => {
    const [flag, x, y] = says("#{cursor_flag} #{cursor_x} #{cursor_y}").split(" ").map(Number)
    if (line === undefined) return flag === 0 || undefined
    return (flag === 1 && x === column && lines()[y ?? 0] === line) || undefined
  })

describe.each([
  [80, 24],
  [200, 60]
])("watch at %d x %d", (columns, rows) => {
  atTerminal(
    "does with each key what its help says",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { planner } = yield* talkIn(home)
      const screen = yield* shellOn(home, { columns, rows })
      const { press, shows, showsNot, type } = screen
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch; echo code $?")
        await shows("Messages  3 of 3")
        await shows(/● planner {2}orchestrator {2}/)
        await shows(chosen("Third"))
        await cursorIs(screen, undefined)

        for (const [key, word] of [
          ["Up", "Second"],
          ["k", "First"],
          ["j", "Second"],
          ["Down", "Third"],
          ["PPage", "First"],
          ["NPage", "Third"],
          ["g", "First"],
          ["G", "Third"],
          ["Home", "First"],
          ["End", "Third"]
        ] as const) {
          press(key)
          await shows(chosen(word))
        }

        press("Enter")
        await showsNot("On the bus")
        await shows("── Message 3  planner → backend  pushed")
        press("Escape")
        await shows("On the bus")

        press("t")
        await shows("Between planner and backend  3 of 3")
        press("Escape")
        await shows("Messages  3 of 3")
        press("Up", "t")
        await shows("Thread currency  2 of 2")
        press("Escape")
        await shows("Messages  2 of 3")

        type("/ FIRST")
        await shows(">  FIRST")
        press("Home", "DC", "End", "Enter")
        await shows(chosen("First"))
        press("n")
        await shows('No older message holds "FIRST".')
        press("N")
        await shows('No newer message holds "FIRST".')
        type("/")
        await shows("── Search")
        press("Escape")
        await showsNot("── Search")

        type("p")
        await shows("project shop")
        type("p")
        await shows("all projects")
        type("a")
        await shows("No permission request waits.")
        type("d")
        await shows("No permission request waits.")

        press("Tab")
        await shows(chosen("● planner"))
        press("Down")
        await shows(chosen("● backend"))
        press("Enter")
        await shows("── To backend ─")
        press("Escape")
        await showsNot("── To backend")
        press("Tab")
        await showsNot("› ●")
        type("s")
        await shows("Write to whom?")
        press("Up", "Enter")
        await shows("── To planner ─")
        type("ac")
        press("Left")
        type("b")
        await shows("> abc")
        await cursorIs(screen, "> abc", 4)
        press("C-u", "C-k")
        await showsNot("> abc")
        press("Escape")
        await showsNot("── To planner")
        await cursorIs(screen, undefined)

        type("?")
        await shows("the next panel: messages, roster, requests")
        press("Escape")
        await shows("On the bus")
        // A message from planner, which the answer goes to.
        press("g", "r")
        await shows("── To planner, in answer to message 1, thread currency ─")
        type("Is it 漢字?")
        press("Left", "BSpace", "Enter")
        await shows('Sent as message 4 to "planner".')
        await shows(chosen("ada-cli → planner .*Is it 漢\\?"))
        type("q")
        await shows("code 0")
      })
      expect((yield* planner.next).params).toMatchObject({ content: "Second, it is done." })
      expect((yield* planner.next).params).toMatchObject({
        content: "Is it 漢?",
        meta: { thread_id: "currency", reply_to: "1" }
      })
    })
  )
})

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
      yield* Effect.promise(() => screen.shows(/planner → backend pushed {2}Please add the /))

      // Escape sequences, and characters that reorder, reach the terminal as their code points alone.
      yield* dm("\u001b[2J\u001b]0;owned\u0007 \u202edone 漢字")
      yield* Effect.promise(async () => {
        await screen.shows("\\u{1b}[2J")
        screen.press("Enter")
        await screen.shows("\\u{1b}]0;owned\\u{7} \\u{202e}done 漢字")
        await screen.shows("Message 2  planner → backend")
        screen.press("Escape")
        await screen.shows("On the bus")
      })
      expect(screen.raw()).not.toMatch(/\u001b\[2J.*owned|\u001b\]0;owned|\u202e/s)

      yield* Effect.promise(async () => {
        screen.resize(60, 18)
        await screen.shows(/^── On the bus ─{46}$/m)
        screen.resize(140, 40)
        await screen.shows(/^── On the bus ─{28} ── Messages .*─$/m)
        await screen.shows("In the API.")
        screen.resize(40, 10)
        await screen.shows(/^planner→backend › |^› planner→backend › /m)
        screen.resize(110, 24)
        await screen.shows(/^── On the bus ─{26} ── Messages/m)
        screen.type("q")
        await screen.shows("code 0")
        await screen.shows("before")
        expect(restored(screen.says)).toBe("0 1 1")
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
    "keeps every line in its place, whatever is written, at 80 x 24 and 40 x 10",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      yield* startReady({ home, env: named("backend") })
      const texts = [
        "\u001b[31m\u001b[10;10Hred\u009b2J",
        "漢字かな交じり文".repeat(20),
        `e${"\u0301".repeat(200)} with accents`,
        "👨‍👩‍👧‍👦👩🏽‍🚀🇩🇪☹️".repeat(20),
        "\u2066\u202eright\u2069 שלום עולם مرحبا",
        "\u200b\u00ad\ufeff a\r\nb\tc\u0000"
      ]
      for (const content of texts) yield* planner.call("dm", { to: "backend", content })
      const screen = yield* shellOn(home, { columns: 80, rows: 24 })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows("Messages  6 of 6")
        const isWhole = (rows: number) => {
          const lines = screen.lines()
          expect(lines).toHaveLength(rows)
          expect(lines[0]).toStartWith(" cc-dm   2 on the bus")
          expect(lines.at(-1)).toStartWith(" ? help")
        }
        for (const [columns, rows] of [
          [80, 24],
          [40, 10]
        ] as const) {
          screen.resize(columns, rows)
          await screen.shows(new RegExp(`^── Messages  \\d of 6 ─{${columns - 20}}$`, "m"))
          for (let at = 6; at >= 1; at--) {
            await screen.shows(`Messages  ${at} of 6`)
            await screen.shows(`── Message ${at}  planner`)
            isWhole(rows)
            // Each line of the list begins where it should.
            const list = screen
              .lines()
              .filter((line) => /^(› | {2})(\d\d:\d\d )?planner ?→ ?backend/.test(line))
            expect(list).toHaveLength(Math.min(6, rows === 24 ? 6 : 4))
            screen.press("Up")
          }
          screen.press("G")
          await screen.shows("Messages  6 of 6")
        }
      })
    })
  )

  atTerminal(
    "pages to the oldest of 1,000 messages, finds words in all of them, and comes back to the newest",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: { ...named("planner"), ...flooding } })
      yield* startReady({ home, env: { ...named("backend"), ...flooding } })
      yield* Effect.forEach(
        Array.from({ length: 1_000 }, (_, index) => `Number ${index + 1}${index === 4 ? ", Needle" : ""}.`),
        (content) => planner.call("dm", { to: "backend", content }),
        { concurrency: "unbounded" }
      )
      const { all } = yield* outsider(home)
      const [first] = yield* all("SELECT content FROM messages ORDER BY id LIMIT 1")
      const screen = yield* shellOn(home, { columns: 80, rows: 24 })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows("Messages  1000 of 1000")
        screen.press("g")
        await screen.shows("Messages  1 of 1000")
        await screen.shows(chosen(String(first?.["content"])))
        screen.press("G")
        await screen.shows("Messages  1000 of 1000")
        // Page by page: each shows others than the one before, up to the first.
        let at = 1_000
        while (at > 1) {
          screen.press("PPage")
          await screen.showsNot(`Messages  ${at} of`)
          await screen.shows(/Messages {2}\d+ of 1000/)
          const [, position] = /Messages {2}(\d+) of 1000/.exec(screen.lines().join("\n")) ?? []
          expect(Number(position)).toBeLessThan(at)
          at = Number(position)
        }
        await screen.shows(chosen(String(first?.["content"])))
        screen.press("G")
        await screen.shows("Messages  1000 of 1000")
        screen.type("/needle")
        screen.press("Enter")
        await screen.shows(chosen("Number 5, Needle"))
        screen.type("n")
        await screen.shows('No older message holds "needle".')
      })
    })
  )

  atTerminal(
    "says in whole lines what went wrong, and keeps what was typed",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const planner = yield* startReady({ home, env: named("planner") })
      yield* startReady({ home, env: named("backend") })
      yield* planner.call("dm", { to: "backend", content: "Is it done?" })
      const screen = yield* shellOn(home, { columns: 40, rows: 16 })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows(chosen("Is it done"))
        screen.type("r")
        await screen.shows("── To planner, in answer to message 1 ─")
        screen.type("x")
        await screen.shows("> x")
      })
      yield* planner.closeStdin
      yield* planner.ended
      yield* Effect.promise(async () => {
        screen.press("Enter")
        await screen.shows(/nobody called[\s\S]*is on the bus,[\s\S]*so nothing was sent/)
        await screen.shows("> x")
        expect(screen.lines().join("\n")).not.toContain("nothing was sent…")
      })
    })
  )

  atTerminal(
    "takes a paste as text, whether the terminal marks it or not",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const backend = yield* startReady({ home, env: named("backend") })
      const screen = yield* shellOn(home, { columns: 80, rows: 24 })
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch")
        await screen.shows("● backend")
        // Where nothing is typed, it presses no keys.
        screen.type("\u001b[200~q\u001b[201~")
        screen.press("s", "Enter")
        await screen.shows("── To backend")
        screen.type("\u001b[200~one\n\u001b[31mtwo\n\u001b[201~")
        await screen.shows("> one")
        await screen.shows("  \\u{1b}[31mtwo")
        screen.type("three\rfour")
        await screen.shows("  four")
        screen.press("Enter")
        await screen.shows('Sent as message 1 to "backend".')
      })
      expect((yield* backend.next).params).toMatchObject({ content: "one\n\\u{1b}[31mtwo\nthree\nfour" })
    })
  )

  atTerminal(
    "has no colours with NO_COLOR or --color never, and marks what is chosen all the same",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* talkIn(home)
      const coloured = /\u001b\[(?:[\d;]*;)?(?:3[0-7]|9[0-7]|38;[\d;]+)m/
      const screen = yield* shellOn(home, { columns: 80, rows: 24 })
      yield* Effect.promise(async () => {
        for (const command of ["NO_COLOR=1 cc-dm watch", "cc-dm watch --color never"]) {
          enter(screen, `clear; ${command}; echo code $?`)
          await screen.shows(chosen("Third"))
          screen.press("Up")
          await screen.shows(chosen("Second"))
          expect(screen.coloured().join("\n")).not.toMatch(coloured)
          screen.type("q")
          await screen.shows("code 0")
          expect(screen.raw()).not.toMatch(coloured)
        }
        for (const command of ["cc-dm watch", "NO_COLOR=1 cc-dm --color always watch"]) {
          enter(screen, `clear; ${command}; echo code $?`)
          await screen.shows(chosen("Third"))
          expect(screen.coloured().join("\n")).toMatch(coloured)
          screen.type("q")
          await screen.shows("code 0")
        }
      })
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
    "shows one project at a time",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const shop = yield* startReady({ home, env: named("shop-1", { CC_DM_SESSION_PROJECT: "shop" }) })
      yield* startReady({ home, env: named("shop-2", { CC_DM_SESSION_PROJECT: "shop" }) })
      yield* startReady({ home, env: named("blog-1", { CC_DM_SESSION_PROJECT: "blog" }) })
      yield* shop.call("dm", { to: "shop-2", content: "Only here." })
      const screen = yield* shellOn(home)
      yield* Effect.promise(async () => {
        enter(screen, "cc-dm watch --project blog")
        await screen.shows("project blog")
        await screen.shows("● blog-1")
        await screen.shows("Nothing was said yet.")
        screen.type("p")
        await screen.shows("● shop-1")
        await screen.showsNot("● blog-1")
        await screen.shows("Messages  1 of 1")
        screen.type("p")
        await screen.shows("all projects")
        await screen.shows("● blog-1")
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
        expect(restored(screen.says)).toBe("0 1 1")
        enter(screen, "clear; sh -c 'echo $$ > pid; exec cc-dm watch'; echo second $?")
        await screen.shows("● planner")
        process.kill(Number(readFileSync(join(home, "pid"), "utf8")), "SIGTERM")
        await screen.shows(/second \d+/)
        expect(restored(screen.says)).toBe("0 1 1")
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
