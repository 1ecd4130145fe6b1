/** What is checked of each agent, step by step, in one session. */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Agent, Place } from "../../testkit/agents/Agent.ts"
import type { Person } from "../../testkit/agents/Person.ts"
import type { AgentSession } from "../../testkit/agents/Session.ts"
import type { ModelApi, ModelRequest } from "../../testkit/models/ModelApi.ts"
import { calls, held, makeGate, type Script, say } from "../../testkit/models/Script.ts"
import { expect } from "./Checks.ts"
import { until } from "./until.ts"

export interface StepContext {
  readonly agent: Agent
  readonly place: Place
  readonly person: Person
  readonly model: ModelApi
  readonly script: Script
  /** The session that runs now. */
  readonly session: () => AgentSession
  /** Leaves the session, and takes up its conversation in another one. */
  readonly resume: () => Promise<void>
}

export interface AgentStep {
  readonly what: string
  /** Whether the agent's model calls tools of cc-dm in it. */
  readonly needsTools?: boolean
  /** Whether it needs more of cc-dm than a plain MCP server. */
  readonly later?: boolean
  /** Whether a member of the bus is shown the message before it can do that. */
  readonly plainOnly?: boolean
  /** Gives what was measured. */
  readonly run: (context: StepContext) => Promise<string>
}

/** How long anything may take: the machine may be busy with others. */
const atMost = { seconds: 60 } as const

/** Waits for a request of the conversation, after the first `skip` ones. */
const asks = (
  { agent, model }: StepContext,
  what: string,
  fits: (request: ModelRequest) => boolean,
  skip: number
): Promise<ModelRequest> =>
  model.asks(what, (request) => request.tools.length > 0 && !agent.isAside?.(request) && fits(request), {
    ...atMost,
    skip
  })

/** Waits until the agent stands idle, and nothing is asked of its model. */
const isQuiet = async ({ agent, model, session }: StepContext): Promise<void> => {
  const isDone = (request: ModelRequest) => request.givenUp() || request.answeredAt() !== undefined
  await until(
    `rest of ${agent.name}`,
    () => (session().isIdle() && model.requests.every(isDone)) || undefined,
    { ...atMost, every: 100, otherwise: () => session().screen.lines().join("\n") }
  )
}

/** Types a prompt, and waits for the request that holds it. */
const prompted = async (context: StepContext, prompt: string): Promise<ModelRequest> => {
  const skip = context.model.requests.length
  await context.session().type(prompt)
  return asks(context, `with "${prompt}"`, ({ news }) => news.includes(prompt), skip)
}

const inMs = (from: number, to: number): string => `${Math.round(to - from)} ms`

/** A command of the shell that says that it has started. */
const slowly = ({ place }: StepContext, seconds: number, name = "started") => {
  const file = join(place.folder, name)
  rmSync(file, { force: true })
  return {
    command: `touch ${name}; sleep ${seconds}`,
    hasStarted: () => until(`command ${name}`, () => existsSync(file) || undefined, atMost)
  }
}

/**
 * Waits for the request that holds a message, and for its receipts: it is not seen while the model has not answered, and it is
 * seen then. `gate` holds that answer.
 */
const reached = async (
  context: StepContext,
  message: { readonly id: string; readonly text: string; readonly gate: { readonly release: () => void } },
  skip: number
): Promise<string> => {
  const { gate, id, text } = message
  const states = new Set<string>()
  let looking = true
  const look = (async () => {
    while (looking) {
      states.add((await context.person.message(id)).state)
      await Bun.sleep(50)
    }
  })()
  try {
    const request = await asks(
      context,
      `with "${text}"`,
      ({ conversation }) => conversation.includes(text),
      skip
    )
    looking = false
    await look
    // One more look, which begins after the request was there.
    states.add((await context.person.message(id)).state)
    expect(!states.has("seen"), "it is said to be seen before the model answered a request that held it")
    gate.release()
    await context.person.becomes(id, "seen")
    const sent = Date.parse((await context.person.message(id)).sent_at)
    return `in the request after ${inMs(sent, performance.timeOrigin + request.at)}, ${[...states].join(", ")}, seen`
  } finally {
    looking = false
    gate.release()
    await look
  }
}

/** Sends a message whose request is held. */
const sent = async ({ agent, person, script }: StepContext, text: string) => {
  const gate = script.hold(text)
  return { id: await person.send(agent.name, text), text, gate }
}

const joins: AgentStep = {
  what: "is on the bus under its name",
  needsTools: true,
  run: async ({ agent, person, place }) => {
    const { cwd, reachable_by } = await person.sees(agent.name)
    expect(cwd === place.folder, `its folder is said to be ${cwd}`)
    return reachable_by
  }
}

const readsInbox: AgentStep = {
  what: "its model reads the inbox",
  needsTools: true,
  plainOnly: true,
  run: async (context) => {
    const { agent, person, script } = context
    const text = "Message of the inbox"
    const id = await person.send(agent.name, text)
    const skip = context.model.requests.length
    script.next(...(agent.call?.("inbox", {}) ?? []))
    const first = await prompted(context, "Read your inbox.")
    const request = await asks(context, `with "${text}"`, ({ news }) => news.includes(text), skip)
    expect(request.afterTool, "it came before the inbox was read")
    await isQuiet(context)
    return `after ${inMs(first.at, request.at)}, ${(await person.message(id)).state}`
  }
}

