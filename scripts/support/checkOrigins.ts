/**
 * Who sessions are that no shell has started for themselves: in the background, forked into it, and within another session. Claude
 * Code's background service keeps the environment of the shell that started it, and a model's shell that of its session.
 */
import { Database } from "bun:sqlite"
import { symlinkSync } from "node:fs"
import { join } from "node:path"
import type { Answer } from "../../testkit/models/Dialect.ts"
import { startModelApi } from "../../testkit/models/ModelApi.ts"
import { type Checks, expect } from "./Checks.ts"
import type { ScratchUser } from "./ClaudeClient.ts"
import {
  type InteractiveSession,
  modelEnvironment,
  startInteractive,
  startPrint,
  think
} from "./ClientSession.ts"
import { run } from "./run.ts"
import type { Seen, SendingSession } from "./SendingSession.ts"
import { until } from "./until.ts"

interface Origins {
  readonly checks: Checks
  readonly program: string
  readonly user: ScratchUser
  readonly sender: SendingSession
}

const command = join(import.meta.dir, "../../plugin/bin/cc-dm")

/** The folders in which the sessions run. */
export const originFolders = ["first", "second", "third", "moved", "parked", "outer"]

const isNameless = ({ id, name }: Seen) => id === name

const background = async ({ checks, program, sender, user }: Origins) => {
  const model = startModelApi(() => ({ _tag: "Say", text: "Understood." }))
  const claude = (folder: string, name: string | undefined, ...args: ReadonlyArray<string>) =>
    run([program, ...args], {
      cwd: join(user.home, folder),
      env: {
        ...modelEnvironment(user, model.url),
        ...(name === undefined ? {} : { CC_DM_SESSION_NAME: name })
      }
    })
  const starts = async (folder: string, name: string | undefined, ...args: ReadonlyArray<string>) => {
    const { code, stderr } = await claude(folder, name, "--bg", ...args, "Hello.")
    expect(code === 0, stderr)
    return sender.sees(`in ${folder}`, ({ cwd }) => cwd === join(user.home, folder))
  }
  const settings = ["--settings", JSON.stringify({ env: { CC_DM_SESSION_NAME: "third" } })]
  try {
    await checks.check(
      "in the background, the name of the shell that started the service is nobody's",
      async () => {
        for (const folder of ["first", "second"]) {
          const seen = await starts(folder, folder)
          expect(isNameless(seen), `the session in ${folder} is ${seen.name}`)
        }
      }
    )
    await checks.check("in the background, a name in the session's own settings is its name", async () => {
      const { name } = await starts("third", "another", ...settings)
      expect(name === "third", `it is ${name}`)
    })
  } finally {
    await claude("first", undefined, "daemon", "stop", "--any")
    await model.stop()
  }
}

/** The process that serves a session of this name, as the bus has it. */
const serverOf = (user: ScratchUser, name: string): string | undefined => {
  const bus = new Database(join(user.home, ".cc-dm/bus.db"), { readonly: true })
  try {
    return bus.query<{ pid: string }, [string]>("SELECT pid FROM sessions WHERE name = ?").get(name)?.pid
  } finally {
    bus.close()
  }
}

/** Ways of moving a session to the background. Each has a session of its own: the service starts again what it had before. */
const moves = [
  {
    name: "moved",
    how: "by /background",
    move: async ({ terminal }: InteractiveSession) => {
      await terminal.type("/background")
      await terminal.shows("claude attach")
    }
  },
  {
    name: "parked",
    how: "by the left arrow key",
    move: ({ terminal }: InteractiveSession) => terminal.press("Left", "moved to the background")
  }
]

const moved = async ({ checks, program, sender, user }: Origins) => {
  symlinkSync(program, join(user.home, "bin/claude"))
  for (const { how, move, name } of moves) {
    const session = await checks.check("a session is launched with a name", () =>
      startInteractive({ program: command, user, folder: name, args: ["launch", name, "--role", "worker"] })
    )
    if (session === undefined) continue
    const isIt = (seen: Seen) => seen.name === name
    try {
      await checks.check(`moved to the background ${how}, it goes on as the same session`, async () => {
        const before = await sender.sees(name, isIt)
        await session.terminal.type("Hello.")
        await session.asks("with the prompt", ({ news }) => news.includes("Hello."))
        await sender.sees(`${name}, idle,`, (seen) => isIt(seen) && seen.doing === "idle")
        const server = serverOf(user, name)
        await move(session)
        // Between two looks it may leave and be there again.
        await until("another server of the session", () => {
          const now = serverOf(user, name)
          return now === undefined || now === server ? undefined : now
        })
        const after = await sender.sees(`${name}, again,`, isIt)
        expect(after.id === before.id, `it was ${before.id}, and is ${after.id}`)
      })
    } finally {
      await run([program, "daemon", "stop", "--any"], { cwd: user.home, env: user.env })
      await session.close()
    }
  }
}

const within = async ({ checks, program, sender, user }: Origins) => {
  const bash = (command: string): Answer => ({ _tag: "Call", tool: "Bash", input: { command } })
  const nested = async (what: string, command: string, sees: () => Promise<void>) =>
    checks.check(what, async () => {
      const session = startPrint(
        {
          program,
          user,
          folder: "outer",
          env: { CC_DM_SESSION_NAME: "outer", IS_SANDBOX: "1" },
          args: ["--dangerously-skip-permissions"],
          answer: ({ afterTool, news }) =>
            !afterTool && news.includes("Run it.") ? bash(command) : undefined
        },
        "Run it."
      )
      try {
        await session.asks("of the run within it", ({ news }) => news.includes(think))
        await sees()
        session.finishThinking()
        await session.ended()
      } finally {
        await session.close()
      }
    })
  await nested("a run within a session does not take its name", `${program} -p "${think}"`, async () => {
    await sender.sees("outer", ({ name }) => name === "outer")
    const inner = await sender.sees("within it", (seen) => isNameless(seen) && seen.nested === true)
    expect(inner.cwd === join(user.home, "outer"), `it runs in ${inner.cwd}`)
  })
  await nested(
    "a run within a session that was given a name is a full member",
    `CC_DM_SESSION_NAME=w1 ${program} -p "${think}"`,
    async () => {
      const inner = await sender.sees("w1", ({ name }) => name === "w1")
      expect(inner.nested !== true, "it is said to be nested")
    }
  )
}

/** Checks them with the real Claude Code. */
export const checkOrigins = async (origins: Origins): Promise<void> => {
  await background(origins)
  await moved(origins)
  await within(origins)
}
