/** Faults of the disk, the bus file and the clock, made for real under servers that run. */
import { describe, expect } from "bun:test"
import { existsSync, mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { type ClaudeCode, named, sessionsIn, startReady } from "../../testkit/host/ClaudeCode.ts"
import { runIn } from "../cli/run.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import {
  brittleDisk,
  fakeTime,
  onBrittleDisk,
  onOpenFolder,
  onSmallDisk,
  openFolder,
  smallDisk,
  withFakeTime
} from "../support/mounts.ts"
import { becomes } from "../support/routes.ts"
import { noFile, onFile } from "../support/underTest.ts"

const pair = Effect.fnUntraced(function* (home: string, env: Readonly<Record<string, string>> = {}) {
  const alice = yield* startReady({ home, env: named("alice", env) })
  const bob = yield* startReady({ home, env: named("bob", env) })
  return { alice, bob }
})

const busFile = (home: string) => join(home, ".cc-dm/bus.db")

/** Fills a disk to its last byte. */
const fill = (file: string) => {
  try {
    writeFileSync(file, Buffer.alloc(4 * 1024 * 1024))
  } catch {
    // That is the point.
  }
}

const dm = (from: ClaudeCode, to: string, content: string) =>
  Effect.map(from.call("dm", { to, content }), ({ isError, json }) => {
    expect(json).toMatchObject({ success: true })
    expect(isError).toBe(false)
    return Number(json["message_id"])
  })

const wordsOf = (session: ClaudeCode) => Effect.map(session.next, ({ params }) => params.content)

/** Whether a session sees all of these, and nobody else. */
const sees = (session: ClaudeCode, ...names: ReadonlyArray<string>) =>
  eventually(
    Effect.map(session.call("who"), ({ isError, json }) =>
      isError
        ? ""
        : sessionsIn(json)
            .map(({ name }) => name)
            .sort()
            .join(" ")
    ),
    (seen) => seen === names.join(" ")
  )

/** Both ways, once each, and nothing else comes. */
const talks = Effect.fnUntraced(function* (one: ClaudeCode, other: ClaudeCode, mark: string) {
  yield* sees(one, "alice", "bob")
  yield* sees(other, "alice", "bob")
  yield* dm(one, "bob", `there ${mark}`)
  expect(yield* wordsOf(other)).toBe(`there ${mark}`)
  yield* dm(other, "alice", `back ${mark}`)
  expect(yield* wordsOf(one)).toBe(`back ${mark}`)
  expect([...(yield* one.unread), ...(yield* other.unread)]).toEqual([])
})

