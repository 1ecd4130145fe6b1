/** Each variable: what it gives when it is set, when it is empty, and when it is wrong. The table says which there are. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { ConfigProvider, Effect, Redacted, Result } from "effect"
import { defaultQueueLimit, defaultRateLimit } from "../../src/domain/Pace.ts"
import { ClaudeCode } from "../../src/hosts/claude-code/ClaudeCode.ts"
import { defaults, Settings } from "../../src/settings/Settings.ts"
import { allVariables, defaultHistory, variables } from "../../src/settings/variables.ts"

const root = join(import.meta.dir, "../..")

type Environment = Readonly<Record<string, string>>

const settingsOf = (env: Environment) =>
  Settings.read.pipe(
    Effect.provide(ClaudeCode),
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnv({ env: { HOME: "/home/nobody", ...env } })
    ),
    Effect.runPromise
  )

interface Case {
  /** What of the settings it says. */
  readonly field: Exclude<keyof Settings["Service"], "problems" | "timing">
  /** A sound text, and what it gives. */
  readonly set: readonly [text: string, value: unknown]
  /** What holds if it is not set. */
  readonly fallback: unknown
  /** A wrong text, and what is said of it. Absent if no text is wrong. */
  readonly wrong?: readonly [text: string, problem: string]
  /** What holds if it is wrong, if that is not what holds without it. */
  readonly ifWrong?: unknown
  /** Other variables that have to be set, so that this one counts. */
  readonly beside?: Environment
}

const badName = "may hold only letters with their marks"
const listCase = (field: Case["field"]): Case => ({
  field,
  set: ["one, Two Words", new Set(["one", "two-words"])],
  fallback: undefined,
  wrong: ["one@here", "an entry "],
  ifWrong: new Set()
})

/** A variable without a case does not compile. */
const cases: Readonly<Record<keyof typeof variables, Case>> = {
  name: {
    field: "name",
    set: ["Night Intern", "night-intern"],
    fallback: undefined,
    wrong: ["a@b", badName]
  },
  nameAsId: { field: "name", set: ["backend", "backend"], fallback: undefined, wrong: ["a@b", badName] },
  role: { field: "role", set: ["reviewer", "reviewer"], fallback: undefined, wrong: ["a@b", badName] },
  project: { field: "project", set: ["myapp", "myapp"], fallback: null, wrong: ["a@b", badName] },
  dmAllowList: listCase("dmAllowList"),
  dmBlockList: listCase("dmBlockList"),
  broadcastRoles: listCase("broadcastRoles"),
  inboundAllowList: listCase("inboundAllowList"),
  inboundBlockList: listCase("inboundBlockList"),
  inboundProjects: { ...listCase("inboundProjects"), set: ["one, @none", new Set(["one", "@none"])] },
  rateLimit: {
    field: "rateLimit",
    set: ["40/200", { toOne: 40, inAll: 200 }],
    fallback: defaultRateLimit,
    wrong: ["40", "must be off, or two numbers of 1 to 1000 such as 20/60"]
  },
  queueLimit: {
    field: "queueLimit",
    set: ["off", undefined],
    fallback: defaultQueueLimit,
    wrong: ["0", "must be off, or a number of 1 to 1000000"]
  },
  delivery: {
    field: "delivery",
    set: [" Hooks ", "hooks"],
    fallback: "auto",
    wrong: ["pigeon", "must be auto, channel, hooks or pull, so it is ignored"]
  },
  wake: {
    field: "wake",
    set: ["0", false],
    fallback: true,
    wrong: ["no", 'must be "0" or unset, so messages wake this session']
  },
  busUrl: {
    field: "busUrl",
    // What is secret does not compare: the test below reads it.
    set: [" postgres://db/bus ", expect.anything()],
    fallback: undefined
  },
  history: {
    field: "history",
    set: ["90m", 90 * 60_000],
    fallback: defaultHistory,
    wrong: ["31d", "must be at most 30 days, so it is ignored"]
  },
  relay: {
    field: "approver",
    set: ["1", { _tag: "Project" }],
    fallback: { _tag: "Nobody" },
    wrong: ["yes", 'must be "1" or unset, so the relay is off']
  },
  approver: {
    field: "approver",
    set: ["Planner@bob", { _tag: "Session", name: "planner", user: "bob" }],
    fallback: { _tag: "Project" },
    wrong: ["@bob", "must not be empty, so the relay is off"],
    ifWrong: { _tag: "Nobody" },
    beside: { CC_DM_PERMISSION_RELAY: "1" }
  },
  trustsOld: {
    field: "trustsOld",
    set: ["1", true],
    fallback: false,
    wrong: ["yes", 'must be "1" or unset, so sessions of 1.3.1 are not asked']
  }
}

