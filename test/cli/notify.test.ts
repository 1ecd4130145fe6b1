/** What `--notify` tells, of `cc-dm listen` and of `cc-dm watch`, and what `--exec` runs: the words of others are never more than words. */
import { describe, expect } from "bun:test"
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Effect } from "effect"
import { MessageJson } from "../../src/cli/Json.ts"
import { eventually } from "../../testkit/eventually.ts"
import { type ClaudeCode, named, root, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { atTerminal, builtCommand, enter, shellOn } from "../support/screen.ts"
import { readLinesAs, startIn } from "./run.ts"

const withBackend = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const backend = yield* startReady({ home, env: named("backend") })
  return { home, backend, start: startIn(home) }
})

/** Waits until somebody listens as ci. */
const isThere = (session: ClaudeCode) =>
  eventually(session.call("who"), ({ json }) => sessionsIn(json).some(({ name }) => name === "ci"))

const until = (isSo: () => boolean) => eventually(Effect.sync(isSo), (itIs) => itIs)

/** What the desktop was told. A line is written piece by piece: it counts when it has its end. */
const toldIn = (home: string): ReadonlyArray<string> =>
  existsSync(join(home, "told")) ? readFileSync(join(home, "told"), "utf8").split("\n").slice(0, -1) : []

/** A desktop that writes down what it is given, each argument in brackets. */
const desktopIn = (home: string) => {
  const bin = join(home, "desktop")
  mkdirSync(bin)
  writeFileSync(
    join(bin, "notify-send"),
    `#!/bin/sh\n{ for one in "$@"; do printf '[%s]' "$one"; done; echo; } >> '${home}/told'\n`
  )
  chmodSync(join(bin, "notify-send"), 0o755)
  return { PATH: `${bin}:${dirname(builtCommand)}:${process.env["PATH"]}` }
}

const onLinux = process.platform === "linux"

const hostile = "$(touch ran) `touch ran` \"; touch ran; '& <b>bold</b> \u001b]9;x\u0007"

describe("listen --exec", () => {
  it.live(
    "runs the command for each message, one at a time and in order, with the message on stdin alone",
    Effect.gen(function* () {
      const { backend, home, start } = yield* withBackend
      // The first one is the slowest: it ends once the test says so.
      const command = [
        "cat > message",
        'grep -q "first" message && while [ ! -e go ]; do sleep 0.02; done',
        "cat message >> heard",
        `{ env; tr '\\0' ' ' < /proc/$$/cmdline; } >> around`
      ].join("; ")
      const listening = yield* start(["listen", "--name", "ci", "--exec", command])
      yield* isThere(backend)
      for (const content of ["first", hostile, "-n last"]) yield* backend.call("dm", { to: "ci", content })
      // What comes is shown, whether its command has been run or not.
      yield* listening.printed("-n last")
      expect(existsSync(join(home, "heard"))).toBe(false)
      writeFileSync(join(home, "go"), "")
      const heard = () => (existsSync(join(home, "heard")) ? readFileSync(join(home, "heard"), "utf8") : "")
      yield* until(() => heard().includes("-n last"))
      expect(readLinesAs(MessageJson, heard()).map(({ content, from }) => ({ content, from }))).toEqual(
        ["first", hostile, "-n last"].map((content) => ({ content, from: "backend" }))
      )
      const around = readFileSync(join(home, "around"), "utf8")
      expect(around).toContain("HOME=")
      expect(around).not.toMatch(/touch ran|-n last/)
      expect(readdirSync(home)).not.toContain("ran")
    })
  )

  it.live(
    "goes on where the command fails, and says so",
    Effect.gen(function* () {
      const { backend, home, start } = yield* withBackend
      const command = 'grep -q bad && exit 3; echo fine >> "$HOME/heard"'
      const listening = yield* start(["listen", "--name", "ci", "--exec", command, "--json"])
      yield* isThere(backend)
      for (const content of ["bad", "good"]) yield* backend.call("dm", { to: "ci", content })
      yield* until(() => existsSync(join(home, "heard")))
      yield* until(() => listening.stderr().includes("ended with exit code 3"))
      yield* listening.printed('"good"')
      expect(readLinesAs(MessageJson, listening.stdout()).map(({ content }) => content)).toEqual([
        "bad",
        "good"
      ])
    })
  )

  it.live(
    "ends with --once when the command has ended, whose output is not its own",
    Effect.gen(function* () {
      const { backend, start } = yield* withBackend
      const listening = yield* start([
        "listen",
        "--name",
        "ci",
        "--once",
        "--exec",
        "echo done; sleep 0.1; echo more"
      ])
      yield* isThere(backend)
      yield* backend.call("dm", { to: "ci", content: "hello" })
      const { code, stderr, stdout } = yield* listening.ended
      expect(code).toBe(0)
      expect(stdout).not.toContain("more")
      expect(stderr).toContain("done\nmore")
    })
  )
})