const writes: AgentStep = {
  what: "its model writes",
  needsTools: true,
  run: async (context) => {
    const { agent, person, script } = context
    const content = `Answer of ${agent.name}`
    script.next(...(agent.call?.("dm", { to: person.name, content }) ?? []))
    const { at } = await prompted(context, "Write to alice.")
    const { from } = await person.gets(content)
    const took = inMs(at, performance.now())
    expect(from === agent.name, `it is from ${from}`)
    await isQuiet(context)
    return `after ${took}`
  }
}

const worksTwice: AgentStep = {
  what: "runs two tools at once",
  run: async (context) => {
    const { agent, script } = context
    const skip = context.model.requests.length
    // The results do not stand in the commands, which some agents repeat.
    script.next(
      calls(agent.shell("sleep 1; printf 'first-%s' 1"), agent.shell("sleep 2; printf 'second-%s' 2"))
    )
    const { at } = await prompted(context, "Do two things.")
    const request = await asks(context, "after both tools", ({ news }) => news.includes("second-2"), skip)
    expect(request.news.includes("first-1"), "the result of the first one is not there")
    await isQuiet(context)
    return `after ${inMs(at, request.at)}`
  }
}

const stops: AgentStep = {
  what: "Esc ends a request",
  run: async (context) => {
    const gate = makeGate()
    try {
      context.script.next(held(say("Too late."), gate))
      const request = await prompted(context, "Think about it.")
      const pressed = performance.now()
      await context.session().escape(request.givenUp)
      const took = inMs(pressed, performance.now())
      await isQuiet(context)
      return `after ${took}`
    } finally {
      gate.release()
    }
  }
}

const resumes: AgentStep = {
  what: "takes up its conversation",
  run: async (context) => {
    const prompt = "Remember the number 4711."
    await prompted(context, prompt)
    await isQuiet(context)
    await context.resume()
    const request = await prompted(context, "Which number was it?")
    expect(request.conversation.includes(prompt), "the conversation is another one")
    await isQuiet(context)
    return `${request.texts.length} texts`
  }
}

/** A step in which a message is sent once the session is as `prepare` leaves it. */
const reachedOnce = (
  what: string,
  text: string,
  prepare: (context: StepContext) => Promise<void>
): AgentStep => ({
  what,
  later: true,
  run: async (context) => {
    const skip = context.model.requests.length
    await prepare(context)
    const outcome = await reached(context, await sent(context, text), skip)
    await isQuiet(context)
    return outcome
  }
})

const reachedIdle = reachedOnce("idle, it is woken", "Message for the idle", isQuiet)

const reachedAtWork = reachedOnce(
  "at work, its next request is reached",
  "Message at work",
  async (context) => {
    const { command, hasStarted } = slowly(context, 3)
    context.script.next(calls(context.agent.shell(command)))
    await prompted(context, "Work for a while.")
    await hasStarted()
  }
)

const reachedBetweenTools = reachedOnce(
  "with two tools at once, it is not seen too early",
  "Message between tools",
  async (context) => {
    const { agent, script } = context
    const short = slowly(context, 1, "short")
    const long = slowly(context, 5, "long")
    script.next(calls(agent.shell(short.command), agent.shell(long.command)))
    await prompted(context, "Work on two things.")
    await short.hasStarted()
  }
)

const reachedAtEnd: AgentStep = {
  what: "at the end of a turn, it goes on",
  later: true,
  run: async (context) => {
    const last = makeGate()
    const skip = context.model.requests.length
    context.script.next(held(say("This is the end."), last))
    try {
      await prompted(context, "Answer in short.")
      const message = await sent(context, "Message at the end")
      last.release()
      const outcome = await reached(context, message, skip)
      await isQuiet(context)
      return outcome
    } finally {
      last.release()
    }
  }
}

const reachedAfterEscape: AgentStep = {
  what: "after Esc, it is woken",
  later: true,
  run: async (context) => {
    const last = makeGate()
    const skip = context.model.requests.length
    context.script.next(held(say("Too late again."), last))
    try {
      const request = await prompted(context, "Think again.")
      const message = await sent(context, "Message before Esc")
      await context.session().escape(request.givenUp)
      return await reached(context, message, skip)
    } finally {
      last.release()
    }
  }
}

const reachedResumed = reachedOnce(
  "with its conversation taken up, it is woken",
  "Message for the resumed",
  async (context) => {
    await isQuiet(context)
    await context.resume()
    await context.person.sees(context.agent.name)
  }
)

export const agentSteps: ReadonlyArray<AgentStep> = [
  joins,
  readsInbox,
  worksTwice,
  stops,
  reachedIdle,
  // Who has written can be answered.
  writes,
  reachedAtWork,
  reachedBetweenTools,
  reachedAtEnd,
  reachedAfterEscape,
  resumes,
  reachedResumed
]
