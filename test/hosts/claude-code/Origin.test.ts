/**
 * Which variables count for a session. The processes and their variables are those that Claude Code 2.1.332 had on Linux when
 * these sessions were started; `./dev client:check` starts them again.
 */
import { describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Job, originOf, readJob } from "../../../src/hosts/claude-code/Origin.ts"
import type { Ancestor } from "../../../src/platform/Ancestors.ts"

let ids = 100
const process = (line: string, environment: Readonly<Record<string, string>> = {}): Ancestor => ({
  id: ids++,
  name: "",
  program: "",
  args: line.split(" "),
  started: "1",
  variable: (name) => environment[name],
  tells: true
})
const silent = (line: string): Ancestor => ({ ...process(line), tells: false })

const name = "CC_DM_SESSION_NAME"
const shell = process("-bash", { [name]: "alice" })
const isOwn = (value: string, processes: ReadonlyArray<Ancestor>, job?: Job) =>
  originOf(processes, job).isOwn(name, value)

/** What Claude Code puts into the environment of a model's shell. */
const marks = { CLAUDECODE: "1", CLAUDE_PID: "10036", CLAUDE_CODE_CHILD_SESSION: "1" }
const outer = process("/usr/bin/claude --dangerously-skip-permissions", { [name]: "outer" })
const modelsShell = process("/bin/bash -c source snapshot.sh && claude -p hello", {
  ...marks,
  [name]: "outer"
})
const nestedRun = (given: Readonly<Record<string, string>> = {}) =>
  process("claude -p hello", { ...marks, [name]: "outer", ...given })

describe("a session that a user starts", () => {
  test("has the variables of its shell", () => {
    const origin = originOf([process("claude", { [name]: "alice" }), shell], undefined)
    expect(origin.isOwn(name, "alice")).toBe(true)
    expect(origin).toMatchObject({ nested: false, background: false, args: ["claude"] })
  })

  test("has them where a wrapper stands between it and its server, or above it", () => {
    const client = process("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", { [name]: "alice" })
    const above = process("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli-wrapper.cjs --resume")
    const origin = originOf([process("sh -c exec bun"), client, above, shell], undefined)
    expect(origin.isOwn(name, "alice")).toBe(true)
    expect(origin.nested).toBe(false)
  })

  test("has those of settings", () =>
    expect(isOwn("bob", [process("claude", { [name]: "alice" }), shell])).toBe(true))

  test("has them where the system tells no environment", () =>
    expect(isOwn("alice", [silent("claude"), silent("-bash")])).toBe(true))

  test("in a terminal that was first opened from another session's shell", () => {
    const origin = originOf(
      [process("claude", { ...marks, [name]: "outer" }), process("tmux new -s work", marks)],
      undefined
    )
    expect(origin.nested).toBe(false)
  })
})

describe("a run in a model's shell", () => {
  test("does not have the name of the session around it", () => {
    const origin = originOf([nestedRun(), modelsShell, outer], undefined)
    expect(origin.nested).toBe(true)
    expect(origin.isOwn(name, "outer")).toBe(false)
  })

  test("has one that was given to it", () => {
    expect(isOwn("w1", [nestedRun({ [name]: "w1" }), modelsShell, outer])).toBe(true)
    expect(isOwn("w2", [nestedRun(), modelsShell, outer])).toBe(true)
  })

  test("is one without CLAUDE_PID, too, and where the shell has put itself away", () => {
    const environment = { CLAUDE_CODE_SESSION_ID: "5635dc49", [name]: "outer" }
    const origin = originOf([process("claude -p hello", environment), outer], undefined)
    expect(origin.nested).toBe(true)
    expect(origin.isOwn(name, "outer")).toBe(false)
  })
})

