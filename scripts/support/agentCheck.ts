/** One real agent, in a home folder of its own: set up by `cc-dm install` and through all steps, and once more by its own packages. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Agent, Place } from "../../testkit/agents/Agent.ts"
import { installAgent } from "../../testkit/agents/Agents.ts"
import { personAt } from "../../testkit/agents/Person.ts"
import { type AgentSession, startAgent } from "../../testkit/agents/Session.ts"
import { startModelApi } from "../../testkit/models/ModelApi.ts"
import { makeScript } from "../../testkit/models/Script.ts"
import { agentSteps, type Column, reachedPackaged, type Shown, type StepContext } from "./agentSteps.ts"
import { type Checks, expect } from "./Checks.ts"
import { mustRun } from "./run.ts"

/** What the steps of an agent have shown; a step that failed is not there. */
export type AgentResult = Partial<Record<Column, Shown>>

/** How long one agent may take, in milliseconds: a step that waits in vain takes a minute. */
const longest = 220_000

/** The environment of an agent's session. */
export const sessionEnv = (path: string, name: string): Readonly<Record<string, string>> => ({
  PATH: path,
  LANG: "C.UTF-8",
  CC_DM_SESSION_NAME: name,
  CC_DM_SESSION_ROLE: "worker"
})

const makeHome = (name: string) => {
  // As the agent names it: it knows a folder by its real path.
  const home = realpathSync(mkdtempSync(join(tmpdir(), `cc-dm-${name}-`)))
  const bin = join(home, "bin")
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, "bun"))
  return { home, path: `${bin}:${process.env["PATH"]}` }
}

const raise = (message: string): never => {
  throw new Error(message)
}

/** A session of an agent that is to be started, and what becomes of it. */
interface Stage {
  readonly context: StepContext
  readonly installed: string
  readonly env: Readonly<Record<string, string>>
  readonly start: () => Promise<void>
}

/** Does something with an agent in a new home folder, and removes all of it. */
const onStage = async (agent: Agent, use: (stage: Stage) => Promise<void>): Promise<void> => {
  const { folder: installed } = await installAgent(agent)
  const { home, path } = makeHome(agent.name)
  const folder = join(home, "work")
  mkdirSync(folder)
  const script = makeScript(agent.isAside)
  const model = startModelApi(script.answer)
  const place: Place = { home, folder, model: model.url }
  agent.configure(place)
  const person = personAt(home, path, "alice")
  const env = sessionEnv(path, agent.name)
  let session: AgentSession | undefined
  const start = async (resume: boolean) => {
    session = await startAgent({ agent, place, installed, resume, env })
  }
  try {
    await use({
      installed,
      env: { ...env, ...agent.env(place), HOME: home },
      start: () => start(false),
      context: {
        agent,
        place,
        person,
        model,
        script,
        session: () => session ?? raise("it did not start"),
        resume: async () => {
          await session?.exit()
          await session?.close()
          session = undefined
          const since = new Date()
          await start(true)
          await person.sees(agent.name, since)
        }
      }
    })
  } finally {
    await session?.close()
    await model.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

/** Runs the steps. A step that fails does not stop the next one. */
export const checkAgent = async (checks: Checks, agent: Agent): Promise<AgentResult> => {
  const end = performance.now() + longest
  const result: AgentResult = {}
  await onStage(agent, async ({ context, start }) => {
    const started = await checks.check(`${agent.name} ${agent.version} starts`, async () => {
      await context.person.install(agent.name, agent.grants)
      await start()
      return "as `cc-dm install` has set it up"
    })
    if (started === undefined) return
    for (const { column, run, what } of agentSteps)
      await checks.check(`${agent.name} ${what}`, async () => {
        expect(performance.now() < end, `this agent has had its ${longest / 1_000} seconds`)
        const shown = await run(context)
        if (typeof shown === "string") return shown
        if (column !== undefined) result[column] = shown
        return shown.text
      })
  })
  return result
}

/** What of the repository agents copy when they install it: a checkout has much more. */
const shipped = [".claude-plugin", "plugin", "gemini-extension.json", "hooks"]

/** Installs this repository as the agent's own command does it, and looks whether a message reaches the session. */
export const checkPackaged = async (checks: Checks, agent: Agent, root: string): Promise<void> => {
  const { packaged } = agent
  if (packaged === undefined) return
  await checks.check(`${agent.name} with the repository as its own plugin or extension`, async () => {
    let text = ""
    await onStage(agent, async ({ context, env, installed, start }) => {
      const copy = join(context.place.home, "repository")
      for (const part of shipped) cpSync(join(root, part), join(copy, part), { recursive: true })
      for (const args of packaged(copy))
        await mustRun([join(installed, agent.program), ...args], { cwd: context.place.folder, env })
      await start()
      text = (await reachedPackaged(context)).text
    })
    return text
  })
}
