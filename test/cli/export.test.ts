/** `cc-dm export`: what it writes, where, and that what others wrote stays text in it. */
import { describe, expect, test } from "bun:test"
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import type { LoggedMessage } from "../../src/bus/messages/History.ts"
import { conversationOf } from "../../src/cli/export/Conversation.ts"
import { markdownOf } from "../../src/cli/export/Markdown.ts"
import { pageOf } from "../../src/cli/export/Page.ts"
import { MessageJson } from "../../src/cli/Json.ts"
import { named, startReady } from "../../testkit/host/ClaudeCode.ts"
import { temporaryFolder } from "../support/bus.ts"
import { it } from "../support/it.ts"
import { drives } from "../support/nasty.ts"
import { logged, readLinesAs, runIn } from "./run.ts"

/** A bus with a thread, an answer, and a message of another pair. */
const talk = Effect.gen(function* () {
  const home = yield* temporaryFolder
  const run = runIn(home)
  const planner = yield* startReady({ home, env: named("planner") })
  yield* startReady({ home, env: named("backend") })
  yield* run(["inbox", "--name", "ci"])
  yield* planner.call("dm", { to: "backend", content: "add the currency", thread_id: "money" })
  yield* planner.call("dm", { to: "ci", content: "<b>ready</b>\nsecond line" })
  yield* run(["send", "planner", "thanks", "--from", "ci"])
  // Nothing becomes of them any more.
  yield* logged(home, "pushed", "add the currency", "thanks")
  return { home, run }
})

describe("export", () => {
  it.live(
    "writes what log --json shows, as lines, by default",
    Effect.gen(function* () {
      const { run } = yield* talk
      const lines = yield* run(["export"])
      expect(lines).toEqual({ code: 0, stdout: (yield* run(["log", "--json", "--all"])).stdout, stderr: "" })
      const contents = (...args: ReadonlyArray<string>) =>
        Effect.map(run(["export", ...args]), ({ stdout }) =>
          readLinesAs(MessageJson, stdout).map(({ content }) => content)
        )
      expect(yield* contents("--thread", "money")).toEqual(["add the currency"])
      expect(yield* contents("--with", "ci", "--grep", "THANK")).toEqual(["thanks"])
      expect(yield* contents("--since", "1h", "--before", "0")).toHaveLength(3)
      const none = yield* run(["export", "--thread", "lost"])
      expect(none).toMatchObject({ code: 3, stdout: "" })
      expect(none.stderr).toContain("no message was found")
    })
  )

  it.live(
    "writes Markdown in which words of others are no Markdown",
    Effect.gen(function* () {
      const { run } = yield* talk
      const { stdout } = yield* run(["export", "--format", "markdown", "--with", "ci"])
      expect(stdout).toStartWith("# Messages of ci\n\n## 2: `planner` to `ci`\n\n")
      expect(stdout).toContain("\n```text\n<b>ready</b>\nsecond line\n```\n")
      expect(stdout).toContain("from the command line")
    })
  )

  it.live(
    "writes a file that is the user's alone, and writes over none",
    Effect.gen(function* () {
      const { home, run } = yield* talk
      const file = join(home, "talk.html")
      const first = yield* run(["export", "--output", "talk.html"])
      expect(first).toEqual({ code: 0, stdout: "", stderr: "Wrote 3 messages to talk.html.\n" })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file, "utf8")).toStartWith("<!doctype html>")
      writeFileSync(file, "mine")
      const again = yield* run(["export", "--output", "talk.html"])
      expect(again.code).toBe(1)
      expect(again.stderr).toContain(
        "talk.html is there already: choose another name, or replace it with --force"
      )
      expect(readFileSync(file, "utf8")).toBe("mine")
      // What finds nothing replaces nothing.
      expect((yield* run(["export", "-o", "talk.html", "--force", "--thread", "lost"])).code).toBe(3)
      expect(readFileSync(file, "utf8")).toBe("mine")
      expect((yield* run(["export", "-o", "talk.html", "--force", "--format", "jsonl"])).code).toBe(0)
      expect(readLinesAs(MessageJson, readFileSync(file, "utf8"))).toHaveLength(3)
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect((yield* run(["export", "-o", "new.md", "--thread", "lost"])).code).toBe(3)
      expect(existsSync(join(home, "new.md"))).toBe(false)

      // A link is not followed to somebody else's file.
      writeFileSync(join(home, "other"), "theirs")
      symlinkSync("other", join(home, "link.md"))
      expect((yield* run(["export", "-o", "link.md"])).code).toBe(1)
      expect((yield* run(["export", "-o", "link.md", "--force"])).code).toBe(0)
      expect(readFileSync(join(home, "other"), "utf8")).toBe("theirs")

      mkdirSync(join(home, "folder"))
      for (const [output, why] of [
        ["folder", "is a folder"],
        ["nowhere/x.md", "its folder is not there"],
        ["talk.html/x.md", "a part of its path is no folder"]
      ] as const)
        for (const more of [[], ["--force"]]) {
          const { code, stderr } = yield* run(["export", "-o", output, ...more])
          expect([output, code]).toEqual([output, 1])
          expect(stderr).toContain(why)
        }
      expect((yield* run(["export", "--force"])).code).toBe(2)
      expect((yield* run(["export", "--format", "pdf"])).code).toBe(2)
      // Nothing half-written is left.
      expect(readdirSync(home).filter((name) => /^\.(talk|link)/.test(name))).toEqual([])
    })
  )
})

