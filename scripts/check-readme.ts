/**
 * A newcomer's run: a fresh home, a fresh clone, and what the README says from top to bottom, with the real Claude Code. The first command fetches
 * what it needs; the rest runs without network, and a stand-in answers for the models. `./dev test` is left out. Prints one line a check.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ModelRequest } from "../testkit/models/ModelApi.ts"
import { call, say } from "../testkit/models/Script.ts"
import { Checks, expect } from "./support/Checks.ts"
import { installClient, makeScratchUser, type ScratchUser } from "./support/ClaudeClient.ts"
import { type InteractiveSession, setUp, startInteractive } from "./support/ClientSession.ts"
import { blocksOf } from "./support/Markdown.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { mustRun, run } from "./support/run.ts"
import { until } from "./support/until.ts"

const root = join(import.meta.dir, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")
const checks = new Checks({ timed: true })

/** Commands that go on until somebody ends them, or that have nothing to answer yet: tests of their own run them in a terminal. */
const interactive = /^cc-dm (watch|listen|launch|approve|deny|reply|show)\b/

/** The commands of the shell's blocks, without what is said behind them. */
const commands = blocksOf(readme)
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => text.split("\n"))
  .map((line) => line.replace(/\s+#.*$/, "").trim())
  .filter((line) => line !== "")

/** The commands in the first column of a table. */
const commandsOfTable = [...readme.matchAll(/^\| (`cc-dm [^|]+?) \|/gm)].flatMap(([, cell = ""]) =>
  [...cell.matchAll(/`(cc-dm )?([^`]+)`/g)].map(([, , words = ""]) => `cc-dm ${words}`)
)

/** What the README says to paste into the planner. */
const paste = /^> (Ask backend .+)$/m.exec(readme)?.[1] ?? ""

const numberIn = (news: string) => /Message (\d+) from/.exec(news)?.[1]

/** The planner's model passes on what the user wants, and tells what it hears. */
const planner = ({ afterTool, news }: ModelRequest) => {
  if (!afterTool && news.includes(paste))
    return call("dm", { to: "backend", content: "Which tests are slow?" })
  return say(numberIn(news) === undefined ? "Done." : "Backend says that login is slow.")
}
/** The backend's model answers what it is shown, once. What Claude Code asks beside the conversation, as for its title, offers no tools. */
const answered = new Set<string>()
const backend = ({ conversation, tools }: ModelRequest) => {
  if (tools.length === 0) return say("Work")
  const number = [...conversation.matchAll(/Message (\d+) from/g)]
    .map(([, one = ""]) => one)
    .find((one) => !answered.has(one))
  if (number === undefined) return say("Done.")
  answered.add(number)
  return call("dm", { reply_to: number, content: `login takes 40 s (to ${number})` })
}

const firstCommand = async () => {
  const scratch = mkdtempSync(join(tmpdir(), "cc-dm-newcomer-"))
  try {
    await checks.check("./dev demo, in a fresh clone with a fresh home", async () => {
      await mustRun(["git", "-c", "safe.directory=*", "clone", "--quiet", root, join(scratch, "cc-dm")])
      const { code, stderr, stdout } = await run(["sh", "-c", "./dev demo"], {
        cwd: join(scratch, "cc-dm"),
        env: { PATH: process.env["PATH"], HOME: scratch },
        seconds: 300
      })
      expect(code === 0 && stdout.includes("Everything arrived."), `${stdout}${stderr}`)
      expect(!stderr.includes("warn"), `it warns of something:\n${stderr}`)
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Runs a command as it stands, where the README says to. */
const inShell = (user: ScratchUser, command: string, more: Readonly<Record<string, string>> = {}) =>
  run(["sh", "-c", command], { cwd: user.home, env: { ...user.env, USER: "ada", ...more } })

const rest = async () => {
  const program = await installClient()
  const user = await makeScratchUser(program)
  const sessions: Array<InteractiveSession> = []
  // As the README has it: the checkout stands in the folder where the commands are typed.
  symlinkSync(root, join(user.home, "cc-dm"))
  symlinkSync(program, join(user.home, "bin/claude"))
  setUp(user, ["planner", "backend"])
  /** In the shell of a session, where the plugin puts the command. */
  const withCommand = { PATH: `${join(root, "plugin/bin")}:${user.env["PATH"]}` }
  const works = (command: string) =>
    checks.check(command, async () => {
      const { code, stderr, stdout } = await inShell(user, command, withCommand)
      expect(code === 0, `it ended with ${code}\n${stdout}${stderr}`)
    })
  const who = async () => {
    const { stdout } = await inShell(user, "cc-dm who --json", withCommand)
    return (JSON.parse(stdout).sessions as ReadonlyArray<{ readonly name: string }>).map(({ name }) => name)
  }

  /** `CC_DM_SESSION_NAME=planner ... claude`, in a terminal of its own. */
  const starts = (command: string) =>
    checks.check(command, async () => {
      const variables = command
        .split(" ")
        .slice(0, -1)
        .map((pair) => pair.split("=") as [string, string])
      const env = Object.fromEntries(variables)
      const name = env["CC_DM_SESSION_NAME"] ?? ""
      sessions.push(
        await startInteractive({
          program,
          user,
          folder: name,
          env,
          answer: name === "planner" ? planner : backend
        })
      )
      await until(`"${name}" on the roster`, async () => (await who()).includes(name) || undefined)
    })
  const converse = () =>
    checks.check(`"${paste}"`, async () => {
      const [first, second] = sessions
      if (first === undefined || second === undefined) throw new Error("the sessions are not there")
      await first.terminal.type(paste)
      await second.asks("with the question", ({ news }) => news.includes("Which tests are slow?"))
      await first.asks("with the answer", ({ news }) => news.includes("login takes 40 s"))
      await first.terminal.shows("Backend says that login is slow.")
    })
  /** `who` knows the conversations by the ids that `claude --resume` takes: Claude Code keeps a file for each. */
  const knowsConversations = () =>
    checks.check("cc-dm who --json has the ids of both conversations", async () => {
      const { stdout } = await inShell(user, "cc-dm who --json", withCommand)
      const files = readdirSync(join(user.config, "projects"), { recursive: true, encoding: "utf8" })
      for (const { agent_session_id: id, kind, name } of JSON.parse(stdout).sessions)
        expect(kind !== "session" || files.some((file) => file.endsWith(`/${id}.jsonl`)), `${name}: ${id}`)
    })
  const endSessions = async () => {
    for (const session of sessions.splice(0)) await session.close()
  }

  try {
    for (const command of commands) {
      if (command.startsWith("./dev ")) continue
      if (/^CC_DM_\w+=.* claude$/.test(command)) {
        await starts(command)
        if (sessions.length === 2) {
          await converse()
          await knowsConversations()
          for (const one of commandsOfTable.filter((other) => !interactive.test(other))) await works(one)
        }
        continue
      }
      // Whoever removes it has ended the sessions, and taken it out of the other agents.
      if (command.includes("plugin uninstall")) {
        await endSessions()
        await works("cc-dm uninstall codex")
      }
      await works(command)
    }
    await checks.check("nothing of cc-dm is left in the home", async () => {
      expect(!existsSync(join(user.home, ".cc-dm")), "~/.cc-dm is there")
      const { stdout } = await user.claude("plugin", "list")
      expect(!stdout.includes("cc-dm@"), stdout)
    })
  } finally {
    await endSessions()
    user.remove()
  }
}

if (!isOffline) {
  await firstCommand()
  // While there is a network.
  await installClient()
  const code = await runOffline(import.meta.path)
  if (code !== undefined) process.exitCode = Math.max(Number(process.exitCode ?? 0), code)
  else checks.skip("the rest", "this machine can't run a program without network")
} else {
  await rest()
  checks.summary("the README")
}