describe("listen --notify", () => {
  it.live(
    "tells the desktop of messages and of permissions, in words that are nothing else",
    Effect.gen(function* () {
      if (!onLinux) return
      const { backend, home, start } = yield* withBackend
      const listening = yield* start(["listen", "--name", "ci", "--notify"], { env: desktopIn(home) })
      yield* isThere(backend)
      const told = () => toldIn(home)
      yield* backend.call("dm", { to: "ci", content: `${hostile}\n--two` })
      yield* until(() => told().length > 0)
      expect(told()).toEqual([
        "[--app-name=cc-dm][--][cc-dm: backend][$(touch ran) `touch ran` \"; touch ran; '&amp; &lt;b&gt;bold&lt;/b&gt; \\u{1b}]9;x\\u{7} --two]"
      ])
      const relay = { CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: "@me" }
      const worker = yield* startReady({ home, env: named("worker", relay) })
      yield* worker.notify("notifications/claude/channel/permission_request", {
        request_id: "abcde",
        tool_name: "Bash",
        description: "",
        input_preview: ""
      })
      yield* until(() => told().length > 1)
      expect(told()[1]).toBe("[--app-name=cc-dm][--][cc-dm: permission for worker][Bash]")
      yield* until(() =>
        listening.stderr().includes('"worker" asks for a permission (Bash): cc-dm approve abcde')
      )
      // Nothing is told twice.
      yield* backend.call("dm", { to: "ci", content: "again" })
      yield* until(() => told().length > 2)
      expect(told()).toHaveLength(3)
      expect(readdirSync(home)).not.toContain("ran")
    })
  )

  atTerminal(
    "rings the bell and tells the terminal, also where messages go into a pipe",
    Effect.gen(function* () {
      const { backend, home } = yield* withBackend
      const screen = yield* shellOn(home, { env: desktopIn(home) })
      enter(screen, "cc-dm listen --name ci --notify --once | cat; echo code $?")
      yield* isThere(backend)
      yield* backend.call("dm", { to: "ci", content: "come\u001b\\ here" })
      yield* Effect.promise(() => screen.shows("code 0"))
      yield* Effect.promise(() => screen.wrote("\u0007\u001b]9;cc-dm: backend: come\\u{1b}\\ here\u0007"))
    })
  )
})

describe("watch --notify", () => {
  atTerminal(
    "tells of what comes while it is open, once, and not of what waited before",
    Effect.gen(function* () {
      if (!onLinux) return
      const { backend, home, start } = yield* withBackend
      yield* (yield* start(["inbox"])).ended
      yield* backend.call("dm", { to: "ada-cli", content: "before" })
      const screen = yield* shellOn(home, { env: desktopIn(home) })
      enter(screen, "cc-dm watch --notify")
      yield* Effect.promise(() => screen.shows("before"))
      const told = () => toldIn(home)
      yield* backend.call("dm", { to: "ada-cli", content: "come here" })
      yield* until(() => told().length > 0)
      yield* backend.call("dm", { to: "ada-cli", content: "and again" })
      yield* until(() => told().length > 1)
      expect(told()).toEqual([
        "[--app-name=cc-dm][--][cc-dm: backend][come here]",
        "[--app-name=cc-dm][--][cc-dm: backend][and again]"
      ])
      yield* Effect.promise(() => screen.wrote("\u0007\u001b]9;cc-dm: backend: come here\u0007"))
    })
  )

  atTerminal(
    "tells of what comes while it opens",
    Effect.gen(function* () {
      if (!onLinux) return
      const { backend, home, start } = yield* withBackend
      yield* (yield* start(["inbox"])).ended
      // The built plugin, whose view waits until the test says so.
      const plugin = join(home, "plugin")
      cpSync(join(root, "plugin"), plugin, { recursive: true })
      const view = join(plugin, "dist/cc-dm-watch.js")
      const wait = `await Bun.write("${home}/opens", ""); while (!(await Bun.file("${home}/go").exists())) await Bun.sleep(20);`
      writeFileSync(view, readFileSync(view, "utf8").replace("\n", `\n${wait}\n`))
      const desktop = desktopIn(home)
      const screen = yield* shellOn(home, { env: { PATH: `${plugin}/bin:${desktop.PATH}` } })
      enter(screen, "cc-dm watch --notify")
      yield* until(() => existsSync(join(home, "opens")))
      yield* backend.call("dm", { to: "ada-cli", content: "come here" })
      writeFileSync(join(home, "go"), "")
      yield* until(() => toldIn(home).length > 0)
      expect(toldIn(home)).toEqual(["[--app-name=cc-dm][--][cc-dm: backend][come here]"])
    })
  )
})
