/** Texts that are too long for a message: what is said, and the two ways to send them all the same. */
import { describe, expect, test } from "bun:test"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { MessageJson, PartsJson } from "../../src/cli/Json.ts"
import { partsOf } from "../../src/cli/Texts.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { readAs, readLinesAs, runIn } from "./run.ts"

const diff = Array.from({ length: 800 }, (_, at) => `+ line ${at} of a diff that is long`).join("\n")

describe("a text that is too long", () => {
  it.live(
    "is refused with its length, the limit, and what to type instead",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("reviewer") })
      const sent = yield* run(["send", "reviewer"], { input: diff })
      expect(sent).toEqual({
        code: 2,
        stdout: "",
        stderr: `cc-dm: the text has ${diff.length.toLocaleString("en")} characters, and a message holds at most 10,000. Send it in parts: ... | cc-dm send reviewer --split. Or send its path instead, from a file: cc-dm send reviewer --file PATH\n`
      })
      const asked = yield* run(["ask", "reviewer", "-"], { input: diff })
      expect(asked.stderr).toContain("cc-dm ask reviewer --file PATH")
      expect(asked.stderr).not.toContain("--split")
      const huge = yield* run(["send", "reviewer", "--split"], { input: "x".repeat(300_000) })
      expect(huge.stderr).toContain("300,000 characters")
      expect(huge.stderr).toContain("more than 20 parts")
      const endless = yield* run(["send", "reviewer"], { input: "y\n".repeat(10_000_000) })
      expect(endless.stderr).toContain("more than 16,")
      expect((yield* run(["log", "--json"])).stdout).toBe("")
    })
  )

  it.live(
    "goes in parts of one thread with --split, and nothing is lost",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      yield* startReady({ home, env: named("reviewer") })
      const sent = yield* run(["send", "reviewer", "--split", "--json"], { input: diff })
      expect(sent).toMatchObject({ code: 0, stderr: "" })
      const { count, parts, thread_id } = readAs(PartsJson, sent.stdout)
      const messages = readLinesAs(MessageJson, (yield* run(["log", "--json"])).stdout)
      expect(messages.map(({ message_id }) => message_id)).toEqual(parts.map(({ message_id }) => message_id))
      expect(messages.every((message) => message.thread_id === thread_id)).toBe(true)
      expect(messages.map(({ content }) => content.slice(content.indexOf("\n") + 1)).join("")).toBe(diff)
      expect(messages.map(({ content }) => content.split(" of one text")[0])).toEqual(
        messages.map((_, at) => `Part ${at + 1} of ${count}`)
      )
      const short = yield* run(["send", "reviewer", "short", "--split", "--json"])
      expect(readAs(PartsJson, short.stdout)).toMatchObject({ thread_id: null, count: 1 })
    })
  )

  it.live(
    "stays in its file with --file: the path goes, behind the words",
    Effect.gen(function* () {
      const home = yield* temporaryFolder
      const run = runIn(home)
      const reviewer = yield* startReady({ home, env: named("reviewer") })
      writeFileSync(join(home, "changes.diff"), diff)
      yield* run(["send", "reviewer", "Please look", "--file", "changes.diff"])
      const { params } = yield* reviewer.next
      expect(params.content).toBe(
        `Please look\n\nThe text is in a file on this machine. Read it there: ${join(home, "changes.diff")} (${diff.length.toLocaleString("en")} bytes)`
      )
      yield* run(["broadcast", "--file", "changes.diff"])
      expect((yield* reviewer.next).params.content).toStartWith("The text is in a file on this machine.")
      const missing = yield* run(["send", "reviewer", "x", "--file", "nothing.diff"])
      expect(missing.code).toBe(2)
      expect(missing.stderr).toContain("there is no file")
      expect((yield* run(["send", "reviewer", "x", "--file", "."])).code).toBe(2)
    })
  )
})

describe("parts", () => {
  const wordsOf = (parts: ReadonlyArray<string>) => parts.map((part) => part.slice(part.indexOf("\n") + 1))

  test("end at ends of lines where there are any, and within no character", () => {
    const parts = wordsOf(partsOf(diff))
    expect(parts.slice(0, -1).every((part) => part.endsWith("\n"))).toBe(true)
    const emoji = "🦊".repeat(25_000)
    expect(wordsOf(partsOf(emoji)).join("")).toBe(emoji)
    expect(partsOf(emoji).every((part) => part.isWellFormed() && Array.from(part).length <= 10_000)).toBe(
      true
    )
  })
})