describe("a background session", () => {
  const host = process("claude bg-spare --bg-spare /tmp/cc-daemon-0/spare/1.sock", { [name]: "first" })
  const processes = [
    host,
    process("claude bg-pty-host --bg-pty-host /tmp/1.sock -- claude --bg-spare", { [name]: "first" }),
    process("/usr/bin/claude daemon run --origin transient --spawned-by {}", { [name]: "first" })
  ]
  const job = (...flags: ReadonlyArray<string>): Job => ({ flags, forkOf: undefined, spare: false })
  const naming = (value: string) => JSON.stringify({ env: { [name]: value } })

  test("does not have the name of the shell that started the service", () => {
    const origin = originOf(processes, job())
    expect(origin.isOwn(name, "first")).toBe(false)
    expect(origin).toMatchObject({ nested: false, background: true })
  })

  test("has the name that its own settings give, also where the service has the same", () => {
    expect(isOwn("third", processes, job("--settings", naming("third")))).toBe(true)
    expect(isOwn("first", processes, job(`--settings=${naming("first")}`))).toBe(true)
    expect(isOwn("first", processes, job("--settings", naming("first"), "--settings", "{}"))).toBe(false)
  })

  test("that waits for what comes next does not have the name of the session that looks at the others", () => {
    const spare = { ...job("--settings", naming("alpha")), spare: true }
    expect(isOwn("alpha", processes, spare)).toBe(false)
    expect(isOwn("of-the-folder", processes, spare)).toBe(true)
  })

  test("has no other than that where the system tells no environment", () => {
    const silently = processes.map(({ args }) => silent(args.join(" ")))
    expect(isOwn("first", silently, job())).toBe(false)
    expect(isOwn("first", silently, job("--settings", naming("first")))).toBe(true)
  })

  test("was started with its job's flags", () =>
    expect(originOf(processes, job("--permission-mode", "bypassPermissions")).args).toEqual([
      "--permission-mode",
      "bypassPermissions"
    ]))

  test("is the session around what its model's shell runs", () => {
    const shellOfJob = process("/bin/bash -c claude -p hello", { ...marks, [name]: "third" })
    const run = process("claude -p hello", { ...marks, CLAUDE_JOB_DIR: "/jobs/1", [name]: "third" })
    const origin = originOf([run, shellOfJob, ...processes], job("--settings", naming("third")))
    expect(origin).toMatchObject({ nested: true, background: false })
    expect(origin.isOwn(name, "third")).toBe(false)
  })
})

test("settings of a background session may stand in a file, and behind a link to it", () => {
  const folder = mkdtempSync(join(tmpdir(), "cc-dm-settings-"))
  try {
    const [file, link] = [join(folder, "settings.json"), join(folder, "link.json")]
    writeFileSync(file, JSON.stringify({ env: { [name]: "alice" } }))
    symlinkSync(file, link)
    for (const path of [file, link]) {
      const job = { flags: ["--settings", path], forkOf: undefined, spare: true }
      expect(isOwn("alice", [process("claude", {}), shell], job)).toBe(false)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe("a fork", () => {
  test("names its conversation", () => {
    const of = (line: string) => originOf([process(line), shell], undefined).forkOf
    expect(of("claude --resume 9fd700b3 --fork-session")).toBe("9fd700b3")
    expect(of("claude --fork-session -r 9fd700b3")).toBe("9fd700b3")
    expect(of("claude --resume 9fd700b3")).toBeUndefined()
    expect(of("claude --continue --fork-session")).toBeUndefined()
  })

  test("into the background is found in Claude Code's files, which may also be missing, broken or of another session", () => {
    const config = mkdtempSync(join(tmpdir(), "cc-dm-job-"))
    const folder = join(config, "jobs/553a21d0")
    const worker = (launch: object) => ({
      workers: { "553a21d0": { pid: 12363, dispatch: { proto: 1, sessionId: "553a21d0-38e8", launch } } }
    })
    const [[id, waiting] = ["", undefined]] = Object.entries(worker({ mode: "prompt" }).workers)
    const spare = { workers: { [id]: { dispatch: { ...waiting?.dispatch, source: "spare" } } } }
    const write = (path: string, text: string) => {
      mkdirSync(join(config, path, ".."), { recursive: true })
      writeFileSync(join(config, path), text)
    }
    const launch = { mode: "resume", sessionId: "/x/projects/-x/9fd700b3-65af.jsonl", fork: true }
    const nothing = { flags: [], forkOf: undefined, spare: false }
    try {
      expect(readJob(folder, "553a21d0-38e8")).toEqual(nothing)
      write("daemon/roster.json", JSON.stringify(worker(launch)))
      write("jobs/553a21d0/state.json", JSON.stringify({ respawnFlags: ["--model", "opus"] }))
      expect(readJob(folder, "553a21d0-38e8")).toEqual({
        flags: ["--model", "opus"],
        forkOf: "9fd700b3-65af",
        spare: false
      })
      expect(readJob(folder, "another").forkOf).toBeUndefined()
      write("daemon/roster.json", JSON.stringify(worker({ ...launch, fork: false })))
      expect(readJob(folder, "553a21d0-38e8").forkOf).toBeUndefined()
      write("daemon/roster.json", JSON.stringify(spare))
      expect(readJob(folder, "553a21d0-38e8")).toMatchObject({ forkOf: undefined, spare: true })
      const unused = { ...waiting?.dispatch, source: "spare", respawnFlags: ["--agent", "claude"] }
      write("daemon/roster.json", JSON.stringify({ workers: { "0b7d5f4a": { dispatch: unused } } }))
      expect(readJob(join(config, "jobs/0b7d5f4a"), "553a21d0-38e8")).toEqual({
        flags: ["--agent", "claude"],
        forkOf: undefined,
        spare: true
      })
      write("daemon/roster.json", '{"workers": 1')
      write("jobs/553a21d0/state.json", '{"respawnFlags": "--model"}')
      expect(readJob(folder, "553a21d0-38e8")).toEqual(nothing)
    } finally {
      rmSync(config, { recursive: true })
    }
  })
})
