/**
 * Checks that other coding agents are members of the bus: the real ones, at pinned versions, each in a home folder of its own,
 * against a stand-in for their models, and without network if this machine can do that. Prints one line a step, and
 * `N passed, N failed`. Arguments name agents.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Agent, Place } from "../testkit/agents/Agent.ts"
import { agents, installAgent, isInstalled } from "../testkit/agents/Agents.ts"
import { personAt } from "../testkit/agents/Person.ts"
import { type AgentSession, startAgent } from "../testkit/agents/Session.ts"
import { startModelApi } from "../testkit/models/ModelApi.ts"
import { makeScript } from "../testkit/models/Script.ts"
import { agentSteps, type StepContext } from "./support/agentSteps.ts"
import { Checks, expect } from "./support/Checks.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { mustRun } from "./support/run.ts"
import { hasTmux } from "./support/Tmux.ts"

const checks = new Checks({ timed: true })

const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const chosen = named.length === 0 ? agents : agents.filter(({ name }) => named.includes(name))

/** Installs an agent, and says how large it is; without network, the process that started this one has tried to. */
const install = async (agent: Agent): Promise<string> => {
  expect(!isOffline || isInstalled(agent), "npm could not install it")
  const { folder, fresh } = await installAgent(agent)
  const [megabytes] = (await mustRun(["du", "-sm", folder])).split("\t")
  return `${megabytes} MB${fresh ? "" : ", was there"}`
}

const raise = (message: string): never => {
  throw new Error(message)
}

const checkAgent = async (agent: Agent) => {
  const there = await checks.check(`${agent.name} ${agent.version} is installed`, () => install(agent))
  if (there === undefined) return
  const { folder: installed } = await installAgent(agent)
  // As the agent names it: it knows a folder by its real path.
  const home = realpathSync(mkdtempSync(join(tmpdir(), `cc-dm-${agent.name}-`)))
  const folder = join(home, "work")
  const bin = join(home, "bin")
  mkdirSync(folder)
  mkdirSync(bin)
  symlinkSync(process.execPath, join(bin, "bun"))
  const path = `${bin}:${process.env["PATH"]}`
  const script = makeScript(agent.isAside)
  const model = startModelApi(script.answer)
  const place: Place = {
    home,
    folder,
    model: model.url
  }
  agent.configure(place)
  const person = personAt(home, path, "alice")
  await person.install(agent.name, agent.grants)
  const start = (resume: boolean) =>
    startAgent({
      agent,
      place,
      installed,
      resume,
      env: { PATH: path, LANG: "C.UTF-8", CC_DM_SESSION_NAME: agent.name, CC_DM_SESSION_ROLE: "worker" }
    })
  let session: AgentSession | undefined
  try {
    session = await checks.check(`${agent.name} ${agent.version} starts`, () => start(false))
    if (session === undefined) return
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
    for (const { run, what } of agentSteps) await checks.check(`${agent.name} ${what}`, () => run(context))
  } finally {
    await session?.close()
    await model.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

const unknown = named.filter((name) => !agents.some((agent) => agent.name === name))
if (unknown.length > 0) {
  console.error(
    `no agent is called ${unknown.join(", ")}: there are ${agents.map(({ name }) => name).join(", ")}`
  )
  process.exit(2)
}

if (!hasTmux) {
  console.error("this needs tmux: apt-get install tmux, or brew install tmux")
  process.exit(2)
}
if (!isOffline)
  for (const agent of chosen.filter((agent) => !isInstalled(agent))) {
    const start = performance.now()
    const outcome = await install(agent).catch(String)
    console.log(
      `${agent.name} ${agent.version}: ${outcome}, ${Math.round((performance.now() - start) / 1_000)} s`
    )
  }
const code = isOffline ? undefined : await runOffline(import.meta.path)
if (code !== undefined) process.exitCode = code
else {
  if (!isOffline) checks.skip("no network is needed", "`unshare --net` with a loopback does not work here")
  for (const agent of chosen) await checkAgent(agent)
  checks.tally()
}
