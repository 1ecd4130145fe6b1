/**
 * What may stand where the bus should: each command says one sentence about it and ends, and the server tells its model. As an ordinary
 * user, since root may read everything: these tests need root and `setpriv` to become one.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { type Outcome, run } from "../../scripts/support/run.ts"
import { plugin, start } from "../../testkit/host/ClaudeCode.ts"
import { folderOfThisBun } from "../support/buns.ts"
import { it } from "../support/it.ts"

/** No account has this number. */
const user = 54_321
const asUser = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"]
const path = `${folderOfThisBun}:/usr/bin:/bin`

const reasonAgainst =
  process.getuid?.() !== 0 || Bun.which("setpriv") === null
    ? "this needs root and setpriv"
    : Bun.spawnSync([...asUser, "bun", "--version"], { env: { PATH: path } }).exitCode === 0
      ? undefined
      : "another user can't run this Bun"
if (reasonAgainst !== undefined) process.stderr.write(`skipped: ${reasonAgainst}\n`)

let scratch = ""
let command = ""
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "cc-dm-places-"))
  chmodSync(scratch, 0o755)
  cpSync(plugin, join(scratch, "plugin"), { recursive: true })
  Bun.spawnSync(["chmod", "-R", "a+rX", scratch])
  command = join(scratch, "plugin/bin/cc-dm")
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const makeHome = (): string => {
  const home = mkdtempSync(join(scratch, "home-"))
  chownSync(home, user, user)
  return home
}

const ccdm = (home: string, args: ReadonlyArray<string>): Promise<Outcome> =>
  run([...asUser, "sh", command, ...args], {
    cwd: "/",
    env: { HOME: home, PATH: path, USER: "eve" },
    seconds: 40
  })

const own = (place: string) => lchownSync(place, user, user)

/** Ways to put something else into a place. */
const kinds: Readonly<Record<string, (place: string) => void>> = {
  "a pipe": (place) => {
    Bun.spawnSync(["mkfifo", place])
    own(place)
  },
  "a folder": (place) => {
    mkdirSync(place)
    own(place)
  },
  "a device": (place) => {
    Bun.spawnSync(["mknod", place, "c", "1", "5"])
    own(place)
  },
  "a link": (place) => {
    symlinkSync("/dev/zero", place)
    own(place)
  },
  "another user's": (place) => writeFileSync(place, "x", { mode: 0o600 }),
  "closed to all": (place) => {
    writeFileSync(place, "x")
    own(place)
    chmodSync(place, 0)
  }
}

const words: Readonly<Record<string, RegExp>> = {
  "a pipe": /is not a (file|folder)/,
  "a folder": /is not a file/,
  "a device": /is not a (file|folder)/,
  "a link": /is a symbolic link/,
  "another user's": /belongs to another user/,
  "closed to all": /can't be read/
}

/** A text that names no line of the program, and is one sentence or two. */
const isPlain = (text: string, what: string) => {
  expect(text, what).not.toMatch(/^\s+at |^\d+ \| |bug in cc-dm/m)
  expect(text.length, what).toBeLessThan(1_000)
}

/** What commands and the server say about a home. `looking`: whether commands that only look are stopped by it. */
const looksAt = Effect.fnUntraced(function* (home: string, says: RegExp, looking = true) {
  const commands = looking
    ? [["who"], ["log"], ["send", "bob", "x"], ["inbox"]]
    : [["send", "bob", "x", "--expires", "10m"]]
  for (const args of commands) {
    const { code, stderr, stdout } = yield* Effect.promise(() => ccdm(home, args))
    expect({ code, stdout }, `${args.join(" ")}: ${stderr}`).toEqual({ code: 1, stdout: "" })
    expect(stderr.trim().split("\n"), args.join(" ")).toHaveLength(1)
    expect(stderr).toMatch(says)
    isPlain(stderr, args.join(" "))
  }
  const doctor = yield* Effect.promise(() => ccdm(home, ["doctor"]))
  expect(doctor.code).toBe(1)
  expect(doctor.stdout).toMatch(says)
  expect(doctor.stdout + doctor.stderr).not.toMatch(/^\s+at |^\d+ \| |bug in cc-dm/m)

  const session = yield* start({
    home,
    cwd: "/",
    command: [...asUser, "sh", command, "serve"],
    env: { PATH: path }
  })
  expect((yield* session.initialize).result?.["instructions"]).toMatch(says)
  const { isError, json } = yield* session.call("who")
  expect(isError).toBe(true)
  expect(json["error"]).toMatch(says)
  yield* session.kill("SIGTERM")
  expect((yield* session.ended).signal).toBeNull()
  expect(session.stderr()).not.toMatch(/^\s+at |^\d+ \| |bug in cc-dm/m)
})

