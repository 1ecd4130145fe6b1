/** What is said of lists. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect } from "effect"
import { ClaudeCode } from "../../src/hosts/claude-code/ClaudeCode.ts"
import { Settings } from "../../src/settings/Settings.ts"

describe("a list", () => {
  const problemsOf = (env: Readonly<Record<string, string>>) =>
    Settings.read.pipe(
      Effect.provide(ClaudeCode),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnv({ env: { HOME: "/home/nobody", ...env } })
      ),
      Effect.map(({ problems }) => problems),
      Effect.runPromise
    )

  test.each([
    "CC_DM_DM_ALLOWLIST",
    "CC_DM_DM_BLOCKLIST",
    "CC_DM_BROADCAST_ALLOWED_ROLES",
    "CC_DM_INBOUND_ALLOWLIST",
    "CC_DM_INBOUND_BLOCKLIST",
    "CC_DM_INBOUND_PROJECTS"
  ])("%s has each of its wrong entries reported", async (name) => {
    const problems = await problemsOf({ [name]: "one@here, fine, two@here, three@here" })
    expect(problems).toHaveLength(3)
    for (const problem of problems) expect(problem).toStartWith(`${name}: an entry `)
  })

  test("is reported with the others that have wrong entries", async () => {
    const problems = await problemsOf({
      CC_DM_DM_ALLOWLIST: "one@here, two@here",
      CC_DM_BROADCAST_ALLOWED_ROLES: "three@here"
    })
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "CC_DM_DM_ALLOWLIST",
      "CC_DM_DM_ALLOWLIST",
      "CC_DM_BROADCAST_ALLOWED_ROLES"
    ])
  })
})