const message = (fields: Partial<LoggedMessage> = {}): LoggedMessage => ({
  id: 1,
  kind: "chat",
  from: "planner",
  fromId: undefined,
  proof: "signed",
  fromProject: null,
  fromKind: "session",
  to: "backend",
  content: "hello",
  metadata: {},
  options: {},
  sentAt: "2026-11-29T10:00:00.000Z",
  toId: "session-000000000001",
  state: "seen",
  reason: undefined,
  stateSince: undefined,
  projects: [],
  ...fields
})

const about = { title: "Messages", version: "2.1.0", now: Date.parse("2026-11-29T12:00:00Z") }

const hostile =
  "</p></script><script>alert(1)</script><img src=https://evil.example/x onerror=alert(1)> \u001b[2J \u202ereversed\u2066 ' \" & `x` ```\n# heading\n"

describe("what others wrote", () => {
  const nasty = message({
    from: hostile,
    to: hostile,
    content: hostile,
    metadata: { thread_id: hostile },
    reason: hostile,
    sentAt: hostile,
    state: "refused",
    proof: "none"
  })

  test("is text in a page", () => {
    const page = pageOf(conversationOf([nasty]), { ...about, title: hostile })
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toContain("<img")
    expect(page).not.toMatch(drives)
    expect(page).toContain("\\u{202e}reversed")
    // Words of others may stand between the quotes of an attribute, and make none.
    const attributes = [...page.matchAll(/<[a-z][^>]*>/g)].flatMap(([tag]) =>
      [...tag.replace(/"[^"]*"/g, '""').matchAll(/[\s"]([^\s="]+)(?==|[\s>])/g)].map(([, name]) => name)
    )
    expect(attributes).toContain("datetime")
    expect(attributes.filter((name) => /^(on.*|src|style|alert.*)$/.test(name ?? ""))).toEqual([])
  })

  test("is neither heading nor link in Markdown, and ends no fence", () => {
    const text = markdownOf(nasty)
    expect(text).not.toMatch(drives)
    const [fence = ""] = /^`{4,}(?=text$)/m.exec(text) ?? []
    expect(fence).toBe("````")
    const [before = "", inside = ""] = text.split(`\n${fence}text\n`)
    expect(inside).toEndWith(`\n${fence}\n`)
    // Outside of the fence it stands in code spans, on lines of ours.
    expect(before.split("\n").filter((line) => line.startsWith("#"))).toHaveLength(1)
    expect(before.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, "")).not.toContain("<script")
  })
})

test("messages are sorted into threads: by their id, by what they answer, and else by who speaks", () => {
  const { names, threads, threadOf } = conversationOf([
    message({ id: 1, metadata: { thread_id: "t" } }),
    message({ id: 2, from: "backend", to: "planner", options: { replyTo: 1 } }),
    message({ id: 3 }),
    message({ id: 4, from: "backend", to: "planner" }),
    message({ id: 5, from: "web", to: "planner", options: { replyTo: 99 } }),
    message({ id: 6, from: "web", to: "backend", metadata: { thread_id: "t" } })
  ])
  expect(names).toEqual(["planner", "backend", "web"])
  expect(threads.map(({ id, messages }) => [id, messages])).toEqual([
    ["t", [1, 2, 6]],
    [undefined, [3, 4]],
    [undefined, [5]]
  ])
  expect(threads[0]?.names).toEqual(["planner", "backend", "web"])
  expect(threadOf.get(6)).toBe(0)
})

test("a page says where each day begins, in the order of the messages", () => {
  const page = pageOf(
    conversationOf([
      message({ id: 1, sentAt: "2026-01-10T12:00:00.000Z" }),
      message({ id: 2, sentAt: "2026-01-10T12:30:00.000Z" }),
      message({ id: 3, sentAt: "2026-01-12T12:00:00.000Z" }),
      message({ id: 4, sentAt: "unknown" })
    ]),
    about
  )
  expect(
    [...page.matchAll(/<h3 class="day">([^<]*)|<article id="(\w+)"/g)].map(([, day, id]) =>
      // Some put a comma behind the day of the week.
      day === undefined ? id : day.replace(",", "")
    )
  ).toEqual([
    "Saturday 10 January 2026",
    "m1",
    "m2",
    "Monday 12 January 2026",
    "m3",
    "At an unknown time",
    "m4"
  ])
  expect(page.slice(page.indexOf("<body>"), page.indexOf("<script>"))).not.toMatch(/NaN|Infinity|undefined/)
})
