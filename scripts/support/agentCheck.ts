/** One real agent, in a home folder of its own, through all steps. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Agent, Place } from "../../testkit/agents/Agent.ts"
import { installAgent } from "../../testkit/agents/Agents.ts"
import { personAt } from "../../testkit/agents/Person.ts"
import { type AgentSession, startAgent } from "../../testkit/agents/Session.ts"
import { startModelApi } from "../../testkit/models/ModelApi.ts"
import { makeScript } from "../../testkit/models/Script.ts"
import { agentSteps, type Column, type Shown, type StepContext } from "./agentSteps.ts"
import { type Checks, expect } from "./Checks.ts"

/** What the steps of an agent have shown; a step that failed is not there. */
export type AgentResult = Partial<Record<Column, Shown>>

/** How long one agent may take, in milliseconds: a step that waits in vain takes a minute. */
const longest = 150_000

/** The environment of an agent's session. */
export const sessionEnv = (path: string, name: string): Readonly<Record<string, string>> => ({
  PATH: path,
  LANG: "C.UTF-8",
  CC_DM_SESSION_NAME: name,
  CC_DM_SESSION_ROLE: "worker"
})

/** Makes a home folder with this Bun, and what a PATH needs to find it. */
export const makeHome = (name: string) => {
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

/** Runs the steps. A step that fails does not stop the next one. */
export const checkAgent = async (checks: Checks, agent: Agent): Promise<AgentResult> => {
  const end = performance.now() + longest
  const { folder: installed } = await installAgent(agent)
  const { home, path } = makeHome(agent.name)
  const folder = join(home, "work")
  mkdirSync(folder)
  const script = makeScript(agent.isAside)
  const model = startModelApi(script.answer)
  const place: Place = { home, folder, model: model.url }
  agent.configure(place)
  const person = personAt(home, path, "alice")
  const start = (resume: boolean) =>
    startAgent({ agent, place, installed, resume, env: sessionEnv(path, agent.name) })
  const result: AgentResult = {}
  let session: AgentSession | undefined
  try {
    session = await checks.check(`${agent.name} ${agent.version} starts`, async () => {
      await person.install(agent.name, agent.grants)
      return start(false)
    })
    if (session === undefined) return result
    const context: StepContext = {
      agent,
      place,
      person,
      model,
      script,
      session: () => session ?? raise("it did not start again"),
      resume: async () => {
        await session?.exit()
        await session?.close()
        session = undefined
        await person.seesNoMore(agent.name)
        session = await start(true)
      }
    }
    for (const { column, run, what } of agentSteps)
      await checks.check(`${agent.name} ${what}`, async () => {
        expect(performance.now() < end, `this agent has had its ${longest / 1_000} seconds`)
        const shown = await run(context)
        if (typeof shown === "string") return shown
        if (column !== undefined) result[column] = shown
        return shown.text
      })
    return result
  } finally {
    await session?.close()
    await model.stop()
    rmSync(home, { recursive: true, force: true })
  }
}