describe.each(Object.entries(cases))("%s", (key, { beside = {}, fallback, field, ifWrong, set, wrong }) => {
  const { name } = variables[key as keyof typeof variables]
  const [text, value] = set
  const withText = (text: string) => settingsOf({ ...beside, [name]: text })

  test(`${name}=${text} is read`, async () => {
    const settings = await withText(text)
    expect(settings[field]).toEqual(value as never)
    expect(settings.problems).toEqual([])
  })

  test(`${name} unset, empty or blank leaves what holds without it`, async () => {
    for (const settings of [await settingsOf(beside), await withText(""), await withText("  ")]) {
      expect(settings[field]).toEqual(fallback as never)
      expect(settings.problems).toEqual([])
    }
  })

  if (wrong !== undefined)
    test(`${name}=${wrong[0]} is ignored, and said`, async () => {
      const settings = await withText(wrong[0])
      expect(settings[field]).toEqual((ifWrong ?? fallback) as never)
      expect(settings.problems).toHaveLength(1)
      expect(settings.problems[0]).toStartWith(name)
      expect(settings.problems[0]).toContain(wrong[1])
    })
})

describe("no variable at all", () => {
  test("gives a session the defaults", async () => {
    const { cwd, ...settings } = await settingsOf({})
    expect(defaults("/home/nobody", cwd)).toEqual({ cwd, ...settings })
  })
})

describe("a variable that is only a part of a setting", () => {
  test("CC_DM_SESSION_NAME goes before CC_DM_SESSION_ID", async () => {
    const settings = await settingsOf({ CC_DM_SESSION_NAME: "one", CC_DM_SESSION_ID: "two" })
    expect(settings.name as string).toBe("one")
  })

  test("CC_DM_PERMISSION_APPROVER asks no one while the relay is off", async () => {
    const settings = await settingsOf({ CC_DM_PERMISSION_APPROVER: "planner" })
    expect(settings.approver).toEqual({ _tag: "Nobody" })
  })

  test.each([
    ["@me", { _tag: "People" }],
    ["session-0123456789ab", { _tag: "Session", name: "session-0123456789ab" }]
  ])("CC_DM_PERMISSION_APPROVER=%s", async (text, approver) => {
    const settings = await settingsOf({ CC_DM_PERMISSION_RELAY: "1", CC_DM_PERMISSION_APPROVER: text })
    expect(settings.approver).toEqual(approver as never)
  })

  test("CC_DM_BUS_URL is secret, and trimmed", async () => {
    const { busUrl } = await settingsOf({ CC_DM_BUS_URL: " postgres://db/bus " })
    expect(Redacted.value(Result.getOrThrow(busUrl ?? Result.fail("none")))).toBe("postgres://db/bus")
    expect(String(Result.getOrThrow(busUrl ?? Result.fail("none")))).not.toContain("postgres")
  })

  test("CC_DM_HISTORY=0 keeps no message that was seen, and holds others for the usual time", async () => {
    const settings = await settingsOf({ CC_DM_HISTORY: "0" })
    expect([settings.history, settings.holdFor]).toEqual([0, defaultHistory])
  })

  test.each(["DM", "INBOUND"])("an allow list and a block list of CC_DM_%s are refused", async (kind) => {
    const both = { [`CC_DM_${kind}_ALLOWLIST`]: "one", [`CC_DM_${kind}_BLOCKLIST`]: "two" }
    await expect(settingsOf(both)).rejects.toThrow("are mutually exclusive: unset one of them")
  })
})

describe("a list", () => {
  const problemsOf = async (env: Environment) => (await settingsOf(env)).problems

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

describe("the table of variables", () => {
  test("is that of docs/reference/variables.md, row by row", () => {
    const rows = readFileSync(join(root, "docs/reference/variables.md"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| `CC_DM_"))
      // A link reads as its words.
      .map((line) => line.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1"))
    expect(rows).toEqual(
      allVariables.map(({ meaning, name, otherwise }) => `| \`${name}\` | ${meaning} | ${otherwise} |`)
    )
  })

  test("is the one place that reads variables by name", () => {
    const others = [...new Glob("src/**/*.{ts,tsx}").scanSync(root)].filter((file) =>
      /(String|Redacted)\("CC_DM_/.test(readFileSync(join(root, file), "utf8"))
    )
    expect(others).toEqual([])
  })
})
