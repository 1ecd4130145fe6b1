/** What a start waits for, and the server's bytecode: Bun takes it if it is whole, and nobody notices if it is not. */
import { afterAll, describe, expect, test } from "bun:test"
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { eventually } from "../../testkit/eventually.ts"
import { plugin, start } from "../../testkit/host/ClaudeCode.ts"
import { temporaryHome } from "../../testkit/host/TemporaryHome.ts"
import { it } from "../support/it.ts"

const folders: Array<string> = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Serves from a copy of the plugin whose bytecode was changed, and gives what Bun says of the bytecode. */
const serveWith = Effect.fnUntraced(function* (change: (bytecode: string) => void) {
  const copy = mkdtempSync(join(tmpdir(), "cc-dm-copy-"))
  folders.push(copy)
  cpSync(plugin, copy, { recursive: true })
  change(join(copy, "dist/cc-dm-server.js.jsc"))
  const session = yield* start({
    home: yield* temporaryHome,
    command: ["sh", join(copy, "bin/cc-dm"), "serve"],
    env: { BUN_JSC_verboseDiskCache: "1" }
  })
  yield* session.initialize
  expect((yield* session.call("who")).isError).toBe(false)
  return session.stderr()
})

const hit = "Cache hit for sourceCode"

describe("a start", () => {
  it.live(
    "collects no garbage before the client is greeted",
    Effect.gen(function* () {
      const session = yield* start({ home: yield* temporaryHome, env: { BUN_JSC_logGC: "1" } })
      yield* session.initialize
      expect(session.stderr()).not.toContain("FullCollection")
      yield* eventually(Effect.sync(session.stderr), (log) => log.includes("FullCollection"))
    })
  )

  test("does not wait for modules of the runtime that take long to load", () => {
    const server = readFileSync(join(plugin, "dist/cc-dm-server.js"), "utf8")
    const loaded = [...server.matchAll(/require\("([\w:]+)"\)/g)].map(([, name = ""]) => name)
    expect([...new Set(loaded)].sort()).toEqual(["bun:sqlite", "fs", "path"])
  })
})

describe("the bytecode of the server", () => {
  it.live(
    "is taken",
    Effect.gen(function* () {
      expect(yield* serveWith(() => {})).toContain(hit)
    })
  )

  for (const [what, change] of Object.entries({
    "is missing": (file: string) => rmSync(file),
    "is empty": (file: string) => truncateSync(file, 0),
    "was cut short": (file: string) => truncateSync(file, 1_000_000),
    "is of another program": (file: string) => {
      const server = file.slice(0, -".jsc".length)
      writeFileSync(server, readFileSync(server, "utf8").replace("do not edit", "do not read"))
    },
    "was changed in many places": (file: string) => {
      const bytes = readFileSync(file)
      for (let at = 300_000; at < bytes.length; at += 5_000) bytes[at] = ~(bytes[at] ?? 0)
      writeFileSync(file, bytes)
    }
  }))
    it.live(
      `is left alone if it ${what}`,
      Effect.gen(function* () {
        expect(yield* serveWith(change)).not.toContain(hit)
      })
    )
})
