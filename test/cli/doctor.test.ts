/** `cc-dm doctor` on buses with real servers, and with faults that were made for real. */
import { describe, expect } from "bun:test"
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Effect, Schema } from "effect"
import { run } from "../../scripts/support/run.ts"
import { DoctorJson } from "../../src/cli/Json.ts"
import { version } from "../../src/version.ts"
import { busVariables } from "../../testkit/host/BusAddress.ts"
import { idIn, named, root, startReady } from "../../testkit/host/ClaudeCode.ts"
import { channelArguments, startSession } from "../../testkit/host/HookedSession.ts"
import { sqlite, temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { oldBus, oldSession } from "../support/old.ts"
import { ccdm, pathOf, program, putProgram } from "./command.ts"

const decode = Schema.decodeUnknownSync(DoctorJson)

/** Runs it with `--json`, and holds what it says against its schema and its exit code. */
const examine = (home: string, env: Readonly<Record<string, string>> = {}) =>
  Effect.map(ccdm(home, ["doctor", "--json"], env), ({ code, stderr, stdout }) => {
    const report = decode(JSON.parse(stdout))
    const count = report.findings.filter(({ state }) => state === "attention").length
    expect(report).toMatchObject({ attention: count, version })
    expect(code).toBe(count === 0 ? 0 : 1)
    expect(stderr).toBe(
      count === 0 ? "" : `cc-dm: ${count === 1 ? "1 thing needs" : `${count} things need`} attention\n`
    )
    return report.findings
  })

type Findings = Effect.Success<ReturnType<typeof examine>>

const of = (findings: Findings, check: string) => findings.filter((finding) => finding.check === check)

/** What it says needs attention, under one heading; there has to be something to do for each. */
const wrong = (findings: Findings, check: string): string => {
  const found = of(findings, check).filter(({ state }) => state === "attention")
  for (const { advice } of found) expect(advice ?? "").not.toBe("")
  return found.map(({ advice, message }) => `${message} -> ${advice}`).join("\n")
}

const noted = (findings: Findings, check: string): string =>
  of(findings, check)
    .filter(({ state }) => state === "note")
    .map(({ message }) => message)
    .join("\n")

const states = (findings: Findings, check: string) => of(findings, check).map(({ state }) => state)

/** Everything under a folder, with modes, times and contents. */
const everything = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((path) => {
      const status = lstatSync(join(folder, path))
      const content = status.isFile()
        ? createHash("sha1")
            .update(readFileSync(join(folder, path)))
            .digest("hex")
        : ""
      return `${path} ${status.mode.toString(8)} ${status.mtimeMs} ${status.size} ${content}`
    })

/** A bus that a session has made and left. */
const leftBus = Effect.fnUntraced(function* (home: string) {
  yield* Effect.scoped(
    Effect.gen(function* () {
      const server = yield* startReady({ home, env: named("alice") })
      yield* server.closeStdin
      yield* server.ended
    })
  )
})

/** Claude Code with the plugin, as far as its files and its version tell. */
const installClaude = (home: string, enabled: Readonly<Record<string, boolean>>, its = "2.1.330") => {
  putProgram(home, "claude", `echo "${its} (Claude Code)"`)
  const folder = join(home, ".claude")
  mkdirSync(join(folder, "plugins"), { recursive: true })
  // As the client writes them.
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ enabledPlugins: enabled }))
  const plugins = Object.fromEntries(
    Object.keys(enabled).map((id) => [id, [{ scope: "user", installPath: "/x", version }]])
  )
  writeFileSync(join(folder, "plugins/installed_plugins.json"), JSON.stringify({ version: 2, plugins }))
}

const fromNow = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString()

