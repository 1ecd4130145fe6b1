/**
 * Checks that other coding agents are members of the bus: the real ones, at pinned versions, set up by `cc-dm install`, against a
 * stand-in for their models, and without network if this machine can do that. First each in a home folder of its own, then all of them
 * and Claude Code on one bus. Prints one line a step, and `N passed, N failed`. Arguments name agents; `round` is the one bus, and
 * `--table` prints what was measured in Markdown.
 */
import { join } from "node:path"
import type { Agent } from "../testkit/agents/Agent.ts"
import { agents, installAgent, isInstalled } from "../testkit/agents/Agents.ts"
import { type AgentResult, checkAgent, checkPackaged } from "./support/agentCheck.ts"
import { checkRound } from "./support/agentRound.ts"
import { agentTable } from "./support/agentTable.ts"
import { Checks, expect } from "./support/Checks.ts"
import { installClient } from "./support/ClaudeClient.ts"
import { inPairs } from "./support/inPairs.ts"
import { isOffline, runOffline } from "./support/Offline.ts"
import { mustRun } from "./support/run.ts"
import { hasTmux } from "./support/Tmux.ts"

const root = join(import.meta.dir, "..")
const checks = new Checks({ timed: true })
const round = "round"

const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const chosen = named.length === 0 ? agents : agents.filter(({ name }) => named.includes(name))
const goesRound = named.length === 0 || named.includes(round)
const installing = goesRound ? agents : chosen

/** Where all of them are known to run. Elsewhere one that npm has not is left out. */
const isCertain = process.platform === "linux" && process.arch === "x64"

const seconds = (since: number): string => `${Math.round((performance.now() - since) / 1_000)} s`

const stop = (why: string): never => {
  console.error(why)
  process.exit(2)
}

/** Says how large an agent is; without network, the process that started this one has tried to install it. */
const sizeOf = async (agent: Agent): Promise<string> => {
  expect(isInstalled(agent), "npm could not install it")
  const { folder } = await installAgent(agent)
  const [megabytes] = (await mustRun(["du", "-sm", folder])).split("\t")
  return `${megabytes} MB`
}

/** Installs what is missing, while there is a network. */
const install = async (): Promise<void> => {
  for (const agent of installing.filter((one) => !isInstalled(one))) {
    const start = performance.now()
    const outcome = await installAgent(agent).then(() => sizeOf(agent), String)
    console.log(`${agent.name} ${agent.version}: ${outcome}, ${seconds(start)}`)
  }
  if (goesRound) await installClient()
}

/** Whether an agent is there. One that is not has failed, or is left out where that can be expected. */
const isThere = async (agent: Agent): Promise<boolean> => {
  const what = `${agent.name} ${agent.version} is installed`
  if (isCertain || isInstalled(agent)) return (await checks.check(what, () => sizeOf(agent))) !== undefined
  checks.skip(what, `npm has none for ${process.platform} on ${process.arch}`)
  return false
}

/** All of it takes no longer than this, in milliseconds: what hangs is a failure, too. */
const longestOfAll = 13 * 60_000

const check = async (): Promise<void> => {
  const start = performance.now()
  const there: Array<Agent> = []
  for (const agent of installing) if (await isThere(agent)) there.push(agent)
  const results = new Map<Agent, AgentResult>()
  await inPairs(
    there.filter((agent) => chosen.includes(agent)),
    async (agent) => {
      const begun = performance.now()
      results.set(agent, await checkAgent(checks, agent))
      await checkPackaged(checks, agent, root)
      console.log(`        ${agent.name} took ${seconds(begun)}`)
    }
  )
  if (goesRound) {
    const begun = performance.now()
    await checkRound(checks, root, there)
    console.log(`        the round took ${seconds(begun)}`)
  }
  if (process.argv.includes("--table"))
    console.log(`\n${agentTable(chosen.map((agent) => [agent, results.get(agent) ?? {}] as const))}\n`)
  console.log(`        all of it took ${seconds(start)}`)
  checks.tally()
}

const unknown = named.filter((name) => name !== round && !agents.some((agent) => agent.name === name))
if (unknown.length > 0)
  stop(
    `no agent is called ${unknown.join(", ")}: there are ${agents.map(({ name }) => name).join(", ")}, and ${round}`
  )
if (process.platform !== "linux") {
  // What agents leave running is found in /proc.
  checks.skip("the agents", "this check runs on Linux only")
  checks.tally()
} else {
  if (!hasTmux) stop("this needs tmux: apt-get install tmux")
  if (!isOffline) await install()
  const code = isOffline ? undefined : await runOffline(import.meta.path)
  if (code !== undefined) process.exitCode = code
  else {
    if (!isOffline) checks.skip("no network is needed", "`unshare --net` with a loopback does not work here")
    setTimeout(() => {
      console.error(`it takes longer than ${longestOfAll / 60_000} minutes`)
      process.exit(1)
    }, longestOfAll).unref()
    await check()
  }
}
