/** A bus that can't be used: the server stays up and says why in each result; once it is mended, it works. */
import { describe, expect } from "bun:test"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { named, nameIn, start } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { noFile, onFile } from "../support/underTest.ts"

const calls: ReadonlyArray<readonly [string, object]> = [
  ["who", {}],
  ["dm", { to: "bob", content: "x" }],
  ["broadcast", { content: "x" }],
  ["register", { name: "carol", role: "r" }]
]

onFile(noFile, describe)("a bus that is not a database", () => {
  it.live(
    "is named in each result and left as it is; the server works once it is moved away",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const file = join(home, ".cc-dm/bus.db")
      mkdirSync(join(home, ".cc-dm"), { mode: 0o700 })
      const before = "not a database at all ".repeat(300)
      writeFileSync(file, before)
      const session = yield* start({ home, env: named("alice") })
      const { result } = yield* session.initialize
      expect(String(result?.["instructions"])).toContain("is not an SQLite database")
      for (const [tool, input] of calls) {
        const { isError, json } = yield* session.call(tool, input)
        expect(isError).toBe(true)
        for (const words of [file, "is not an SQLite database", "Move it away"])
          expect(json["error"]).toContain(words)
        expect(json["_note"]).toContain("This session is not on the bus now")
        expect(nameIn(json)).toMatch(/^session-/)
      }
      expect(readFileSync(file, "utf8")).toBe(before)
      rmSync(file)
      const { json } = yield* session.call("who")
      expect(json).toMatchObject({ count: 1, _identity: { name: "alice" } })
      yield* session.kill("SIGTERM")
      expect((yield* session.ended).code).toBe(0)
    })
  )
})
