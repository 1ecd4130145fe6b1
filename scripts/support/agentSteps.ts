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

/** What a step has shown. */
export interface Shown {
  readonly text: string
  /** How long a message took from the moment when it was sent to the request that held it, in milliseconds. */
  readonly ms: number
  /** The states of that message, as its sender saw them one after the other. */
  readonly states: ReadonlyArray<string>
}

export interface AgentStep {
  readonly what: string
  /** The column of the table that it fills. */
  readonly column?: Column
  /** Gives what was measured. */
  readonly run: (context: StepContext) => Promise<string | Shown>
}

export type Column = "idle" | "work" | "end" | "esc" | "resumed"

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
  // Who is busy takes what was typed and Enter for one paste, and Enter for a new line in it.
  const again = setInterval(() => context.session().screen.press("Enter"), 5_000)
  try {
    return await asks(context, `with "${prompt}"`, ({ news }) => news.includes(prompt), skip)
  } finally {
    clearInterval(again)
  }
}

/** What the model of an agent runs that only the end of a command wakes, as it is told to. */
export const waiting = "~/.cc-dm/bin/cc-dm wait"

/** Waits until the session stands idle, and can be woken. */
const isWakeable = async (context: StepContext): Promise<void> => {
  const { background } = context.agent
  await isQuiet(context)
  if (background === undefined) return
  context.script.next(calls(background(waiting)))
  await prompted(context, "Wait for messages.")
  await isQuiet(context)
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
): Promise<Shown & { readonly request: ModelRequest }> => {
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
    const ms = performance.timeOrigin + request.at - sent
    const all = [...states, "seen"]
    return {
      text: `in the request after ${Math.round(ms)} ms, ${all.join(", ")}`,
      ms,
      states: all,
      request
    }
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
  run: async ({ agent, person, place }) => {
    const { agent: said, cwd, reachable_by } = await person.sees(agent.name)
    expect(said === agent.name, `it is said to be ${said}`)
    expect(cwd === place.folder, `its folder is said to be ${cwd}`)
    return reachable_by
  }
}

const writes: AgentStep = {
  what: "its model writes",
  run: async (context) => {
    const { agent, person, script } = context
    const content = `Answer of ${agent.name}`
    script.next(...agent.call("dm", { to: person.name, content }))
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
    const request = await prompted(context, "Say that number.")
    expect(request.conversation.includes(prompt), "the conversation is another one")
    await isQuiet(context)
    return `${request.texts.length} texts`
  }
}

/** A step in which a message is sent once the session is as `prepare` leaves it. `inTurn`: it comes into the running turn. */
const reachedOnce = (options: {
  readonly what: string
  readonly column?: Column
  readonly text: string
  readonly inTurn?: true
  readonly prepare: (context: StepContext) => Promise<void>
}): AgentStep => ({
  what: options.what,
  ...(options.column === undefined ? {} : { column: options.column }),
  run: async (context) => {
    const skip = context.model.requests.length
    await options.prepare(context)
    const outcome = await reached(context, await sent(context, options.text), skip)
    expect(!options.inTurn || outcome.request.afterTool, "it came behind the turn, and not in it")
    await isQuiet(context)
    return outcome
  }
})

const reachedIdle = reachedOnce({
  what: "idle, it is woken",
  column: "idle",
  text: "Message for the idle",
  prepare: isWakeable
})

const reachedAtWork = reachedOnce({
  what: "at work, its next request is reached",
  column: "work",
  text: "Message at work",
  inTurn: true,
  prepare: async (context) => {
    const { command, hasStarted } = slowly(context, 3)
    context.script.next(calls(context.agent.shell(command)))
    await prompted(context, "Work for a while.")
    await hasStarted()
  }
})

const reachedBetweenTools = reachedOnce({
  what: "with two tools at once, it is not seen too early",
  text: "Message between tools",
  inTurn: true,
  prepare: async (context) => {
    const { agent, script } = context
    const short = slowly(context, 1, "short")
    const long = slowly(context, 5, "long")
    script.next(calls(agent.shell(short.command), agent.shell(long.command)))
    await prompted(context, "Work on two things.")
    await short.hasStarted()
  }
})

const reachedAtEnd: AgentStep = {
  what: "at the end of a turn, it goes on",
  column: "end",
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
  what: "after Esc, it is reached",
  column: "esc",
  run: async (context) => {
    const last = makeGate()
    const skip = context.model.requests.length
    context.script.next(held(say("Too late again."), last))
    try {
      const request = await prompted(context, "Think again.")
      const message = await sent(context, "Message before Esc")
      await context.session().escape(request.givenUp)
      if (context.agent.sleepsAfterEsc) await context.session().type("Go on.")
      const outcome = await reached(context, message, skip)
      await isQuiet(context)
      return outcome
    } finally {
      last.release()
    }
  }
}

const reachedResumed = reachedOnce({
  what: "with its conversation taken up, it is woken",
  column: "resumed",
  text: "Message for the resumed",
  prepare: async (context) => {
    await isQuiet(context)
    await context.resume()
    if (context.agent.joinsWithPrompt) await prompted(context, "Go on.")
    await isWakeable(context)
  }
})

/** A message comes into a session that was set up in another way, with its next prompt if nothing wakes it. */
export const reachedPackaged = async (context: StepContext): Promise<Shown> => {
  const { agent, model, person, session } = context
  await prompted(context, "Hello.")
  await isQuiet(context)
  const { agent: named } = await person.sees(agent.name)
  expect(named === agent.name, `it is said to be ${named}`)
  const skip = model.requests.length
  const message = await sent(context, "Message for the packaged")
  if (agent.background !== undefined) await session().type("Go on.")
  return reached(context, message, skip)
}

export const agentSteps: ReadonlyArray<AgentStep> = [
  joins,
  worksTwice,
  reachedIdle,
  // Who has written can be answered.
  writes,
  reachedAtWork,
  reachedBetweenTools,
  reachedAtEnd,
  stops,
  reachedAfterEscape,
  resumes,
  reachedResumed
]
