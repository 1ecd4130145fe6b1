/** All agents and Claude Code on one bus, in one home folder: a message goes from each to the next, and back to the first. */
import { mkdirSync, realpathSync } from "node:fs"
import { join } from "node:path"
import type { Agent, Place } from "../../testkit/agents/Agent.ts"
import { installAgent } from "../../testkit/agents/Agents.ts"
import { type Person, personAt } from "../../testkit/agents/Person.ts"
import { type AgentSession, startAgent } from "../../testkit/agents/Session.ts"
import { type ModelApi, startModelApi } from "../../testkit/models/ModelApi.ts"
import { call, calls, makeScript, type Script } from "../../testkit/models/Script.ts"
import { sessionEnv } from "./agentCheck.ts"
import { waiting } from "./agentSteps.ts"
import { type Checks, expect } from "./Checks.ts"
import { installClient, makeScratchUser, said } from "./ClaudeClient.ts"
import { type InteractiveSession, setUp, startInteractive } from "./ClientSession.ts"
import { inPairs } from "./inPairs.ts"

const planner = "planner"

/** What the message says that a session gets. */
const contentFor = (name: string): string => `The round comes to ${name}.`

interface Member {
  readonly agent: Agent
  readonly model: ModelApi
  readonly script: Script
  readonly session: AgentSession
}

/** How far the messages came, and what everybody does: without that a round that stopped can't be understood. */
const situation = async (person: Person, members: ReadonlyArray<Member>): Promise<string> => {
  const messages = (await person.log()).map(({ content, state, to }) => `to ${to}: ${state}: ${content}`)
  const roster = (await person.who()).map(
    ({ doing, name, reachable_by }) => `${name}: ${doing}, ${reachable_by}`
  )
  const screens = members.flatMap(({ agent, model, session }) => [
    `${agent.name}: ${model.told()}`,
    ...session.screen.lines().filter((line) => line.trim() !== "")
  ])
  return [...messages, ...roster, ...screens].join("\n")
}

/** Runs the round. Gives nothing: what fails is said by the checks. */
export const checkRound = async (
  checks: Checks,
  root: string,
  agents: ReadonlyArray<Agent>
): Promise<void> => {
  const user = await makeScratchUser(await installClient())
  const home = realpathSync(user.home)
  const path = user.env["PATH"] ?? ""
  const folder = join(home, "work")
  mkdirSync(folder)
  const person = personAt(home, path, "alice")
  const members: Array<Member> = []
  let claude: InteractiveSession | undefined
  let installing = Promise.resolve()

  const join_ = async (agent: Agent): Promise<string> => {
    const { folder: installed } = await installAgent(agent)
    const script = makeScript(agent.isAside)
    const model = startModelApi(script.answer)
    const place: Place = { home, folder, model: model.url }
    agent.configure(place)
    // One after the other: two would change the same list of what is installed.
    installing = installing.then(() => person.install(agent.name, agent.grants))
    await installing
    const session = await startAgent({ agent, place, installed, env: sessionEnv(path, agent.name) })
    members.push({ agent, model, script, session })
    // Some take part from their first prompt on, and one is woken only by what its model has started.
    if (agent.background !== undefined) script.next(calls(agent.background(waiting)))
    await session.type("Wait for the round.")
    await model.asks("with the prompt", ({ news }) => news.includes("Wait for the round."), { seconds: 60 })
    await session.idle()
    return (await person.sees(agent.name)).reachable_by
  }

  const startClaude = async (): Promise<string> => {
    setUp(user, ["plan"])
    for (const args of [
      ["plugin", "marketplace", "add", root],
      ["plugin", "install", "cc-dm@cc-dm-marketplace"]
    ]) {
      const outcome = await user.claude(...args)
      expect(outcome.code === 0, said(outcome))
    }
    const first = agents[0]?.name ?? planner
    claude = await startInteractive({
      program: await installClient(),
      user,
      folder: "plan",
      env: { CC_DM_SESSION_NAME: planner, CC_DM_SESSION_ROLE: "orchestrator" },
      answer: ({ afterTool, news }) =>
        !afterTool && news.includes("Begin the round.")
          ? call("dm", { to: first, content: contentFor(first) })
          : undefined
    })
    return (await person.sees(planner)).reachable_by
  }

  const goRound = async (): Promise<string> => {
    const names = [...agents.map(({ name }) => name), planner]
    for (const { agent, script } of members) {
      const next = names[names.indexOf(agent.name) + 1] ?? planner
      script.when(contentFor(agent.name), ...agent.call("dm", { to: next, content: contentFor(next) }))
    }
    const start = performance.now()
    await claude?.terminal.type("Begin the round.")
    for (const { agent, model } of members.toSorted(
      (one, other) => names.indexOf(one.agent.name) - names.indexOf(other.agent.name)
    ))
      await model
        .asks(`of ${agent.name} with the round`, ({ news }) => news.includes(contentFor(agent.name)), {
          seconds: 60
        })
        .catch(async (error: Error) => {
          throw new Error(`${error.message}\n${await situation(person, members)}`)
        })
    await claude?.model.asks("with the end of the round", ({ news }) => news.includes(contentFor(planner)), {
      seconds: 60
    })
    const took = Math.round(performance.now() - start)
    for (const name of names) await person.becomes((await person.sent(contentFor(name))).message_id, "seen")
    return `${names.length} messages, ${took} ms, all seen`
  }

  try {
    await checks.check("round: Claude Code is on the bus", startClaude)
    await inPairs(agents, (agent) => checks.check(`round: ${agent.name} is on the bus`, () => join_(agent)))
    await checks.check("round: a message goes through all of them, and back", goRound)
  } finally {
    await claude?.close()
    for (const { model, session } of members) {
      session.screen.close()
      await model.stop()
    }
    await members[0]?.session.close()
    user.remove()
  }
}