;(reasonAgainst === undefined ? describe : describe.skip)("in the place of the bus", () => {
  for (const kind of ["a pipe", "a device", "a link"])
    it.live(
      `${kind} instead of the folder`,
      Effect.gen(function* () {
        const home = makeHome()
        kinds[kind]?.(join(home, ".cc-dm"))
        yield* looksAt(home, words[kind] ?? /^$/)
      })
    )

  it.live(
    "a folder of another user, and one that nobody may enter",
    Effect.gen(function* () {
      for (const [owner, mode, says] of [
        [0, 0o700, /belongs to another user/],
        [user, 0, /can't be read/]
      ] as const) {
        const home = makeHome()
        const folder = join(home, ".cc-dm")
        mkdirSync(folder)
        chownSync(folder, owner, owner)
        chmodSync(folder, mode)
        yield* looksAt(home, says)
      }
    })
  )

  it.live(
    "a home of another user, open and closed",
    Effect.gen(function* () {
      const home = makeHome()
      chownSync(home, 0, 0)
      chmodSync(home, 0o755)
      yield* looksAt(home, /can't be (used|created).*(EACCES|may not write)/, false)
      chmodSync(home, 0o700)
      yield* looksAt(home, /can't be (used|read).*EACCES/)
    })
  )

  for (const kind of Object.keys(kinds))
    it.live(
      `${kind}, instead of the file, and beside it`,
      Effect.gen(function* () {
        for (const file of ["bus.db", "bus.db-journal", "bus.db-wal"]) {
          const home = makeHome()
          mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
          own(join(home, ".cc-dm"))
          if (file !== "bus.db") {
            writeFileSync(join(home, ".cc-dm/bus.db"), "", { mode: 0o600 })
            own(join(home, ".cc-dm/bus.db"))
          }
          kinds[kind]?.(join(home, ".cc-dm", file))
          if (file === "bus.db") yield* looksAt(home, words[kind] ?? /^$/)
          else {
            const { code, stderr } = yield* Effect.promise(() => ccdm(home, ["who"]))
            expect(code, file).toBe(1)
            expect(stderr, file).toMatch(words[kind] ?? /^$/)
          }
        }
      })
    )

  it.live(
    "a pipe as the secret or the settings",
    Effect.gen(function* () {
      for (const file of ["secret", "config.json"]) {
        const home = makeHome()
        mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
        own(join(home, ".cc-dm"))
        kinds["a pipe"]?.(join(home, ".cc-dm", file))
        chmodSync(join(home, ".cc-dm", file), 0o600)
        yield* looksAt(home, /is (no|not a) file/, file === "config.json")
      }
    })
  )

  it.live(
    "nothing, and no account either",
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Effect.promise(() =>
        run([...asUser, "sh", command, "who"], { cwd: "/", env: { PATH: path } })
      )
      expect({ code, stderr, stdout }).toEqual({
        code: 1,
        stdout: "",
        stderr: "cc-dm: there is no home folder for the bus: set HOME to the full path of yours\n"
      })
    })
  )
})

test("a pipe in the folder of a repository does not stop doctor", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cc-dm-pipe-"))
  try {
    mkdirSync(join(folder, ".claude"))
    for (const name of [".mcp.json", ".claude/settings.json"]) Bun.spawnSync(["mkfifo", join(folder, name)])
    expect(existsSync(join(folder, ".mcp.json"))).toBe(true)
    const { code, stdout } = await run([join(plugin, "bin/cc-dm"), "doctor", "--json"], {
      cwd: folder,
      env: { HOME: folder, PATH: path },
      seconds: 40
    })
    expect([0, 1]).toContain(code)
    expect(JSON.parse(stdout).findings.length).toBeGreaterThan(3)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)