onFile(noFile, describe)("a bus that is taken away from servers that run", () => {
  const ways: ReadonlyArray<readonly [string, (home: string) => void]> = [
    ["its file is removed", (home) => rmSync(busFile(home))],
    ["its folder is removed", (home) => rmSync(join(home, ".cc-dm"), { recursive: true })],
    ["its file is renamed", (home) => renameSync(busFile(home), `${busFile(home)}.old`)]
  ]
  for (const [what, take] of ways)
    it.live(
      `${what}: they go on with what is there, and bring along what was under way`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const { alice, bob } = yield* pair(home)
        yield* talks(alice, bob, "before")
        const earlier = yield* dm(alice, "bob", "one more")
        expect(yield* wordsOf(bob)).toBe("one more")
        yield* bob.kill("SIGSTOP")
        const waiting = yield* dm(alice, "bob", "under way")
        take(home)
        // A server that is new makes a bus at once, and must not take what belongs to the old file for its own.
        const carol = yield* startReady({ home, env: named("carol") })
        expect((yield* carol.call("who")).isError).toBe(false)
        yield* bob.kill("SIGCONT")
        expect(yield* wordsOf(bob)).toBe("under way")
        yield* sees(alice, "alice", "bob", "carol")
        yield* sees(carol, "alice", "bob", "carol")
        const later = yield* dm(alice, "bob", "there")
        expect(later).toBeGreaterThan(Math.max(earlier, waiting))
        expect(yield* wordsOf(bob)).toBe("there")
        yield* dm(carol, "alice", "from the new one")
        expect(yield* wordsOf(alice)).toBe("from the new one")
        yield* dm(bob, "alice", "back")
        expect(yield* wordsOf(alice)).toBe("back")
        yield* Effect.sleep("1 second")
        expect([...(yield* alice.unread), ...(yield* bob.unread), ...(yield* carol.unread)]).toEqual([])
        expect(existsSync(busFile(home))).toBe(true)
        // Closing the old file has left the log of the new one where it was: a session that comes now sees the others.
        const dave = yield* startReady({ home, env: named("dave") })
        yield* sees(dave, "alice", "bob", "carol", "dave")
        yield* sees(alice, "alice", "bob", "carol", "dave")
      })
    )

  it.live(
    "and put back later, it is gone on with, and nothing comes twice",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      yield* bob.kill("SIGSTOP")
      yield* dm(alice, "bob", "under way")
      renameSync(busFile(home), `${busFile(home)}.old`)
      yield* sees(alice, "alice")
      renameSync(`${busFile(home)}.old`, busFile(home))
      yield* bob.kill("SIGCONT")
      expect(yield* wordsOf(bob)).toBe("under way")
      yield* talks(alice, bob, "after")
    })
  )

  it.live(
    "its log is removed alone: what was in there is in the file, and they go on",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      yield* bob.kill("SIGSTOP")
      yield* dm(alice, "bob", "under way")
      rmSync(`${busFile(home)}-wal`)
      yield* alice.call("who")
      const carol = yield* startReady({ home, env: named("carol") })
      yield* sees(carol, "alice", "bob", "carol")
      yield* bob.kill("SIGCONT")
      expect(yield* wordsOf(bob)).toBe("under way")
      yield* dm(carol, "bob", "from the new one")
      expect(yield* wordsOf(bob)).toBe("from the new one")
      for (const session of [alice, bob]) yield* sees(session, "alice", "bob", "carol")
      yield* dm(bob, "carol", "back")
      expect(yield* wordsOf(carol)).toBe("back")
      for (const session of [alice, bob, carol]) {
        yield* session.closeStdin
        yield* session.ended
      }
      const { code, stdout } = yield* runIn(home)(["log"])
      expect(code).toBe(0)
      for (const words of ["under way", "from the new one", "back"]) expect(stdout).toContain(words)
    })
  )

  it.live(
    "something else stands in its place: results say so, and once it is gone, nothing was lost",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      yield* bob.kill("SIGSTOP")
      yield* dm(alice, "bob", "under way")
      writeFileSync(join(home, ".cc-dm/other"), "not a database at all ".repeat(300))
      renameSync(join(home, ".cc-dm/other"), busFile(home))
      yield* bob.kill("SIGCONT")
      for (const [tool, input] of [
        ["who", {}],
        ["dm", { to: "bob", content: "x" }]
      ] as const) {
        const { isError, json } = yield* alice.call(tool, input)
        expect(isError).toBe(true)
        expect(json["error"]).toContain("is not an SQLite database")
      }
      yield* Effect.sleep("1 second")
      rmSync(busFile(home))
      expect(yield* wordsOf(bob)).toBe("under way")
      yield* talks(alice, bob, "after")
    })
  )

  it.live(
    "the doorbells are removed: they are put back, and nobody is taken for dead for long",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      rmSync(join(home, ".cc-dm/doorbell"), { recursive: true })
      // What a ring finds now looks like death; whoever lives is back with its next poll.
      for (const [from, to, receiver] of [
        [alice, "bob", bob],
        [bob, "alice", alice]
      ] as const) {
        const { isError } = yield* from.call("dm", { to, content: "too early" })
        // What was accepted arrives.
        if (!isError) expect(yield* wordsOf(receiver)).toBe("too early")
      }
      yield* talks(alice, bob, "after")
    })
  )
})

onFile(noFile, describe)("a crash", () => {
  it.live(
    "leaves a log beside the bus, from which the next servers go on",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      yield* bob.kill("SIGSTOP")
      const { json } = yield* alice.call("dm", { to: "bob", content: "in the log", expires_in: 600 })
      expect(json).toMatchObject({ success: true })
      yield* alice.kill("SIGKILL")
      yield* bob.kill("SIGKILL")
      yield* alice.ended
      yield* bob.ended
      expect(statSync(`${busFile(home)}-wal`).size).toBeGreaterThan(0)
      const heirs = yield* pair(home)
      expect(yield* wordsOf(heirs.bob)).toBe("in the log")
      yield* talks(heirs.alice, heirs.bob, "after")
    })
  )

  it.live(
    "in the middle of a write leaves a log that is torn, of which the whole part counts",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      const id = yield* dm(alice, "bob", "x".repeat(9_000))
      // The last that is written is its receipt: torn off, it leaves a message that was taken and comes no more.
      yield* becomes(alice, String(id), "pushed")
      yield* alice.kill("SIGKILL")
      yield* bob.kill("SIGKILL")
      yield* alice.ended
      yield* bob.ended
      const log = `${busFile(home)}-wal`
      truncateSync(log, statSync(log).size - 1_000)
      const heirs = yield* pair(home)
      yield* talks(heirs.alice, heirs.bob, "after")
    })
  )

  it.live(
    "and then the bus is removed, but not the log beside it: the next bus has nothing of it",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const { alice, bob } = yield* pair(home)
      yield* dm(alice, "bob", "old")
      yield* alice.kill("SIGKILL")
      yield* bob.kill("SIGKILL")
      yield* alice.ended
      yield* bob.ended
      rmSync(busFile(home))
      const heirs = yield* pair(home)
      yield* talks(heirs.alice, heirs.bob, "after")
    })
  )
})

