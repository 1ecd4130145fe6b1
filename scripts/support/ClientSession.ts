/** Real sessions of Claude Code, started with no flag, that talk to a stand-in for the model. */
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Answer } from "../../testkit/models/Dialect.ts"
import { type ModelApi, type ModelRequest, startModelApi } from "../../testkit/models/ModelApi.ts"
import { call, say } from "../../testkit/models/Script.ts"
import type { ScratchUser } from "./ClaudeClient.ts"
import { openTerminal, type Terminal } from "./Terminal.ts"
import { until } from "./until.ts"

/** What makes the model of a session run a command that goes on until `finishWork`. */
export const work = "Work."

/** What makes it run a command that the user is asked for. */
export const ask = "Ask."

/** What makes it say nothing until `finishThinking`. */
export const think = "Think."

const script = `rm -f finish
touch started
for i in $(seq 400); do
  [ -e finish ] && break
  sleep 0.05
done
rm -f started finish
echo The work is done.
`

/** As the client names it: it knows a folder by its real path. */
const pathOf = (user: ScratchUser, folder: string): string => join(realpathSync(user.home), folder)

/** Lets a user start sessions in these folders of the home without a question. Settings replace what was set. */
export const setUp = (
  user: ScratchUser,
  folders: ReadonlyArray<string>,
  settings: Readonly<Record<string, unknown>> = {}
): void => {
  const write = (file: string, change: object) => {
    const path = join(user.config, file)
    const old = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}
    writeFileSync(path, JSON.stringify({ ...old, ...change }))
  }
  const projects = folders.map((folder) => {
    const path = pathOf(user, folder)
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, "work.sh"), script)
    return [path, { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true }]
  })
  write(".claude.json", {
    hasCompletedOnboarding: true,
    // Else it may ask once, at any moment, whether auto mode is to be the default, and takes the keys for the prompt.
    hasSeenAutoDefaultNudge: true,
    theme: "dark",
    projects: Object.fromEntries(projects)
  })
  write("settings.json", {
    apiKeyHelper: "echo no-key",
    theme: "dark",
    permissions: {
      defaultMode: "default",
      allow: ["Bash(sh work.sh)", "mcp__plugin_cc-dm_cc-dm", "mcp__mail"]
    },
    skipDangerousModePermissionPrompt: true,
    ...settings
  })
}

export interface ClientSession {
  readonly folder: string
  readonly model: ModelApi
  /** Waits for a request that fits, after the first `skip` ones. */
  readonly asks: (
    what: string,
    fits: (request: ModelRequest) => boolean,
    skip?: number
  ) => Promise<ModelRequest>
  /** Waits until the command of `work` runs. */
  readonly isAtWork: () => Promise<void>
  readonly finishWork: () => void
  readonly finishThinking: () => void
  /** Makes the model fail, or work again. */
  readonly setFailing: (fails: boolean) => void
}

export interface InteractiveSession extends ClientSession {
  readonly terminal: Terminal
  readonly close: () => Promise<void>
}

export interface StartOptions {
  readonly program: string
  readonly user: ScratchUser
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: ReadonlyArray<string>
  /** What the model does if none of the words above tells it what to do. */
  readonly answer?: (request: ModelRequest) => Answer | undefined
}

const run = (command: string): Answer => call("Bash", { command })

/** The variables of a client that talks to a stand-in for the model, and to nobody else. */
export const modelEnvironment = (user: ScratchUser, url: string): Readonly<Record<string, string>> => {
  const temporary = pathOf(user, "tmp")
  mkdirSync(temporary, { recursive: true })
  return {
    ...user.env,
    ANTHROPIC_BASE_URL: url,
    // The usual one, /tmp/claude-<user id>, may belong to somebody else who has this id elsewhere.
    CLAUDE_CODE_TMPDIR: temporary,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    IS_DEMO: "1"
  }
}

/** A folder, an environment and a model for a session that is not started yet. */
export const prepare = (options: StartOptions) => {
  const { user } = options
  const folder = pathOf(user, options.folder)
  let thought = Promise.withResolvers<void>()
  let fails = false
  const model = startModelApi(async (request) => {
    const { afterTool, news } = request
    if (fails) return { _tag: "Fail" }
    if (news.includes("create a detailed summary")) return say("<summary>Nothing of note.</summary>")
    if (news.includes(think)) await thought.promise
    if (!afterTool && news.includes(work)) return run("sh work.sh")
    if (!afterTool && news.includes(ask)) return run("mkdir asked")
    return options.answer?.(request) ?? say("Understood.")
  })
  const env = { ...modelEnvironment(user, model.url), ...options.env }
  const session: ClientSession = {
    folder,
    model,
    asks: (what, fits, skip = 0) => model.asks(what, fits, { skip }),
    isAtWork: async () => {
      // `claude -p` asks nobody before all its servers are there.
      await until("command of the session at work", () => existsSync(join(folder, "started")) || undefined, {
        seconds: 30
      })
    },
    finishWork: () => writeFileSync(join(folder, "finish"), ""),
    finishThinking: () => {
      thought.resolve()
      thought = Promise.withResolvers()
    },
    setFailing: (now) => {
      fails = now
    }
  }
  return { env, folder, session }
}

/** Starts a session in a terminal, and waits until it can be typed into. */
export const startInteractive = async (options: StartOptions): Promise<InteractiveSession> => {
  const { env, folder, session } = prepare(options)
  const terminal = openTerminal([options.program, ...(options.args ?? [])], { cwd: folder, env })
  const close = async () => {
    await terminal.close()
    await session.model.stop()
  }
  try {
    await terminal.shows("❯")
  } catch (error) {
    await close()
    throw error
  }
  return { ...session, terminal, close }
}

export interface PrintSession extends ClientSession {
  /** Waits for the end, and gives what the session printed. */
  readonly ended: () => Promise<string>
  readonly close: () => Promise<void>
}

/** Starts `claude -p` with a prompt. */
export const startPrint = (options: StartOptions, prompt: string): PrintSession => {
  const { env, folder, session } = prepare(options)
  const child = Bun.spawn([options.program, ...(options.args ?? []), "-p", prompt], {
    cwd: folder,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 30_000,
    killSignal: "SIGKILL"
  })
  const printed = Promise.all([child.stdout.text(), child.stderr.text()])
  return {
    ...session,
    ended: async () => {
      const [stdout, stderr] = await printed
      const code = await child.exited
      if (code !== 0) throw new Error(`it ended with code ${code}\n${stdout}${stderr}`)
      return stdout
    },
    close: async () => {
      child.kill("SIGKILL")
      await child.exited
      await session.model.stop()
    }
  }
}
