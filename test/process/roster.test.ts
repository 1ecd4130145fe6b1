/**
 * Who is on the roster, where something is in the way of finding out: senders that may not open sockets, folders that hold none, machines
 * and containers that share a bus and not its doorbells. The faults are real: strace makes the system's calls fail, unshare and
 * bubblewrap give namespaces, prlimit takes the descriptors.
 */
import { describe, expect } from "bun:test"
import { spawn } from "node:child_process"
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { dirname, join } from "node:path"
import { Effect, Schedule } from "effect"
import { busPaths, doorbellFolders } from "../../src/bus/engine/sqlite/BusPaths.ts"
import {
  builtServer,
  idIn,
  named,
  nameIn,
  sessionsIn,
  start,
  startReady
} from "../../testkit/host/ClaudeCode.ts"
import { refusal } from "../../testkit/refusal.ts"
import { runIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { outsider } from "../support/outsider.ts"
import { becomes } from "../support/routes.ts"
import { noSockets, onFile } from "../support/underTest.ts"
import { where } from "../support/where.ts"

const onSocket = onFile(noSockets, it.live)
const withStrace = where(
  "no call can be made to fail",
  refusal("strace", "-o", "/dev/null", "true"),
  onSocket
)
const withNamespaces = where("there are no namespaces to be had", refusal("unshare", "-m", "true"), onSocket)
const withBubblewrap = where(
  "there is no bubblewrap",
  refusal("bwrap", "--dev-bind", "/", "/", "--unshare-pid", "true"),
  onSocket
)
const withLimits = where("no limit can be set", refusal("prlimit", "--nofile"), onSocket)

const socketOf = (home: string, id: string) => join(home, `.cc-dm/doorbell/${id}.sock`)
const conversation = (id: string) => ({ CLAUDE_CODE_SESSION_ID: id })
const contentOf = ({ next }: Effect.Success<ReturnType<typeof start>>) =>
  Effect.map(next, ({ params }) => params.content)

/** Waits until something is so; a test that waits in vain fails by its time. */
const until = <A>(look: Effect.Effect<A>, isSo: (seen: A) => boolean) =>
  Effect.repeat(look, { until: isSo, schedule: Schedule.spaced("50 millis") })

const failing = (call: string, error: string) => [
  ...["strace", "-f", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:error=${error}`],
  ...builtServer
]

describe("a sender that can't ring", () => {
  for (const [call, error] of [
    ["connect", "EPERM"],
    ["connect", "EAGAIN"],
    ["connect", "EMFILE"],
    ["connect", "ETIMEDOUT"],
    ["connect", "ENOENT"],
    ["socket", "EAFNOSUPPORT"]
  ] as const)
    withStrace(
      `since ${call} fails with ${error} reaches who lives, and knows who does not`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const alice = yield* startReady({ home, env: named("alice") })
        const dead = yield* startReady({ home, env: named("dead") })
        const bob = yield* startReady({ home, env: named("bob"), command: failing(call, error) })
        expect((yield* bob.call("dm", { to: "alice", content: "hello" })).isError).toBe(false)
        expect(yield* contentOf(alice)).toBe("hello")
        yield* dead.kill("SIGKILL")
        yield* dead.ended
        const { isError, json } = yield* bob.call("dm", { to: "dead", content: "hello" })
        expect(isError).toBe(true)
        expect(json["error"]).toContain('nobody called "dead"')
        const { json: who } = yield* bob.call("who")
        expect(sessionsIn(who).map(({ name }) => name)).toEqual(["alice", "bob"])
      })
    )

  withLimits(
    "since it has no descriptors left reaches who lives",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      yield* bob.call("who")
      const open = readdirSync(`/proc/${bob.pid}/fd`).length
      expect(refusal("prlimit", "--pid", String(bob.pid), `--nofile=${open}:${open}`)).toBeUndefined()
      expect((yield* bob.call("dm", { to: "alice", content: "hello" })).isError).toBe(false)
      expect(yield* contentOf(alice)).toBe("hello")
    })
  )

  onSocket(
    "since the receiver's line is full leaves it on the roster",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const id = idIn((yield* bob.call("who")).json, "alice")
      yield* alice.kill("SIGSTOP")
      const lines = yield* Effect.acquireRelease(
        Effect.promise(async () => {
          const lines = []
          for (let isFull = false; !isFull; ) {
            const line = connect(socketOf(home, id))
            isFull = await new Promise<boolean>((resolve) =>
              line.once("connect", () => resolve(false)).once("error", () => resolve(true))
            )
            lines.push(line)
          }
          return lines
        }),
        (lines) => Effect.sync(() => lines.forEach((line) => void line.destroy()))
      )
      expect(lines.length).toBeGreaterThan(100)
      expect((yield* bob.call("dm", { to: "alice", content: "hello" })).isError).toBe(false)
      yield* alice.kill("SIGCONT")
      expect(yield* contentOf(alice)).toBe("hello")
    })
  )

  onSocket(
    "goes by the doorbells of others where a row says nothing of a process, as those of 2.0.0 do",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const id = idIn((yield* bob.call("who")).json, "alice")
      const { run } = yield* outsider(home)
      yield* run("UPDATE sessions SET pid = NULL, pid_started = NULL, pid_space = NULL, socket_space = NULL")
      rmSync(socketOf(home, id))
      expect((yield* bob.call("dm", { to: "alice", content: "hello" })).isError).toBe(false)
      expect(yield* contentOf(alice)).toBe("hello")
      writeFileSync(socketOf(home, id), "")
      yield* alice.kill("SIGKILL")
      yield* alice.ended
      expect((yield* bob.call("dm", { to: "alice", content: "hello" })).isError).toBe(true)
    })
  )

  onSocket(
    "does not believe a row that names another process",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob") })
      const { run } = yield* outsider(home)
      for (const pid of ["999999999", "-1", "0", "'x'", "1e300"]) {
        yield* run(`UPDATE sessions SET pid = ${pid} WHERE name = 'alice'`)
        expect((yield* bob.call("dm", { to: "alice", content: pid })).isError).toBe(false)
        expect(yield* contentOf(alice)).toBe(pid)
      }
    })
  )
})

describe("a bus without its doorbells", () => {
  const hides = (home: string) => `mount -t tmpfs -o mode=700 none ${home}/.cc-dm/doorbell && exec "$@"`
  const apart = (home: string) => ["unshare", "-m", "sh", "-c", hides(home), "sh", ...builtServer]
  const inContainer = (home: string) => [
    ...["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent"],
    ...["--tmpfs", `${home}/.cc-dm/doorbell`, ...builtServer]
  ]

  const talks = (command: (home: string) => ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const alice = yield* startReady({ home, env: named("alice") })
      const bob = yield* startReady({ home, env: named("bob"), command: command(home) })
      for (const round of ["1", "2"]) {
        expect((yield* bob.call("dm", { to: "alice", content: round })).isError).toBe(false)
        expect(yield* contentOf(alice)).toBe(round)
        expect((yield* alice.call("dm", { to: "bob", content: round })).isError).toBe(false)
        expect(yield* contentOf(bob)).toBe(round)
      }
      const second = yield* startReady({ home, env: named("bob") })
      expect((yield* second.call("who")).json["_note"]).toContain("held by another session")
      return { home, alice, bob }
    })

  withNamespaces(
    "that two mount namespaces share is one where nobody removes anybody, and who is killed is known to be",
    Effect.gen(function* () {
      const { alice, bob } = yield* talks(apart)
      yield* bob.kill("SIGKILL")
      yield* bob.ended
      expect((yield* alice.call("dm", { to: "bob", content: "late" })).json["error"]).toContain(
        "nobody called"
      )
    })
  )

  withBubblewrap(
    "that a container shares is one where nobody removes anybody, and doctor says so",
    Effect.gen(function* () {
      const { home } = yield* talks(inContainer)
      const { stdout } = yield* runIn(home)(["doctor"])
      expect(stdout).toContain("another machine or container, which doorbells do not reach: bob")
    })
  )
})

/** The server, where the folder of its doorbell holds no sockets. */
const withoutSockets = (home: string) => {
  const folder = `${home}/.cc-dm/doorbell`
  const close = `mount -t tmpfs -o mode=700 none ${folder} && mount -o remount,ro ${folder} && exec "$@"`
  return ["unshare", "-m", "sh", "-c", close, "sh", ...builtServer]
}

/** Files stand where a doorbell elsewhere would have its folder. */
const inTheWay = (home: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const [, ...elsewhere] = doorbellFolders(busPaths(join(home, ".cc-dm")))
      const possible = elsewhere.filter((path) => existsSync(dirname(path)))
      for (const path of possible) writeFileSync(path, "in the way")
      return possible
    }),
    (paths) => Effect.sync(() => paths.forEach((path) => void rmSync(path)))
  )

describe("a session without a doorbell", () => {
  for (const [what, call, error] of [
    ["can be made", "bind", "EPERM"],
    ["answers", "connect", "ECONNREFUSED"]
  ] as const)
    withStrace(
      `since no socket ${what} says so once, and the poll serves`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const alice = yield* startReady({ home, env: named("alice") })
        const bob = yield* startReady({ home, env: named("bob"), command: failing(call, error) })
        yield* bob.call("who")
        const { all } = yield* outsider(home)
        expect(yield* all("SELECT doorbell FROM sessions WHERE name = 'bob'")).toEqual([{ doorbell: 0 }])
        expect((yield* alice.call("dm", { to: "bob", content: "by the poll" })).isError).toBe(false)
        expect(yield* contentOf(bob)).toBe("by the poll")
        yield* bob.closeStdin
        yield* bob.ended
        expect(bob.stderr().match(/no doorbell/g)).toHaveLength(1)
      })
    )

  withNamespaces(
    "that was killed is itself again at once, and its name free",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm/doorbell"), { recursive: true, mode: 0o700 })
      yield* inTheWay(home)
      const env = { ...conversation("c-1"), ...named("planner") }
      const first = yield* startReady({ home, env, command: withoutSockets(home) })
      expect(first.stderr()).toContain("no doorbell")
      const id = idIn((yield* first.call("who")).json, "planner")
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* startReady({ home, env, command: withoutSockets(home) })
      expect(idIn((yield* second.call("who")).json, "planner")).toBe(id)
      yield* second.kill("SIGKILL")
      yield* second.ended
      const other = yield* startReady({ home, env: named("planner") })
      expect(nameIn((yield* other.call("who")).json)).toBe("planner")
    })
  )

  onSocket(
    "is not one whose home folder has a long path",
    Effect.gen(function* () {
      const home = join(yield* temporaryFolder, "x".repeat(140))
      mkdirSync(home)
      const alice = yield* startReady({ home, env: named("alice") })
      const id = idIn((yield* alice.call("who")).json, "alice")
      expect(lstatSync(socketOf(home, id)).isSocket()).toBe(true)
      expect(alice.stderr()).not.toContain("no doorbell")
    })
  )

  withNamespaces(
    "is not one whose folder holds no sockets: it has one elsewhere, which others find",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      mkdirSync(join(home, ".cc-dm/doorbell"), { recursive: true, mode: 0o700 })
      const runtime = yield* temporaryFolder
      const more = { XDG_RUNTIME_DIR: runtime }
      const alice = yield* startReady({
        home,
        env: named("alice", more),
        command: withoutSockets(home)
      })
      const bob = yield* startReady({ home, env: named("bob", more) })
      const id = idIn((yield* bob.call("who")).json, "alice")
      const [folder = ""] = readdirSync(runtime).filter((name) => name.startsWith("cc-dm-"))
      expect(lstatSync(join(runtime, folder)).mode & 0o777).toBe(0o700)
      expect(existsSync(join(runtime, folder, `${id}.sock`))).toBe(true)
      yield* bob.call("dm", { to: "alice", content: "hello" })
      expect(yield* contentOf(alice)).toBe("hello")
      const { stdout } = yield* runIn(home)(["doctor"], { env: more })
      expect(stdout).toMatch(/doorbells\s+2 answer/)
      yield* alice.kill("SIGINT")
      yield* alice.ended
      expect(existsSync(join(runtime, folder, `${id}.sock`))).toBe(false)
    })
  )
})

describe("a server that only shows that it starts", () => {
  const letter = { to: "planner", content: "for the planner", expires_in: 600 }

  it.live(
    "gets nothing that waited, and leaves name and mail to the session",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const peer = yield* startReady({ home, env: named("peer") })
      const { json: held } = yield* peer.call("dm", letter)
      const checked = yield* startReady({ home, env: named("planner") })
      // It is there, and what is written to it now waits as well: it must not come before what is older.
      yield* until(peer.call("who"), ({ json }) => idIn(json, "planner") !== "")
      yield* peer.call("dm", { ...letter, content: "for whoever has the name" })
      const real = yield* startReady({ home, env: named("planner") })
      yield* checked.kill("SIGINT")
      yield* checked.ended
      expect(yield* checked.unread).toEqual([])
      expect(yield* contentOf(real)).toBe("for the planner")
      expect(yield* contentOf(real)).toBe("for whoever has the name")
      const { json } = yield* real.call("who")
      expect(nameIn(json)).toBe("planner")
      expect(json["_note"]).toContain("its own since")
      yield* becomes(peer, String(held["message_id"]), "pushed")
    })
  )

  it.live(
    "for `claude mcp list` does not come onto the bus, and is answered at once",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const peer = yield* startReady({ home, env: named("peer") })
      const checked = yield* start({
        home,
        env: { ...named("planner"), ...conversation("c-1") },
        clientArguments: ["mcp", "list"]
      })
      yield* checked.request("initialize", {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "claude-code", version: "2.1.332" }
      })
      expect((yield* checked.request("tools/list")).result?.["tools"]).toBeArray()
      expect((yield* peer.call("who")).json["count"]).toBe(1)
      // Should it be a session all the same, it becomes one.
      expect((yield* checked.call("who")).json["count"]).toBe(2)
    })
  )
})

describe("a session whose name was taken when it started", () => {
  it.live(
    "has it as soon as it is free, with the mail for it, and says so; what is said of the holder is true",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const peer = yield* startReady({ home, env: named("peer") })
      const first = yield* startReady({ home, env: named("planner") })
      const second = yield* startReady({ home, env: named("planner") })
      const holder = idIn((yield* peer.call("who")).json, "planner")
      expect((yield* second.call("who")).json["_note"]).toContain(holder)
      yield* first.kill("SIGINT")
      yield* first.ended
      yield* peer.call("dm", { to: "planner", content: "to whoever it is", expires_in: 600 })
      const { json } = yield* second.call("who")
      expect(nameIn(json)).toBe("planner")
      expect(json["_note"]).not.toContain(holder)
      expect(json["_note"]).toContain(
        'the name "planner" was in use when this session started, and is its own since'
      )
      expect(yield* contentOf(second)).toBe("to whoever it is")
    })
  )

  it.live(
    "keeps the one that its user chose instead",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const first = yield* startReady({ home, env: named("planner") })
      const second = yield* startReady({ home, env: named("planner") })
      yield* second.call("register", { name: "reviewer", role: "worker" })
      yield* first.kill("SIGINT")
      yield* first.ended
      const { json } = yield* second.call("who")
      expect(nameIn(json)).toBe("reviewer")
      expect(json["_note"]).not.toContain("planner")
    })
  )
})

describe("one conversation that two servers serve", () => {
  const env = (name: string) => ({ ...conversation("c-1"), ...named(name) })

  it.live(
    "does not write to itself, nor ask itself for permissions",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const relay = { CC_DM_PERMISSION_RELAY: "1" }
      const one = yield* startReady({ home, env: { ...env("one"), ...relay } })
      const two = yield* startReady({ home, env: env("two") })
      const other = yield* startReady({ home, env: { ...conversation("c-2"), ...named("other") } })
      yield* two.call("who")
      const { json } = yield* one.call("broadcast", { content: "to all others" })
      expect(json["recipientCount"]).toBe(1)
      expect(yield* contentOf(other)).toBe("to all others")
      expect((yield* one.call("dm", { to: "two", content: "to me" })).json["error"]).toContain(
        "second cc-dm server"
      )
      yield* other.kill("SIGINT")
      yield* other.ended
      const { json: alone } = yield* one.call("who")
      expect(alone["permission_approver"]).toMatchObject({ reachable: false })
      expect(yield* two.unread).toEqual([])
    })
  )
})

describe("what the roster says", () => {
  it.live(
    "of a resumed session includes its folder",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const env = { ...conversation("c-1"), ...named("planner"), CLAUDE_PROJECT_DIR: home }
      const first = yield* startReady({ home, env })
      yield* first.call("who")
      yield* first.kill("SIGKILL")
      yield* first.ended
      const second = yield* startReady({ home, env })
      expect(sessionsIn((yield* second.call("who")).json)).toMatchObject([{ name: "planner", cwd: home }])
    })
  )

  it.live(
    "of a renamed session is its new name to whoever writes to the old one",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const peer = yield* startReady({ home, env: named("peer") })
      const session = yield* startReady({ home, env: named("planner") })
      yield* session.call("register", { name: "architect", role: "worker" })
      yield* session.call("register", { name: "lead", role: "worker" })
      for (const to of ["planner", "architect"])
        expect((yield* peer.call("dm", { to, content: "hello" })).json["error"]).toBe(
          `nobody called "${to}" is on the bus now, so nothing was sent: the session that had this name is called "lead" now`
        )
      const { json: held } = yield* peer.call("dm", { to: "planner", content: "later", expires_in: 60 })
      expect(held["note"]).toContain('The session that had it is called "lead" now.')
      const { code, stderr } = yield* runIn(home)(["send", "architect", "hello"])
      expect(stderr).toContain('the session that had this name is called "lead" now')
      expect(code).not.toBe(0)
      // Who has the name now is meant.
      const next = yield* startReady({ home, env: named("planner") })
      expect((yield* peer.call("dm", { to: "planner", content: "hello" })).isError).toBe(false)
      expect(yield* contentOf(next)).toBe("later")
      expect(yield* contentOf(next)).toBe("hello")
    })
  )
})

describe("a server whose client is gone", () => {
  it.live(
    "ends, also where another process holds its stdin open",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      // The client is killed, and the pipe to the server stays open in a process that it had started.
      const script = `sleep 60 > "$FIFO" & ${builtServer.map((part) => `"${part}"`).join(" ")} < "$FIFO" > /dev/null & echo $!; wait`
      const fifo = join(home, "fifo")
      expect(refusal("mkfifo", fifo)).toBeUndefined()
      const client = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn("bash", ["-c", script], {
            detached: true,
            stdio: ["ignore", "pipe", "ignore"],
            env: { ...process.env, HOME: home, FIFO: fifo, ...named("ghost") }
          })
        ),
        ({ pid }) =>
          Effect.sync(() => {
            try {
              process.kill(-(pid ?? 0), "SIGKILL")
            } catch {
              // All of them have ended.
            }
          })
      )
      const { all } = yield* outsider(
        yield* Effect.as(
          until(
            Effect.sync(() => existsSync(join(home, ".cc-dm/bus.db"))),
            (is) => is
          ),
          home
        )
      )
      const names = Effect.catchDefect(all<{ name: string }>("SELECT name FROM sessions"), () =>
        Effect.succeed([])
      )
      yield* until(names, (rows) => rows.some(({ name }) => name === "ghost"))
      // It was there at the first look.
      yield* Effect.sleep("1500 millis")
      client.kill("SIGKILL")
      yield* until(names, (rows) => rows.length === 0)
      expect(yield* names).toEqual([])
    })
  )
})
