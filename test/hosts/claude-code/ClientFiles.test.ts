/**
 * What is read of Claude Code's own files. Their forms are those that version 2.1.332 left behind; the rest is what somebody
 * else may put in their place.
 */
import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ChannelLog, saysDropped } from "../../../src/hosts/claude-code/ChannelLog.ts"
import { mcpConfigs, namesIn, startersIn } from "../../../src/hosts/claude-code/ServerNames.ts"
import { hasMoved, statusOf } from "../../../src/hosts/claude-code/SessionFile.ts"

const home = mkdtempSync(join(tmpdir(), "cc-dm-client-"))
beforeEach(() => rmSync(home, { recursive: true, force: true }))
afterAll(() => rmSync(home, { recursive: true, force: true }))

describe("the status of a session", () => {
  const client = { pid: 8890, start: "48007" }
  const write = (text: string) => {
    mkdirSync(join(home, "sessions"), { recursive: true })
    writeFileSync(join(home, "sessions/8890.json"), text)
  }
  const fields = { pid: 8890, kind: "interactive", procStart: "48007", version: "2.1.332", status: "idle" }

  test.each(["busy", "idle", "waiting"] as const)("is %s as the file of its very process says", (status) => {
    write(JSON.stringify({ ...fields, status }))
    expect(statusOf(home, client)).toBe(status)
  })

  test.each([
    ["another process with this id left it", JSON.stringify({ ...fields, procStart: "1" })],
    ["it does not say whose it is", JSON.stringify({ ...fields, procStart: undefined })],
    ["it says something else", JSON.stringify({ ...fields, status: "allowed" })],
    ["it is a number", JSON.stringify({ ...fields, procStart: 48007 })],
    ["it is no object", "null"],
    ["it is half of one", JSON.stringify(fields).slice(0, 40)],
    ["it is too long", JSON.stringify({ padding: "x".repeat(20_000), ...fields })]
  ])("is not known where %s", (_, text) => {
    write(text)
    expect(statusOf(home, client)).toBeUndefined()
  })

  test("has moved to the background where the file of its very process names a job", () => {
    const told = (more: object) => {
      write(JSON.stringify({ ...fields, ...more }))
      return hasMoved(home, client)
    }
    expect(told({ parkedJobId: "327f0acf" })).toBe(true)
    expect(told({})).toBe(false)
    expect(told({ parkedJobId: null })).toBe(false)
    expect(told({ parkedJobId: "327f0acf", procStart: "1" })).toBe(false)
  })

  test("is not known where there is no file, a link, or a pipe that nobody writes into", () => {
    expect(statusOf(home, client)).toBeUndefined()
    write(JSON.stringify(fields))
    symlinkSync("8890.json", join(home, "sessions/8891.json"))
    expect(statusOf(home, { ...client, pid: 8891 })).toBeUndefined()
    spawnSync("mkfifo", [join(home, "sessions/8892.json")])
    expect(statusOf(home, { ...client, pid: 8892 })).toBeUndefined()
  })
})

describe("the client's log", () => {
  const now = Date.parse("2026-11-28T22:30:07.000Z")
  const log: ChannelLog = {
    cache: home,
    folders: ["/home/ada/my shop"],
    server: "plugin:cc-dm:cc-dm",
    conversations: ["c-1"],
    since: now
  }
  const skipped = "Channel notifications skipped: channels feature is not currently available"
  const line = (debug: string, more: object = {}) =>
    JSON.stringify({ debug, timestamp: "2026-11-28T22:30:07.304Z", sessionId: "c-1", cwd: "/x", ...more })
  const write = (
    lines: ReadonlyArray<string>,
    { file = "2026-11-28T22-30-06-427Z.jsonl", folder = "-home-ada-my-shop" } = {}
  ) => {
    const path = join(home, folder, "mcp-logs-plugin-cc-dm-cc-dm")
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, file), lines.map((one) => `${one}\n`).join(""))
  }

  test("says that channel events are dropped", () => {
    write([line("Successfully connected (transport: stdio) in 878ms"), line(skipped)])
    expect(saysDropped(log)).toBe(true)
    expect(saysDropped({ ...log, server: "mail" })).toBe(false)
    expect(saysDropped({ ...log, folders: ["/elsewhere"] })).toBe(false)
  })

  test("is found where the client cut the name of its folder", () => {
    const folder = `/${"long/".repeat(60)}`
    write([line(skipped)], { folder: `${folder.replace(/[^a-z]/g, "-").slice(0, 200)}-1x2y3z` })
    expect(saysDropped({ ...log, folders: [folder] })).toBe(true)
  })

  test.each([
    ["of another conversation", line(skipped, { sessionId: "c-2" })],
    ["from before this server", line(skipped, { timestamp: "2026-11-28T22:30:06.999Z" })],
    ["without a time", line(skipped, { timestamp: undefined })],
    ["that only quotes it", line(`Server stderr: ${skipped}`)],
    ["that is no JSON", `{"debug":"${skipped}"`],
    ["far behind the beginning", `${"x".repeat(70_000)}\n${line(skipped)}`]
  ])("does not say so in a line %s", (_, text) => {
    write([text])
    expect(saysDropped(log)).toBe(false)
  })

  test("does not say so in a file of an earlier day, or where there is none", () => {
    expect(saysDropped(log)).toBe(false)
    write([line(skipped)], { file: "2026-11-27T22-30-06-427Z.jsonl" })
    expect(saysDropped(log)).toBe(false)
  })
})

describe("the name of a server", () => {
  test("is the one under which a configuration starts this installation", () => {
    for (const folder of ["mine", "theirs"])
      for (const file of ["bin/cc-dm", "dist/cc-dm.js"]) {
        mkdirSync(join(home, folder, file, ".."), { recursive: true })
        writeFileSync(join(home, folder, file), "")
      }
    symlinkSync(join(home, "mine/bin/cc-dm"), join(home, "linked"))
    const config = {
      mcpServers: {
        script: { command: "sh", args: [join(home, "mine/bin/cc-dm"), "serve"] },
        bun: { command: "bun", args: [join(home, "mine/dist/cc-dm.js"), "serve"] },
        link: { command: join(home, "linked"), args: ["serve"] },
        other: { command: "sh", args: [join(home, "theirs/bin/cc-dm"), "serve"] },
        listens: { command: join(home, "linked"), args: ["listen"] },
        http: { type: "http", url: "http://localhost" }
      }
    }
    expect(namesIn(config, startersIn(join(home, "mine")))).toEqual(["script", "bun", "link"])
    expect(namesIn(config, startersIn(join(home, "nowhere")))).toEqual([])
    for (const odd of [undefined, null, 1, {}, { mcpServers: null }, { mcpServers: { mail: null } }])
      expect(namesIn(odd, startersIn(join(home, "mine")))).toEqual([])
  })

  test("stands in what is behind --mcp-config alone", () => {
    expect(mcpConfigs(["claude", "--mcp-config", "a.json", "{}", "--model", "x"])).toEqual(["a.json", "{}"])
    expect(mcpConfigs(["claude", "--mcp-config=a.json", "b.json"])).toEqual(["a.json"])
    expect(mcpConfigs(["claude", "a.json"])).toEqual([])
  })
})
