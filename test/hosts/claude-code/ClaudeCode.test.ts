/** Claude Code behind the port: what the environment tells, and which processes it is. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { isClaudeCode } from "../../../src/hosts/claude-code/Ancestor.ts"
import { ClaudeCode } from "../../../src/hosts/claude-code/ClaudeCode.ts"
import { Host } from "../../../src/hosts/Host.ts"

const detected = (env: Readonly<Record<string, string>>) =>
  Host.pipe(
    Effect.provide(ClaudeCode),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: { HOME: "/nowhere", ...env } })
    ),
    Effect.runPromise
  )

describe("a session", () => {
  test("of which the environment tells nothing has neither conversation nor hooks, and can't be woken", async () => {
    const { session, wakeUp } = await detected({})
    expect(session).toMatchObject({
      conversation: undefined,
      hasHooks: false,
      isHealthCheck: false,
      projectFolder: undefined
    })
    expect(wakeUp).toBeUndefined()
  })

  test("is known by the variables of the server that the plugin started", async () => {
    const { dropsEvents, session, wakeUp } = await detected({
      CLAUDE_CODE_SESSION_ID: "c-1",
      CLAUDE_PLUGIN_ROOT: "/plugin",
      CLAUDE_PROJECT_DIR: "/project",
      CLAUDE_CODE_MESSAGING_SOCKET: "/tmp/socket",
      CLAUDE_CODE_MESSAGING_TOKEN: "secret"
    })
    expect(session).toMatchObject({ conversation: "c-1", hasHooks: true, projectFolder: "/project" })
    expect(wakeUp).toBeDefined()
    expect(dropsEvents?.(["c-1"])).toBe(false)
  })
})

describe("Claude Code", () => {
  const process = (line: string, more: { readonly name?: string; readonly program?: string } = {}) => ({
    id: 1,
    name: "",
    program: "",
    args: line.split(" "),
    started: undefined,
    variable: () => undefined,
    tells: false,
    ...more
  })

  test.each([
    process("claude"),
    process("/usr/bin/claude -p hello"),
    process("claude.exe"),
    process("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"),
    process("/usr/bin/bun /home/ada/.local/bin/claude"),
    process("node cli.js", { name: "claude" }),
    process("2.1.332", { program: "/home/ada/.local/share/claude/versions/2.1.332" })
  ])("is %j", (one) => expect(isClaudeCode(one)).toBe(true))

  test.each([
    process("bash"),
    process("bash -c claude"),
    process("vim claude"),
    process("node /home/ada/claude-code-notes/server.js"),
    process("/home/ada/claude/bin/tool"),
    process("tail -f claude")
  ])("is not %j", (one) => expect(isClaudeCode(one)).toBe(false))
})