onFile(noFile, describe)("a disk", () => {
  onSmallDisk(
    "that is full is named in the result; when there is room again, all goes on and what was accepted is there",
    Effect.gen(function* () {
      const home = yield* smallDisk(1_024)
      const { alice, bob } = yield* pair(home)
      yield* talks(alice, bob, "before")
      const filler = join(home, "filler")
      fill(filler)
      const accepted: Array<string> = []
      const refused: Array<string> = []
      for (let n = 0; n < 40 && refused.length < 5; n++) {
        const content = `${n} ${"x".repeat(9_000)}`
        const { isError, json } = yield* alice.call("dm", { to: "bob", content })
        if (isError) refused.push(String(json["error"]))
        else accepted.push(content)
      }
      expect(refused.length).toBeGreaterThan(0)
      for (const error of refused) expect(error).toContain("no room left on its disk")
      rmSync(filler)
      const got: Array<unknown> = []
      while (got.length < accepted.length) got.push(yield* wordsOf(bob))
      expect(got).toEqual(accepted)
      yield* talks(alice, bob, "after")
    })
  )

  onSmallDisk(
    "that is full when a session starts is named, and the session works once there is room",
    Effect.gen(function* () {
      const home = yield* smallDisk(512)
      const filler = join(home, "filler")
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      fill(filler)
      const { alice, bob } = yield* pair(home)
      const { isError, json } = yield* alice.call("dm", { to: "bob", content: "x" })
      expect(isError).toBe(true)
      expect(json["error"]).toContain("no room left on its disk")
      rmSync(filler)
      yield* talks(alice, bob, "after")
    })
  )

  onBrittleDisk(
    "that turned read-only is named in each result, and the sessions go on when there is a bus they can write to",
    Effect.gen(function* () {
      const disk = yield* brittleDisk
      const home = disk.folder
      const { alice, bob } = yield* pair(home)
      yield* talks(alice, bob, "before")
      yield* disk.break
      const { isError, json } = yield* alice.call("dm", { to: "bob", content: "x" })
      expect(isError).toBe(true)
      expect(json["error"]).toMatch(/read-only|can't be read or written|can't be prepared/)
      for (const session of [alice, bob])
        expect((yield* session.call("dm", { to: "bob", content: "x" })).isError).toBe(true)
      const room = yield* temporaryFolder
      yield* Effect.acquireRelease(
        Effect.sync(() => Bun.spawnSync(["mount", "--bind", room, home]).exitCode),
        () => Effect.sync(() => Bun.spawnSync(["umount", "-l", home]))
      )
      yield* talks(alice, bob, "after")
    })
  )
})

describe("a clock that jumps", () => {
  for (const hours of ["+1h", "-1h"])
    withFakeTime(
      `${hours}: nobody is lost, and messages go on`,
      Effect.gen(function* () {
        const home = yield* temporaryFolder
        const clock = join(home, "clock")
        writeFileSync(clock, "+0\n")
        const env = {
          LD_PRELOAD: fakeTime ?? "",
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_NO_CACHE: "1",
          FAKETIME_DONT_FAKE_MONOTONIC: "1"
        }
        const { alice, bob } = yield* pair(home, env)
        yield* talks(alice, bob, "before")
        const sent = Effect.map(alice.call("who"), ({ json }) =>
          Date.parse(sessionsIn(json).find(({ name }) => name === "alice")?.last_seen ?? "")
        )
        expect(Math.abs((yield* sent) - Date.now())).toBeLessThan(60_000)
        yield* bob.kill("SIGSTOP")
        yield* dm(alice, "bob", "under way")
        writeFileSync(clock, `${hours}\n`)
        yield* bob.kill("SIGCONT")
        // Over an hour it is told as lost, or it is shown: one of both, and once.
        const told = Effect.map(alice.unread, (events) => events.map(({ params }) => params.content))
        const shown = Effect.map(bob.unread, (events) => events.map(({ params }) => params.content))
        const seen = { told: [] as Array<unknown>, shown: [] as Array<unknown> }
        yield* eventually(
          Effect.gen(function* () {
            seen.told.push(...(yield* told))
            seen.shown.push(...(yield* shown))
            return seen.told.length + seen.shown.length
          }),
          (count) => count > 0
        ).pipe(Effect.timeout("25 seconds"))
        expect(seen.told.length + seen.shown.length).toBe(1)
        yield* talks(alice, bob, "after the jump")
        writeFileSync(clock, "+0\n")
        yield* talks(alice, bob, "after the jump back")
      })
    )
})

describe("a file system that keeps no modes", () => {
  onFile(noFile, onOpenFolder)(
    "is said to be open to others, by the log and by doctor, unless a folder above it is closed",
    Effect.gen(function* () {
      const folder = yield* openFolder("open")
      const alice = yield* startReady({ home: folder, env: named("alice") })
      yield* alice.call("who")
      expect(statSync(join(folder, ".cc-dm/secret")).mode & 0o077).not.toBe(0)
      expect(
        alice.stderr().match(/other users of this machine can read .*\/\.cc-dm, its messages and its secret/g)
      ).toHaveLength(1)
      const { stdout } = yield* runIn(folder)(["doctor"])
      expect(stdout).toContain("/.cc-dm/secret is open to other users")
      expect(stdout).toContain("its file system does not support modes")
      const bob = yield* startReady({ home: yield* openFolder("closed"), env: named("bob") })
      yield* bob.call("who")
      expect(bob.stderr()).not.toContain("other users")
    })
  )
})
