/** Installs the plugin from a marketplace as a user does, with the real client, and looks at what came of it. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Checks, expect } from "./Checks.ts"
import { makeScratchUser, type ScratchUser, said } from "./ClaudeClient.ts"
import { mustRun, run } from "./run.ts"
import { askServer } from "./Server.ts"

const plugin = "cc-dm@cc-dm-marketplace"

/** What makes the client run an install, or what an install leaves. */
const unwanted =
  /(^|\/)(node_modules|package\.json|package-lock\.json|bun\.lockb?|yarn\.lock|pnpm-lock\.yaml)$/

export interface InstallSource {
  /** How the source is called in the printed lines. */
  readonly title: string
  /** What the user types behind `/plugin marketplace add`. */
  readonly marketplace: string
  /** Sets up the user's machine first. */
  readonly prepare?: (user: ScratchUser) => Promise<void>
}

export const checkInstall = async (checks: Checks, program: string, source: InstallSource): Promise<void> => {
  const user = await makeScratchUser(program)
  const where = `(from ${source.title}${user.offline ? ", without network" : ""})`
  const step = (what: string, args: ReadonlyArray<string>, shows: string) =>
    checks.check(`${what} ${where}`, async () => {
      const outcome = await user.claude(...args)
      // `claude mcp list` succeeds whatever the servers do, so the text counts too.
      expect(outcome.code === 0 && said(outcome).includes(shows), said(outcome))
    })

  try {
    const { prepare } = source
    if (prepare !== undefined) await checks.check(`a machine is set up ${where}`, () => prepare(user))
    await step(
      "plugin marketplace add",
      ["plugin", "marketplace", "add", source.marketplace],
      "cc-dm-marketplace"
    )
    await step("plugin install", ["plugin", "install", plugin], plugin)
    await step("plugin list shows it enabled", ["plugin", "list"], "✔ enabled")
    await step("mcp list shows it connected", ["mcp", "list"], "✔ Connected")
    await checks.check(`files of the folder that the client is in have no say ${where}`, async () => {
      const folder = hostileFolder(user.home)
      const outcome = await user.claudeIn(folder, "mcp", "list")
      expect(said(outcome).includes("✔ Connected"), said(outcome))
      expect(!existsSync(join(folder, "ran")), "code of that folder was run")
      expect(existsSync(join(user.home, ".cc-dm/bus.db")), "the bus is another one")
    })
    if (!user.offline)
      checks.skip(`the install ${where} needs no network`, "`unshare --net` does not work here")

    const copy = await checks.check(`the client keeps a copy ${where}`, () => installedCopy(user))
    if (copy === undefined) return
    await checks.check(`the copy holds nothing to install ${where}`, () => {
      const found = readdirSync(copy, { recursive: true, encoding: "utf8" }).filter((path) =>
        unwanted.test(path)
      )
      expect(found.length === 0, `it holds ${found.join(", ")}`)
    })
    await checks.check(`the server runs from the copy alone ${where}`, async () => {
      const { tools } = await askServer(copy, user)
      expect(tools.length > 0, "it lists no tools")
    })
    const command = join(copy, "bin/cc-dm")
    await checks.check(`the command runs from the copy alone ${where}`, async () => {
      expect((lstatSync(command).mode & 0o111) === 0o111, "bin/cc-dm can't be run")
      const told = await mustRun([command, "--version"], { cwd: user.home, env: user.env })
      expect(told.startsWith("cc-dm v"), told)
      const { code, stdout } = await run([command, "doctor", "--json"], { cwd: user.home, env: user.env })
      const found: ReadonlyArray<{ readonly check: string; readonly state: string }> =
        JSON.parse(stdout).findings
      expect(
        found.some(({ check, state }) => check === "plugin" && state === "ok"),
        `doctor ends with code ${code} and does not find the plugin: ${stdout}`
      )
    })
    await checks.check(`the demo plays from the copy alone ${where}`, async () => {
      const shown = await mustRun([command, "demo"], { cwd: user.home, env: user.env })
      expect(shown.includes("Everything arrived."), shown)
    })
  } finally {
    user.remove()
  }
}

/** A folder whose files run code in every Bun that is started there without care, and name another bus. */
const hostileFolder = (home: string): string => {
  const folder = join(home, "project")
  mkdirSync(folder)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write("hostile.js", `require("fs").writeFileSync(${JSON.stringify(join(folder, "ran"))}, "")`)
  write("bunfig.toml", 'preload = ["./hostile.js"]\n')
  const options = { baseUrl: ".", paths: { "*": ["./hostile.js"], fs: ["./hostile.js"] } }
  for (const name of ["tsconfig.json", "jsconfig.json"])
    write(name, JSON.stringify({ compilerOptions: options }))
  for (const name of [".env", ".env.local"]) write(name, "CC_DM_BUS_URL=postgres://x@127.0.0.1:1/x\n")
  return folder
}

const installedCopy = (user: ScratchUser): string => {
  const installed = JSON.parse(readFileSync(join(user.config, "plugins/installed_plugins.json"), "utf8"))
  const path: unknown = installed.plugins[plugin]?.[0]?.installPath
  if (typeof path !== "string" || !path.startsWith(user.config))
    throw new Error(`it is said to be at ${path}`)
  return path
}