describe("doctor", () => {
  it.live(
    "finds nothing wrong on a machine where nothing is, and makes nothing",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      pathOf(home)
      const before = everything(home)
      const { code, stderr, stdout } = yield* ccdm(home, ["doctor"])
      expect({ code, stderr }).toEqual({ code: 0, stderr: "Nothing needs attention.\n" })
      expect(stdout).toContain("There is no bus yet")
      expect(stdout).not.toContain("\u001b")
      expect(everything(home)).toEqual(before)
    })
  )

  it.live(
    "is content with sessions that run as they should",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      installClaude(home, { "cc-dm@cc-dm-marketplace": true })
      putProgram(home, "cc-dm", `exec ${program} "$@"`)
      const { server: alice } = yield* startSession({ home, env: named("alice") })
      const bob = yield* startSession({ home, env: named("bob") })
      yield* alice.call("dm", { to: "bob", content: "wake up" })
      yield* bob.nextRequest
      const findings = yield* examine(home)
      for (const check of ["bun", "claude code", "command", "plugin", "alias", "variables", "files", "lock"])
        expect([check, ...states(findings, check)]).toEqual([check, "ok"])
      for (const check of ["size", "disk", "bus", "servers", "doorbells", "stale rows", "clock"])
        expect([check, ...states(findings, check)]).toEqual([check, "ok"])
      expect(of(findings, "servers")[0]?.message).toContain('"alice", "bob"')
      expect(noted(findings, "reach")).toContain('"alice"')
      expect(noted(findings, "reach")).not.toContain('"bob"')
    })
  )

  it.live(
    "writes nothing, on a bus that nobody has open, whatever is wrong with it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* leftBus(home)
      pathOf(home)
      chmodSync(join(home, ".cc-dm"), 0o755)
      chmodSync(join(home, ".cc-dm/bus.db"), 0o644)
      const before = everything(home)
      const findings = yield* examine(home)
      expect(wrong(findings, "files")).toContain(`chmod 700 ${home}/.cc-dm`)
      expect(wrong(findings, "files")).toContain(`is open to other users (mode 644) -> chmod 600`)
      yield* ccdm(home, ["doctor"])
      expect(everything(home)).toEqual(before)
    })
  )

  it.live(
    "finds what the group alone, or strangers alone, may read",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* leftBus(home)
      const file = join(home, ".cc-dm/bus.db")
      for (const mode of [0o640, 0o604]) {
        chmodSync(file, mode)
        expect(wrong(yield* examine(home), "files")).toContain(
          `${file} is open to other users (mode ${mode.toString(8)}) -> chmod 600`
        )
      }
    })
  )

  it.live(
    "refuses to follow a link, and says so",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* leftBus(home)
      renameSync(join(home, ".cc-dm"), join(home, "elsewhere"))
      symlinkSync(join(home, "elsewhere"), join(home, ".cc-dm"))
      expect(wrong(yield* examine(home), "files")).toContain("is a symbolic link")
    })
  )

  it.live(
    "tells a file that is no bus, one that is damaged, and one of a newer version",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* leftBus(home)
      const file = join(home, ".cc-dm/bus.db")
      const good = readFileSync(file)
      const database = yield* sqlite(home)
      database.run("INSERT INTO cc_dm_migrations (migration_id, name) VALUES (99, 'later')")
      database.close()
      expect(wrong(yield* examine(home), "bus")).toContain("newer version of cc-dm -> Update the plugin")
      const bad = Buffer.from(good)
      bad.fill(0xff, 4_096, 12_288)
      writeFileSync(file, bad)
      expect(wrong(yield* examine(home), "bus")).toContain("damaged")
      writeFileSync(file, "dear diary, ".repeat(1_000))
      expect(wrong(yield* examine(home), "bus")).toContain("is not an SQLite database -> Move it away")
    })
  )

  it.live(
    "takes a database of another program for neither a bus nor a damaged one",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const database = oldBus(home)
      for (const table of ["sessions", "messages"]) database.run(`DROP TABLE ${table}`)
      database.run("CREATE TABLE sessions (token TEXT)")
      expect(wrong(yield* examine(home), "bus")).toContain(
        'seems to belong to another program ("its table sessions has no column id") -> It is left as it is.'
      )
      database.close()
    })
  )

  it.live(
    "knows a bus of 1.3.1 and its sessions",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const database = oldBus(home)
      oldSession(database, "session-0123456789ab", "old-timer", fromNow(-5))
      const findings = yield* examine(home)
      expect(noted(findings, "bus")).toContain("older version")
      expect(wrong(findings, "servers")).toMatch(/version 1: "old-timer".* -> Restart "old-timer"/)
      expect(wrong(findings, "files")).toContain("chmod 600")
      database.close()
    })
  )

  it.live(
    "names servers of other versions",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home, env: named("alice") })
      yield* startReady({ home, env: named("bob") })
      const database = yield* sqlite(home)
      database.run("UPDATE sessions SET version = '1.99.3' WHERE name = 'alice'")
      database.run("UPDATE sessions SET version = '99.0.0' WHERE name = 'bob'")
      const findings = yield* examine(home)
      expect(wrong(findings, "servers")).toContain('"alice" is served by version 1.99.3')
      expect(wrong(findings, "servers")).toContain('Restart "alice"')
      expect(noted(findings, "servers")).toContain('"bob" is served by version 99.0.0')
    })
  )

  if (process.platform === "linux")
    it.live(
      "names the process that keeps everybody from writing",
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        yield* startReady({ home, env: named("alice") })
        const holder = yield* Effect.acquireRelease(
          Effect.sync(() =>
            spawn(process.execPath, [
              "-e",
              `const db = new (require("bun:sqlite").Database)(process.argv[1])
               db.run("BEGIN IMMEDIATE")
               console.log("holding")
               setInterval(() => {}, 1000)`,
              join(home, ".cc-dm/bus.db")
            ])
          ),
          (child) => Effect.sync(() => void child.kill("SIGKILL"))
        )
        yield* Effect.promise(() => once(holder.stdout, "data"))
        expect(wrong(yield* examine(home), "lock")).toContain(`Process ${holder.pid} (bun`)
        holder.kill("SIGKILL")
        yield* Effect.promise(() => once(holder, "exit"))
        expect(states(yield* examine(home), "lock")).toEqual(["ok"])
      })
    )

  it.live(
    "finds wrong variables and unknown ones, in the shell and in Claude Code's settings",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const findings = yield* examine(home, {
        CC_DM_SESION_NAME: "alice",
        CC_DM_HISTORY: "soon",
        CC_DM_WHATEVER: "1"
      })
      expect(wrong(findings, "variables")).toContain(
        "CC_DM_SESION_NAME is not a variable of cc-dm; did you mean CC_DM_SESSION_NAME?"
      )
      expect(wrong(findings, "variables")).toContain("unset CC_DM_WHATEVER")
      expect(wrong(findings, "variables")).toMatch(/CC_DM_HISTORY .*ignored/)
      const both = yield* examine(home, { CC_DM_DM_ALLOWLIST: "a", CC_DM_DM_BLOCKLIST: "b" })
      expect(wrong(both, "variables")).toContain("mutually exclusive")
      mkdirSync(join(home, ".claude"))
      writeFileSync(
        join(home, ".claude/settings.json"),
        JSON.stringify({ env: { CC_DM_DELIVERY: "pigeon" } })
      )
      expect(wrong(yield* examine(home), "variables")).toContain("CC_DM_DELIVERY must be")
      expect(states(yield* examine(home, { CC_DM_DELIVERY: "hooks" }), "variables")).toEqual(["attention"])
    })
  )

  it.live(
    "finds an alias of the same name, and none in a comment",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".config/fish/conf.d"), { recursive: true })
      const alias = "claude --dangerously-load-development-channels plugin:cc-dm@cc-dm-marketplace"
      writeFileSync(
        join(home, ".bashrc"),
        `# alias cc-dm='x'\nalias claude-dm='${alias}'\necho cc-dm\nalias cc-dm='${alias}'\n`
      )
      writeFileSync(join(home, ".zshrc"), `alias cc-dmx=1\nfunction cc-dm-x() { :; }\ncc-dm() { claude; }\n`)
      writeFileSync(join(home, ".config/fish/conf.d/dm.fish"), `alias cc-dm "${alias}"\n`)
      const findings = yield* examine(home)
      expect(of(findings, "alias").length).toBe(3)
      expect(wrong(findings, "alias")).toContain(`${home}/.bashrc, line 4,`)
      expect(wrong(findings, "alias")).toContain(`${home}/.zshrc, line 3,`)
      expect(wrong(findings, "alias")).toContain("dm.fish, line 1,")
      expect(wrong(findings, "alias")).toContain("Rename it to claude-dm")
    })
  )

  it.live(
    "tells whether Claude Code has the plugin, has it on, and has it once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      installClaude(home, {}, "2.1.79")
      const none = yield* examine(home)
      expect(wrong(none, "plugin")).toContain("not installed")
      expect(wrong(none, "claude code")).toContain("2.1.79")
      expect(wrong(none, "claude code")).toContain("claude update")
      installClaude(home, { "cc-dm@cc-dm-marketplace": false }, "2.1.100")
      const off = yield* examine(home)
      expect(wrong(off, "plugin")).toContain("claude plugin enable cc-dm@cc-dm-marketplace")
      expect(noted(off, "claude code")).toContain("2.1.100")
      installClaude(home, { "cc-dm@cc-dm-marketplace": true, "cc-dm@fork": true })
      expect(wrong(yield* examine(home), "plugin")).toContain("more than once")
      installClaude(home, { "cc-dm@cc-dm-marketplace": true })
      writeFileSync(join(home, ".claude.json"), JSON.stringify({ mcpServers: { "cc-dm": { command: "x" } } }))
      expect(wrong(yield* examine(home), "plugin")).toContain("claude mcp remove cc-dm")
    })
  )

  it.live(
    "does not wait for ever for a program that hangs",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      putProgram(home, "claude", "exec sleep 60")
      putProgram(home, "cc-dm", "echo something else")
      const findings = yield* examine(home)
      expect(wrong(findings, "claude code")).toContain("did not print its version")
      expect(wrong(findings, "command")).toContain("another program")
    })
  )

  it.live(
    "names sessions that are shown nothing by themselves, and those for which messages wait",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* startReady({ home })
      const alice = yield* startReady({ home, env: named("alice") })
      yield* startReady({ home, env: named("carol") })
      const findings = yield* examine(home)
      expect(noted(findings, "reach")).toContain("Without a name")
      expect(noted(findings, "reach")).toContain('Not woken so far, and no hook has called: "alice", "carol"')
      expect((yield* alice.call("dm", { to: "carol", content: "there?" })).isError).toBe(false)
      const database = yield* sqlite(home)
      database.run("UPDATE messages SET created_at = ?", [fromNow(-120)])
      expect(wrong(yield* examine(home), "reach")).toContain(
        '"carol" is shown no messages by themselves, and 1 message waits for it'
      )
    })
  )

  it.live(
    "finds rows that should be gone, rows from the future, and mail for nobody",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      yield* alice.call("dm", { to: "zoe", content: "when you are back", expires_in: 3_600 })
      const database = yield* sqlite(home)
      const add = (id: string, name: string, seen: string | null) =>
        database.run(
          "INSERT INTO sessions (id, name, role, cwd, last_seen, registered_at, protocol, version) VALUES (?, ?, 'w', '/', ?, ?, 2, ?)",
          [id, name, seen, fromNow(-900), version]
        )
      add("session-00000000000a", "ghost", fromNow(-600))
      add("session-00000000000b", "nowhen", "yesterday")
      add("session-00000000000c", "marty", fromNow(3_600))
      const findings = yield* examine(home)
      expect(wrong(findings, "stale rows")).toContain("ghost")
      expect(wrong(findings, "stale rows")).toContain("cc-dm doctor --fix")
      expect(wrong(findings, "clock")).toMatch(/by up to 3[56]\d\d s: session "marty"/)
      expect(noted(findings, "mail")).toBe('1 message waits for a name that no session has now: "zoe"')
    })
  )

  it.live(
    "finds what killed sessions leave",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const id = idIn((yield* alice.call("who")).json, "alice")
      yield* alice.kill("SIGKILL")
      yield* alice.ended
      expect(noted(yield* examine(home), "doorbells")).toContain("Killed a moment ago: alice")
      const database = yield* sqlite(home)
      database.run("UPDATE sessions SET last_seen = ?", [fromNow(-100)])
      const findings = yield* examine(home)
      expect(noted(findings, "doorbells")).toContain("1 is left over")
      expect(of(findings, "doorbells")[0]?.advice).toBe(`rm ${home}/.cc-dm/doorbell/${id}.sock`)
      expect(noted(findings, "stale rows")).toContain("1 without a heartbeat (alice)")
      expect(noted(findings, "servers")).toContain("no session")
    })
  )

  it.live(
    "tells a session of another machine from one whose doorbell is gone",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const id = idIn((yield* alice.call("who")).json, "bob")
      // It would put its doorbell back.
      yield* bob.kill("SIGSTOP")
      rmSync(join(home, `.cc-dm/doorbell/${id}.sock`))
      const database = yield* sqlite(home)
      database.run("UPDATE sessions SET pid_space = 'x', socket_space = 'x' WHERE name = 'bob'")
      const elsewhere = wrong(yield* examine(home), "doorbells")
      expect(elsewhere).toContain("another machine or container, which doorbells do not reach: bob. ")
      expect(elsewhere).not.toContain("No doorbell")
      database.run(
        "UPDATE sessions SET pid_space = (SELECT pid_space FROM sessions WHERE name = 'alice') WHERE name = 'bob'"
      )
      const here = wrong(yield* examine(home), "doorbells")
      expect(here).toContain("No doorbell: bob. ")
      expect(here).not.toContain("another machine")
    })
  )

  it.live(
    "says of the session that it is run in how messages get in",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startSession({ home, env: named("alice") })
      const inside = { CLAUDECODE: "1", CLAUDE_PROJECT_DIR: root }
      const own = { ...inside, CLAUDE_CODE_SESSION_ID: alice.id(), CLAUDE_CODE_MESSAGING_SOCKET: "/x" }
      const [found] = of(yield* examine(home, own), "this session")
      expect(found).toMatchObject({ state: "ok" })
      expect(found?.message).toMatch(/^"alice": no channel flag, an inbox socket, reached: /)
      expect(of(yield* examine(home, own), "channel")).toEqual([])
      expect(noted(yield* examine(home, { ...own, CC_DM_WAKE: "0" }), "wake-up")).toContain("CC_DM_WAKE is 0")
      const elsewhere = { ...inside, CLAUDE_PROJECT_DIR: "/nowhere", CLAUDE_CODE_SESSION_ID: "another" }
      expect(wrong(yield* examine(home, elsewhere), "this session")).toContain("/mcp")
      mkdirSync(join(home, ".claude"))
      writeFileSync(join(home, ".claude/settings.json"), JSON.stringify({ crossSessionInbound: "refuse" }))
      expect(noted(yield* examine(home), "wake-up")).toContain("refuse")
    })
  )

  it.live(
    "says that the session's channel is off, where Claude Code's log does",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startSession({ home, env: named("alice"), channel: "skipped" })
      const inside = (id: string) => ({
        PATH: process.env["PATH"],
        HOME: home,
        ...busVariables(home),
        CLAUDECODE: "1",
        CLAUDE_PROJECT_DIR: root,
        CLAUDE_CODE_SESSION_ID: id
      })
      // A client with the flag stands above the command.
      const underChannel = (id: string, ...more: ReadonlyArray<string>) =>
        Effect.promise(async () => {
          const script = `"${join(root, "plugin/bin/cc-dm")}" doctor --json; exit $?`
          const { stdout } = await run(["sh", "-c", script, "claude", ...channelArguments, ...more], {
            cwd: home,
            env: inside(id)
          })
          return decode(JSON.parse(stdout)).findings
        })
      const findings = yield* underChannel(alice.id())
      expect(noted(findings, "channel")).toContain("Channels are off in this session")
      expect(of(findings, "this session")[0]?.message).toContain("whose events Claude Code drops")
      expect(of(findings, "wake-up")).toEqual([])
      const bypass = yield* underChannel("another", "--dangerously-skip-permissions")
      expect(of(bypass, "channel")).toEqual([])
      expect(noted(bypass, "wake-up")).toContain("Permission dialogs are off here")
    })
  )

  it.live(
    "sees a disk that is nearly full, where this machine lets a test mount one",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const bin = pathOf(home)
      const mounted = (script: string) =>
        Effect.promise(() =>
          run(["unshare", "--map-root-user", "--mount", "sh", "-c", script], {
            cwd: "/",
            env: { HOME: join(home, "small"), PATH: bin }
          }).catch(() => ({ code: 127, stdout: "", stderr: "" }))
        )
      mkdirSync(join(home, "small"))
      const mount = `mount -t tmpfs -o size=8m tmpfs "$HOME"`
      if ((yield* mounted(mount)).code !== 0) return
      const { code, stdout } = yield* mounted(`${mount} && exec ${program} doctor --json`)
      expect(code).toBe(1)
      expect(wrong(decode(JSON.parse(stdout)).findings, "disk")).toContain("only 8.0 MiB free")
    })
  )

  it.live(
    "shows nothing of others' names that could drive the terminal",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      // With its next heartbeat it would have its own name again.
      yield* alice.kill("SIGSTOP")
      const database = yield* sqlite(home)
      database.run("UPDATE sessions SET name = ?", ["\u001b[2Jalice"])
      const { stdout } = yield* ccdm(home, ["doctor"])
      expect(stdout).toContain('"\\u001b[2Jalice"')
      expect(stdout).not.toContain("\u001b")
    })
  )

  it.live(
    "finds a bus without numbers for messages and rows without a time, and repairs both if that is asked for",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      yield* leftBus(home)
      const database = yield* sqlite(home)
      database.run("DROP TRIGGER messages_numbered")
      database.run(
        "INSERT INTO messages (id, from_session, to_session, content, meta, delivered, created_at) VALUES (9223372036854775807, 'a', 'b', 'c', '{}', 0, '')"
      )
      database.run(
        "INSERT INTO sessions (id, name, role, cwd, last_seen, registered_at) VALUES ('x$(reboot)', 'x', 'w', '/', 'never', 'never')"
      )
      const before = yield* examine(home)
      expect(wrong(before, "numbers")).toContain("doctor --fix")
      expect(wrong(before, "stale rows")).toContain('"x$(reboot)"')
      expect(wrong(before, "stale rows")).toContain("cc-dm doctor --fix removes it.")
      const rows = () => database.query("SELECT id, content FROM messages").values()
      expect(rows()).toEqual([[expect.any(Number), "c"]])
      const { stderr } = yield* ccdm(home, ["doctor", "--fix"])
      expect(stderr).toContain("messages were renumbered")
      expect(stderr).toContain("1 row")
      expect(rows()).toEqual([[1_000_001, "c"]])
      const after = yield* examine(home)
      expect(of(after, "numbers")).toEqual([])
      expect(
        of(after, "stale rows")
          .map(({ message }) => message)
          .join()
      ).not.toContain("reboot")
    })
  )
})
